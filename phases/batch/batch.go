// Package batch adds several models: phases 1 to 3 run side by side, the entries
// are placed in order.
package batch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/tsast"
)

// Item is one model of a batch and what became of it: exactly one of
// Result, Skipped and Err is set when the batch is done.
type Item struct {
	Request phases.Request
	Result  *phases.Result
	Skipped string // why it was not added: "already there"
	// Renamed says why the model has another id than its repository's name.
	Renamed string
	Err     error

	outputs *report.Claimed
}

// Batch is a batch that was run.
type Batch struct {
	Items []*Item
	// Err is what stopped the whole batch: models.ts could not be written,
	// or the user interrupted it.
	Err error
	// Refused reports that Err was found before anything was begun.
	Refused bool

	changes []*change // of a clone's other files
}

// chunkSize is how many models are placed between two writes of models.ts:
// what a killed batch loses at most.
const chunkSize = 32

// openFile is one models.ts that a batch edits.
type openFile struct {
	models *modelsfile.File
	doc    *tsast.Document
	dirty  []*Item
}

// Watch has the functions that are called as a batch advances; each may be nil.
type Watch struct {
	// Began and Prepared are called before and after phases 1 to 3 of a
	// model, from several goroutines at a time.
	Began, Prepared func(*Item)
	// Done is called for every item that was begun, in their order, when what
	// became of it is settled and on disk.
	Done func(*Item)
}

func (w Watch) call(f func(*Item), item *Item) {
	if f != nil {
		f(item)
	}
}

// Run adds several models. Phases 1 to 3 run side by side, at most as
// many as there are processors, while the entries of the models before them
// are placed in the order of the items. A model that fails leaves the others
// alone.
func Run(ctx context.Context, env *phases.Env, requests []phases.Request, watch Watch) *Batch {
	b := &Batch{}
	for _, req := range requests {
		b.Items = append(b.Items, &Item{Request: req})
	}
	files := map[string]*openFile{}
	defer func() {
		for _, f := range files {
			f.doc.Close()
		}
	}()
	if b.Err = admitAll(env, b.Items, files); b.Err != nil {
		b.Refused = true
		return b
	}
	quiet := *env
	quiet.Progress, quiet.Ask = nil, nil
	ahead, stop := prepareAhead(ctx, &quiet, slices.Collect(slices.Chunk(b.Items, chunkSize)), watch)
	for chunk := range ahead {
		if b.Err == nil {
			b.Err = errors.Join(placeChunk(&quiet, chunk, files), ctx.Err())
		} else {
			dropChunk(chunk, b.Err)
		}
		for _, item := range chunk {
			if item.outputs != nil && item.Result == nil {
				item.outputs.Release()
			}
			b.follow(item)
			watch.call(watch.Done, item)
		}
		if b.Err != nil {
			stop()
		}
	}
	stop()
	for _, item := range b.Items {
		if item.Result == nil && item.Skipped == "" && item.Err == nil {
			item.Err = fmt.Errorf("not begun: %w", b.Err)
		}
	}
	return b
}

// prepareAhead runs phases 1 to 3 of a chunk while the one before it is placed
// and written. After stop no chunk is begun; one that was is still given.
func prepareAhead(ctx context.Context, env *phases.Env, chunks [][]*Item, watch Watch) (<-chan []*Item, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	ahead := make(chan []*Item)
	go func() {
		defer close(ahead)
		for _, chunk := range chunks {
			if ctx.Err() != nil {
				return
			}
			prepareChunk(ctx, env, chunk, watch)
			ahead <- chunk
		}
	}()
	return ahead, stop
}

// prepareChunk runs phases 1 to 3 of some models side by side.
func prepareChunk(ctx context.Context, env *phases.Env, chunk []*Item, watch Watch) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, item := range chunk {
		if item.Err != nil || item.Skipped != "" {
			watch.call(watch.Prepared, item)
			continue
		}
		group.Go(func() error {
			watch.call(watch.Began, item)
			if err := safely("preparing", item, func() error { return prepareItem(ctx, env, item) }); err != nil {
				item.Result, item.Err = nil, err
			}
			watch.call(watch.Prepared, item)
			return nil
		})
	}
	_ = group.Wait() // no function gives an error: each item has its own
}

