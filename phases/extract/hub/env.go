package hub

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

const defaultTimeout = 10 * time.Second

// settings is what the environment says, read once by New.
type settings struct {
	Description // what may be shown of them

	endpoint    *url.URL // never nil; no trailing slash, no user
	endpointErr error
	token       string
	home        string
	hfHome      string
	noSymlinks  bool
	level       *slog.Level
	proxy       func(*url.URL) (*url.URL, error)
	trust       func() trust
}

// env reads variables; a variable set to nothing counts as unset.
type env func(string) string

func (e env) first(names ...string) (value, name string) {
	for _, n := range names {
		if v := e(n); v != "" {
			return v, n
		}
	}
	return "", ""
}

// isTrue reads a boolean variable as huggingface_hub does.
func isTrue(v string) bool {
	switch strings.ToUpper(strings.TrimSpace(v)) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

func (e env) flag(names ...string) bool {
	for _, n := range names {
		if isTrue(e(n)) {
			return true
		}
	}
	return false
}

func readSettings(e env, o Options) *settings {
	s := &settings{home: o.Home}
	s.readEndpoint(e)
	s.readCache(e)
	s.readOffline(e, o)
	s.HeadTimeout = s.seconds(e, "HF_HUB_ETAG_TIMEOUT")
	s.ReadTimeout = s.seconds(e, "HF_HUB_DOWNLOAD_TIMEOUT")
	s.noSymlinks = e.flag("HF_HUB_DISABLE_SYMLINKS")
	s.readVerbosity(e)
	s.UserAgent = userAgent(e, o)
	s.readToken(e)
	s.readProxies(e)
	s.trust = sync.OnceValue(func() trust { return readTrust(e, s.home) })
	return s
}

func (s *settings) warn(format string, args ...any) {
	s.Problems = append(s.Problems, fmt.Sprintf(format, args...))
}

func (s *settings) readEndpoint(e env) {
	text, from := strings.TrimSpace(e("HF_ENDPOINT")), "HF_ENDPOINT"
	if text == "" {
		text, from = DefaultEndpoint, "default"
	}
	s.EndpointFrom = from
	u, err := url.Parse(strings.TrimRight(text, "/"))
	switch {
	case err != nil:
		s.endpointErr = badVariable(from, "it cannot be read as a web address")
	case u.Scheme != "http" && u.Scheme != "https":
		s.endpointErr = badVariable(from, "it must start with https:// or http://")
	case u.Hostname() == "":
		s.endpointErr = badVariable(from, "it names no host")
	}
	if s.endpointErr != nil {
		u = &url.URL{Scheme: "https", Host: "huggingface.co"}
	}
	if u.User != nil {
		s.warn("the user and password in HF_ENDPOINT are ignored: use HF_TOKEN")
	}
	s.endpoint = &url.URL{Scheme: strings.ToLower(u.Scheme), Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	s.Endpoint = strings.TrimRight(displayURL(s.endpoint), "/")
}

func (s *settings) readCache(e env) {
	if v := e("HF_HOME"); v != "" {
		s.hfHome = expand(e, s.home, v)
	} else if v := e("XDG_CACHE_HOME"); v != "" {
		s.hfHome = filepath.Join(expand(e, s.home, v), "huggingface")
	} else if s.home != "" {
		s.hfHome = filepath.Join(s.home, ".cache", "huggingface")
	}
	switch v, from := e.first("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"); {
	case v != "":
		s.CacheRoot, s.CacheFrom = expand(e, s.home, v), from
	case s.hfHome == "":
		s.warn("no home directory and no HF_HOME: nothing is cached")
		return
	default:
		_, s.CacheFrom = e.first("HF_HOME", "XDG_CACHE_HOME")
		if s.CacheFrom == "" {
			s.CacheFrom = "default"
		}
		s.CacheRoot = filepath.Join(s.hfHome, "hub")
	}
	if abs, err := filepath.Abs(s.CacheRoot); err == nil {
		s.CacheRoot = abs
	}
}

// readOffline reads whether the network is off: TRANSFORMERS_OFFLINE counts only
// while HF_HUB_OFFLINE is unset.
func (s *settings) readOffline(e env, o Options) {
	v, name := e.first("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
	switch {
	case o.Offline:
		s.Offline, s.OfflineBecause = true, "--offline"
	case isTrue(v):
		s.Offline, s.OfflineBecause = true, name+"="+strings.TrimSpace(v)
	}
}

// seconds reads a timeout in whole seconds; 0 means the default, as in Python.
func (s *settings) seconds(e env, name string) time.Duration {
	v := strings.TrimSpace(e(name))
	if v == "" {
		return defaultTimeout
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 24*3600 {
		s.warn("%s is not a number of seconds; %d is used", name, int(defaultTimeout.Seconds()))
		return defaultTimeout
	}
	if n == 0 {
		return defaultTimeout
	}
	return time.Duration(n) * time.Second
}

func (s *settings) readVerbosity(e env) {
	level, named := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warning": slog.LevelWarn, "warn": slog.LevelWarn, "error": slog.LevelError, "critical": slog.LevelError,
	}[strings.ToLower(strings.TrimSpace(e("HF_HUB_VERBOSITY")))]
	if e.flag("HF_DEBUG") {
		level, named = slog.LevelDebug, true
	}
	if named {
		s.level = &level
	}
}

func userAgent(e env, o Options) string {
	version := o.Version
	if version == "" {
		version = "dev"
	}
	ua := "fib-ls/" + version
	if !e.flag("HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK") {
		ua += "; go/" + strings.TrimPrefix(runtime.Version(), "go") + "; " + runtime.GOOS + "/" + runtime.GOARCH
	}
	if o := headerSafe(e("HF_HUB_USER_AGENT_ORIGIN")); o != "" {
		ua += "; origin/" + o
	}
	return ua
}

// headerSafe keeps the printable ASCII of s, at most 200 bytes.
func headerSafe(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	if len(s) > 200 {
		s = s[:200]
	}
	return s
}

// expand replaces a leading ~ and $VAR, ${VAR} (on Windows %VAR% too) in a
// path; a variable that is not set stays as it is written.
func expand(e env, home, p string) string {
	if home != "" && (p == "~" || strings.HasPrefix(p, "~/") || strings.HasPrefix(p, `~\`)) {
		p = home + p[1:]
	}
	return variable().ReplaceAllStringFunc(p, func(written string) string {
		return cmp.Or(e(strings.Trim(written, "${}%")), written)
	})
}

// variable matches a reference to a variable in a path.
var variable = sync.OnceValue(func() *regexp.Regexp {
	pattern := `\$\{[^}]+\}|\$\w+`
	if runtime.GOOS == "windows" {
		pattern += `|%[^%]+%`
	}
	return regexp.MustCompile(pattern)
})
