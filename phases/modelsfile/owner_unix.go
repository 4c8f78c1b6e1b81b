//go:build unix

package modelsfile

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a new file the owner and the group of the one that it
// replaces, as far as the user may: root editing somebody's file does not
// take it away from them, and a shared file stays with its group.
func keepOwner(f *os.File, old fs.FileInfo) {
	was, ok := old.Sys().(*syscall.Stat_t)
	if !ok || f.Chown(int(was.Uid), int(was.Gid)) == nil {
		return
	}
	_ = f.Chown(-1, int(was.Gid)) // whoever may not keeps their own group
}
