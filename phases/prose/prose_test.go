package prose

import (
	"regexp"
	"strings"
	"testing"
)

// codeSpan is what GitHub shows as it is; an escaped backquote opens none.
var codeSpan = regexp.MustCompile("(^|[^\\\\`])`[^`]*`")

// TestNothingIsActive: of what strangers wrote nothing links, mentions, closes
// or formats.
func TestNothingIsActive(t *testing.T) {
	for _, s := range []string{
		"http://evil.test", "see https://evil.test/x.", "www.evil.test", "@org/team", "thanks to @user, @other", "a@b.test", "mailto:a", "xmpp:a",
		"Fixes #12", "closes: org/repo#12", "resolves GH-12", "gh-7", "-http://a", "1.http://a", "1) @a", "+@a", "#12", "# heading", "_@a_", "`@a`", "``@a", "\\@a", "a\n@b", "a\u00a0@b", "a|@b",
		"abcdef1", "is 0123456789abcdef0123456789abcdef01234567 here", "![x](http://a)", "[x](//a)", "<img src=//a>", "<a@b>", "{alert(1)}",
	} {
		for name, out := range map[string]string{"Markdown": Markdown(s), "Cell": Cell(s), "Code": Code(s)} {
			left := codeSpan.ReplaceAllString(out, "$1")
			if found := active.FindString(left); found != "" {
				t.Errorf("%s(%q) is %q: %q is outside of code", name, s, out, found)
			}
			if regexp.MustCompile("(^|[^\\\\])[\\[<{`]").MatchString(left) || strings.ContainsAny(out, "\n\r") {
				t.Errorf("%s(%q) is %q: markup is left", name, s, out)
			}
		}
	}
	for s, want := range map[string]string{
		"a plain sentence, 4096 wide":       "a plain sentence, 4096 wide",
		"layers.0*2":                        `layers.0\*2`,
		"1. a list":                         `1\. a list`,
		"gqa_paged_decode_h32_kv8_d128_ps1": "gqa_paged_decode_h32_kv8_d128_ps1",
		"see http://a for more":             "see `http://a` for more",
		"commit 4afa8cb1, from http://a.":   "commit `4afa8cb1`, from `http://a`.",
	} {
		if got := Markdown(s); got != want {
			t.Errorf("Markdown(%q) is %q, want %q", s, got, want)
		}
	}
}

// TestNoRunnerCommands: no line of what is printed is a command to GitHub's
// runner.
func TestNoRunnerCommands(t *testing.T) {
	command := regexp.MustCompile(`(?m)(^|\r)\s*::|##\[`)
	for _, s := range []string{"::error::x", "--tp x\n::error::…", "a\n \t::set-output name=a::b", "a\r\n::warning::b", "a\r::warning::b", "x ##[error]y", "::\n::", "\u0085::error::"} {
		if got := Terminal(s); command.MatchString(got) {
			t.Errorf("Terminal(%q) is %q", s, got)
		}
	}
	if s := "std::vector, a::b\n\ttext"; Terminal(s) != s {
		t.Errorf("%q became %q", s, Terminal(s))
	}
}

func TestNearest(t *testing.T) {
	names := []string{"model-name", "models-ts", "tp"}
	for typed, want := range map[string]string{"model-nam": "model-name", "mod": "model-name", "tpp": "tp", "pt": "tp", "mdoel-name": "model-name", "zzz": "", "": ""} {
		if got := Nearest(typed, names); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	for s, want := range map[string]string{"abc": "abc", "abcd": "ab…", "äöü": "äöü", "äöüß": "äö…", "": ""} {
		if got := Clip(s, 3); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
