package repo

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// commitAt commits everything as of a day.
func commitAt(t *testing.T, dir string, day time.Time) {
	t.Helper()
	git(t, dir, "add", "-A")
	cmd := exec.Command("git", "commit", "-q", "--allow-empty", "-m", "on "+day.String())
	cmd.Dir = dir
	cmd.Env = append(gitEnv(t.TempDir()), "GIT_COMMITTER_DATE="+day.Format(time.RFC3339), "GIT_AUTHOR_DATE="+day.Format(time.RFC3339))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestAddedSince(t *testing.T) {
	needGit(t)
	dir := filepath.Join(t.TempDir(), "clone")
	git(t, ".", "init", "-q", "-b", "main", dir)
	day := func(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }
	writeFiles(t, dir, map[string]string{"m/old.py": "1", "m/gone.py": "1", "other/x.py": "1"})
	commitAt(t, dir, day(1))
	writeFiles(t, dir, map[string]string{"m/new.py": "1", "other/y.py": "1"})
	commitAt(t, dir, day(10))
	writeFiles(t, dir, map[string]string{"m/old.py": "changed", "m/sub/inner.py": "1"})
	commitAt(t, dir, day(12))
	writeFiles(t, dir, map[string]string{"m/newest.py": "1", "m/another.py": "1"})
	if err := os.Remove(filepath.Join(dir, "m", "gone.py")); err != nil {
		t.Fatal(err)
	}
	commitAt(t, dir, day(20))
	words := func(list []Added) string {
		s := ""
		for _, a := range list {
			s += fmt.Sprintf("%s %d;", a.Path, a.On.Day())
		}
		return s
	}
	for _, c := range []struct {
		since    int
		want     string
		complete bool
	}{
		{15, "m/another.py 20;m/newest.py 20;", true},
		{5, "m/another.py 20;m/newest.py 20;m/new.py 10;", true},
		{0, "m/another.py 20;m/newest.py 20;m/new.py 10;m/old.py 1;", true},
		{25, "", true},
	} {
		got, complete, err := AddedSince(t.Context(), dir, "m", day(c.since))
		if err != nil || words(got) != c.want || complete != c.complete {
			t.Errorf("since %d: %s %v %v, want %s", c.since, words(got), complete, err, c.want)
		}
	}
	shallow := filepath.Join(t.TempDir(), "shallow")
	git(t, ".", "clone", "-q", "--depth", "2", "file://"+filepath.ToSlash(dir), shallow)
	if got, complete, err := AddedSince(t.Context(), shallow, "m", day(5)); err != nil || complete || words(got) != "m/another.py 20;m/newest.py 20;" {
		t.Errorf("a shallow clone: %s %v %v", words(got), complete, err)
	}
	if _, _, err := AddedSince(t.Context(), t.TempDir(), "m", day(5)); !errors.Is(err, ErrNone) {
		t.Errorf("no clone: %v", err)
	}
}
