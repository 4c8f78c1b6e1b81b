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

// request answers the server.
func (e *editor) request(m rpcMessage) {
	switch m.Method {
	case "workspace/applyEdit":
		e.applyEdit(m)
	case "window/showMessageRequest":
		var p struct {
			Message string `json:"message"`
			Actions []struct{ Title string }
		}
		_ = json.Unmarshal(m.Params, &p)
		var titles []string
		for _, a := range p.Actions {
			titles = append(titles, a.Title)
		}
		e.mu.Lock()
		e.questions = append(e.questions, p.Message+" ["+strings.Join(titles, "|")+"]")
		answer := e.answer
		e.mu.Unlock()
		chosen := ""
		if answer != nil {
			chosen = answer(p.Message, titles)
		}
		if chosen == "" {
			e.reply(m, `null`)
			return
		}
		b, _ := json.Marshal(map[string]string{"title": chosen})
		e.reply(m, string(b))
	case "window/showDocument":
		var p struct{ URI string }
		_ = json.Unmarshal(m.Params, &p)
		e.mu.Lock()
		e.shown = append(e.shown, p.URI)
		e.mu.Unlock()
		e.reply(m, `{"success":true}`)
	case "client/registerCapability":
		e.mu.Lock()
		e.registered = append(e.registered, string(m.Params))
		e.mu.Unlock()
		e.reply(m, `null`)
	case "workspace/configuration":
		var p struct{ Items []json.RawMessage }
		_ = json.Unmarshal(m.Params, &p)
		var values []string
		for range p.Items {
			values = append(values, orText(e.settings(), "null"))
		}
		e.reply(m, "["+strings.Join(values, ",")+"]")
	case "fib-ls/input":
		var p struct{ Title, Prompt, Value string }
		_ = json.Unmarshal(m.Params, &p)
		var answer *string
		if e.input != nil {
			answer = e.input(p.Title, p.Prompt, p.Value)
		}
		b, _ := json.Marshal(answer)
		e.reply(m, string(b))
	case "workspace/diagnostic/refresh", "workspace/codeLens/refresh", "workspace/inlayHint/refresh":
		e.mu.Lock()
		e.refreshes++
		e.mu.Unlock()
		e.reply(m, `null`)
	default:
		e.reply(m, `null`)
	}
}

func (e *editor) settings() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.opts.settings
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
	e.edits = append(e.edits, string(m.Params))
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
	case "pretend": // Neovim 0.7.2 with an edit for an older version
		e.mu.Lock()
		e.pretended++
		e.mu.Unlock()
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
