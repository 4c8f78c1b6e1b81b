package hub

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// TestTokenEchoed: a server that has seen the token and sends it back, in a
// host name, a bucket or a message, does not bring it before anybody's eyes.
func TestTokenEchoed(t *testing.T) {
	token := fakehub.DemoToken
	for name, do := range map[string]fakehub.Action{
		"host":       fakehub.RedirectTo(302, func(*fakehub.Exchange) string { return "http://" + token + ".invalid/x" }, fakehub.Metadata...),
		"lower case": fakehub.RedirectTo(302, func(*fakehub.Exchange) string { return "http://" + strings.ToLower(token) + ".invalid/x" }, fakehub.Metadata...),
		"bucket":     fakehub.Refuse(429, "", "slow down", "RateLimit", `"`+token+`";r=0;t=100000`),
		"message":    fakehub.Refuse(403, "", "the token "+token+" may not"),
		"escaped":    fakehub.Refuse(403, "", "the token %68"+token[1:]+" may not"),
		"request id": fakehub.Refuse(500, "", "no", "X-Request-Id", token),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, fakehub.Scenario{Token: token})
			var told strings.Builder
			b.opts.Progress = func(p Progress) { told.WriteString(p.Text + "\n") }
			b.s.On(fakehub.Rule{Kind: fakehub.Resolve, Do: do})
			f, err := b.client().Fetch(context.Background(), fakehub.DemoRepo, "main", "config.json")
			seen := outcome(f, err) + told.String() + b.logs.String()
			if strings.Contains(strings.ToLower(seen), strings.ToLower(token)) {
				t.Errorf("the token shows in:\n%s", seen)
			}
			if err == nil {
				t.Error("it worked")
			}
		})
	}
}

// TestTokenInTheFile: a file that has the token in it, plain or escaped, is not
// taken: what a run makes of it is published.
func TestTokenInTheFile(t *testing.T) {
	token := fakehub.DemoToken
	for name, text := range map[string]string{"plain": token, "escaped": fmt.Sprintf(`\u%04x`, token[0]) + token[1:], "none": "nothing"} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, fakehub.Scenario{Token: token})
			body := `{"model_type": "` + text + `"}`
			b.s.On(fakehub.Rule{Method: http.MethodGet, Do: fakehub.EditBody(func([]byte) []byte { return []byte(body) })})
			f, err := b.client().Fetch(context.Background(), fakehub.DemoRepo, "main", "config.json")
			if echoed := err != nil && strings.Contains(err.Error(), "sends the token back"); echoed != (name != "none") || f != nil {
				t.Errorf("%v, %v", f, err)
			}
			if seen := outcome(f, err) + b.logs.String(); strings.Contains(seen, token) {
				t.Errorf("the token shows in:\n%s", seen)
			}
		})
	}
}

// TestPlaceholderToken: a token that is a word of every config is no secret that
// a server sends back.
func TestPlaceholderToken(t *testing.T) {
	b := newBench(t, fakehub.Scenario{Token: "model_type"})
	b.s.AddToken("model_type", "somebody")
	f, err := b.client().Fetch(context.Background(), fakehub.DemoRepo, "main", "config.json")
	if err != nil || !strings.Contains(string(f.Bytes), "model_type") {
		t.Error(err)
	}
}

// TestWaits: what a server asks for is written as people read it.
func TestWaits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		55 * time.Second: "55 s", 5 * time.Minute: "5 min", 3*time.Hour + 20*time.Minute: "3 h", 1000000000 * time.Second: "more than a day", 90 * time.Second: "90 s",
	} {
		if got := seconds(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	b := newBench(t, fakehub.Scenario{})
	b.s.On(fakehub.Rule{Do: fakehub.Refuse(429, "", "", "Retry-After", "1000000000")})
	_, err := b.client().Fetch(context.Background(), fakehub.DemoRepo, "main", "config.json")
	if err == nil || strings.Contains(err.Error(), "00000") || !strings.Contains(err.Error(), "more than a day") {
		t.Errorf("%v", err)
	}
}
