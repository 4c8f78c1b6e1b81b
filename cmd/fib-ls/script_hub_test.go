package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// theToken is what no output may hold.
const theToken = fakehub.DemoToken

// startFakeHub is the script command "fakehub SCENARIO": a Hub on loopback
// that behaves so, and the environment that leads to it.
func startFakeHub(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fakehub SCENARIO")
	}
	s, err := fakehub.Start(fakehub.Config{})
	ts.Check(err)
	ts.Defer(func() { _ = s.Close() })
	switch args[0] {
	case "flaky":
		prepareFlaky(s)
	case "checkpoint":
		prepareCheckpoint(s)
	default:
		sc, ok := fakehub.Find(args[0])
		if !ok {
			ts.Fatalf("no scenario %q", args[0])
		}
		sc.Prepare(s)
	}
	for _, pair := range s.Env(ts.Getenv("HOME")) {
		name, value, _ := strings.Cut(pair, "=")
		ts.Setenv(name, value)
	}
	ts.Setenv("FIB_LS_OFFLINE", "")
	ts.Setenv("FIB_LS_SGLANG_URL", ts.Getenv("WORK")) // no script asks GitHub
	hubs[ts.Getenv("WORK")] = s
}

// hubs are the running fakes by the script's directory. Scripts that use one
// do not run in parallel with themselves.
var hubs = map[string]*fakehub.Server{}

// prepareFlaky is a bad day: a rate limit, a reset connection and a broken
// body before the file comes.
func prepareFlaky(s *fakehub.Server) {
	fakehub.Populate(s)
	s.On(
		fakehub.Rule{Kind: fakehub.Resolve, Method: "HEAD", Times: 1, Do: fakehub.Refuse(429, "", "We had to rate limit you", "RateLimit", `"resolvers";r=0;t=0`)},
		fakehub.Rule{Kind: fakehub.Resolve, Method: "HEAD", Times: 1, Do: fakehub.Reset},
		fakehub.Rule{Kind: fakehub.Content, Method: "GET", Times: 1, Do: fakehub.ResetBody},
	)
}

// prepareCheckpoint has a model whose checkpoint does not have the head_dim that
// its config states.
func prepareCheckpoint(s *fakehub.Server) {
	fakehub.Populate(s)
	const config = `{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 2, "hidden_size": 128, "intermediate_size": 256,
 "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 500, "tie_word_embeddings": true}`
	tensors := map[string]fakehub.Tensor{"model.embed_tokens.weight": {DType: "BF16", Shape: []int64{500, 128}}, "model.norm.weight": {DType: "BF16", Shape: []int64{128}}}
	for layer := range 2 {
		for name, shape := range map[string][]int64{
			"self_attn.q_proj": {96, 128}, "self_attn.k_proj": {24, 128}, "self_attn.v_proj": {24, 128}, "self_attn.o_proj": {128, 96},
			"mlp.gate_proj": {256, 128}, "mlp.up_proj": {256, 128}, "mlp.down_proj": {128, 256}, "input_layernorm": {128}, "post_attention_layernorm": {128},
		} {
			tensors[fmt.Sprintf("model.layers.%d.%s.weight", layer, name)] = fakehub.Tensor{DType: "BF16", Shape: shape}
		}
	}
	whole := append(fakehub.Safetensors(tensors), make([]byte, 1<<20)...) // the weights: more than there are
	repo := fakehub.NewRepo("acme/held-llm", nil)
	repo.Refs["main"] = fakehub.NewCommit(map[string]fakehub.File{
		"config.json": {Content: []byte(config)}, "model.safetensors": {Content: whole, LFS: true},
	})
	s.Add(repo)
}

// countRequests is "requests N PATTERN": how many requests match.
func countRequests(ts *testscript.TestScript, _ bool, args []string) {
	s := hubs[ts.Getenv("WORK")]
	if s == nil || len(args) != 2 {
		ts.Fatalf("usage: requests N PATTERN, after fakehub")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	n := 0
	for _, r := range s.Requests() {
		if pattern.MatchString(r.String()) {
			n++
		}
	}
	if strconv.Itoa(n) != args[0] {
		ts.Fatalf("%d requests match %s, not %s:\n%s", n, args[1], args[0], s.LogText())
	}
}

// findToken is "notoken": neither the output nor any file that was written
// holds the token.
func findToken(ts *testscript.TestScript, _ bool, _ []string) {
	for _, name := range []string{"stdout", "stderr"} {
		if strings.Contains(ts.ReadFile(name), theToken) {
			ts.Fatalf("the token is in %s", name)
		}
	}
	ts.Check(filepath.WalkDir(ts.Getenv("WORK"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, "token") && strings.Contains(path, "huggingface") {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(theToken)) {
			ts.Fatalf("the token is in %s", path)
		}
		return err
	}))
}
