package hub

import (
	"context"
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
