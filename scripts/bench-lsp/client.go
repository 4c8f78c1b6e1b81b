package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// client is one client process's end of a language server over stdio.
type client struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	id  int
	// arrived is when the last message was there, before this end decoded it.
	arrived time.Time
}

type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Error  json.RawMessage `json:"error"`
}

// start runs a server.
func start(argv ...string) (*client, error) {
	cmd := exec.CommandContext(context.Background(), argv[0], argv[1:]...) // #nosec G204 -- the servers that are measured
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if os.Getenv("BENCH_LSP_STDERR") != "" {
		cmd.Stderr = os.Stderr
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", argv[0], err)
	}
	return &client{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<20)}, nil
}

func (c *client) send(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return err
}

func (c *client) notify(method string, params any) error {
	return c.send(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
}

// read returns the next message; calls of the server are answered with null.
func (c *client) read() (message, error) {
	for {
		body, err := frame(c.out)
		if err != nil {
			return message{}, err
		}
		c.arrived = time.Now()
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			return message{}, err
		}
		if m.Method == "" || m.ID == nil {
			return m, nil
		}
		var answer any
		if m.Method == "workspace/configuration" {
			var p struct{ Items []any }
			_ = json.Unmarshal(m.Params, &p) // no items: no answers
			answer = make([]any, len(p.Items))
		}
		if err := c.send(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": answer}); err != nil {
			return message{}, err
		}
	}
}

// call sends a request and waits for its answer.
func (c *client) call(method string, params any) error {
	c.id++
	want := strconv.Itoa(c.id)
	if err := c.send(map[string]any{"jsonrpc": "2.0", "id": c.id, "method": method, "params": params}); err != nil {
		return err
	}
	for {
		m, err := c.read()
		if err != nil {
			return fmt.Errorf("waiting for %s: %w", method, err)
		}
		if string(m.ID) == want && m.Method == "" {
			if m.Error != nil {
				return fmt.Errorf("%s: %s", method, m.Error)
			}
			return nil
		}
	}
}

// published waits for diagnostics of at least a version.
func (c *client) published(version int) (count int, err error) {
	for {
		m, err := c.read()
		if err != nil {
			return 0, fmt.Errorf("waiting for diagnostics: %w", err)
		}
		if m.Method != "textDocument/publishDiagnostics" {
			continue
		}
		var p struct {
			Version     int
			Diagnostics []json.RawMessage
		}
		if err := json.Unmarshal(m.Params, &p); err != nil {
			return 0, err
		}
		if p.Version >= version {
			return len(p.Diagnostics), nil
		}
	}
}

// stop ends the server the way clients do, and by force when it does not go.
func (c *client) stop() {
	done := make(chan struct{})
	go func() {
		if c.call("shutdown", nil) == nil {
			_ = c.notify("exit", nil)
		}
		_ = c.cmd.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		_ = c.cmd.Process.Kill()
		<-done
	}
}

// resident is the server's resident set in MB, its children's included; 0
// where it cannot be told.
func (c *client) resident() float64 {
	total := 0.0
	for _, pid := range family(c.cmd.Process.Pid) {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(data), "\n") {
			if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				var kb float64
				if _, err := fmt.Sscan(rest, &kb); err == nil {
					total += kb / 1024
				}
			}
		}
	}
	return total
}

// family is a process with its descendants.
func family(pid int) []int {
	out := []int{pid}
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return out
	}
	for _, word := range strings.Fields(string(data)) {
		if child, err := strconv.Atoi(word); err == nil {
			out = append(out, family(child)...)
		}
	}
	return out
}
