package phases

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/fib-ls/fib-ls/phases/regular"
)

// factsCache keeps what was worked out about SGLang's files between runs, in
// files named by the hash of their key. Nothing depends on it: what cannot be
// read or written is worked out anew. Without a directory it keeps nothing.
type factsCache struct{ dir string }

// factsCache keeps facts of one kind in a folder of the cache.
func (e *Env) factsCache(folder string) factsCache {
	if e.CacheDir == "" {
		return factsCache{}
	}
	return factsCache{filepath.Join(e.CacheDir, folder)}
}

func (c factsCache) file(key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:16])
	return filepath.Join(c.dir, name[:2], name)
}

// maxFact bounds one file of the cache: the header of a checkpoint may have 25
// MB.
const maxFact = 64 << 20

// Get implements baseline.Cache.
func (c factsCache) Get(key string) ([]byte, bool) {
	if c.dir == "" {
		return nil, false
	}
	data, err := regular.Read(c.file(key), maxFact)
	return data, err == nil
}

// Put implements baseline.Cache.
func (c factsCache) Put(key string, data []byte) {
	file := c.file(key)
	if c.dir == "" || os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".put-*")
	if err != nil {
		return
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err != nil || closeErr != nil || os.Rename(f.Name(), file) != nil {
		_ = os.Remove(f.Name())
	}
}
