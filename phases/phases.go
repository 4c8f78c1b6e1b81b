// Package phases runs the four phases of Add model in order, reports progress
// and writes their files.
package phases

import (
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// Placeholder imports keep the arrows visible until Run is written.
var (
	_ generate.Entry
	_ validate.Problem
)
