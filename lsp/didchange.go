package lsp

import (
	"errors"
	"fmt"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// didChangeParams keeps the changes raw. The protocol's own union takes a
// change with a bad range for a replacement of the whole document, which
// would be wiped: a change has a range exactly when it has the key.
type didChangeParams struct {
	TextDocument struct {
		URI     uri.URI         `json:"uri"`
		Version protocol.LSPAny `json:"version"`
	} `json:"textDocument"`
	ContentChanges []rawChange `json:"contentChanges"`
}

// rawChange is one change; rangeLength, which repeats the range and is wrong
// in some clients, is not read.
type rawChange struct {
	Range protocol.LSPAny `json:"range"`
	Text  *string         `json:"text"`
}

// change is a checked change; a nil range replaces everything.
type change struct {
	at   *protocol.Range
	text string
}

type rawPosition struct {
	Line      *uint32 `json:"line"`
	Character *uint32 `json:"character"`
}

func (r rawChange) check() (change, error) {
	if r.Text == nil {
		return change{}, errors.New("a change without text")
	}
	if r.Range == nil {
		return change{text: *r.Text}, nil
	}
	var at struct {
		Start *rawPosition `json:"start"`
		End   *rawPosition `json:"end"`
	}
	if err := protocol.Unmarshal(r.Range, &at); err != nil {
		return change{}, fmt.Errorf("a change with a bad range: %w", err)
	}
	if at.Start == nil || at.End == nil || at.Start.Line == nil || at.Start.Character == nil || at.End.Line == nil || at.End.Character == nil {
		return change{}, errors.New("a change with an incomplete range")
	}
	return change{
		text: *r.Text,
		at: &protocol.Range{
			Start: protocol.Position{Line: *at.Start.Line, Character: *at.Start.Character},
			End:   protocol.Position{Line: *at.End.Line, Character: *at.End.Character},
		},
	}, nil
}

// didChange applies the changes in order, each to what the one before left.
func (s *Server) didChange(p *didChangeParams) error {
	doc := s.docs.get(normalise(p.TextDocument.URI))
	if doc == nil {
		return fmt.Errorf("a change of %s, which is not open", clip(string(p.TextDocument.URI)))
	}
	doc.mu.Lock()
	defer doc.mu.Unlock()
	if doc.dropped {
		return nil
	}
	version, ok := readVersion(p.TextDocument.Version)
	if ok && version <= doc.version && (version != 0 || doc.version != 0) {
		return fmt.Errorf("version %d of %s after version %d", version, clip(string(doc.uri)), doc.version)
	}
	if ok {
		doc.version = version
	}
	err := doc.apply(p.ContentChanges)
	if err != nil {
		s.stopAnswering(doc, err)
	}
	doc.touched()
	if doc.tree != nil && !doc.lost {
		s.publisher.edited(doc)
	} else {
		s.publisher.closed(doc)
	}
	return err
}

// readVersion returns the version that a change states, false for none: a client
// that keeps no versions sends null or 0.
func readVersion(raw protocol.LSPAny) (int32, bool) {
	var v int32
	if len(raw) == 0 || string(raw) == "null" || protocol.Unmarshal(raw, &v) != nil {
		return 0, false
	}
	return v, true
}

// stopAnswering stops answering about a document whose text is not known any more.
func (s *Server) stopAnswering(doc *document, err error) {
	if doc.tree == nil {
		doc.lost = true // nobody asks about it anyway
	}
	if !doc.lost {
		doc.lost = true
		s.notifyUser(protocol.MessageTypeWarning, fmt.Sprintf("fib-ls lost track of %s (%v); save or reopen the file", doc.uri, err))
	}
}

// apply brings the text up to date. On an error the text is out of step.
func (doc *document) apply(raw []rawChange) error {
	changes := make([]change, len(raw))
	for i, r := range raw {
		c, err := r.check()
		if err != nil {
			return err
		}
		changes[i] = c
	}
	// What stands before a full replacement does not matter.
	for i := len(changes) - 1; i >= 0; i-- {
		if changes[i].at == nil {
			doc.set(strings.Clone(changes[i].text))
			changes = changes[i+1:]
			break
		}
	}
	if doc.lost {
		return errors.New("the text is out of step")
	}
	if doc.dropped {
		return nil
	}
	for _, c := range changes {
		doc.edit(*c.at, c.text)
	}
	return nil
}
