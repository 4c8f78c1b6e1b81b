package repo

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// TracksFolder reports whether the repository whose work tree is at root has a file
// below a folder of that name (node_modules), wherever the folder is. It reads
// the index alone: what is committed and checked out is in it.
func TracksFolder(root, folder string) (tracks bool, err error) {
	defer recovered(&err)
	dir, ok, err := findGitDir(root)
	if err != nil || !ok {
		return false, err
	}
	entries, err := readIndex(dir)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if strings.Contains("/"+e.Name, "/"+folder+"/") {
			return true, nil
		}
	}
	return false, nil
}

// maxIndex bounds a clone's index file (SGLang's has about 1 MB).
const maxIndex = 64 << 20

// readIndex reads the index of a repository.
func readIndex(gitDir string) ([]*index.Entry, error) {
	data, err := readBounded(filepath.Join(gitDir, "index"), maxIndex)
	var idx index.Index
	if err == nil {
		err = index.NewDecoder(bytes.NewReader(data)).Decode(&idx)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the index: %w", err)
	}
	return idx.Entries, nil
}
