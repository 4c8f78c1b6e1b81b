package phases

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The names of the files that the phases write, as the original workflow's
// readers expect them.
const (
	FileConfig         = "model_config.json"
	FileArchitecture   = "model_architecture.json"
	FileImplementation = "sglang_implementation.json"
	FileKernelCalls    = "kernel_calls.json"
	DirSnippets        = "code_snippets"
	FileMapping        = "module_mapping.json"
	FileEntry          = "generated_entry.ts"
	FileSummary        = "model_addition_summary.md"
	FileValidation     = "validation.json"
)

// FileOrder is the order in which they are written.
var FileOrder = []string{
	FileConfig, FileArchitecture, FileImplementation, FileKernelCalls, DirSnippets, FileMapping, FileEntry, "models.ts", FileValidation, FileSummary,
}

// OutputDir is a directory of results. All access goes through an os.Root:
// no name, and no planted link, leads out of it.
type OutputDir struct {
	Path   string
	root   *os.Root
	unlock func()
	fresh  bool // it was made just now: nothing of an earlier run is in it
}

// OpenOutputDir makes the directory when it is not there, locks it against
// other fib-ls processes until Close, and removes the unfinished files that a
// killed run left in it. A directory that was named by
// the user may be reached through a link; one with our own name
// (model_analysis_…) may not be one: a link of that name may have come with
// the workspace, and would lead our files wherever it likes.
func OpenOutputDir(path string) (*OutputDir, error) {
	path = filepath.Clean(path)
	if err := refusePlanted(path); err != nil {
		return nil, err
	}
	fresh := os.Mkdir(path, 0o755) == nil
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, &UsageError{Message: fmt.Sprintf("the output directory cannot be made: %v", err), Hint: "name another one with --output-dir"}
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("opening the output directory: %w", err)
	}
	unlock, err := lockDir(path, path)
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	if !fresh {
		for _, name := range FileOrder {
			_ = root.Remove(unfinished(name))
		}
	}
	return &OutputDir{Path: path, root: root, unlock: unlock, fresh: fresh}, nil
}

// claimedDir is an output directory that a run will write into.
type claimedDir struct {
	path string
	made []string // directories that were not there, the innermost last
}

// claimOutputDir makes the directory before any work is done: a run whose
// report cannot be written must not change models.ts first. A dry run makes
// nothing.
func claimOutputDir(path string, dryRun bool) (*claimedDir, error) {
	c := &claimedDir{path: filepath.Clean(path)}
	if dryRun {
		return c, refusePlanted(path)
	}
	for dir := c.path; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			break
		}
		c.made = append([]string{dir}, c.made...)
	}
	dir, err := OpenOutputDir(path)
	if err != nil {
		return nil, err
	}
	err = dir.writable()
	if closeErr := dir.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		c.release()
		return nil, err
	}
	return c, nil
}

// isNew says that the run made the directory itself: nothing of an earlier run
// is in it.
func (c *claimedDir) isNew(path string) bool {
	return c != nil && c.path == path && len(c.made) > 0
}

// release removes what was made and is still empty, as after a run that found
// nothing to write.
func (c *claimedDir) release() {
	for _, dir := range slices.Backward(c.made) {
		if os.Remove(dir) != nil { // not empty, or gone
			return
		}
	}
}

// writable says why no file can be written into the directory.
func (d *OutputDir) writable() error {
	probe := unfinished(FileConfig)
	if err := d.root.WriteFile(probe, nil, 0o644); err != nil {
		return &UsageError{Message: fmt.Sprintf("the output directory cannot be written: %v", err), Hint: "name another one with --output-dir"}
	}
	return d.root.Remove(probe)
}

// refusePlanted refuses an output directory that is a link with our own name.
func refusePlanted(path string) error {
	info, err := os.Lstat(filepath.Clean(path))
	if err != nil || info.Mode()&fs.ModeSymlink == 0 || !strings.HasPrefix(filepath.Base(path), outputPrefix) {
		return nil //nolint:nilerr // what is not there is made later, or that fails
	}
	return &UsageError{Message: fmt.Sprintf("the output directory %s is a symbolic link", path), Hint: "remove it, or name its target with --output-dir"}
}

// tidyOutputDir removes what a killed run left in a directory that is there;
// a run that ends without writing its files calls it.
func tidyOutputDir(path string) {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return
	}
	if dir, err := OpenOutputDir(path); err == nil {
		_ = dir.Close()
	}
}

// outputPrefix begins the name of every output directory that we name.
const outputPrefix = "model_analysis_"

// unfinished is the name under which a file is written before it gets its own.
func unfinished(name string) string {
	return filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".tmp")
}

// Close lets the directory go.
func (d *OutputDir) Close() error {
	d.unlock()
	return d.root.Close()
}

// Write replaces one file of the directory. A link that stands in its place
// is removed, not followed.
func (d *OutputDir) Write(name string, data []byte) error {
	if err := d.clear(name); err != nil {
		return err
	}
	temp := unfinished(name)
	if err := d.root.WriteFile(temp, data, 0o644); err != nil {
		_ = d.root.Remove(temp)
		return fmt.Errorf("writing %s: %w", filepath.Join(d.Path, name), err)
	}
	if err := d.root.Rename(temp, name); err != nil {
		_ = d.root.Remove(temp)
		return fmt.Errorf("writing %s: %w", filepath.Join(d.Path, name), err)
	}
	return nil
}

// clear makes room for a file.
func (d *OutputDir) clear(name string) error {
	if d.fresh {
		return nil
	}
	if info, err := d.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return fmt.Errorf("writing %s: a directory of that name is in the way", filepath.Join(d.Path, name))
		}
		if err := d.root.Remove(name); err != nil {
			return fmt.Errorf("replacing %s: %w", filepath.Join(d.Path, name), err)
		}
	}
	_ = d.root.Remove(unfinished(name)) // what a killed run left
	return nil
}

// WriteJSON writes a value as indented JSON.
func (d *OutputDir) WriteJSON(name string, value any) error {
	data, err := MarshalJSON(value)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return d.Write(name, data)
}

// Remove removes a file or a directory of an earlier run.
func (d *OutputDir) Remove(name string) error {
	err := d.root.RemoveAll(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %s: %w", filepath.Join(d.Path, name), err)
	}
	return nil
}

// Mkdir makes a directory inside.
func (d *OutputDir) Mkdir(name string) error {
	if info, err := d.root.Lstat(name); err == nil && !info.IsDir() {
		if err := d.root.Remove(name); err != nil {
			return fmt.Errorf("replacing %s: %w", filepath.Join(d.Path, name), err)
		}
	}
	err := d.root.Mkdir(name, 0o755)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making %s: %w", filepath.Join(d.Path, name), err)
	}
	return nil
}

// MarshalJSON writes indented JSON without HTML escapes, as people read it;
// what a terminal or an editor would not show stands as an escape.
func MarshalJSON(value any) ([]byte, error) {
	var b jsonBuffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return nil, err
	}
	return escapeHidden(b), nil
}

type jsonBuffer []byte

func (b *jsonBuffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// escapeHidden writes the hidden characters of a JSON text as escapes. Outside
// strings JSON has none but line ends and spaces.
func escapeHidden(data []byte) []byte {
	isHidden := func(r rune) bool { return r >= 0x7f && Hidden(r) }
	if bytes.IndexFunc(data, isHidden) < 0 {
		return data
	}
	out := make([]byte, 0, len(data)+64)
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if isHidden(r) {
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, "\\u%04x", unit)
			}
		} else {
			out = append(out, data[:n]...)
		}
		data = data[n:]
	}
	return out
}
