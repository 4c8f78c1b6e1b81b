package batch

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/diff"
	"github.com/fib-ls/fib-ls/phases/report"
)

// change is what a batch changes in one of a clone's other files.
type change struct {
	report.Following
	after []byte
}

// follow makes the changes of the clone's other files that a model asks for, in
// the texts that the models before it left: each model's own diff fits the file
// as it was, so that of several only the first could be applied.
func (b *Batch) follow(item *Item) {
	if item.Result == nil {
		return
	}
	for i := range item.Result.Following {
		f := &item.Result.Following[i]
		if f.Edit == nil {
			continue
		}
		at := slices.IndexFunc(b.changes, func(c *change) bool { return c.Root == f.Root && c.Path == f.Path })
		if at < 0 {
			at = len(b.changes)
			b.changes = append(b.changes, &change{Following: *f, after: f.Before})
		}
		c := b.changes[at]
		if after, err := f.Edit(c.after); err == nil { // else the model's own warning says so
			c.after = after
		}
		f.Before, f.Edit, c.Edit = nil, nil, nil // they hold what trim drops
	}
}

// Following are the changes of the clone's other files for all models that the
// batch added, one a file.
func (b *Batch) Following() []report.Following {
	var all []report.Following
	for _, c := range b.changes {
		if patch := diff.Unified(c.Path, string(c.Before), string(c.after)); patch != "" {
			all = append(all, report.Following{Name: c.Name, What: "the change of " + c.Path + " for all models of the batch (git apply makes it)", Data: []byte(patch)})
		}
	}
	return all
}
