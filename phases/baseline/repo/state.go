package repo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2/maybe"
)

// stateFile marks a copy as ours and says what is in it.
const stateFile = "fib-ls.json"

// stateMade is the marker's value.
const stateMade = "fib-ls sglang copy"

// stateVersion changes when older copies cannot be used any more.
const stateVersion = 1

// state is what a copy of ours holds.
type state struct {
	Made    string `json:"made_by"`
	Version int    `json:"version"`
	URL     string `json:"url"` // without credentials
	// Filtered: the remote gives single files, so updates are small.
	Filtered bool `json:"filtered"`
	// Refs by what was asked for; "" is the default branch.
	Refs map[string]refState `json:"refs"`
}

// refState is one ref as last seen.
type refState struct {
	Name    string    `json:"name,omitempty"` // full name at the remote
	Commit  string    `json:"commit"`
	Checked time.Time `json:"checked"`
	Wanted  int       `json:"wanted"` // the rule by which its files were chosen
}

// isManaged reports whether a directory is a copy that we made.
func isManaged(dir string) bool {
	_, err := readState(dir)
	return err == nil
}

// readState reads the marker; anything odd makes the copy not ours.
func readState(dir string) (*state, error) {
	data, err := readSmall(filepath.Join(dir, stateFile))
	if err != nil {
		return nil, err
	}
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("reading %s: %w", stateFile, err)
	}
	if s.Made != stateMade || s.Version != stateVersion || !isGitDir(dir) {
		return nil, fmt.Errorf("%s is not the marker of a copy of ours", stateFile)
	}
	for ref, r := range s.Refs {
		if !isHash(r.Commit) || refNameProblem(ref) != "" && ref != "" || r.Name != "" && refNameProblem(r.Name) != "" {
			delete(s.Refs, ref)
		}
	}
	return &s, nil
}

// write puts the state, and what git needs to read the copy, on disk. The
// marker comes last: it names only what is there.
func (s *state) write(dir, head string) error {
	commits := map[string]bool{}
	packed := []string{"# pack-refs with: peeled fully-peeled sorted "}
	lines := map[string]string{}
	for _, r := range s.Refs {
		commits[r.Commit] = true
		if name := shortRef(r.Name); strings.HasPrefix(r.Name, "refs/heads/") && name != "" {
			lines["refs/remotes/origin/"+name] = r.Commit
		} else if strings.HasPrefix(r.Name, "refs/tags/") {
			lines[r.Name] = r.Commit
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		packed = append(packed, lines[name]+" "+name)
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", stateFile, err)
	}
	for _, f := range []struct{ name, text string }{
		{"config", gitConfig(s.URL)},
		{"shallow", strings.Join(slices.Sorted(maps.Keys(commits)), "\n") + "\n"},
		{"packed-refs", strings.Join(packed, "\n") + "\n"},
		{"HEAD", head + "\n"},
		{stateFile, string(data) + "\n"},
	} {
		if err := maybe.WriteFile(filepath.Join(dir, f.name), []byte(f.text), 0o644); err != nil {
			return &Error{Op: "writing", Subject: filepath.Join(dir, f.name), Kind: ErrCache, Err: err}
		}
	}
	return os.MkdirAll(filepath.Join(dir, "refs"), 0o755)
}

// gitConfig makes the copy a partial clone for git, so that its user can look
// around in it.
func gitConfig(remote string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(remote)
	return "[core]\n\trepositoryformatversion = 1\n\tfilemode = true\n\tbare = true\n" +
		"[extensions]\n\tpartialClone = origin\n" +
		"[remote \"origin\"]\n\turl = \"" + quoted + "\"\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n" +
		"\tpromisor = true\n\tpartialclonefilter = blob:none\n"
}

var notFileName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// cacheKey names a remote's copy in the cache: readable, and different for
// different URLs. Credentials do not count.
func cacheKey(raw string) string {
	clean := redactURL(raw)
	name := strings.TrimSuffix(strings.TrimRight(clean, "/"), ".git")
	if u, err := url.Parse(clean); err == nil && u.Host != "" {
		name = u.Host + strings.TrimSuffix(strings.TrimRight(u.Path, "/"), ".git")
	}
	name = strings.Trim(notFileName.ReplaceAllString(name, "-"), "-.")
	sum := sha256.Sum256([]byte(clean))
	return name[max(0, len(name)-60):] + "-" + hex.EncodeToString(sum[:4])
}
