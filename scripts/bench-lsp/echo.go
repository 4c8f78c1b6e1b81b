package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// echoArgument starts this program as the echo server.
const echoArgument = "echo-server"

// echo is the floor: a null language server that decodes what it is sent, keeps
// nothing and answers each text at once with no diagnostics. What a server
// takes beyond it is its own work.
func echo(in io.Reader, out io.Writer) error {
	r := bufio.NewReaderSize(in, 64<<10)
	for {
		body, err := frame(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var m struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
			Params struct {
				TextDocument struct {
					URI     string `json:"uri"`
					Text    string `json:"text"`
					Version int    `json:"version"`
				} `json:"textDocument"`
			} `json:"params"`
		}
		if err := json.Unmarshal(body, &m); err != nil {
			return err
		}
		var answer any
		switch {
		case m.Method == "exit":
			return nil
		case m.Method == "textDocument/didOpen" || m.Method == "textDocument/didChange":
			answer = map[string]any{"jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": map[string]any{
				"uri": m.Params.TextDocument.URI, "version": m.Params.TextDocument.Version, "diagnostics": []any{},
			}}
		case m.ID != nil:
			answer = map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": map[string]any{}}
		default:
			continue
		}
		encoded, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "Content-Length: %d\r\n\r\n%s", len(encoded), encoded); err != nil {
			return err
		}
	}
}

// frame reads the body of one message.
func frame(r *bufio.Reader) ([]byte, error) {
	length := -1
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimSpace(line)
		if line == "" {
			break
		}
		if value, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			if length, err = strconv.Atoi(value); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 {
		return nil, errors.New("a message without a length")
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return body, err
}

// echoServer is this program as the echo server.
func echoServer() (server, error) {
	self, err := os.Executable()
	return server{
		name: "echo", argv: []string{self, echoArgument}, capabilities: map[string]any{},
		await: func(c *client, _ string, version int) (int, error) { return c.published(version) },
	}, err
}
