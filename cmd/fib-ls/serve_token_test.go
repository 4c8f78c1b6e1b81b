package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// TestServeNeverTellsTheToken runs the real server with a token at a Hub that
// refuses it, gives a public model and one from another origin, and looks for
// the token in every message, log line, argument and file.
func TestServeNeverTellsTheToken(t *testing.T) {
	bin, err := theBinary()
	if err != nil {
		t.Fatal(err)
	}
	hub, err := fakehub.Start(fakehub.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hub.Close() }()
	fakehub.Populate(hub)
	dir := t.TempDir()
	cmd := exec.Command(bin, "--log-level", "debug", "serve")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), hub.Env(filepath.Join(dir, "home"))...)
	cmd.Env = append(cmd.Env, "HF_TOKEN="+theToken, "HOME="+dir, "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "models.ts"))
	if err != nil {
		t.Fatal(err)
	}
	uri := "file://" + filepath.ToSlash(filepath.Join(dir, "web", "apps", "web", "data", "models.ts"))
	client := &rawClient{in: in, out: bufio.NewReader(out)}
	client.call(t, 1, "initialize", fmt.Sprintf(`{"processId":null,"rootUri":%q,"capabilities":{"workspace":{"applyEdit":true}}}`, "file://"+filepath.ToSlash(dir)))
	client.send(t, `{"jsonrpc":"2.0","method":"initialized","params":{}}`)
	client.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":%q,"languageId":"typescript","version":1,"text":%s}}}`, uri, strconv.Quote(strings.ToValidUTF8(asciiOnly(string(text)), ""))))
	for i, repo := range []string{"acme/gated-llm", "acme/nothing", "acme/tiny-llm", "acme/lfs-llm"} {
		client.call(t, 10+i, "workspace/executeCommand", fmt.Sprintf(`{"command":"fib-ls.addModel","arguments":[{"repoId":%q,"uri":%q,"wait":true,"skipSglang":true}]}`, repo, uri))
	}
	client.call(t, 99, "shutdown", "null")
	client.send(t, `{"jsonrpc":"2.0","method":"exit"}`)
	_ = cmd.Wait()
	if len(hub.Requests()) == 0 {
		t.Error("the Hub was never asked: this test shows nothing")
	}
	for name, text := range map[string]string{"a message": client.seen.String(), "the log": stderr.String(), "the arguments": strings.Join(cmd.Args, " ")} {
		if strings.Contains(text, theToken) {
			t.Errorf("the token is in %s", name)
		}
	}
	for _, r := range hub.Requests() {
		if r.Origin != "hub" && r.Authorized() {
			t.Errorf("the token went to another origin: %s", r)
		}
	}
	filesWithout(t, dir, theToken)
}

// asciiOnly makes strconv.Quote's text valid JSON.
func asciiOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 126 {
			return '?'
		}
		return r
	}, s)
}

// filesWithout fails when a file below dir holds a text.
func filesWithout(t *testing.T, dir, text string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			t.Errorf("the token is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// rawClient speaks the protocol without a library, and keeps all it hears.
type rawClient struct {
	in   io.Writer
	out  *bufio.Reader
	seen bytes.Buffer
}

func (c *rawClient) send(t *testing.T, body string) {
	t.Helper()
	if _, err := fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		t.Fatal(err)
	}
}

// call sends a request and waits for its answer; what the server asks
// meanwhile is answered with null, an edit with applied.
func (c *rawClient) call(t *testing.T, id int, method, params string) {
	t.Helper()
	c.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, id, method, params))
	for {
		body := c.read(t)
		compact := strings.ReplaceAll(body, " ", "")
		if strings.Contains(compact, fmt.Sprintf(`"id":%d`, id)) && !strings.Contains(compact, `"method"`) {
			return
		}
		if asked, ok := requestID(compact); ok {
			result := "null"
			if strings.Contains(compact, "workspace/applyEdit") {
				result = `{"applied":false}`
			}
			c.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, asked, result))
		}
	}
}

// requestID is the id of a request from the server.
func requestID(body string) (string, bool) {
	_, rest, ok := strings.Cut(body, `"id":`)
	if !ok || !strings.Contains(body, `"method"`) {
		return "", false
	}
	end := strings.IndexAny(rest, ",}")
	return rest[:end], end > 0
}

func (c *rawClient) read(t *testing.T) string {
	t.Helper()
	length := 0
	for {
		line, err := c.out.ReadString('\n')
		if err != nil {
			t.Fatalf("the server is gone: %v", err)
		}
		c.seen.WriteString(line)
		line = strings.TrimSpace(line)
		if line == "" {
			break
		}
		if n, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			length, err = strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(c.out, body); err != nil {
		t.Fatal(err)
	}
	c.seen.Write(body)
	return string(body)
}
