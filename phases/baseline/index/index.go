// Package index holds the facts of SGLang's source that ship in the binary:
// how each registered model class builds its modules, as a compiled program
// for the reader in the package baseline. It hands out bytes; baseline knows
// their format. The file is made by the command in gen (see there), and holds
// no source text.
package index

import _ "embed" // the index itself

//go:generate go run ./gen -out sglang.idx

//go:embed sglang.idx
var data []byte

// Data gives the index. It must not be changed.
func Data() []byte { return data }
