package pysrc

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrFormat says that data is not an encoded tree.
var ErrFormat = errors.New("not an encoded syntax tree")

// Marshal writes a module with its own table of strings.
func Marshal(m *Module) []byte {
	table := NewStrings(nil)
	tree := Encode(m, table)
	var out []byte
	out = binary.AppendUvarint(out, formatVersion)
	out = binary.AppendUvarint(out, uint64(len(table.list)))
	for _, s := range table.list {
		out = binary.AppendUvarint(out, uint64(len(s)))
		out = append(out, s...)
	}
	return append(out, tree...)
}

// formatVersion changes when the stream's format does.
const formatVersion = 1

// Unmarshal reads what Marshal wrote.
func Unmarshal(data []byte) (*Module, error) {
	d := &decoder{data: data}
	if v := d.num(); v != formatVersion {
		return nil, fmt.Errorf("reading version %d: %w", v, ErrFormat)
	}
	for range d.count() {
		n := d.count()
		if d.bad {
			break
		}
		d.strings = append(d.strings, string(d.data[:n]))
		d.data = d.data[n:]
	}
	return d.module()
}

// Decode reads what Encode wrote, with the same table.
func Decode(data []byte, table []string) (*Module, error) {
	return (&decoder{data: data, strings: table}).module()
}

// Strings is a table of strings that several trees may share.
type Strings struct {
	list  []string
	index map[string]int
}

// NewStrings makes a table with the given strings.
func NewStrings(list []string) *Strings {
	s := &Strings{index: map[string]int{}}
	for _, v := range list {
		s.number(v)
	}
	return s
}

// List returns the strings in order.
func (s *Strings) List() []string { return s.list }

func (s *Strings) number(v string) int {
	if i, ok := s.index[v]; ok {
		return i
	}
	s.index[v] = len(s.list)
	s.list = append(s.list, v)
	return len(s.list) - 1
}
