// Package lsp is the language server: the only package that knows the
// Language Server Protocol. Below it there are byte spans and plain values.
//
// One file per method, named after it. A message comes in through stream.go
// (framing that survives malformed input), is dispatched by wire.go over the
// table in methods.go, and reaches a handler with an immutable Snapshot that
// was taken in wire order. Notifications run inline and in order; calls run
// concurrently, each with a context of its own. Whatever outlives a request
// (jobs, publishing) hangs off the server's context.
package lsp
