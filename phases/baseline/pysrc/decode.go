package pysrc

import (
	"encoding/binary"
	"math"
)

// decoder reads an encoded tree. Anything wrong sets bad, after which
// everything it gives is empty.
type decoder struct {
	data    []byte
	strings []string
	line    int
	depth   int
	bad     bool
}

func (d *decoder) module() (*Module, error) {
	m := &Module{Body: d.stmts()}
	if d.bad || len(d.data) > 0 {
		return nil, ErrFormat
	}
	return m, nil
}

func (d *decoder) num() int {
	v, n := binary.Uvarint(d.data)
	if n <= 0 || v > math.MaxInt32 {
		d.bad = true
		d.data = nil
		return 0
	}
	d.data = d.data[n:]
	return int(v)
}

func (d *decoder) signed() int {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		d.bad = true
		d.data = nil
		return 0
	}
	d.data = d.data[n:]
	return int(v)
}

// count reads the length of a sequence whose elements take a byte each.
func (d *decoder) count() int {
	n := d.num()
	if n > len(d.data) {
		d.bad = true
		d.data = nil
		return 0
	}
	return n
}

func (d *decoder) str() string {
	i := d.num()
	if i >= len(d.strings) {
		d.bad = true
		return ""
	}
	return d.strings[i]
}

func (d *decoder) span() Span {
	d.line += d.signed()
	return Span{d.line, d.line + d.num()}
}

func (d *decoder) stmts() []Stmt {
	n := d.count()
	if n == 0 {
		return nil
	}
	out := make([]Stmt, 0, n)
	for range n {
		if s := d.stmt(); s != nil {
			out = append(out, s)
		}
	}
	return out
}

func (d *decoder) exprs() []Expr {
	n := d.count()
	if n == 0 {
		return nil
	}
	out := make([]Expr, 0, n)
	for range n {
		out = append(out, d.expr())
	}
	return out
}

// enter counts one level of nesting; false when it is too deep.
func (d *decoder) enter() bool {
	d.depth++
	if d.depth > 2*maxDepth {
		d.bad = true
	}
	return !d.bad
}

func (d *decoder) stmt() Stmt {
	defer func() { d.depth-- }()
	if !d.enter() {
		return nil
	}
	t := tag(d.num())
	if t < tagExprStmt || t > tagUnsupportedStmt {
		d.bad = true
		return nil
	}
	s := d.span()
	switch t {
	case tagExprStmt:
		return &ExprStmt{s, d.expr()}
	case tagAssign:
		return &AssignStmt{s, d.exprs(), d.expr(), d.num() == 1}
	case tagAugAssign:
		return &AugAssignStmt{s, d.expr(), d.str(), d.expr()}
	case tagIf:
		return &IfStmt{s, d.expr(), d.stmts(), d.stmts()}
	case tagFor:
		return &ForStmt{s, d.expr(), d.expr(), d.stmts(), d.stmts()}
	case tagWhile:
		return &WhileStmt{s, d.expr(), d.stmts(), d.stmts()}
	case tagWith:
		w := &WithStmt{Span: s}
		for range d.count() {
			w.Items = append(w.Items, WithItem{d.expr(), d.expr()})
		}
		w.Body = d.stmts()
		return w
	case tagTry:
		r := &TryStmt{Span: s, Body: d.stmts()}
		for range d.count() {
			r.Handlers = append(r.Handlers, d.stmts())
		}
		r.Else, r.Finally = d.stmts(), d.stmts()
		return r
	}
	return d.plainStmt(t, s)
}

