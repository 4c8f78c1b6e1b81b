package hub

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

const shardRepo = "acme/shards"

// memory is a HeaderCache.
type memory struct {
	mu   sync.Mutex
	data map[string][]byte
}

func (m *memory) Get(key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.data[key]
	return d, ok
}

func (m *memory) Put(key string, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.data[key] = bytes.Clone(data)
}

// shards makes a repository of n shards, with the tensors of one layer each.
func shards(n int, lfs bool) *fakehub.Repo {
	files := map[string]fakehub.File{"config.json": {Content: []byte(fakehub.Demo)}}
	weightMap := map[string]string{}
	total := map[string]int64{}
	for i := range n {
		file := fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, n)
		tensors := map[string]fakehub.Tensor{}
		for _, name := range []string{"self_attn.q_proj", "mlp.down_proj"} {
			full := fmt.Sprintf("model.layers.%d.%s.weight", i, name)
			tensors[full], weightMap[full] = fakehub.Tensor{DType: "BF16", Shape: []int64{64, 32}}, file
			total["BF16"] += 64 * 32
		}
		files[file] = fakehub.File{Content: fakehub.Safetensors(tensors), LFS: lfs}
	}
	index, _ := json.Marshal(map[string]any{"metadata": map[string]any{"total_size": 1}, "weight_map": weightMap})
	files[indexFile] = fakehub.File{Content: index}
	return &fakehub.Repo{ID: shardRepo, Refs: map[string]*fakehub.Commit{"main": fakehub.NewCommit(files)}, Parameters: total}
}

func single(id string, file []byte) *fakehub.Repo {
	return &fakehub.Repo{ID: id, Refs: map[string]*fakehub.Commit{"main": fakehub.NewCommit(map[string]fakehub.File{singleFile: {Content: file, LFS: true}})}}
}

func newCheckpointBench(t *testing.T, repos ...*fakehub.Repo) *bench {
	t.Helper()
	b := newBench(t, fakehub.Scenario{Token: fakehub.DemoToken})
	b.s.Add(repos...)
	b.opts.Headers = &memory{data: map[string][]byte{}}
	return b
}

func tensorNames(t *testing.T, ck *Checkpoint) int {
	t.Helper()
	n := 0
	for _, h := range ck.Headers {
		var names map[string]any
		if err := json.Unmarshal(h.JSON, &names); err != nil {
			t.Fatalf("%s: %v", h.Filename, err)
		}
		delete(names, "__metadata__")
		n += len(names)
	}
	return n
}

