package disk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// LockedError reports that another fib-ls is writing the same file.
type LockedError struct{ Path string }

func (e *LockedError) Error() string {
	return fmt.Sprintf("another fib-ls is writing %s right now; run the command again", e.Path)
}

// lockWait is how long a writer waits for another one: a write takes
// milliseconds, so whoever holds the lock longer is stuck.
const lockWait = 2 * time.Second

// Lock takes the lock of a directory for the writing of path. It needs no
// file and holds whatever user or cache the other fib-ls has. Where
// directories cannot be locked (Windows, some network file systems) a file in
// the user's cache stands for it. A *LockedError reports that it is held.
func Lock(dir, path string) (unlock func(), err error) {
	lock := flock.New(dir, flock.SetFlag(os.O_RDONLY))
	held, err := tryLock(lock)
	if err != nil {
		lock = cacheLock(dir)
		if held, err = tryLock(lock); err != nil {
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
	}
	if !held {
		return nil, &LockedError{Path: path}
	}
	return func() { _ = lock.Unlock() }, nil
}

func tryLock(lock *flock.Flock) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lockWait)
	defer cancel()
	held, err := lock.TryLockContext(ctx, 5*time.Millisecond)
	if ctx.Err() != nil {
		return false, nil // another process holds it
	}
	return held, err
}

// cacheLock is a lock file named after a directory.
func cacheLock(path string) *flock.Flock {
	dir, err := os.UserCacheDir()
	if err == nil {
		dir = filepath.Join(dir, "fib-ls", "locks")
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		dir = os.TempDir()
	}
	sum := sha256.Sum256([]byte(path))
	return flock.New(filepath.Join(dir, "fib-ls-"+hex.EncodeToString(sum[:12])+".lock"))
}
