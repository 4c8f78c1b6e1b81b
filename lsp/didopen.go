package lsp

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"unicode/utf8"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// didOpen takes a document over. Clients without a document selector send
// every TypeScript file: those that are none of ours cost a look.
func (s *Server) didOpen(params jsonrpc2.RawMessage) error {
	item, text, err := decodeOpen(params)
	if err != nil {
		return err
	}
	doc := newDocument(s, item)
	doc.mu.Lock()
	doc.set(text)
	ours := doc.tree != nil
	doc.mu.Unlock()
	s.docs.put(doc)
	if ours {
		s.publisher.opened(doc)
	}
	return nil
}

// decodeOpen decodes the params of didOpen. The library goes over a text byte
// by byte and copies it five times, which for one of megabytes takes as long
// as reading it. So the text is taken out first, and decoded here.
func decodeOpen(params jsonrpc2.RawMessage) (*protocol.TextDocumentItem, []byte, error) {
	if start, end, ok := longText(params); ok {
		if text, ok := unquote(params[start:end]); ok {
			one, two := openWith(params, start, end, "1"), openWith(params, start, end, "2")
			if one != nil && two != nil { // else another text is meant, or an error is to be told
				return one, text, nil
			}
		}
	}
	p, err := decode[protocol.DidOpenTextDocumentParams](params)
	if err != nil {
		return nil, nil, err
	}
	return &p.TextDocument, []byte(p.TextDocument.Text), nil
}

// openWith decodes the params of didOpen with another string between two
// bytes; nil unless that string is the document's text.
func openWith(params []byte, start, end int, text string) *protocol.TextDocumentItem {
	p, err := decode[protocol.DidOpenTextDocumentParams](slices.Concat(params[:start], []byte{'"'}, []byte(text), []byte{'"'}, params[end:]))
	if err != nil || p.TextDocument.Text != text {
		return nil
	}
	return &p.TextDocument
}

// longText finds the string that is most of some JSON and no short one, if it
// is the value of a member "text". It gives the bytes with the quotes.
func longText(data []byte) (start, end int, ok bool) {
	const long = 64 << 10
	for start < len(data) {
		open := bytes.IndexByte(data[start:], '"')
		if open < 0 {
			break
		}
		start += open
		n := stringLength(data[start:])
		if n > long && n > len(data)/2 {
			before, colon := bytes.CutSuffix(bytes.TrimRight(data[:start], " \t\r\n"), []byte{':'})
			return start, start + n, colon && bytes.HasSuffix(bytes.TrimRight(before, " \t\r\n"), []byte(`"text"`))
		}
		start += n
	}
	return 0, 0, false
}

// stringLength is the length of the JSON string that some data begins with, or
// of the data when it does not end.
func stringLength(data []byte) int {
	for i := 1; i < len(data); {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 {
			break
		}
		quote := i + n
		escaped := false
		for b := quote - 1; b >= i && data[b] == '\\'; b-- {
			escaped = !escaped
		}
		if i = quote + 1; !escaped {
			return i
		}
	}
	return len(data)
}

// unquote decodes a JSON string with its quotes; false for one that the
// library should see: an invalid one, or one of half surrogates or other bytes
// than UTF-8.
func unquote(quoted []byte) ([]byte, bool) {
	n := len(quoted)
	if n < 2 || quoted[0] != '"' || quoted[n-1] != '"' {
		return nil, false
	}
	rest, out := quoted[1:n-1], make([]byte, 0, n)
	for {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 {
			out = append(out, rest...)
			break
		}
		out = append(out, rest[:i]...)
		if rest = rest[i+1:]; len(rest) == 0 {
			return nil, false
		}
		b := rest[0]
		rest = rest[1:]
		switch b {
		case '"', '\\', '/':
		case 'b':
			b = '\b'
		case 'f':
			b = '\f'
		case 'n':
			b = '\n'
		case 'r':
			b = '\r'
		case 't':
			b = '\t'
		default:
			u, err := strconv.ParseUint(string(rest[:min(4, len(rest))]), 16, 16)
			if b != 'u' || len(rest) < 4 || err != nil || u >= 0xd800 && u < 0xe000 {
				return nil, false
			}
			out, rest = utf8.AppendRune(out, rune(u)), rest[4:]
			continue
		}
		out = append(out, b)
	}
	return out, !controls(quoted) && utf8.Valid(out)
}

// controls says that there are control characters in some data, which JSON
// strings must not have. It looks at eight bytes at a time.
func controls(data []byte) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(data) >= 8; data = data[8:] {
		// A byte below 0x20 borrows from its top bit, and had none before.
		if w := binary.LittleEndian.Uint64(data); (w-0x20*ones)&^w&tops != 0 {
			return true
		}
	}
	for _, b := range data {
		if b < 0x20 {
			return true
		}
	}
	return false
}
