package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/lsp"
)

// TestExtensionInStep: the settings and palette commands that the extension
// contributes are those that the server reads and docs/commands.md lists, with
// the same defaults and words.
func TestExtensionInStep(t *testing.T) {
	var manifest struct {
		Contributes struct {
			Commands []struct{ Command, Category, Title string }
			Menus    struct {
				CommandPalette []struct{ Command, When string }
			}
			Configuration struct {
				Properties map[string]struct {
					Default             any
					MarkdownDescription string
				}
			}
		}
	}
	words := map[string]string{}
	readJSON(t, "../../vscode-extension/package.json", &manifest)
	readJSON(t, "../../vscode-extension/package.nls.json", &words)
	word := func(key string) string { return words[strings.Trim(key, "%")] }

	properties := manifest.Contributes.Configuration.Properties
	for _, s := range append(lsp.Settings(), clientSettings...) {
		p, ok := properties["fibLs."+s.Key]
		if !ok {
			t.Errorf("the extension does not contribute fibLs.%s", s.Key)
			continue
		}
		delete(properties, "fibLs."+s.Key)
		var fallback any
		if err := json.Unmarshal([]byte(s.Default), &fallback); err != nil || !reflect.DeepEqual(fallback, p.Default) {
			t.Errorf("fibLs.%s: the default is %s here and %v in the extension (%v)", s.Key, s.Default, p.Default, err)
		}
		if got := word(p.MarkdownDescription); got != s.Doc {
			t.Errorf("fibLs.%s:\n  %s\nin the extension:\n  %s", s.Key, s.Doc, got)
		}
	}
	for key := range properties {
		t.Errorf("the extension contributes %s, which nothing reads", key)
	}

	hidden := map[string]bool{}
	for _, m := range manifest.Contributes.Menus.CommandPalette {
		hidden[m.Command] = m.When == "false"
	}
	var contributed []paletteCommand
	for _, c := range manifest.Contributes.Commands {
		if hidden[c.Command] {
			continue
		}
		if c.Category != "FlashInfer-Bench" {
			t.Errorf("%s is in the category %q", c.Command, c.Category)
		}
		contributed = append(contributed, paletteCommand{id: c.Command, title: word(c.Title)})
	}
	var documented []paletteCommand
	for _, c := range paletteCommands {
		documented = append(documented, paletteCommand{id: c.id, title: c.title})
	}
	if !reflect.DeepEqual(contributed, documented) {
		t.Errorf("the extension's palette:\n%v\ndocs/commands.md:\n%v", contributed, documented)
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
