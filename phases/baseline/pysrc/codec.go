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
// before sequences, a string by its number, with its bytes where it first comes.
// Lines are written relative to the node before.

// formatVersion changes when the stream's format does: with a field of a node,
// with the order of nodeTypes.
const formatVersion = 4

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
	reflect.TypeFor[*DelStmt](),
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
	spanType      = reflect.TypeFor[Span]()
	statementType = reflect.TypeFor[Stmt]()
)

// Marshal writes a module.
func Marshal(m *Module) []byte {
	e := &encoder{out: binary.AppendUvarint(nil, formatVersion), strings: map[string]int{}}
	e.value(reflect.ValueOf(m.Body))
	return e.out
}

type encoder struct {
	out     []byte
	strings map[string]int // those written so far, by their numbers
	line    int            // the first line of the last node written
}

func (e *encoder) num(v int) { e.out = binary.AppendUvarint(e.out, uint64(v)) }

func (e *encoder) text(s string) {
	number, known := e.strings[s]
	if known {
		e.num(number)
		return
	}
	e.num(len(e.strings))
	e.strings[s] = len(e.strings)
	e.num(len(s))
	e.out = append(e.out, s...)
}

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
		e.text(v.String())
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

// Unmarshal reads what Marshal wrote.
func Unmarshal(data []byte) (*Module, error) {
	d := &decoder{data: data}
	if v := d.num(); v != formatVersion {
		return nil, fmt.Errorf("reading version %d: %w", v, ErrFormat)
	}
	m := &Module{}
	d.value(reflect.ValueOf(&m.Body).Elem())
	if d.bad || len(d.data) > 0 {
		return nil, ErrFormat
	}
	return m, nil
}

// decoder reads an encoded tree. Anything wrong sets bad, after which
// everything it gives is empty.
type decoder struct {
	data    []byte
	strings []string // those read so far
	line    int      // the first line of the last node read
	depth   int
	bad     bool
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

func (d *decoder) text() string {
	switch i := d.num(); {
	case i < len(d.strings):
		return d.strings[i]
	case i > len(d.strings):
		d.fail()
		return ""
	}
	n := d.count()
	s := string(d.data[:n])
	d.data, d.strings = d.data[n:], append(d.strings, s)
	return s
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
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(into.Elem())
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
		into.SetString(d.text())
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
	t := nodeTypes[number]
	if t == nil {
		d.bad = into.Type() == statementType
		return
	}
	isNode, ofConst := t.Kind() == reflect.Pointer, into.NumMethod() == 0
	if isNode == ofConst || !t.Implements(into.Type()) {
		d.fail()
		return
	}
	v := reflect.New(t).Elem()
	d.value(v)
	switch n := v.Interface().(type) {
	case *DictExpr:
		d.bad = d.bad || len(n.Keys) != len(n.Values)
	case *CompareExpr:
		d.bad = d.bad || len(n.Ops) != len(n.Rights)
	}
	into.Set(v)
}
