package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// TestServeVerifies runs the real server at a Hub that has a checkpoint: only
// the headers are asked for, and what the tensors have against the entry is
// answered, with what every witness says, and shown in the document.
func TestServeVerifies(t *testing.T) {
	bin, err := theBinary()
	if err != nil {
		t.Fatal(err)
	}
	hub, err := fakehub.Start(fakehub.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hub.Close() }()
	prepareCheckpoint(hub)
	archive, err := txtar.ParseFile("testdata/script/check-network.txtar")
	if err != nil {
		t.Fatal(err)
	}
	models := string(archive.Files[0].Data)
	dir := t.TempDir()
	cmd := exec.Command(bin, "serve")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), hub.Env(filepath.Join(dir, "home"))...)
	cmd.Env = append(cmd.Env, "HOME="+dir, "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
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
	uri := "file://" + filepath.ToSlash(filepath.Join(dir, "web", "apps", "web", "data", "models.ts"))
	client := &rawClient{in: in, out: bufio.NewReader(out)}
	client.call(t, 1, "initialize", fmt.Sprintf(`{"processId":null,"rootUri":%q,"capabilities":{}}`, "file://"+filepath.ToSlash(dir)))
	client.send(t, `{"jsonrpc":"2.0","method":"initialized","params":{}}`)
	client.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":%q,"languageId":"typescript","version":1,"text":%s}}}`, uri, strconv.Quote(models)))
	client.call(t, 2, "workspace/executeCommand", fmt.Sprintf(`{"command":"fib-ls.verify","arguments":[{"modelId":"held","uri":%q,"wait":true}]}`, uri))
	answer := client.seen.String()
	for _, want := range []string{
		`"level":"disputed"`, `checkpoint contradicts \"qkv_proj\": the entry has n=192 k=128, the checkpoint has n=144 k=128`, `config.json gives n=192 k=128`,
	} {
		if !strings.Contains(answer, want) {
			t.Errorf("the answer lacks %s:\n%s", want, answer)
		}
	}
	client.call(t, 3, "textDocument/diagnostic", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uri))
	if !strings.Contains(client.seen.String(), `"code":"checkpoint"`) {
		t.Errorf("the finding is not shown in the document:\n%s", client.seen.String())
	}
	client.call(t, 4, "shutdown", "null")
	client.send(t, `{"jsonrpc":"2.0","method":"exit"}`)
	_ = cmd.Wait()
	for _, r := range hub.Requests() {
		if strings.Contains(r.URI, "model.safetensors") && r.Method == "GET" && r.Header.Get("Range") == "" {
			t.Errorf("the weights were asked for: %s", r)
		}
	}
}
