package baseline

import (
	"context"

	"github.com/fib-ls/fib-ls/phases/baseline/classes"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// Options say how to analyse a class.
type Options struct {
	// Limits bound the work; zero fields have defaults.
	Limits pyeval.Limits
}

// Reader reads the model classes of one SGLang tree and how they build models.
// It keeps the files it has parsed; it is safe for use by several goroutines.
type Reader struct{ *classes.Reader }

// NewReader makes a reader of a tree; cache may be nil.
func NewReader(src Source, cache Cache) *Reader {
	return &Reader{classes.NewReader(src, cache)}
}

// Analyse reads how SGLang builds entryClass for a configuration: cfg is the
// whole config.json. An architecture that SGLang does not register is an
// *UnregisteredError. What cannot be decided is in the result, not an error.
func (r *Reader) Analyse(ctx context.Context, entryClass string, cfg, text *extract.Object, opts Options) (*Implementation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if cfg == nil {
		cfg = text
	}
	run := &analysis{reader: r, cfg: classes.LoadedAs(entryClass, cfg), text: text,
		e: r.Engine(ctx, opts.Limits)}
	run.conf = run.e.Config(run.cfg)
	entry, err := r.Resolve(entryClass, cfg, func() []string { return run.e.Architectures(run.conf) })
	if err != nil {
		return nil, err
	}
	run.entry = entry
	impl := run.implementation()
	// A cancelled run gives no result; any other bound gives a partial one.
	return impl, ctx.Err()
}
