package lsp

import (
	"encoding/json"
	"fmt"
	"strings"
)

func (e *editor) notification(m rpcMessage) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch m.Method {
	case "textDocument/publishDiagnostics":
		var p struct {
			URI string `json:"uri"`
			published
		}
		if err := json.Unmarshal(m.Params, &p); err != nil {
			e.t.Errorf("publishDiagnostics: %v: %s", err, m.Params)
		}
		if p.Diagnostics == nil {
			e.t.Errorf("publishDiagnostics without a list: %s", m.Params)
		}
		e.published[p.URI] = append(e.published[p.URI], p.published)
	case methodJobDone:
		e.jobsEnded = append(e.jobsEnded, m.Params)
	case "window/showMessage":
		var p struct {
			Type    int    `json:"type"`
			Message string `json:"message"`
		}
		_ = json.Unmarshal(m.Params, &p)
		e.messages = append(e.messages, fmt.Sprintf("%d %s", p.Type, p.Message))
	case "$/progress":
		var p struct {
			Token string `json:"token"`
			Value struct {
				Kind, Message, Title string
				Percentage           *int
			} `json:"value"`
		}
		_ = json.Unmarshal(m.Params, &p)
		line := p.Token + " " + p.Value.Kind
		if p.Value.Percentage != nil {
			line += fmt.Sprintf(" %d%%", *p.Value.Percentage)
		}
		e.progress = append(e.progress, strings.TrimSpace(line+" "+p.Value.Title+" "+p.Value.Message))
	}
}

// request hears a request of the server; what it gives answers it.
func (e *editor) request(m rpcMessage) (answer func()) {
	var p struct {
		Message, URI, Title, Prompt, Value string
		TakeFocus                          bool
		Actions                            []struct{ Title string }
		Items                              []struct{ ScopeURI string }
	}
	_ = json.Unmarshal(m.Params, &p)
	result := "null"
	e.mu.Lock()
	defer e.mu.Unlock()
	switch m.Method {
	case "workspace/applyEdit":
		e.edits = append(e.edits, string(m.Params))
		return func() { e.applyEdit(m) }
	case "window/showMessageRequest":
		var titles []string
		for _, a := range p.Actions {
			titles = append(titles, a.Title)
		}
		e.questions = append(e.questions, p.Message+" ["+strings.Join(titles, "|")+"]")
		choose := e.answer
		return func() {
			if choose != nil {
				if chosen := choose(p.Message, titles); chosen != "" {
					b, _ := json.Marshal(map[string]string{"title": chosen})
					result = string(b)
				}
			}
			e.reply(m, result)
		}
	case "window/showDocument":
		shown := p.URI
		if p.TakeFocus {
			shown += " (takes the focus)"
		}
		e.shown = append(e.shown, shown)
		result = `{"success":true}`
	case "client/registerCapability":
		e.registered = append(e.registered, string(m.Params))
	case "workspace/configuration":
		var values []string
		for _, item := range p.Items {
			values = append(values, orText(e.opts.scoped[item.ScopeURI], orText(e.opts.settings, "null")))
		}
		result = "[" + strings.Join(values, ",") + "]"
	case "fib-ls/input":
		if e.input != nil {
			b, _ := json.Marshal(e.input(p.Title, p.Prompt, p.Value))
			result = string(b)
		}
	case "workspace/diagnostic/refresh", "workspace/codeLens/refresh", "workspace/inlayHint/refresh":
		e.refreshes++
	}
	return func() { e.reply(m, result) }
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// applyEdit plays the editor's part, well or badly.
func (e *editor) applyEdit(m rpcMessage) {
	var p struct {
		Edit struct {
			Changes         map[string][]textEditJSON `json:"changes"`
			DocumentChanges []struct {
				Kind         string `json:"kind"`
				URI          string `json:"uri"`
				TextDocument struct {
					URI     string `json:"uri"`
					Version *int   `json:"version"`
				} `json:"textDocument"`
				Edits []textEditJSON `json:"edits"`
			} `json:"documentChanges"`
		} `json:"edit"`
	}
	if err := json.Unmarshal(m.Params, &p); err != nil {
		e.t.Errorf("applyEdit: %v", err)
	}
	e.mu.Lock()
	mode, before := e.opts.applies, e.beforeApply
	if strings.HasPrefix(mode, "once-") {
		e.opts.applies = ""
		mode = strings.TrimPrefix(mode, "once-")
	}
	e.mu.Unlock()
	switch mode {
	case "refuse":
		e.reply(m, `{"applied":false,"failureReason":"because"}`)
		return
	case "silent": // never answers
		return
	case "pretend": // Neovim 0.7.2 with an edit for an older version
		e.reply(m, `{"applied":true}`)
		return
	}
	ok := true
	change := func(uri string, version *int, edits []textEditJSON) {
		if before != nil {
			before(e, uri)
		}
		e.mu.Lock()
		current, open := e.versions[uri]
		e.mu.Unlock()
		if !open {
			e.open(uri, "")
		} else if version != nil && *version != current {
			ok = false
			return
		}
		e.change(uri, edits...)
	}
	answer := func() { e.reply(m, fmt.Sprintf(`{"applied":%v}`, ok)) }
	if mode == "null" {
		answer = func() { e.reply(m, "null") }
	}
	if mode == "answer-first" {
		answer()
	}
	for uri, edits := range p.Edit.Changes {
		change(uri, nil, edits)
	}
	for _, c := range p.Edit.DocumentChanges {
		if c.Kind == "create" {
			continue
		}
		change(c.TextDocument.URI, c.TextDocument.Version, c.Edits)
	}
	if mode != "answer-first" {
		answer()
	}
}

type textEditJSON struct {
	Range   rangeJSON `json:"range"`
	NewText string    `json:"newText"`
}
