package lsp

import (
	"errors"
	"regexp"
	"strings"

	"go.lsp.dev/jsonrpc2"
)

// The phases word their errors for a command line. In an editor nobody gives a
// flag: what it does there is a parameter of the marker comment, a setting, or
// nothing. This is the one table of it.
var flagPhrases = []struct{ flag, words string }{
	{"add --update to refresh it, or choose another --model-name", "update it, or choose another name"},
	{"another --model-name", "another name"},
	{"with --model-name, for example --model-name ", "as the parameter name, for example name="},
	{"try --model-name ", "try name="},
	{"with --page-size", "with page-size="},
	{"for example --page-size ", "for example page-size="},
	{"SGLang was skipped (--skip-sglang)", "SGLang was skipped"},
	{"(--weights off)", "(weights=off)"},
	{"--weights off", "weights=off"},
	{"--definitions dataset", "definitions=dataset"},
	{"--typecheck=false", "no type check"},
	{"check --network", "a check of the command line that asks the network"},
}

// flagSettings are the flags that are settings of the editor.
var flagSettings = map[string]string{
	"offline": "the setting fibLs.huggingface.offline", "sglang-path": "the setting fibLs.sglang.path",
	"dataset": "the setting fibLs.dataset.path", "models-ts": "the setting fibLs.modelsFile",
	"hf-repo-id": "a repository", "set": "", "network": "the network", "typecheck": "the command line's type check",
}

// flagOf finds a flag, with what --set assigns behind it.
var flagOf = regexp.MustCompile(`--([a-z][a-z-]*[a-z])`)

// wordedError is an error in an editor's words.
type wordedError struct{ error }

func (e wordedError) Error() string { return editorWords(e.error.Error()) }

// Unwrap returns the error as the phases word it.
func (e wordedError) Unwrap() error { return e.error }

// inEditorWords words an error for an editor. One of the protocol stays what it
// is.
func inEditorWords(err error) error {
	var protocolError *jsonrpc2.Error
	if errors.As(err, &protocolError) {
		return err
	}
	return wordedError{err}
}

// editorWords says in an editor's words what was said for a command line.
func editorWords(text string) string {
	if !strings.Contains(text, "--") {
		return text
	}
	for _, p := range flagPhrases {
		text = strings.ReplaceAll(text, p.flag, p.words)
	}
	text = strings.ReplaceAll(text, "--set ", "")
	return flagOf.ReplaceAllStringFunc(text, func(flag string) string {
		name := flag[2:]
		if words, ok := flagSettings[name]; ok {
			return words
		}
		return "the parameter " + name
	})
}
