package hub

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/fib-ls/fib-ls/phases/regular"
)

// Permissions before the umask, as Python creates them: a cache may be shared
// by a group.
const (
	dirMode  = 0o777
	fileMode = 0o666
	lockMode = 0o664
)

const cacheTag = "Signature: 8a477f597d28d172789f06886806bc55\n" +
	"# This directory holds files downloaded from the HuggingFace Hub.\n"

var errNoCache = errors.New("there is no place for a cache")

func (c *cache) at(step string) {
	if c.step != nil {
		c.step(step)
	}
}

// lockWait bounds the wait for another process that downloads the same file.
// After it the download goes on unlocked: the lock only saves work, since
// every write is to a name of its own and ends in a rename.
const (
	lockWait = 5 * time.Second
	lockPoll = 50 * time.Millisecond
)

// lock takes huggingface_hub's lock of a blob. It never fails for good: on
// file systems without locks, and when the wait gets too long, the release
// function does nothing.
func (c *cache) lock(ctx context.Context, repoID, etag string, waiting func()) (release func(), err error) {
	none := func() {}
	if c.root == "" {
		return none, errNoCache
	}
	dir := filepath.Join(c.root, ".locks", repoFolder(repoID))
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return none, fmt.Errorf("making the cache's lock folder: %w", err)
	}
	path := filepath.Join(dir, etag+".lock")
	if err := regular.CheckOrAbsent(path); err != nil {
		return none, err
	}
	// What takes the lock's place after this look is opened without waiting.
	l := flock.New(path, flock.SetPermissions(lockMode), flock.SetFlag(os.O_CREATE|os.O_RDONLY|regular.NonBlocking))
	for waited := time.Duration(0); ; waited += lockPoll {
		ok, err := l.TryLock()
		switch {
		case ok:
			_ = os.Chmod(path, lockMode)
			return func() { _ = l.Unlock() }, nil
		case err != nil:
			c.log.Info("cache lock unavailable", "path", path, "error", err)
			_ = l.Close() // nothing was locked
			return none, nil
		case waited >= lockWait:
			c.log.Warn("cache lock held by another process, going on without", "path", path)
			_ = l.Close() // nothing was locked
			return none, nil
		}
		if waited == 0 {
			waiting()
		}
		if err := c.clock.Sleep(ctx, lockPoll); err != nil {
			_ = l.Close() // nothing was locked
			return none, err
		}
	}
}

// store puts content into the cache: blob, link, ref, in this order, so that
// whatever is interrupted leaves what was there before.
func (c *cache) store(repoID, revision, commit, filename, etag string, content []byte) error {
	if c.root == "" {
		return errNoCache
	}
	blob := c.blob(repoID, etag)
	if err := os.MkdirAll(filepath.Dir(blob), dirMode); err != nil {
		return fmt.Errorf("making the cache's blob folder: %w", err)
	}
	c.tag()
	c.at("before blob")
	if err := c.write(blob, blob, content, "half a blob", "whole blob"); err != nil {
		return fmt.Errorf("writing the cache's blob: %w", err)
	}
	c.at("after blob")
	if err := c.link(repoID, commit, filename, etag, true); err != nil {
		return fmt.Errorf("linking the cache's blob: %w", err)
	}
	c.at("after link")
	if err := c.writeRef(repoID, revision, commit); err != nil {
		return fmt.Errorf("writing the cache's ref: %w", err)
	}
	return nil
}

// tag marks the cache for backup programs, once.
func (c *cache) tag() {
	f, err := os.OpenFile(filepath.Join(c.root, "CACHEDIR.TAG"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return // it is there, or the cache is read-only: the tag is a courtesy
	}
	_, _ = f.WriteString(cacheTag)
	_ = f.Close()
}

// write puts content at a path: under a name of its own beside a file, which
// may be that path, then brought to the disk and renamed. half and whole are
// the steps on the way.
func (c *cache) write(path, beside string, content []byte, half, whole string) (err error) {
	tmp := beside + "." + randomHex() + ".incomplete"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp) // best effort; it holds a part of a download
		}
	}()
	middle := len(content) / 2
	if _, err = f.Write(content[:middle]); err == nil {
		c.at(half)
		_, err = f.Write(content[middle:])
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	c.at(whole)
	return os.Rename(tmp, path)
}

func randomHex() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// link makes the snapshot's entry for a blob: a relative symbolic link where
// the file system has them; otherwise a new blob is moved there, an older one
// copied.
func (c *cache) link(repoID, commit, filename, etag string, newBlob bool) error {
	blob, pointer := c.blob(repoID, etag), c.pointer(repoID, commit, filename)
	if err := os.MkdirAll(filepath.Dir(pointer), dirMode); err != nil {
		return err
	}
	if c.symlinks() {
		target, err := filepath.Rel(filepath.Dir(pointer), blob)
		if err == nil && symlink(target, pointer) == nil {
			return nil
		}
	}
	if newBlob {
		return os.Rename(blob, pointer)
	}
	content, err := regular.Read(blob, maxIndexBytes)
	if err != nil {
		return err
	}
	return c.write(pointer, blob, content, "half a copy", "whole copy") // beside the blob: a snapshot holds finished files only
}

// symlink makes a link, in place of whatever is at path.
func symlink(target, path string) error {
	if old, err := os.Readlink(path); err == nil && old == target {
		return nil
	}
	err := os.Symlink(target, path)
	if !errors.Is(err, os.ErrExist) {
		return err
	}
	tmp := path + "." + randomHex() + ".incomplete"
	if err := os.Symlink(target, tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		_ = os.Remove(tmp) // best effort
		return err
	}
	return nil
}

// symlinks reports whether the cache's file system has symbolic links. Windows
// may refuse them with an error that is not a permission error (1314), so any
// failure of the probe means no.
func (c *cache) symlinks() bool {
	if c.noSymlinks {
		return false
	}
	c.probe.Do(func() {
		dir, err := os.MkdirTemp(c.root, "tmp")
		if err != nil {
			c.canSymlink = true // the attempt itself will tell
			return
		}
		defer func() { _ = os.RemoveAll(dir) }() // best effort
		c.canSymlink = os.Symlink("source", filepath.Join(dir, "link")) == nil
	})
	return c.canSymlink
}

// writeRef records which commit a branch stands for; an exact commit needs no
// ref. What is there already is not written again: the cache may be read-only.
func (c *cache) writeRef(repoID, revision, commit string) error {
	if revision == commit || c.root == "" {
		return nil
	}
	path := filepath.Join(c.repoDir(repoID), "refs", filepath.FromSlash(revision))
	if old, err := readSmall(path, maxRefBytes); err == nil && string(old) == commit {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return err
	}
	return c.write(path, path, []byte(commit), "half a ref", "ref written")
}

// rememberAbsent records that a commit has no such file. The ref moves along
// unless that would hide an older snapshot from offline readers.
func (c *cache) rememberAbsent(repoID, revision, commit, filename string) error {
	if c.root == "" || !IsCommit(commit) {
		return nil
	}
	path := filepath.Join(c.repoDir(repoID), ".no_exist", commit, filepath.FromSlash(filename))
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return err
	}
	if err := regular.CheckOrAbsent(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|regular.NonBlocking, fileMode)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if old, ok := c.commitOf(repoID, revision); ok && old != commit && !IsCommit(revision) {
		if _, err := os.Stat(filepath.Join(c.repoDir(repoID), "snapshots", commit)); err != nil {
			return nil //nolint:nilerr // the new commit has no files here yet
		}
	}
	return c.writeRef(repoID, revision, commit)
}
