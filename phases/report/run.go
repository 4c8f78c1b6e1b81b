package report

import (
	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/typecheck"
)

// Run is everything that the texts and files of one run are made from.
type Run struct {
	Contract
	// ModelsTS is the file as the request names it.
	ModelsTS string
	// Ignored reports that git is told to ignore the output directory.
	Ignored bool
	// DryRun and Updated say what became of the file: nothing, or an entry
	// that was there was refreshed.
	DryRun, Updated bool
	// TypeScript is what became of the type check.
	TypeScript typecheck.Outcome
	// LeftOut are the Definitions that the entry does not list, since the
	// dataset lacks them.
	LeftOut []string
	// ConfigBytes are the bytes of config.json as fetched.
	ConfigBytes    []byte
	Implementation *baseline.Implementation
	// Quantization is what the request asks for instead of the checkpoint's.
	Quantization string
	// DefinitionsOf returns the Definitions of a module of SGLang's tree.
	DefinitionsOf func(path string) []string
	// Snippets are the spans of SGLang's source that phase 2 cites.
	Snippets []baseline.Snippet
	// Unmapped are the layers without a Definition.
	Unmapped []string
	// Tensors are the checkpoint's tensors as the output directory keeps them,
	// nil where none was seen; NoCheckpoint says why.
	Tensors      []byte
	NoCheckpoint string
	// NewFile says that models.ts was not there before; "" where it was.
	NewFile string
	// Following are the changes of the clone's other files.
	Following []Following
	// EntryText is the TypeScript of the entry.
	EntryText string
}
