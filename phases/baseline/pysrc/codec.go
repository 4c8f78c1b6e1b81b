package pysrc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
)

// A tree is written as a stream of unsigned varints, its structs field by field
// as ast.go declares them: the number of a node's type before the node, counts
// before sequences, strings as numbers of a table. Lines are written relative to
// the node before.

// formatVersion changes when the stream's format does: with a field of a node,
// with the order of nodeTypes.
const formatVersion = 2

// ErrFormat says that data is not an encoded tree.
var ErrFormat = errors.New("not an encoded syntax tree")

// nodeTypes are what an Stmt, an Expr or a Const's value can be. The place in
// the list is the type's number in the stream; nil, at 0, is no node.
var nodeTypes = []reflect.Type{
	nil,
	reflect.TypeFor[*ExprStmt](), reflect.TypeFor[*AssignStmt](), reflect.TypeFor[*AugAssignStmt](),
	reflect.TypeFor[*IfStmt](), reflect.TypeFor[*ForStmt](), reflect.TypeFor[*WhileStmt](),
	reflect.TypeFor[*WithStmt](), reflect.TypeFor[*TryStmt](), reflect.TypeFor[*ReturnStmt](),
	reflect.TypeFor[*RaiseStmt](), reflect.TypeFor[*AssertStmt](), reflect.TypeFor[*SimpleStmt](),
	reflect.TypeFor[*MatchStmt](), reflect.TypeFor[*FuncDef](), reflect.TypeFor[*ClassDef](),
	reflect.TypeFor[*Import](), reflect.TypeFor[*ImportFrom](), reflect.TypeFor[*UnsupportedStmt](),
	reflect.TypeFor[*Name](), reflect.TypeFor[*Const](), reflect.TypeFor[*Attribute](),
	reflect.TypeFor[*Call](), reflect.TypeFor[*BinaryExpr](), reflect.TypeFor[*UnaryExpr](),
	reflect.TypeFor[*BoolExpr](), reflect.TypeFor[*CompareExpr](), reflect.TypeFor[*CondExpr](),
	reflect.TypeFor[*Subscript](), reflect.TypeFor[*Slice](), reflect.TypeFor[*ListExpr](),
	reflect.TypeFor[*TupleExpr](), reflect.TypeFor[*SetExpr](), reflect.TypeFor[*DictExpr](),
	reflect.TypeFor[*Comprehension](), reflect.TypeFor[*Lambda](), reflect.TypeFor[*FString](),
	reflect.TypeFor[*Walrus](), reflect.TypeFor[*Starred](), reflect.TypeFor[*Yield](),
	reflect.TypeFor[*Unsupported](),
	reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[float64](), reflect.TypeFor[string](),
}

var (
	numberOfType = func() map[reflect.Type]int {
		numbers := map[reflect.Type]int{}
		for i, t := range nodeTypes {
			numbers[t] = i
		}
		return numbers
	}()
	spanType = reflect.TypeFor[Span]()
)

// Strings is a table of strings that several trees may share.
type Strings struct {
	list  []string
	index map[string]int
}

// NewStrings makes an empty table.
func NewStrings() *Strings { return &Strings{index: map[string]int{}} }

// List returns the strings in order.
func (s *Strings) List() []string { return s.list }

func (s *Strings) number(v string) int {
	i, ok := s.index[v]
	if !ok {
		i = len(s.list)
		s.index[v] = i
		s.list = append(s.list, v)
	}
	return i
}

// Encode writes a module; its strings are added to the table.
func Encode(m *Module, table *Strings) []byte {
	e := &encoder{table: table}
	e.value(reflect.ValueOf(m.Body))
	return e.out
}

// Marshal writes a module with its own table of strings.
func Marshal(m *Module) []byte {
	table := NewStrings()
	tree := Encode(m, table)
	out := binary.AppendUvarint(nil, formatVersion)
	out = binary.AppendUvarint(out, uint64(len(table.list)))
	for _, s := range table.list {
		out = binary.AppendUvarint(out, uint64(len(s)))
		out = append(out, s...)
	}
	return append(out, tree...)
}

type encoder struct {
	out   []byte
	table *Strings
	line  int // the first line of the last node written
}

func (e *encoder) num(v int) { e.out = binary.AppendUvarint(e.out, uint64(v)) }

func (e *encoder) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			e.num(0)
			return
		}
		number, known := numberOfType[v.Elem().Type()]
		if !known {
			panic("pysrc: a syntax tree holds a " + v.Elem().Type().String())
		}
		e.num(number)
		e.value(v.Elem())
	case reflect.Pointer:
		e.value(v.Elem())
	case reflect.Struct:
		if v.Type() == spanType {
			first, last := int(v.Field(0).Int()), int(v.Field(1).Int())
			e.out = binary.AppendVarint(e.out, int64(first-e.line))
			e.num(last - first)
			e.line = first
			return
		}
		for i := range v.NumField() {
			e.value(v.Field(i))
		}
	case reflect.Slice:
		e.num(v.Len())
		for i := range v.Len() {
			e.value(v.Index(i))
		}
	case reflect.String:
		e.num(e.table.number(v.String()))
	case reflect.Bool:
		if v.Bool() {
			e.num(1)
		} else {
			e.num(0)
		}
	case reflect.Int:
		e.out = binary.AppendVarint(e.out, v.Int())
	case reflect.Uint8: // a ParamKind
		e.num(int(v.Uint()))
	case reflect.Float64:
		e.out = binary.LittleEndian.AppendUint64(e.out, math.Float64bits(v.Float()))
	default:
		panic("pysrc: a syntax tree holds a " + v.Type().String())
	}
}

