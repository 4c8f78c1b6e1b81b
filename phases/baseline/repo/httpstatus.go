package repo

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
)

// httpStatus finds the answer behind an error of the transport: its status (0
// when there was none) and the pause that it asks for.
func httpStatus(err error) (status int, pause time.Duration) {
	var unexpected *plumbing.UnexpectedError
	if errors.As(err, &unexpected) {
		err = unexpected.Err // go-git's wrapper does not unwrap
	}
	var e *githttp.Err
	if !errors.As(err, &e) || e.Response == nil {
		return 0, 0
	}
	after := e.Response.Header.Get("Retry-After")
	if sec, err := strconv.Atoi(after); err == nil && sec > 0 {
		return e.Response.StatusCode, time.Duration(min(sec, 3600)) * time.Second
	}
	if at, err := http.ParseTime(after); err == nil {
		return e.Response.StatusCode, max(0, time.Until(at))
	}
	return e.Response.StatusCode, 0
}
