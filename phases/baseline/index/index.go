// Package index holds the facts of SGLang's source that ship in the binary: the
// syntax trees of its models, layers and configurations, and the classes that it
// registers. It hands out bytes; the package classes knows their format. The file
// is made by the command in gen (see there), and holds no source text.
package index

import _ "embed" // the index itself

//go:generate go run ./gen -out sglang.idx

//go:embed sglang.idx
var data []byte

// Data returns the index. It must not be changed.
func Data() []byte { return data }