// Decode reads what Encode wrote, with the same table.
func Decode(data []byte, table []string) (*Module, error) {
	return (&decoder{data: data, strings: table}).module()
}

// Unmarshal reads what Marshal wrote.
func Unmarshal(data []byte) (*Module, error) {
	d := &decoder{data: data}
	if v := d.num(); v != formatVersion {
		return nil, fmt.Errorf("reading version %d: %w", v, ErrFormat)
	}
	for range d.count() {
		if n := d.count(); !d.bad {
			d.strings = append(d.strings, string(d.data[:n]))
			d.data = d.data[n:]
		}
	}
	return d.module()
}

// decoder reads an encoded tree. Anything wrong sets bad, after which
// everything it gives is empty.
type decoder struct {
	data    []byte
	strings []string
	line    int // the first line of the last node read
	depth   int
	bad     bool
}

func (d *decoder) module() (*Module, error) {
	m := &Module{}
	d.value(reflect.ValueOf(&m.Body).Elem())
	if d.bad || len(d.data) > 0 {
		return nil, ErrFormat
	}
	return m, nil
}

func (d *decoder) fail() {
	d.bad = true
	d.data = nil
}

func (d *decoder) num() int {
	v, n := binary.Uvarint(d.data)
	if n <= 0 || v > math.MaxInt32 {
		d.fail()
		return 0
	}
	d.data = d.data[n:]
	return int(v)
}

func (d *decoder) signed() int {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.data = d.data[n:]
	return int(v)
}

// usualLength is room for most sequences. Longer ones grow as their elements are
// read: nested lengths of damaged data would take gigabytes at once.
const usualLength = 16

// count reads the length of a sequence whose elements take a byte each.
func (d *decoder) count() int {
	n := d.num()
	if n > len(d.data) {
		d.fail()
		return 0
	}
	return n
}

// value reads into a place of the tree, which says what is to be read.
func (d *decoder) value(into reflect.Value) {
	switch into.Kind() {
	case reflect.Interface:
		d.node(into)
	case reflect.Struct:
		if into.Type() == spanType {
			d.line += d.signed()
			into.Field(0).SetInt(int64(d.line))
			into.Field(1).SetInt(int64(d.line + d.num()))
			return
		}
		for i := range into.NumField() {
			d.value(into.Field(i))
		}
	case reflect.Slice:
		n := d.count()
		if n == 0 {
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), 0, min(n, usualLength)))
		for i := 0; i < n && !d.bad; i++ {
			into.Grow(1)
			into.SetLen(i + 1)
			d.value(into.Index(i))
		}
	case reflect.String:
		if i := d.num(); i < len(d.strings) {
			into.SetString(d.strings[i])
		} else {
			d.fail()
		}
	case reflect.Bool:
		into.SetBool(d.num() == 1)
	case reflect.Int:
		into.SetInt(int64(d.signed()))
	case reflect.Uint8:
		into.SetUint(uint64(d.num()))
	case reflect.Float64:
		const size = 8
		if len(d.data) < size {
			d.fail()
			return
		}
		into.SetFloat(math.Float64frombits(binary.LittleEndian.Uint64(d.data)))
		d.data = d.data[size:]
	}
}

// node reads a statement, an expression or a Const's value, whichever is due.
func (d *decoder) node(into reflect.Value) {
	d.depth++
	defer func() { d.depth-- }()
	number := d.num()
	if number >= len(nodeTypes) || d.depth > 2*maxDepth {
		d.fail()
	}
	if d.bad {
		return
	}
	var node any
	isNode := false
	if t := nodeTypes[number]; t != nil {
		isNode = t.Kind() == reflect.Pointer
		node = d.read(t)
	}
	fits := true
	switch into := into.Addr().Interface().(type) {
	case *Stmt:
		*into, fits = node.(Stmt)
	case *Expr:
		if node != nil {
			*into, fits = node.(Expr)
		}
	case *any: // of a Const
		*into, fits = node, !isNode
	}
	if !fits {
		d.fail()
	}
}

// read returns a node or a constant of the given type.
func (d *decoder) read(t reflect.Type) any {
	if t.Kind() != reflect.Pointer {
		constant := reflect.New(t).Elem()
		d.value(constant)
		return constant.Interface()
	}
	v := reflect.New(t.Elem())
	d.value(v.Elem())
	node := v.Interface()
	switch n := node.(type) {
	case *DictExpr:
		d.bad = d.bad || len(n.Keys) != len(n.Values)
	case *CompareExpr:
		d.bad = d.bad || len(n.Ops) != len(n.Rights)
	}
	return node
}
