package repo

import (
	"bytes"
	"strconv"
	"strings"
)

// Progress is how far a fetch is.
type Progress struct {
	// Phase is what is going on: "waiting", "connecting", "listing" (commit
	// and directories), "fetching" (files), "retrying".
	Phase string
	// Message is the remote's own line, or ours; one line of printable text.
	Message string
	// Done and Total count what Message is about (objects); Total 0 is
	// unknown.
	Done, Total int
	// Bytes is what was received so far in this fetch.
	Bytes int64
}

// maxProgressLine bounds a line of the remote's.
const maxProgressLine = 512

// progressWriter takes the remote's progress text as it comes: in pieces cut
// anywhere, lines ended by \r or \n.
type progressWriter struct {
	report func(Progress)
	phase  string
	bytes  func() int64
	line   []byte
}

// Write implements io.Writer and never fails.
func (w *progressWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		end := bytes.IndexAny(p, "\r\n")
		if end < 0 {
			w.add(p)
			break
		}
		w.add(p[:end])
		w.flush()
		p = p[end+1:]
	}
	return n, nil
}

func (w *progressWriter) add(p []byte) {
	w.line = append(w.line, p[:min(len(p), maxProgressLine-len(w.line))]...)
}

func (w *progressWriter) flush() {
	text := printable(string(w.line))
	w.line = w.line[:0]
	if text == "" {
		return
	}
	done, total := parseCounts(text)
	w.report(Progress{Phase: w.phase, Message: text, Done: done, Total: total, Bytes: w.bytes()})
}

// printable keeps a remote's text from doing anything to a terminal.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == '\uFFFD' {
			return -1
		}
		return r
	}, s))
}

// parseCounts finds "(12/345)", or "Enumerating objects: 12".
func parseCounts(line string) (done, total int) {
	if open := strings.LastIndexByte(line, '('); open >= 0 {
		inside, _, closed := strings.Cut(line[open+1:], ")")
		a, b, slash := strings.Cut(inside, "/")
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		if closed && slash && errX == nil && errY == nil && x >= 0 && y >= x {
			return x, y
		}
	}
	if _, rest, ok := strings.Cut(line, ": "); ok {
		digits, _, _ := strings.Cut(rest, ",")
		if x, err := strconv.Atoi(strings.TrimSpace(digits)); err == nil && x >= 0 {
			return x, 0
		}
	}
	return 0, 0
}