func (d *decoder) plainStmt(t tag, s Span) Stmt {
	switch t {
	case tagReturn:
		return &ReturnStmt{s, d.expr()}
	case tagRaise:
		return &RaiseStmt{s, d.expr()}
	case tagAssert:
		return &AssertStmt{s, d.expr()}
	case tagSimple:
		return &SimpleStmt{s, d.str()}
	case tagMatch:
		m := &MatchStmt{Span: s, Subject: d.expr()}
		for range d.count() {
			m.Cases = append(m.Cases, MatchCase{d.expr(), d.expr(), d.stmts()})
		}
		return m
	case tagImport:
		return &Import{s, d.aliases()}
	case tagImportFrom:
		return &ImportFrom{s, d.str(), d.num(), d.aliases()}
	case tagFuncDef:
		return &FuncDef{Span: s, Name: d.str(), Params: d.params(), Decorators: d.exprs(), Async: d.num() == 1, Body: d.stmts()}
	case tagClassDef:
		return &ClassDef{Span: s, Name: d.str(), Bases: d.exprs(), Keywords: d.keywords(), Decorators: d.exprs(), Body: d.stmts()}
	}
	return &UnsupportedStmt{s, d.str(), d.str()}
}

func (d *decoder) aliases() []Alias {
	var out []Alias
	for range d.count() {
		out = append(out, Alias{d.str(), d.str()})
	}
	return out
}

func (d *decoder) keywords() []Keyword {
	var out []Keyword
	for range d.count() {
		out = append(out, Keyword{d.str(), d.expr()})
	}
	return out
}

func (d *decoder) params() Params {
	var p Params
	for range d.count() {
		p.List = append(p.List, Param{d.str(), ParamKind(d.num()), d.expr()})
	}
	return p
}

func (d *decoder) expr() Expr {
	defer func() { d.depth-- }()
	if !d.enter() {
		return nil
	}
	switch t := tag(d.num()); t {
	case tagNil:
		return nil
	case tagName:
		return &Name{d.str()}
	case tagNone:
		return &Const{nil}
	case tagTrue:
		return &Const{true}
	case tagFalse:
		return &Const{false}
	case tagInt:
		return &Const{d.signed()}
	case tagFloat:
		return d.float()
	case tagString:
		return &Const{d.str()}
	case tagAttribute:
		return &Attribute{d.expr(), d.str()}
	case tagCall:
		return &Call{d.span(), d.expr(), d.exprs(), d.keywords()}
	case tagBinary:
		return &BinaryExpr{d.str(), d.expr(), d.expr()}
	case tagUnary:
		return &UnaryExpr{d.str(), d.expr()}
	case tagAnd, tagOr:
		return &BoolExpr{t == tagAnd, d.exprs()}
	case tagCompare:
		c := &CompareExpr{Left: d.expr()}
		for range d.count() {
			c.Ops = append(c.Ops, d.str())
			c.Rights = append(c.Rights, d.expr())
		}
		return c
	case tagCond:
		return &CondExpr{d.expr(), d.expr(), d.expr()}
	default:
		return d.display(t)
	}
}

func (d *decoder) float() Expr {
	const size = 8
	if len(d.data) < size {
		d.bad = true
		return nil
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(d.data))
	d.data = d.data[size:]
	return &Const{v}
}

func (d *decoder) display(t tag) Expr {
	switch t {
	case tagSubscript:
		return &Subscript{d.expr(), d.expr()}
	case tagSlice:
		return &Slice{d.expr(), d.expr(), d.expr()}
	case tagList:
		return &ListExpr{d.exprs()}
	case tagTuple:
		return &TupleExpr{d.exprs()}
	case tagSet:
		return &SetExpr{d.exprs()}
	case tagDict:
		x := &DictExpr{d.exprs(), d.exprs()}
		if len(x.Keys) != len(x.Values) {
			d.bad = true
		}
		return x
	case tagComprehension:
		c := &Comprehension{Kind: d.str(), Elt: d.expr(), Value: d.expr()}
		for range d.count() {
			c.Clauses = append(c.Clauses, Clause{d.expr(), d.expr(), d.exprs()})
		}
		return c
	case tagLambda:
		return &Lambda{d.span(), d.params(), d.expr()}
	case tagFString:
		return &FString{d.exprs()}
	case tagWalrus:
		return &Walrus{d.str(), d.expr()}
	case tagStarred:
		return &Starred{d.expr()}
	case tagYield:
		return &Yield{d.expr()}
	case tagUnsupported:
		return &Unsupported{d.str(), d.str()}
	}
	d.bad = true
	return nil
}
