package batch

import (
	"context"
	"fmt"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/typecheck"
)

// TypeChecked is what TypeScript says of one models.ts that the batch edited.
type TypeChecked struct {
	Path     string
	Findings []typecheck.Finding
	Err      error // why it was not checked
}

// TypeCheck runs TypeScript once over each models.ts that the batch edited. An
// error says that the user interrupted it; the entries are in the files then.
func (b *Batch) TypeCheck(ctx context.Context, env *phases.Env) ([]TypeChecked, error) {
	modes, added := map[string]typecheck.Mode{}, map[string][]string{}
	var files []string
	for _, item := range b.Items {
		if item.Result == nil || !item.Request.TypeCheck.Wanted() || item.Request.DryRun {
			continue
		}
		file := item.Result.Request.ModelsTS
		if added[file] == nil {
			files = append(files, file)
		}
		added[file] = append(added[file], item.Result.Model.ID)
		if modes[file] != typecheck.On {
			modes[file] = item.Request.TypeCheck
		}
	}
	var checked []TypeChecked
	for _, file := range files {
		found, err := typecheck.Entries(ctx, env.TypeCheckOptions(modes[file], file), added[file]...)
		if ctx.Err() != nil {
			return checked, fmt.Errorf("interrupted while TypeScript checked %s; the entries are in it: %w", file, ctx.Err())
		}
		checked = append(checked, TypeChecked{file, found, err})
	}
	return checked, nil
}
