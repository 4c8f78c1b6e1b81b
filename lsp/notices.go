package lsp

import (
	"context"
	"sync"

	"go.lsp.dev/protocol"
)

// notices are the messages that the user is to see, in the order in which
// things happened. They go out in the background: they come from places that
// must not be held up by a client that does not read.
type notices struct {
	mu      sync.Mutex
	waiting []*protocol.ShowMessageParams
	sending bool
}

// notifyUser shows a message without waiting.
func (s *Server) notifyUser(kind protocol.MessageType, message string) {
	n := &s.notices
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waiting = append(n.waiting, &protocol.ShowMessageParams{Type: kind, Message: editorWords(message)})
	if !n.sending {
		n.sending = true
		s.goBackground(s.sendNotices)
	}
}

// sendNotices sends what waits, one after the other.
func (s *Server) sendNotices(ctx context.Context) {
	for {
		notice := s.notices.next()
		if notice == nil {
			return
		}
		if err := s.client.ShowMessage(ctx, notice); err != nil {
			s.log.Debug("showing a message", "error", err)
		}
	}
}

// next takes the oldest notice; nil when there is none, and then nobody sends.
func (n *notices) next() *protocol.ShowMessageParams {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.waiting) == 0 {
		n.waiting, n.sending = nil, false
		return nil
	}
	first := n.waiting[0]
	n.waiting = n.waiting[1:]
	return first
}
