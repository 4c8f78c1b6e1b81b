package hub

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Description is how a Client is set up, for `fib-ls doctor`. It holds no secret.
type Description struct {
	Endpoint     string
	EndpointFrom string // the variable, or "default"

	// TokenSource is where the token comes from; "" without one.
	TokenSource string
	// TokenNote is why requests are anonymous all the same; "" otherwise.
	TokenNote string

	CacheRoot     string // "" when nothing can be cached
	CacheFrom     string // the variable, or "default"
	CacheExists   bool
	CacheWritable bool
	CachedRepos   int

	Offline        bool
	OfflineBecause string // the flag or variable

	Proxies      []string // "https: http://proxy:3128 (HTTPS_PROXY)", without passwords
	Certificates string   // the variable that names them; "" for the system's
	Symlinks     bool     // false when HF_HUB_DISABLE_SYMLINKS is set
	HeadTimeout  time.Duration
	ReadTimeout  time.Duration
	UserAgent    string

	// Problems are settings that cannot be used as they are.
	Problems []string
}

// Endpoint is the Hub's address as it was set.
func (c *Client) Endpoint() string { return c.set.endpointText }

// Describe tells how the Client is set up. It makes no request, but tries
// whether files can be made in the cache.
func (c *Client) Describe() Description {
	s := c.set
	d := Description{
		Endpoint: s.endpointText, EndpointFrom: s.endpointFrom,
		TokenSource: s.tokenSource, TokenNote: s.tokenNote,
		CacheRoot: s.cacheRoot, CacheFrom: s.cacheFrom, CachedRepos: len(c.ListCached()),
		Offline: s.offline, OfflineBecause: s.offlineWhy,
		Proxies: slices.Clone(s.proxies), Certificates: s.trust().from, Symlinks: !s.noSymlinks,
		HeadTimeout: s.headTimeout, ReadTimeout: s.readTimeout, UserAgent: s.userAgent,
		Problems: slices.Concat(s.warnings, s.trust().problems),
	}
	if s.endpointErr != nil {
		d.Problems = append(d.Problems, s.endpointErr.Error())
	}
	d.CacheExists, d.CacheWritable = cacheState(s.cacheRoot)
	for i, p := range d.Problems {
		d.Problems[i] = c.redact.clean(p)
	}
	return d
}

// cacheState says whether the cache is there and whether files can be made in
// it (or in the nearest folder above it that exists).
func cacheState(root string) (exists, writable bool) {
	if root == "" {
		return false, false
	}
	dir := root
	for {
		info, err := os.Stat(dir)
		if err == nil {
			exists = dir == root && info.IsDir()
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir || !errors.Is(err, os.ErrNotExist) {
			return false, false
		}
		dir = parent
	}
	f, err := os.CreateTemp(dir, ".fib-ls-*")
	if err != nil {
		return exists, false
	}
	_ = f.Close()
	_ = os.Remove(f.Name()) // best effort: an empty file
	return exists, true
}

// CacheRoot is the directory of the Hub's cache on this machine, which need
// not exist yet; "" when there is no place for one.
func (c *Client) CacheRoot() string { return c.cache.root }
