package hub

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func describe(home string, vars map[string]string, o Options) (*Client, Description) {
	o.Home = home
	o.Getenv = func(n string) string { return vars[n] }
	c := New(o)
	return c, c.Describe()
}

func TestCacheRoot(t *testing.T) {
	home := t.TempDir()
	j := func(parts ...string) string { return filepath.Join(append([]string{home}, parts...)...) }
	for _, tc := range []struct {
		vars       map[string]string
		root, from string
	}{
		{nil, j(".cache", "huggingface", "hub"), "default"},
		{map[string]string{"HF_HOME": "", "HF_HUB_CACHE": ""}, j(".cache", "huggingface", "hub"), "default"},
		{map[string]string{"XDG_CACHE_HOME": j("xdg")}, j("xdg", "huggingface", "hub"), "XDG_CACHE_HOME"},
		{map[string]string{"HF_HOME": j("hf"), "XDG_CACHE_HOME": j("xdg")}, j("hf", "hub"), "HF_HOME"},
		{map[string]string{"HF_HOME": "~/hf"}, j("hf", "hub"), "HF_HOME"},
		{map[string]string{"HF_HOME": "$DATA/${SUB}/$NOT_SET", "DATA": home, "SUB": "s"}, j("s", "$NOT_SET", "hub"), "HF_HOME"},
		{map[string]string{"HUGGINGFACE_HUB_CACHE": j("old"), "HF_HOME": j("hf")}, j("old"), "HUGGINGFACE_HUB_CACHE"},
		{map[string]string{"HF_HUB_CACHE": j("new"), "HUGGINGFACE_HUB_CACHE": j("old")}, j("new"), "HF_HUB_CACHE"},
	} {
		if _, d := describe(home, tc.vars, Options{}); d.CacheRoot != tc.root || d.CacheFrom != tc.from {
			t.Errorf("%v: %s from %s, want %s", tc.vars, d.CacheRoot, d.CacheFrom, tc.root)
		}
	}
}