// prepareItem claims the output directory and runs phases 1 to 3.
func prepareItem(ctx context.Context, env *phases.Env, item *Item) (err error) {
	item.outputs, err = report.Claim(env.Path(item.Request.OutputDir), item.Request.DryRun)
	if err != nil {
		return err
	}
	item.Result, err = phases.Prepare(ctx, env, item.Request)
	if err == nil {
		item.Result.Outputs = item.outputs
		if item.Renamed != "" {
			item.Result.Warnings = append(item.Result.Warnings, item.Renamed)
		}
	}
	return err
}

// placeChunk puts the prepared entries into their files, in order, and writes
// them.
func placeChunk(env *phases.Env, chunk []*Item, files map[string]*openFile) error {
	for _, item := range chunk {
		if item.Err == nil && item.Skipped == "" {
			placeItem(env, item, files)
		}
	}
	return writeChunk(env, files)
}

// dropChunk drops models that were prepared when the batch had to stop.
func dropChunk(chunk []*Item, why error) {
	for _, item := range chunk {
		if item.Result != nil {
			item.Result, item.Err = nil, fmt.Errorf("not placed: %w", why)
		}
	}
}

// safely keeps a fault in one model from ending the batch.
func safely(doing string, item *Item, f func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("internal fault while %s %s: %v", doing, item.Request.ModelName, fault)
		}
	}()
	return f()
}

func openModels(env *phases.Env, path string, files map[string]*openFile) (*openFile, error) {
	abs := env.Path(path)
	if f := files[abs]; f != nil {
		return f, nil
	}
	models, err := modelsfile.Read(abs)
	if err != nil {
		return nil, err
	}
	f := &openFile{models: models, doc: tsast.Open(models.Text)}
	files[abs] = f
	return f, nil
}

// placeItem puts a prepared entry into its file's document; that of a dry run
// is taken out again.
func placeItem(env *phases.Env, item *Item, files map[string]*openFile) {
	f := files[env.Path(item.Request.ModelsTS)]
	before := f.doc.File().Src()
	err := safely("placing", item, func() error { return phases.PlaceIn(item.Result, f.doc) })
	if err != nil {
		f.doc.Replace(before)
		item.Err = item.Result.SaveEntry(env, err)
		item.Result = nil
		return
	}
	if len(before) == 0 { // the others of the batch need not say it again
		item.Result.NewFile = f.models.NewNote()
	}
	phases.MarkDataset(env, item.Result)
	if item.Request.DryRun {
		f.doc.Replace(before)
		trim(item.Result)
		return
	}
	f.dirty = append(f.dirty, item)
}

// writeChunk writes the files that have new entries, and the reports.
func writeChunk(env *phases.Env, files map[string]*openFile) error {
	for _, f := range files {
		dirty := f.dirty
		f.dirty = nil
		if len(dirty) == 0 {
			continue
		}
		if err := f.models.Write(f.doc.File().Src()); err != nil {
			for _, item := range dirty {
				item.Result, item.Err = nil, err
			}
			return err
		}
		writeReports(env, dirty)
	}
	return nil
}

// writeReports writes the files of each phase: side by side, but one after the
// other where models share an output directory.
func writeReports(env *phases.Env, items []*Item) {
	byDir := map[string][]*Item{}
	for _, item := range items {
		dir := env.Path(item.Result.Request.OutputDir)
		byDir[dir] = append(byDir[dir], item)
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, together := range byDir {
		group.Go(func() error {
			for _, item := range together {
				item.Result.Files["models.ts"] = item.Request.ModelsTS
				item.Err = safely("reporting on", item, func() error { return item.Result.WriteFiles(env) })
				trim(item.Result)
			}
			return nil
		})
	}
	_ = group.Wait() // no function gives an error: each item has its own
}

// trim drops all that is not in the contract, once it is written: a
// long batch must not keep a copy of the file, a config, a module tree and a
// checkpoint's tensors for each model.
func trim(r *phases.Result) {
	r.Original, r.Edited, r.ConfigBytes = nil, nil, nil
	r.Implementation, r.Snippets, r.Generated, r.EntryText = nil, nil, nil, ""
	r.Tensors, r.DefinitionsOf, r.Unmapped = nil, nil, nil // what Report filled in
	if r.Witness != nil {
		r.Witness = &phases.Witness{Note: r.Witness.Note}
	}
	if r.Architecture != nil {
		r.Architecture.Config, r.Architecture.TextConfig = nil, nil
	}
	for i := range r.Model.Modules {
		r.Model.Modules[i].Rows = nil
	}
}
