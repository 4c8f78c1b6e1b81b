package baseline

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Snippet is a span of SGLang's source that the result cites.
type Snippet struct {
	// Name is the class and method ("LlamaDecoderLayer.forward").
	Name string
	// Path is the file in the tree; First and Last are lines, from 1, both
	// included.
	Path        string
	First, Last int
	// Text are the lines' bytes.
	Text []byte
}

// FileName is the name of the snippet's file in code_snippets.
func (s *Snippet) FileName() string { return s.Name + ".py" }

// Content is the snippet's file: a comment that says where it is from, then
// the source's own bytes.
func (s *Snippet) Content(commit string) []byte {
	head := fmt.Sprintf("# %s:%d-%d", s.Path, s.First, s.Last)
	if commit != "" {
		head += " at " + commit
	}
	return append([]byte(head+"\n"), s.Text...)
}

// Snippets cuts out of the tree the methods that hold the calls and the
// methods of the layers that run on CUDA, sorted by name. A source without
// text (the index in the binary) has none.
func Snippets(src Source, impl *Implementation) ([]Snippet, error) {
	names := map[string]string{} // location -> name
	for _, c := range impl.Calls {
		if c.MethodLocation != "" {
			names[c.MethodLocation] = c.Method
		}
		if _, method, ok := strings.Cut(c.BaselineImpl, ":"); ok {
			names[c.BaselineLocation] = method
		}
	}
	if src.Kind() == KindEmbedded {
		return nil, nil
	}
	texts := map[string][]byte{}
	var out []Snippet
	for _, location := range sortedLocations(names) {
		file, first, last, ok := splitLocation(location)
		if !ok {
			continue
		}
		text, have := texts[file]
		if !have {
			var err error
			if text, err = src.ReadFile(file); err != nil {
				return nil, fmt.Errorf("cutting a snippet: %w", err)
			}
			texts[file] = text
		}
		if cut := lineSpan(text, first, last); cut != nil {
			out = append(out, Snippet{names[location], file, first, last, cut})
		}
	}
	distinguish(out)
	return out, nil
}

func sortedLocations(names map[string]string) []string {
	return slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		return cmp.Or(strings.Compare(names[a], names[b]), strings.Compare(a, b))
	})
}

// splitLocation reads "path:first-last".
func splitLocation(l string) (file string, first, last int, ok bool) {
	i := strings.LastIndexByte(l, ':')
	if i < 0 {
		return "", 0, 0, false
	}
	a, b, ok := strings.Cut(l[i+1:], "-")
	first, errA := strconv.Atoi(a)
	last, errB := strconv.Atoi(b)
	return l[:i], first, last, ok && errA == nil && errB == nil
}

// lineSpan returns the bytes of lines first to last; nil when they are not
// there.
func lineSpan(text []byte, first, last int) []byte {
	start := 0
	for range first - 1 {
		i := bytes.IndexByte(text[start:], '\n')
		if i < 0 {
			return nil
		}
		start += i + 1
	}
	end := start
	for range last - first + 1 {
		i := bytes.IndexByte(text[end:], '\n')
		if i < 0 {
			return text[start:]
		}
		end += i + 1
	}
	return text[start:end]
}

// distinguish adds the file's name to snippets that share a name.
func distinguish(snippets []Snippet) {
	count := map[string]int{}
	for _, s := range snippets {
		count[strings.ToLower(s.Name)]++ // some file systems fold case
	}
	for i := range snippets {
		s := &snippets[i]
		if count[strings.ToLower(s.Name)] > 1 {
			s.Name += "." + strings.TrimSuffix(path.Base(s.Path), ".py") + "." + strconv.Itoa(s.First)
		}
	}
}
