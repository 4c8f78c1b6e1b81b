package lsp

import (
	"errors"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/fault"
)

// What the phases say with flags, an editor says with settings and the keys of
// its marker comment.
func TestNoFlagsInTheEditor(t *testing.T) {
	missing := &extract.MissingFieldsError{ModelType: "x", Fields: []string{"head_dim"}, Proposals: []extract.Proposal{{Field: "head_dim", Value: "128", From: "x"}}}
	for _, c := range []struct {
		err  error
		want string
	}{
		{missing, "give set.head_dim=128"},
		{&phases.DuplicateError{ID: "m", Line: 3}, "add update to refresh it, or choose another modelName"},
		{&fault.Usage{Message: "the directory cannot be made", Hint: "name another one with --output-dir"}, "name another one with fibLs.addModel.outputDir"},
		{errors.New("not in the cache and the network is off (--offline)"), "the network is off (fibLs.huggingface.offline)"},
		{errors.New("no model: give a repository (--hf-repo-id ORG/NAME) or --config=FILE"), "(repoId=ORG/NAME) or config=FILE"},
		{errors.New("the checkpoint was not looked for (--weights off)"), "(fibLs.addModel.weights off)"},
		{errors.New("--some-flag that nobody has"), "some-flag that nobody has"},
	} {
		got := inEditorWords(c.err)
		if !strings.Contains(got.Error(), c.want) || strings.Contains(got.Error(), "--") {
			t.Errorf("%q became %q, without %q", c.err, got, c.want)
		}
		if !errors.Is(got, c.err) {
			t.Errorf("%q is lost", c.err)
		}
	}
	if plain := errors.New("a - b"); inEditorWords(plain) != plain {
		t.Error("a text without flags was changed")
	}
	for flag, setting := range settingOf {
		if !strings.Contains(editorText("--"+flag), setting) {
			t.Errorf("--%s is not %s", flag, setting)
		}
	}
}
