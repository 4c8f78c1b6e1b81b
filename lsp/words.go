package lsp

import (
	"regexp"
	"strings"
)

// settingOf names the setting that does what a flag of the command line does.
// The phases speak of flags; whoever is in an editor has none.
var settingOf = map[string]string{
	"dataset":     "fibLs.dataset.path",
	"definitions": "fibLs.addModel.definitions",
	"gemm":        "fibLs.addModel.gemm",
	"models-ts":   "fibLs.modelsFile",
	"offline":     "fibLs.huggingface.offline",
	"output-dir":  "fibLs.addModel.outputDir",
	"revision":    "fibLs.addModel.revision",
	"sglang-path": "fibLs.sglang.path",
	"weights":     "fibLs.addModel.weights",
}

// flagWord is a flag in a sentence, with a value that is written as one: behind an
// equals sign, or a word in capitals that stands for one.
var flagWord = regexp.MustCompile(`--([a-z][a-z-]*)(?:=(\S+)| ([A-Z][A-Z/]*)\b)?`)

// assignment is a config field that is given by a flag.
var assignment = regexp.MustCompile(`--set ([A-Za-z_][\w.]*)`)

// markerHint says where the words go that no setting has.
const markerHint = "\nIn an editor these are words of the comment that asks for the model: // fib: add ORG/NAME key=value"

// editorText says what a message of the phases says in the words of an editor:
// settings, and keys of the marker comment, for flags.
func editorText(message string) string {
	text, keys := withoutFlags(message)
	if keys {
		text += markerHint
	}
	return text
}

// withoutFlags is editorText without its last line; keys says that a word is a
// key of the marker comment.
func withoutFlags(message string) (text string, keys bool) {
	text = assignment.ReplaceAllStringFunc(message, func(found string) string {
		keys = true
		return "set." + strings.TrimPrefix(found, "--set ")
	})
	text = flagWord.ReplaceAllStringFunc(text, func(found string) string {
		parts := flagWord.FindStringSubmatch(found)
		name, value := parts[1], parts[2]+parts[3]
		if setting, ok := settingOf[name]; ok {
			if value != "" {
				setting += ": " + value
			}
			return setting
		}
		keys = true
		if key, ok := requestKeys[foldKey(name)]; ok {
			name = key
		}
		if value != "" {
			name += "=" + value
		}
		return name
	})
	return text, keys
}

// editorError is an error of the phases in the words of an editor.
type editorError struct{ error }

func (e editorError) Error() string { return editorText(e.error.Error()) }

// Unwrap returns the error of the phases.
func (e editorError) Unwrap() error { return e.error }

// inEditorWords gives an error whose text names flags another text.
func inEditorWords(err error) error {
	if err == nil || !strings.Contains(err.Error(), "--") {
		return err
	}
	return editorError{err}
}
