package wire

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const testBacklog = 1 << 20

// chunks records what is written with one call each.
type chunks struct {
	mu   sync.Mutex
	list []string
}

func (c *chunks) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, string(p))
	return len(p), nil
}

// For Emacs an answer comes alone: what follows in the same read would lie
// there unread. Order is kept, and a flood is not slowed down.
func TestAnswersComeAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c chunks
		o := newOutbox(&c, testBacklog)
		o.apart(5 * time.Millisecond)
		answer, own := `{"jsonrpc":"2.0","id":1,"result":null}`, `{"jsonrpc":"2.0","method":"x"}`
		send := func(bodies ...string) {
			o.mu.Lock() // as if the writer were busy just then
			for _, b := range bodies {
				o.mu.Unlock()
				_, _ = o.put(func(buf []byte) []byte { return append(buf, b...) })
				o.mu.Lock()
			}
			o.mu.Unlock()
		}
		began := time.Now()
		send(answer, own, answer, own, own)
		o.flush()
		if took := time.Since(began); took < 10*time.Millisecond {
			t.Errorf("two answers had %v to themselves", took)
		}
		frame := func(s string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(s), s) }
		if got, want := strings.Join(c.list, ""), frame(answer)+frame(own)+frame(answer)+frame(own)+frame(own); got != want {
			t.Errorf("written %q", got)
		}
		for _, chunk := range c.list {
			if strings.Contains(chunk, `"id"`) && chunk != frame(answer) {
				t.Errorf("an answer came with %q", chunk)
			}
		}
		began = time.Now()
		for range 5000 {
			send(answer, own)
		}
		o.flush()
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("a flood took %v", took)
		}
		_ = o.close()
	})
}

// FuzzStream: whatever comes in, the framing gives only frames that the
// connection can take, and ends.
func FuzzStream(f *testing.F) {
	f.Add([]byte("Content-Length: 2\r\n\r\n{}Content-Length: 40\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"x\"}"))
	f.Add([]byte(strings.Repeat("x", 70_000) + "\nContent-Length: 5\n\n[1,2]"))
	f.Add([]byte("content-length:300000000\r\n\r\n"))
	f.Add([]byte("0\x92Content-Length:\n"))
	f.Add([]byte("\xff\xfeContent-LenGth: 2\n\n{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := NewStream(bytes.NewReader(data), io.Discard, testBacklog)
		defer func() { _ = s.Close() }()
		for {
			frame, _, err := s.ReadFrame(context.Background())
			if err != nil {
				return
			}
			if problem := checkFrame(frame); problem != nil {
				t.Fatalf("gave %q: %v", frame, problem)
			}
		}
	})
}

// TestImpossibleLength: a header that promises more than anybody sends is
// refused at once, and the messages behind it are read.
func TestImpossibleLength(t *testing.T) {
	const next = `{"jsonrpc":"2.0","method":"x"}`
	in := "Content-Length: 2147483648\r\n\r\n{}\n" + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(next), next)
	var answers bytes.Buffer
	s := NewStream(strings.NewReader(in), &answers, testBacklog)
	var frames []string
	for {
		frame, _, err := s.ReadFrame(context.Background())
		if err != nil {
			break
		}
		frames = append(frames, string(frame))
	}
	s.out.flush()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(frames) != 1 || frames[0] != next {
		t.Errorf("read %q", frames)
	}
	if !strings.Contains(answers.String(), "2147483648") {
		t.Errorf("answered %q", answers.String())
	}
}
