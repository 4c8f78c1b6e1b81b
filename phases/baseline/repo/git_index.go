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
	data, err := readBounded(filepath.Join(dir, "index"), maxIndex)
	if err != nil {
		return false, fmt.Errorf("reading the index: %w", err)
	}
	var idx index.Index
	if err := index.NewDecoder(bytes.NewReader(data)).Decode(&idx); err != nil {
		return false, fmt.Errorf("reading the index: %w", err)
	}
	for _, e := range idx.Entries {
		if strings.Contains("/"+e.Name, "/"+folder+"/") {
			return true, nil
		}
	}
	return false, nil
}
