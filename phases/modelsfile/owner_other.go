//go:build !unix

package modelsfile

import (
	"io/fs"
	"os"
)

// keepOwner has nothing to do: a new file inherits from its directory.
func keepOwner(*os.File, fs.FileInfo) {}