// TestCheckpointShards reads shards from the storage host: the Hub is asked
// for each file once, the storage host for a part of it, without the token;
// the second time nothing is asked for that an exact commit decides.
func TestCheckpointShards(t *testing.T) {
	repo := shards(20, true)
	b := newCheckpointBench(t, repo)
	ck, err := b.client().Checkpoint(context.Background(), shardRepo, "main", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := tensorNames(t, ck); got != 40 || ck.Files != 20 || ck.Partial != "" || ck.From != FromHub {
		t.Errorf("%d tensors of %d files, partial %q, from %s", got, ck.Files, ck.Partial, ck.From)
	}
	if ck.Parameters["BF16"] != 40*64*32 {
		t.Errorf("the API's totals: %v", ck.Parameters)
	}
	ranged := 0
	for _, r := range b.s.Requests() {
		if r.Origin == "store" {
			ranged++
			if r.Header.Get("Range") != "bytes=0-100000" || r.Authorized() {
				t.Errorf("the storage host was asked %s with %v", r, r.Header)
			}
		}
	}
	if ranged != 20 {
		t.Errorf("%d ranges were asked for, want 20", ranged)
	}
	// The weights did not change, the branch did: headers are known by their
	// file's hash.
	b.s.ClearRequests()
	b.s.Update(shardRepo, func(r *fakehub.Repo) {
		files := r.Refs["main"].Files
		files["README.md"] = fakehub.File{Content: []byte("new")}
		r.Refs["main"] = fakehub.NewCommit(files)
	})
	if _, err := b.client().Checkpoint(context.Background(), shardRepo, "main", false, nil); err != nil {
		t.Fatal(err)
	}
	for _, r := range b.s.Requests() {
		if r.Origin == "store" {
			t.Errorf("read again: %s", r)
		}
	}
	b.s.ClearRequests()
	again, err := b.client().Checkpoint(context.Background(), shardRepo, ck.Commit, true, nil)
	if err != nil || tensorNames(t, again) != 40 || again.From != FromCache {
		t.Errorf("offline: %+v, %v", again, err)
	}
	if n := len(b.s.Requests()); n != 0 {
		t.Errorf("offline: %d requests", n)
	}
}

// long is a file whose header takes n bytes.
func long(n int) []byte {
	header := []byte(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`)
	header = append(header, bytes.Repeat([]byte(" "), n-len(header))...)
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(n)), header...), 0, 0, 0, 0)
}

// TestCheckpointHeaders reads headers of every length, and says what is wrong
// with those that cannot be.
func TestCheckpointHeaders(t *testing.T) {
	for _, c := range []struct {
		name  string
		file  []byte
		rules []fakehub.Rule
		want  string // "" for success
		gets  int    // of the storage host
	}{
		{name: "short", file: long(64), gets: 1},
		{name: "just the first part", file: long(firstRange - 7), gets: 1},
		{name: "one byte more", file: long(firstRange - 6), gets: 2},
		{name: "long", file: long(3_000_000), gets: 2},
		{name: "the cap", file: long(maxHeader), gets: 2},
		{name: "over the cap", file: long(maxHeader + 1), want: "it would be 25000001 bytes long; at most 25000000 are allowed", gets: 1},
		{name: "longer than the file", file: long(500)[:300], want: "it would be 500 bytes long, more than the file's 300", gets: 1},
		{name: "no length", file: []byte("abc"), want: "it has 3 bytes", gets: 1},
		{name: "whole file", file: long(3_000_000), rules: []fakehub.Rule{{Kind: fakehub.Store, Do: fakehub.IgnoreRange}}, gets: 1},
		{name: "endless file", file: long(300_000), rules: []fakehub.Rule{{Kind: fakehub.Store, Method: "GET", Do: fakehub.EndlessFile}}, gets: 1},
		{name: "whole file later", file: long(300_000), rules: []fakehub.Rule{{Kind: fakehub.Store, Skip: 1, Do: fakehub.IgnoreRange}}, want: "the whole file the second time", gets: 2},
		{name: "another part", file: long(3_000), rules: []fakehub.Rule{{Kind: fakehub.Store, Do: fakehub.SetHeaders("Content-Range", "bytes 7-9/300")}}, want: "another part", gets: maxTries},
		{name: "reset once", file: long(3_000), rules: []fakehub.Rule{{Kind: fakehub.Store, Times: 1, Do: fakehub.Reset}}, gets: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newCheckpointBench(t, single("acme/one", c.file))
			b.s.On(c.rules...)
			ck, err := b.client().Checkpoint(context.Background(), "acme/one", "main", false, nil)
			switch {
			case c.want == "" && err != nil:
				t.Fatal(err)
			case c.want == "" && tensorNames(t, ck) != 1:
				t.Errorf("%d tensors", tensorNames(t, ck))
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want %q", err, c.want)
			}
			gets := 0
			for _, r := range b.s.Requests() {
				if r.Origin == "store" {
					gets++
				}
			}
			if gets != c.gets {
				t.Errorf("%d requests to the storage host, want %d:\n%s", gets, c.gets, b.s.LogText())
			}
		})
	}
}

// TestCheckpointBounds: ten thousand shards and headers without end cost
// bounded work, and it is said that not all was read.
func TestCheckpointBounds(t *testing.T) {
	b := newCheckpointBench(t, shards(10_000, false))
	cover := func(m map[string]string) []string { return []string{m["model.layers.0.mlp.down_proj.weight"]} }
	ck, err := b.client().Checkpoint(context.Background(), shardRepo, "main", false, cover)
	if err != nil {
		t.Fatal(err)
	}
	if len(ck.Headers) != 1 || ck.Files != 10_000 || !strings.Contains(ck.Partial, "10000 files") {
		t.Errorf("%d headers of %d, partial %q", len(ck.Headers), ck.Files, ck.Partial)
	}

	files, weightMap := map[string]fakehub.File{}, map[string]string{}
	file := long(20_000_000)
	for i := range 8 {
		name := fmt.Sprintf("model-%d.safetensors", i)
		files[name], weightMap[fmt.Sprint(i)] = fakehub.File{Content: file, LFS: true}, name
	}
	index, _ := json.Marshal(map[string]any{"weight_map": weightMap})
	files[indexFile] = fakehub.File{Content: index}
	b = newCheckpointBench(t, &fakehub.Repo{ID: "acme/wide", Refs: map[string]*fakehub.Commit{"main": fakehub.NewCommit(files)}})
	b.opts.Headers = nil
	ck, err = b.client().Checkpoint(context.Background(), "acme/wide", "main", false, cover)
	if err != nil || !strings.Contains(ck.Partial, "more than 64 MB") || len(ck.Headers) > 3 {
		t.Errorf("%v, %+v", err, ck)
	}
}

// TestCheckpointAbsent tells a repository without safetensors files from one
// that cannot be asked.
func TestCheckpointAbsent(t *testing.T) {
	b := newCheckpointBench(t)
	_, err := b.client().Checkpoint(context.Background(), fakehub.DemoRepo, "main", false, nil)
	var none *NoCheckpointError
	if !errors.As(err, &none) {
		t.Errorf("GGUF only: %v", err)
	}
	_, err = b.client().Checkpoint(context.Background(), "acme/nobody", "main", false, nil)
	if err == nil || errors.As(err, &none) {
		t.Errorf("no repository: %v", err)
	}
}

// TestReadCheckpoint reads a directory, and does not leave it.
func TestReadCheckpoint(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var none *NoCheckpointError
	if _, err := ReadCheckpoint(dir, nil); !errors.As(err, &none) {
		t.Errorf("an empty directory: %v", err)
	}
	write(indexFile, []byte(`{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}`))
	write("one.safetensors", fakehub.Safetensors(map[string]fakehub.Tensor{"a": {DType: "F32", Shape: []int64{2}}}))
	if _, err := ReadCheckpoint(dir, nil); err == nil || !strings.Contains(err.Error(), "two.safetensors") {
		t.Errorf("a missing shard: %v", err)
	}
	write("two.safetensors", fakehub.Safetensors(map[string]fakehub.Tensor{"b": {DType: "F32", Shape: []int64{2}}}))
	if ck, err := ReadCheckpoint(dir, nil); err != nil || tensorNames(t, ck) != 2 {
		t.Errorf("two shards: %+v, %v", ck, err)
	}
	for _, evil := range []string{"../up.safetensors", "/etc/passwd", "/etc/x.safetensors", "shard.bin", `..\\up.safetensors`} {
		write(indexFile, []byte(`{"weight_map":{"a":"`+evil+`"}}`))
		if _, err := ReadCheckpoint(dir, nil); err == nil || !strings.Contains(err.Error(), "not a safetensors file") {
			t.Errorf("%s: %v", evil, err)
		}
	}
}
