package repo

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestProbe(t *testing.T) {
	asked := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.RequestURI()
		switch {
		case strings.HasPrefix(r.URL.Path, "/good.git/"):
			w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		case strings.HasPrefix(r.URL.Path, "/page/"):
			w.Header().Set("Content-Type", "text/html")
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	ask := func(url string) error {
		_, err := Probe(context.Background(), Options{WorkDir: t.TempDir(), CacheDir: t.TempDir(), URL: url})
		return err
	}
	if err := ask(server.URL + "/good.git"); err != nil {
		t.Error(err)
	}
	if asked != "/good.git/info/refs?service=git-upload-pack" {
		t.Errorf("asked for %s", asked)
	}
	for url, kind := range map[string]error{
		server.URL + "/none.git":      ErrRemoteNotFound,
		server.URL + "/page":          ErrNetwork,
		"http://127.0.0.1:1/refused":  ErrNetwork,
		t.TempDir() + "/nowhere":      ErrRemoteNotFound,
		"ssh://git@example.org/x.git": ErrURL,
	} {
		if err := ask(url); !errors.Is(err, kind) {
			t.Errorf("%s gives %v, want %v", url, err, kind)
		}
	}
	if err := ask(strings.Replace(server.URL, "http://", "http://me:secret@", 1) + "/none.git"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a password is told: %v", err)
	}
	if err := ask(t.TempDir()); err != nil {
		t.Errorf("a local repository: %v", err)
	}
}
