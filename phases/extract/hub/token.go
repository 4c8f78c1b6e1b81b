package hub

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/fib-ls/fib-ls/phases/regular"
)

const maxTokenFile = 64 << 10

// readToken looks the token up in huggingface_hub's order. The OIDC exchange
// before it and Colab's vault after it are left out: both need a service. A
// login with a refresh token is used as it stands, never refreshed.
func (s *settings) readToken(e env) {
	if e.flag("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
		s.TokenNote = "HF_HUB_DISABLE_IMPLICIT_TOKEN is set: requests are anonymous"
		return
	}
	for _, name := range []string{"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"} {
		if t := cleanToken(e(name)); t != "" {
			s.setToken(t, name)
			return
		}
	}
	path, from := s.tokenPath(e)
	if path == "" {
		return
	}
	t, err := readTokenFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		s.warn("the token file %s cannot be read: %v", path, errText(err))
	case t != "":
		s.setToken(t, from)
	}
}

func (s *settings) tokenPath(e env) (path, source string) {
	if v := e("HF_TOKEN_PATH"); v != "" {
		path = expand(e, s.home, v)
	} else if s.hfHome != "" {
		path = filepath.Join(s.hfHome, "token")
	}
	return path, "the token file " + path
}

func (s *settings) setToken(t, source string) {
	for i := 0; i < len(t); i++ {
		if t[i] <= 0x20 || t[i] > 0x7e {
			s.TokenNote = source + " holds a character that no token has: it is not used"
			s.warn("%s", s.TokenNote)
			return
		}
	}
	s.token, s.TokenSource = t, source
	if s.endpoint.Scheme == "http" && !isLoopback(s.endpoint.Hostname()) {
		s.TokenNote = source + " is not sent to " + displayOrigin(s.endpoint) + ": http would show it to the network"
		s.warn("%s", s.TokenNote)
	}
}

func readTokenFile(path string) (string, error) {
	data, err := regular.Read(path, maxTokenFile)
	return cleanToken(string(data)), err
}

func cleanToken(t string) string {
	return strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(t))
}

// errText is the reason of a file error without its path, which was named already.
func errText(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