func TestToken(t *testing.T) {
	home := t.TempDir()
	file := func(name, text string) string {
		p := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	stored := file("hf/token", "hf_fileToken\r\n")
	other := file("other", " hf_otherToken\n")
	blank := file("blank", " \n")
	for _, tc := range []struct {
		name   string
		vars   map[string]string
		opts   Options
		token  string
		source string
	}{
		{"none", nil, Options{}, "", ""},
		{"variable", map[string]string{"HF_TOKEN": " hf_a\n", "HUGGING_FACE_HUB_TOKEN": "hf_b"}, Options{}, "hf_a", "HF_TOKEN"},
		{"blank variable", map[string]string{"HF_TOKEN": " \n", "HUGGING_FACE_HUB_TOKEN": "hf_b"}, Options{}, "hf_b", "HUGGING_FACE_HUB_TOKEN"},
		{"file", map[string]string{"HF_HOME": filepath.Join(home, "hf")}, Options{}, "hf_fileToken", "the token file " + stored},
		{"path", map[string]string{"HF_HOME": filepath.Join(home, "hf"), "HF_TOKEN_PATH": other}, Options{}, "hf_otherToken", "the token file " + other},
		{"blank file", map[string]string{"HF_TOKEN_PATH": blank}, Options{}, "", ""},
		{"implicit off", map[string]string{"HF_TOKEN": "hf_a", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "yes"}, Options{}, "", ""},
		{"control", map[string]string{"HF_TOKEN": "hf_a\x01b"}, Options{}, "", ""},
		{"folder", map[string]string{"HF_TOKEN_PATH": home}, Options{}, "", ""},
	} {
		c, d := describe(home, tc.vars, tc.opts)
		if c.set.token != tc.token || d.TokenSource != tc.source {
			t.Errorf("%s: %q from %q", tc.name, c.set.token, d.TokenSource)
		}
	}
}

func TestEndpoint(t *testing.T) {
	for in, want := range map[string]string{
		"": DefaultEndpoint, "https://hf-mirror.com/": "https://hf-mirror.com", " http://127.0.0.1:8/ ": "http://127.0.0.1:8",
		"https://h/api/huggingfaceml/repo/": "https://h/api/huggingfaceml/repo",
	} {
		if _, d := describe(t.TempDir(), map[string]string{"HF_ENDPOINT": in}, Options{}); d.Endpoint != want || len(d.Problems) > 0 {
			t.Errorf("%q: %s %v", in, d.Endpoint, d.Problems)
		}
	}
	for in, reason := range map[string]string{
		"hf-mirror.com":  "it must start with https:// or http://",
		"ftp://x":        "it must start with https:// or http://",
		"https://":       "it names no host",
		"http://[::1":    "it cannot be read as a web address",
		"https:///a/b/c": "it names no host",
	} {
		c, d := describe(t.TempDir(), map[string]string{"HF_ENDPOINT": in}, Options{})
		_, err := c.Fetch(context.Background(), "a/b", "", "config.json")
		var ce Error
		if want := "HF_ENDPOINT cannot be used: " + reason; !errors.As(err, &ce) || err.Error() != want || len(d.Problems) != 1 || d.Problems[0] != want {
			t.Errorf("%q: %v, %v", in, err, d.Problems)
		} else if ce.Kind() != "config" || ce.ExitCode() != 2 || ce.Hint() != "Set HF_ENDPOINT to an address such as https://huggingface.co, or unset it." {
			t.Errorf("%q: %s", in, ce.Hint())
		}
	}
	_, d := describe(t.TempDir(), map[string]string{"HF_ENDPOINT": "https://me:hush@mirror.test"}, Options{})
	if d.Endpoint != "https://mirror.test" || len(d.Problems) != 1 || strings.Contains(d.Problems[0], "hush") {
		t.Errorf("%+v", d)
	}
}

func TestOfflineOrder(t *testing.T) {
	for _, tc := range []struct {
		hub, transformers string
		flag, want        bool
		why               string
	}{
		{"", "", false, false, ""},
		{"1", "", false, true, "HF_HUB_OFFLINE=1"},
		{"On", "", false, true, "HF_HUB_OFFLINE=On"},
		{"", "yes", false, true, "TRANSFORMERS_OFFLINE=yes"},
		{"0", "1", false, false, ""},
		{"no", "", true, true, "--offline"},
		{"2", "", false, false, ""},
	} {
		_, d := describe(t.TempDir(), map[string]string{"HF_HUB_OFFLINE": tc.hub, "TRANSFORMERS_OFFLINE": tc.transformers}, Options{Offline: tc.flag})
		if d.Offline != tc.want || d.OfflineBecause != tc.why {
			t.Errorf("%+v: %t %q", tc, d.Offline, d.OfflineBecause)
		}
	}
}

func TestTimeoutsAndAgent(t *testing.T) {
	_, d := describe(t.TempDir(), map[string]string{"HF_HUB_ETAG_TIMEOUT": "3", "HF_HUB_DOWNLOAD_TIMEOUT": "0"}, Options{Version: "1.2"})
	if d.HeadTimeout != 3*time.Second || d.ReadTimeout != 10*time.Second {
		t.Errorf("%+v", d)
	}
	if want := "fib-ls/1.2; go/" + strings.TrimPrefix(runtime.Version(), "go") + "; " + runtime.GOOS + "/" + runtime.GOARCH; d.UserAgent != want {
		t.Errorf("%q", d.UserAgent)
	}
	_, d = describe(t.TempDir(), map[string]string{"HF_HUB_ETAG_TIMEOUT": "soon", "DO_NOT_TRACK": "1",
		"HF_HUB_USER_AGENT_ORIGIN": "ci\r\nX: y"}, Options{Version: "1.2"})
	if d.HeadTimeout != 10*time.Second || d.UserAgent != "fib-ls/1.2; origin/ciX: y" ||
		len(d.Problems) != 1 || d.Problems[0] != "HF_HUB_ETAG_TIMEOUT is not a number of seconds; 10 is used" {
		t.Errorf("%+v", d)
	}
}

func TestProxies(t *testing.T) {
	c, d := describe(t.TempDir(), map[string]string{"ALL_PROXY": "socks5://user:hush@all:1080", "https_proxy": "http://user:hush@px:3128",
		"NO_PROXY": "intern.test"}, Options{})
	want := []string{"https: http://px:3128 (https_proxy)", "http: socks5://all:1080 (ALL_PROXY)", "direct: intern.test (NO_PROXY)"}
	if strings.Join(d.Proxies, "|") != strings.Join(want, "|") {
		t.Errorf("%q", d.Proxies)
	}
	for target, proxy := range map[string]string{"https://h/x": "http://user:hush@px:3128", "http://h/x": "socks5://user:hush@all:1080",
		"https://a.intern.test/": "", "http://127.0.0.1:8/": ""} {
		u, _ := url.Parse(target)
		p, err := c.set.proxy(u)
		got := ""
		if p != nil {
			got = p.String()
		}
		if err != nil || got != proxy {
			t.Errorf("%s: %s %v", target, got, err)
		}
	}
	if _, d = describe(t.TempDir(), map[string]string{"HTTP_PROXY": "http://client.sets.it", "REQUEST_METHOD": "GET"}, Options{}); len(d.Proxies) != 0 {
		t.Errorf("%q", d.Proxies)
	}
}

func TestCertificates(t *testing.T) {
	home := t.TempDir()
	bad := filepath.Join(home, "bad.pem")
	if err := os.WriteFile(bad, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, d := describe(home, map[string]string{"SSL_CERT_FILE": bad}, Options{})
	if c.set.trust().roots != nil || len(d.Problems) != 1 || d.Problems[0] != "SSL_CERT_FILE="+bad+" holds no usable certificates" {
		t.Errorf("%+v", d.Problems)
	}
	gone := filepath.Join(home, "gone.pem")
	_, d = describe(home, map[string]string{"CURL_CA_BUNDLE": gone}, Options{})
	if len(d.Problems) != 1 || !strings.HasPrefix(d.Problems[0], "CURL_CA_BUNDLE="+gone+" holds no usable certificates: ") {
		t.Errorf("%+v", d.Problems)
	}
}

func TestVerbosity(t *testing.T) {
	for v, want := range map[string]slog.Level{"debug": slog.LevelDebug, "INFO": slog.LevelInfo, "critical": slog.LevelError} {
		c, _ := describe(t.TempDir(), map[string]string{"HF_HUB_VERBOSITY": v}, Options{Logger: slog.Default()})
		if c.set.level == nil || *c.set.level != want || !c.log.Enabled(context.Background(), want) || c.log.Enabled(context.Background(), want-1) {
			t.Errorf("%s: %v", v, c.set.level)
		}
	}
	c, _ := describe(t.TempDir(), map[string]string{"HF_DEBUG": "1"}, Options{Logger: slog.Default()})
	if !c.log.Enabled(context.Background(), slog.LevelDebug) {
		t.Error("HF_DEBUG has no effect")
	}
}

func TestNoHome(t *testing.T) {
	c := New(Options{Getenv: func(string) string { return "" }})
	c.set.CacheRoot, c.cache.root = "", ""
	if c.ListCached() != nil {
		t.Error("repositories without a cache")
	}
	if _, err := c.Cached("a/b", "", "config.json"); err == nil {
		t.Error("a file without a cache")
	}
}
