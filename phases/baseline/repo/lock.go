package repo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockRetry is how often a lock that another process holds is tried again.
const lockRetry = 50 * time.Millisecond

// lockPath is the lock file of a directory. Locks are in the cache, so that
// none litters the directory of a user, and none is ever deleted: deleting a
// lock file races with taking it.
func lockPath(cacheDir, target, use string) string {
	sum := sha256.Sum256([]byte(realPath(target)))
	return filepath.Join(cacheDir, "locks", hex.EncodeToString(sum[:8])+"."+use)
}

// realPath resolves symbolic links of the parents, so that two names of one
// directory share a lock.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return path
	}
	return filepath.Join(parent, filepath.Base(path))
}

// takeLock takes a lock in a way of its library's.
func takeLock(path string, take func(*flock.Flock) (bool, error)) (unlock func(), ok bool, err error) {
	l := flock.New(path)
	if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
		ok, err = take(l)
	}
	if err != nil {
		return nil, false, &Error{Op: "locking", Subject: path, Kind: ErrCache, Err: err}
	}
	return func() { _ = l.Unlock() }, ok, nil // the descriptor's end frees it anyway
}

// tryLock takes an exclusive lock without waiting.
func tryLock(path string) (unlock func(), ok bool, err error) {
	return takeLock(path, (*flock.Flock).TryLock)
}

// waitLock takes an exclusive lock, however long another process holds it.
func waitLock(ctx context.Context, path string) (unlock func(), err error) {
	unlock, _, err = takeLock(path, func(l *flock.Flock) (bool, error) { return l.TryLockContext(ctx, lockRetry) })
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return unlock, err
}

// holdShared keeps a copy of ours from being replaced while it is read. Where
// no lock can be had (a cache that is read-only, replaced by nobody) it is a
// no-op.
func holdShared(path string) (release func()) {
	unlock, ok, err := takeLock(path, (*flock.Flock).TryRLock)
	if err != nil || !ok {
		return func() {}
	}
	return unlock
}

// The names of unfinished directories, beside what they will become, and of
// the lock inside that says that somebody is at work.
const (
	buildMark  = ".fib-ls-build-"
	buildLock  = "building.lock"
	buildGrace = 10 * time.Minute
)

// building is a directory under construction.
type building struct {
	dir  string
	lock *flock.Flock
}

// newBuilding makes an unfinished directory in parent for a target of this
// base name.
func newBuilding(parent, base string) (*building, error) {
	dir, err := os.MkdirTemp(parent, "."+base+buildMark)
	if err != nil {
		return nil, &Error{Op: "making a directory in", Subject: parent, Kind: ErrCache, Err: err}
	}
	b := &building{dir: dir, lock: flock.New(filepath.Join(dir, buildLock))}
	if ok, err := b.lock.TryLock(); err != nil || !ok {
		b.discard()
		return nil, &Error{Op: "locking", Subject: dir, Kind: ErrCache, Err: err}
	}
	return b, nil
}

// finished releases the lock, so that the directory can be moved.
func (b *building) finished() {
	_ = b.lock.Unlock() // the descriptor's end frees it anyway
	_ = os.Remove(filepath.Join(b.dir, buildLock))
}

// discard removes the directory, wherever the work stopped.
func (b *building) discard() {
	_ = b.lock.Unlock() // the descriptor's end frees it anyway
	_ = os.RemoveAll(b.dir)
}

// sweep removes unfinished directories that killed runs left in parent: those
// whose lock nobody holds. One without a lock file may be a moment old.
func sweep(parent, base string, now time.Time) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), "."+base+buildMark) {
			continue
		}
		dir := filepath.Join(parent, e.Name())
		mark := filepath.Join(dir, buildLock)
		if _, err := os.Lstat(mark); err != nil {
			if st, err := e.Info(); err == nil && now.Sub(st.ModTime()) > buildGrace {
				_ = os.RemoveAll(dir) // what stays is tried again next time
			}
			continue
		}
		l := flock.New(mark)
		if ok, err := l.TryLock(); err != nil || !ok {
			continue
		}
		_ = l.Unlock()        // the descriptor's end frees it anyway
		_ = os.RemoveAll(dir) // what stays is tried again next time
	}
}
