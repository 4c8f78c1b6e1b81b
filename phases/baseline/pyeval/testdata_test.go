package pyeval

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// testModules is a program of the files in testdata.
type testModules struct{}

func (testModules) Paths(module string) []string {
	if _, err := os.Stat(filepath.Join("testdata", module+".py")); err != nil {
		return nil
	}
	return []string{module + ".py"}
}

func (testModules) Syntax(path string) (*pysrc.Module, error) {
	text, err := os.ReadFile(filepath.Join("testdata", path))
	if err != nil {
		return nil, err
	}
	return pysrc.Parse(text)
}

func (testModules) Files(string) []string { return nil }

// expectation is a line of a file in testdata that says what a name is, in a
// module whose names are evaluated when they are asked for, or, where the file's
// name begins with run_, that was run from its top:
//
//	name = expression  #= value       as it is shown
//	name = expression  #? reason      not known, for a reason that has the text
//	name = expression  #! reason      the evaluation ends with the error
var expectation = regexp.MustCompile(`^(\w+) = .*#([=?!]) (.*)$`)

// TestPrograms evaluates the names of the files in testdata.
func TestPrograms(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.py"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs in testdata: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".py")
		t.Run(name, func(t *testing.T) {
			found := 0
			for i, line := range strings.Split(string(text), "\n") {
				if m := expectation.FindStringSubmatch(line); m != nil {
					found++
					if problem := unexpected(name, m[1], m[2], m[3]); problem != "" {
						t.Errorf("%s:%d: %s is %s", file, i+1, m[1], problem)
					}
				}
			}
			if found == 0 {
				t.Errorf("%s expects nothing", file)
			}
		})
	}
}

// unexpected says what a name of a module is, when that is not what is
// expected; "" when it is.
func unexpected(module, name, kind, want string) string {
	in := New(context.Background(), testModules{}, &Facts{}, Limits{Steps: 100_000, Cells: 100_000}, NoHost())
	if strings.HasPrefix(module, "run_") {
		in.Run(in.Module(module))
	}
	v := in.ModuleAttribute(module, name)
	u, isUnknown := v.(*Unknown)
	switch {
	case kind == "!" && in.Stopped != nil && strings.Contains(in.Stopped.Error(), want):
		return ""
	case in.Stopped != nil:
		return "stopped: " + in.Stopped.Error()
	case kind == "?" && isUnknown && strings.Contains(u.Why, want):
		return ""
	case kind == "=" && !isUnknown && Show(v) == want:
		return ""
	case isUnknown:
		return "not known: " + u.Why
	}
	return Show(v)
}

// TestDeleteUnsure: where it is not known what a del takes out of a container,
// that is reported.
func TestDeleteUnsure(t *testing.T) {
	in := New(context.Background(), testModules{}, &Facts{}, Limits{}, NoHost())
	in.ModuleAttribute("containers", "unsure")
	var said []string
	for _, u := range in.Undecided {
		said = append(said, u.Expression)
	}
	if want := []string{"x[build()]", "x[build():]", "d[build()]"}; !slices.Equal(said, want) {
		t.Errorf("reported %q, want %q", said, want)
	}
}
