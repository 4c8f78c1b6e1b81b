package phases

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/hub"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/regular"
	"github.com/fib-ls/fib-ls/phases/report"
)

// The values of Request.Weights.
const (
	WeightsAuto = "auto"
	WeightsOff  = "off"
)

// Witness is the checkpoint as a run has seen it.
type Witness struct {
	// Tensors are the names and shapes; nil when none was seen.
	Tensors []weights.Tensor
	// Names are all names where not every header was read.
	Names []string
	// From is hub, cache or file; Files how many files the checkpoint has.
	From  string
	Files int
	// Partial says why not all headers were read.
	Partial string
	// Note says why no checkpoint was seen; "" when one was.
	Note     string
	Warnings []string
}

// Sorted puts the tensors in order for a model; nil when there are none.
func (w *Witness) Sorted(a *extract.Architecture) *weights.Checkpoint {
	if w == nil || len(w.Tensors) == 0 || a == nil {
		return nil
	}
	return weights.Sort(w.Tensors, weights.Options{NumLayers: a.NumLayers, Names: w.Names, Partial: w.Partial})
}

// WeightsStep looks for the model's checkpoint: beside the config where that
// came from a directory, else in the repository that the config came from. Not
// finding one is not an error: the entry then does without, and the witness says
// why.
func WeightsStep(ctx context.Context, env *Env, req *Request, a *extract.Architecture) *Witness {
	none := func(why string) *Witness { return &Witness{Note: why} }
	if req.Weights == WeightsOff {
		return none("the checkpoint was not looked for (--weights off)")
	}
	ck, err := env.checkpoint(ctx, req, a)
	var missing *hub.NoCheckpointError
	switch {
	case errors.As(err, &missing):
		return none("no checkpoint was seen: " + prose.FirstLine(err))
	case err != nil:
		return none("the checkpoint could not be read: " + prose.FirstLine(err))
	case ck == nil:
		return none("no checkpoint was seen")
	}
	w, err := witnessOf(ck)
	if err != nil {
		return none("the checkpoint could not be read: " + prose.FirstLine(err))
	}
	return w
}

// checkpoint finds the headers; nil without an error when there is nowhere to
// look.
func (e *Env) checkpoint(ctx context.Context, req *Request, a *extract.Architecture) (*hub.Checkpoint, error) {
	dir := ""
	switch {
	case req.Config == "-":
		return nil, nil
	case req.Config != "":
		dir = filepath.Dir(e.Path(req.Config))
	case a.Source.From == "file":
		dir = e.Path(req.HFRepoID)
	}
	if dir != "" {
		return Interruptible(ctx, func() (*hub.Checkpoint, error) { return hub.ReadCheckpoint(dir, weights.Cover) })
	}
	if e.Hub == nil || a.Source.From == "catalogue" {
		return nil, nil
	}
	revision := req.Revision
	if a.Source.Commit != "" {
		revision = a.Source.Commit
	}
	return e.Hub.client.Checkpoint(ctx, a.Source.RepoID, revision, req.Offline, weights.Cover)
}

// mostKinds bounds what has to be compared and told of one by one. Checkpoints
// have hundreds of kinds of tensors, those that number no layers some thousands.
const mostKinds = 10_000

// witnessOf reads the headers of a checkpoint.
func witnessOf(ck *hub.Checkpoint) (*Witness, error) {
	w := &Witness{From: ck.From, Files: ck.Files, Partial: ck.Partial, Warnings: ck.Warnings}
	seen := map[string]string{}
	for _, h := range ck.Headers {
		tensors, err := weights.ParseHeader(h.JSON, h.Size)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", h.Filename, err)
		}
		for _, t := range tensors {
			if file, twice := seen[t.Name]; twice {
				return nil, fmt.Errorf("%s and %s both have %s", file, h.Filename, t.Name)
			}
			seen[t.Name] = h.Filename
		}
		w.Tensors = append(w.Tensors, tensors...)
	}
	if n := weights.Kinds(w.Tensors); n > mostKinds {
		return nil, fmt.Errorf("it has tensors of %d kinds, more than any model has", n)
	}
	for name, file := range ck.WeightMap {
		switch at, read := seen[name]; {
		case read && at != file:
			return nil, fmt.Errorf("the index says that %s has %s, and %s has it", file, name, at)
		case !read && ck.Partial != "":
			w.Names = append(w.Names, name)
		case !read:
			return nil, fmt.Errorf("the index says that %s has %s, which it has not", file, name)
		}
	}
	w.Warnings = append(w.Warnings, totalsDiffer(w.Tensors, ck)...)
	return w, nil
}

// totalsDiffer compares the numbers of values by type with the Hub's own.
func totalsDiffer(tensors []weights.Tensor, ck *hub.Checkpoint) []string {
	if len(ck.Parameters) == 0 || ck.Partial != "" {
		return nil
	}
	counted := map[string]int64{}
	for _, t := range tensors {
		counted[t.DType] += int64(t.Elements())
	}
	for dtype, n := range ck.Parameters {
		if counted[dtype] != n {
			return []string{fmt.Sprintf("the Hub counts %d values of type %s in the checkpoint, its headers have %d", n, prose.Line(dtype), counted[dtype])}
		}
	}
	return nil
}

// askWitness starts looking for the checkpoint while SGLang's source is read:
// the network and the processor wait for different things.
func (r *Result) askWitness(ctx context.Context, env *Env) <-chan *Witness {
	done := make(chan *Witness, 1)
	go func() { done <- WeightsStep(ctx, env, &r.Request, r.Architecture) }()
	return done
}

// file is the checkpoint's tensors as they stand in the output directory.
func (w *Witness) file() []byte {
	if w == nil || len(w.Tensors) == 0 {
		return nil
	}
	head := fmt.Sprintf("# %s %d %s\n", w.From, w.Files, strings.ReplaceAll(w.Partial, "\n", " "))
	return append([]byte(head), weights.Facts(w.Tensors)...)
}

// loadWitness reads what phase 1 wrote of the checkpoint; nil where it wrote
// nothing.
func loadWitness(path string) (*Witness, error) {
	data, err := regular.Read(path, maxStepFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", report.FileTensors, err)
	}
	head, facts, _ := strings.Cut(string(data), "\n")
	w := &Witness{}
	words := strings.SplitN(strings.TrimPrefix(head, "# "), " ", 3)
	if len(words) == 3 {
		w.From, w.Partial = words[0], words[2]
		w.Files, _ = strconv.Atoi(words[1]) // only shown
	}
	if w.Tensors, err = weights.ParseFacts(facts); err != nil {
		return nil, fmt.Errorf("reading %s: %w", report.FileTensors, err)
	}
	return w, nil
}

// note says why no checkpoint was seen.
func (w *Witness) note() string {
	if w == nil {
		return "no checkpoint was seen"
	}
	return w.Note
}
