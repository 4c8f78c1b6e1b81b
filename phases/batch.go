package phases

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// BatchItem is one model of a batch and what became of it: exactly one of
// Result, Skipped and Err is set when the batch is done.
type BatchItem struct {
	Request Request
	Result  *Result
	Skipped string // why it was not added: "already there"
	Err     error
}

// Batch is a batch that was run.
type Batch struct {
	Items []*BatchItem
	// Err is what stopped the whole batch: models.ts could not be written,
	// or the user interrupted it.
	Err error
}

// batchChunk is how many models are placed between two writes of models.ts:
// what a killed batch loses at most.
const batchChunk = 32

// batchFile is one models.ts that a batch edits.
type batchFile struct {
	models *ModelsFile
	doc    *tsast.Document
	dirty  []*BatchItem
}

// RunBatch adds several models. Phases 1 to 3 run side by side, at most as
// many as there are processors; the entries are placed in the order of the
// items. A model that fails leaves the others alone.
func RunBatch(ctx context.Context, env *Env, requests []Request, done func(*BatchItem)) *Batch {
	b := &Batch{}
	for _, req := range requests {
		b.Items = append(b.Items, &BatchItem{Request: req})
	}
	files := map[string]*batchFile{}
	defer func() {
		for _, f := range files {
			f.doc.Close()
		}
	}()
	for start := 0; start < len(b.Items) && b.Err == nil; start += batchChunk {
		chunk := b.Items[start:min(start+batchChunk, len(b.Items))]
		b.Err = runChunk(ctx, env, chunk, files)
		for _, item := range chunk {
			if done != nil {
				done(item)
			}
		}
	}
	for _, item := range b.Items {
		if item.Result == nil && item.Skipped == "" && item.Err == nil {
			item.Err = fmt.Errorf("not begun: %w", b.Err)
		}
	}
	return b
}

// runChunk prepares, places and writes some models.
func runChunk(ctx context.Context, env *Env, chunk []*BatchItem, files map[string]*batchFile) error {
	for _, item := range chunk {
		item.Err = admit(env, item, files)
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	quiet := *env
	quiet.Progress, quiet.Ask = nil, nil
	for _, item := range chunk {
		if item.Err != nil || item.Skipped != "" {
			continue
		}
		group.Go(func() error {
			r, err := prepareSafely(groupCtx, &quiet, item.Request)
			item.Result, item.Err = r, err
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, item := range chunk {
		if item.Err == nil && item.Skipped == "" {
			placeItem(&quiet, item, files)
		}
	}
	return errors.Join(ctx.Err(), writeChunk(&quiet, files))
}

// prepareSafely keeps a fault in one model from ending the batch.
func prepareSafely(ctx context.Context, env *Env, req Request) (r *Result, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			r, err = nil, fmt.Errorf("internal fault while preparing %s: %v", req.ModelName, fault)
		}
	}()
	return Prepare(ctx, env, req)
}

// admit completes an item's request, opens its models.ts, and settles its
// name against the entries that are there.
func admit(env *Env, item *BatchItem, files map[string]*batchFile) error {
	named := item.Request.ModelName != ""
	if err := item.Request.completeIn(env); err != nil {
		return err
	}
	outputs, err := claimOutputDir(env.path(item.Request.OutputDir), item.Request.DryRun)
	if err != nil {
		return err
	}
	outputs.release() // it can be made: that is all to be known yet
	f, err := openBatchFile(env, item.Request.ModelsTS, files)
	if err != nil || item.Request.Update {
		return err
	}
	i := findEntry(f.doc.File(), item.Request.ModelName)
	if i < 0 {
		return nil
	}
	repo := entrySource(f.doc.File(), i)
	if named || repo == "" || strings.EqualFold(repo, item.Request.HFRepoID) {
		item.Skipped = "already there"
		f.models.Tidy()
		tidyOutputDir(env.path(item.Request.OutputDir))
		return nil
	}
	return nil
}

// rename settles a name that another repository took: the later one becomes
// org-name.
func rename(item *BatchItem, f *tsast.File) {
	r := item.Result
	i := findEntry(f, r.Model.ID)
	if i < 0 || r.Request.Update {
		return
	}
	if strings.EqualFold(entrySource(f, i), r.Architecture.Source.RepoID) {
		item.Skipped, item.Result = "already there", nil
		return
	}
	org, _, ok := strings.Cut(r.Architecture.Source.RepoID, "/")
	if !ok {
		return
	}
	name := SuggestModelName(org) + "-" + r.Model.ID
	if findEntry(f, name) >= 0 {
		item.Skipped, item.Result = "already there", nil
		return
	}
	r.Warnings = append(r.Warnings, fmt.Sprintf("%s is the name of another repository's entry; this one is %s", r.Model.ID, name))
	if r.Request.OutputDir == outputPrefix+r.Request.ModelName || filepath.Base(r.Request.OutputDir) == outputPrefix+r.Request.ModelName {
		r.Request.OutputDir = filepath.Join(filepath.Dir(r.Request.OutputDir), outputPrefix+name)
	}
	r.Request.ModelName, r.Model.ID, r.Generated.Entry.ID = name, name, name
}

func openBatchFile(env *Env, path string, files map[string]*batchFile) (*batchFile, error) {
	abs := env.path(path)
	if f := files[abs]; f != nil {
		return f, nil
	}
	models, err := ReadModels(abs)
	if err != nil {
		return nil, err
	}
	f := &batchFile{models: models, doc: tsast.Open(models.Text)}
	files[abs] = f
	return f, nil
}

// placeItem puts a prepared entry into its file's document.
func placeItem(env *Env, item *BatchItem, files map[string]*batchFile) {
	f := files[env.path(item.Request.ModelsTS)]
	rename(item, f.doc.File())
	if item.Skipped != "" {
		return
	}
	if err := placeIn(item.Result, f.doc); err != nil {
		item.Err = item.Result.saveRaw(env, err)
		item.Result = nil
		return
	}
	MarkDataset(env, item.Result)
	f.dirty = append(f.dirty, item)
}

// writeChunk writes the files that have new entries, and the reports.
func writeChunk(env *Env, files map[string]*batchFile) error {
	for _, f := range files {
		dirty := f.dirty
		f.dirty = nil
		if len(dirty) == 0 || dirty[0].Request.DryRun {
			continue
		}
		if err := f.models.Write(f.doc.File().Src); err != nil {
			for _, item := range dirty {
				item.Result, item.Err = nil, err
			}
			return err
		}
		for _, item := range dirty {
			item.Result.Files["models.ts"] = item.Request.ModelsTS
			if err := item.Result.WriteFiles(env); err != nil {
				item.Err = err
			}
			item.Result.release()
		}
	}
	return nil
}

// release lets go of what only the writing needed, so that a long batch does
// not keep a copy of the file per model.
func (r *Result) release() { r.Original, r.Edited, r.Checks, r.ConfigBytes = nil, nil, nil, nil }

// entrySource is the repository that an entry's source comment names.
func entrySource(f *tsast.File, i int) string { return validate.SourceRepo(f.Entries[i].Model) }
