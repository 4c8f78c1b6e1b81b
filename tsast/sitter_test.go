package tsast

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The structures that sitter.go declares are those of the linked library.
func TestStructuresAreTheLibrarys(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/smacker/go-tree-sitter").Output()
	if err != nil {
		t.Skip("no go command here")
	}
	theirs, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "api.h"))
	if err != nil {
		t.Skip(err)
	}
	ours, err := os.ReadFile("sitter.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"TSPoint", "TSNode", "TSTreeCursor", "TSInputEdit"} {
		want, got := members(t, string(theirs), name), members(t, string(ours), name)
		if want != got {
			t.Errorf("%s: ours has\n%s\nthe library's\n%s", name, got, want)
		}
	}
	for _, name := range regexp.MustCompile(`extern [^;]*\b(ts_\w+)\(`).FindAllStringSubmatch(string(ours), -1) {
		want, got := signature(t, string(theirs), name[1]), signature(t, string(ours), name[1])
		if want != got {
			t.Errorf("%s: ours is\n%s\nthe library's\n%s", name[1], got, want)
		}
	}
}

// members returns the members of a C structure, one "type name" per line.
func members(t *testing.T, header, name string) string {
	t.Helper()
	m := regexp.MustCompile(`typedef struct (?:\w+ )?\{([^}]*)\} ` + name + `;`).FindStringSubmatch(header)
	if m == nil {
		t.Fatalf("no structure %s", name)
	}
	var out []string
	for _, line := range strings.Split(m[1], ";") {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" {
			continue
		}
		names := strings.Split(line, ",")
		first := strings.LastIndexAny(names[0], " *")
		kind := strings.TrimSuffix(names[0][:first+1], "*")
		out = append(out, strings.TrimSpace(kind)+" "+strings.Trim(names[0][first+1:], " *"))
		for _, n := range names[1:] {
			out = append(out, strings.TrimSpace(kind)+" "+strings.Trim(n, " *"))
		}
	}
	return strings.Join(out, "\n")
}

// signature returns the types of a C function, without the names of its
// parameters.
func signature(t *testing.T, header, name string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^(?:extern )?([\w ]+[ *]+)` + name + `\(([^;]*)\);`).FindStringSubmatch(header)
	if m == nil {
		t.Fatalf("no function %s", name)
	}
	out := []string{plainType(m[1])}
	for _, p := range strings.Split(m[2], ",") {
		out = append(out, plainType(p))
	}
	return strings.Join(out, "; ")
}

// plainType spells a C type without parameter name and spaces.
func plainType(s string) string {
	s = strings.ReplaceAll(strings.Join(strings.Fields(s), " "), " *", "*")
	s = regexp.MustCompile(`\*\w+$`).ReplaceAllString(s, "*")
	words := strings.Fields(s)
	if len(words) > 1 && words[0] != "const" || len(words) > 2 {
		words = words[:len(words)-1]
	}
	s = strings.Join(words, " ")
	// The library's names for plain numbers.
	return strings.NewReplacer("TSSymbolType", "int", "TSSymbol", "uint16_t").Replace(s)
}
