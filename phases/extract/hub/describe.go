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

	// TokenSource is where the token comes from, as a user would name it; ""
	// without one.
	TokenSource string
	// TokenNote is why requests are anonymous all the same; "" otherwise.
	TokenNote string

	CacheRoot     string // "" when nothing can be cached
	CacheFrom     string // the variable, or "default"
	CacheWritable bool
	CachedRepos   int

	Offline        bool
	OfflineBecause string // the flag or variable

	Proxies     []string // "https: http://proxy:3128 (HTTPS_PROXY)", without passwords
	HeadTimeout time.Duration
	ReadTimeout time.Duration
	UserAgent   string

	// Problems are settings that cannot be used as they are.
	Problems []string
}

// Endpoint is the Hub's address as it was set.
func (c *Client) Endpoint() string { return c.set.Endpoint }

// Describe tells how the Client is set up. It makes no request, but tries
// whether files can be made in the cache.
func (c *Client) Describe() Description {
	d := c.set.Description
	d.CachedRepos, d.CacheWritable = len(c.ListCached()), canMakeFiles(d.CacheRoot)
	d.Problems = slices.Concat(d.Problems, c.set.trust().problems)
	if c.set.endpointErr != nil {
		d.Problems = append(d.Problems, c.set.endpointErr.Error())
	}
	for i, p := range d.Problems {
		d.Problems[i] = c.redact.clean(p)
	}
	return d
}

// canMakeFiles reports whether files can be made in a folder, or in the nearest
// one above it that exists.
func canMakeFiles(dir string) bool {
	if dir == "" {
		return false
	}
	for {
		_, err := os.Stat(dir)
		if err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir || !errors.Is(err, os.ErrNotExist) {
			return false
		}
		dir = parent
	}
	f, err := os.CreateTemp(dir, ".fib-ls-*")
	if err != nil {
		return false
	}
	_ = f.Close()
	_ = os.Remove(f.Name()) // best effort: an empty file
	return true
}

// CacheRoot is the directory of the Hub's cache on this machine, which need
// not exist yet; "" when there is no place for one.
func (c *Client) CacheRoot() string { return c.cache.root }
