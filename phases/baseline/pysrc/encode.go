package pysrc

import (
	"encoding/binary"
	"math"
)

// A tree is written as a stream of unsigned varints: a tag for each node, its
// parts in order, counts before sequences, strings as numbers of a table.
// Lines are written relative to the statement before.

// tag identifies a node in the stream. New tags go at the end of the list:
// the order is the format.
type tag uint64

const (
	tagNil tag = iota
	tagExprStmt
	tagAssign
	tagAugAssign
	tagIf
	tagFor
	tagWhile
	tagWith
	tagTry
	tagReturn
	tagRaise
	tagAssert
	tagSimple
	tagMatch
	tagFuncDef
	tagClassDef
	tagImport
	tagImportFrom
	tagUnsupportedStmt
	tagName
	tagNone
	tagTrue
	tagFalse
	tagInt
	tagFloat
	tagString
	tagAttribute
	tagCall
	tagBinary
	tagUnary
	tagAnd
	tagOr
	tagCompare
	tagCond
	tagSubscript
	tagSlice
	tagList
	tagTuple
	tagSet
	tagDict
	tagComprehension
	tagLambda
	tagFString
	tagWalrus
	tagStarred
	tagYield
	tagUnsupported
)

// Encode writes a module; its strings are added to the table.
func Encode(m *Module, table *Strings) []byte {
	e := &encoder{table: table}
	e.stmts(m.Body)
	return e.out
}

type encoder struct {
	out   []byte
	table *Strings
	line  int
}

func (e *encoder) num(v int)    { e.out = binary.AppendUvarint(e.out, uint64(v)) }
func (e *encoder) tag(t tag)    { e.out = binary.AppendUvarint(e.out, uint64(t)) }
func (e *encoder) str(v string) { e.num(e.table.number(v)) }

func (e *encoder) bool(b bool) {
	if b {
		e.num(1)
	} else {
		e.num(0)
	}
}

// span writes the first line relative to the last one written, and the length.
func (e *encoder) span(s Span) {
	e.out = binary.AppendVarint(e.out, int64(s.First-e.line))
	e.num(s.Last - s.First)
	e.line = s.First
}

func (e *encoder) stmts(body []Stmt) {
	e.num(len(body))
	for _, s := range body {
		e.stmt(s)
	}
}

func (e *encoder) exprs(list []Expr) {
	e.num(len(list))
	for _, x := range list {
		e.expr(x)
	}
}

func (e *encoder) head(t tag, s Span) {
	e.tag(t)
	e.span(s)
}

func (e *encoder) stmt(s Stmt) {
	switch s := s.(type) {
	case *ExprStmt:
		e.head(tagExprStmt, s.Span)
		e.expr(s.X)
	case *AssignStmt:
		e.head(tagAssign, s.Span)
		e.exprs(s.Targets)
		e.expr(s.Value)
		e.bool(s.Annotated)
	case *AugAssignStmt:
		e.head(tagAugAssign, s.Span)
		e.expr(s.Target)
		e.str(s.Op)
		e.expr(s.Value)
	case *IfStmt:
		e.head(tagIf, s.Span)
		e.expr(s.Test)
		e.stmts(s.Body)
		e.stmts(s.Else)
	case *ForStmt:
		e.head(tagFor, s.Span)
		e.expr(s.Target)
		e.expr(s.Iter)
		e.stmts(s.Body)
		e.stmts(s.Else)
	case *WhileStmt:
		e.head(tagWhile, s.Span)
		e.expr(s.Test)
		e.stmts(s.Body)
		e.stmts(s.Else)
	case *WithStmt:
		e.head(tagWith, s.Span)
		e.num(len(s.Items))
		for _, i := range s.Items {
			e.expr(i.X)
			e.expr(i.As)
		}
		e.stmts(s.Body)
	case *TryStmt:
		e.head(tagTry, s.Span)
		e.stmts(s.Body)
		e.num(len(s.Handlers))
		for _, h := range s.Handlers {
			e.stmts(h)
		}
		e.stmts(s.Else)
		e.stmts(s.Finally)
	default:
		e.plainStmt(s)
	}
}

func (e *encoder) plainStmt(s Stmt) {
	switch s := s.(type) {
	case *ReturnStmt:
		e.head(tagReturn, s.Span)
		e.expr(s.Value)
	case *RaiseStmt:
		e.head(tagRaise, s.Span)
		e.expr(s.Exc)
	case *AssertStmt:
		e.head(tagAssert, s.Span)
		e.expr(s.Test)
	case *SimpleStmt:
		e.head(tagSimple, s.Span)
		e.str(s.Keyword)
	case *MatchStmt:
		e.head(tagMatch, s.Span)
		e.expr(s.Subject)
		e.num(len(s.Cases))
		for _, c := range s.Cases {
			e.expr(c.Test)
			e.expr(c.Guard)
			e.stmts(c.Body)
		}
	case *Import:
		e.head(tagImport, s.Span)
		e.aliases(s.Names)
	case *ImportFrom:
		e.head(tagImportFrom, s.Span)
		e.str(s.Module)
		e.num(s.Level)
		e.aliases(s.Names)
	case *UnsupportedStmt:
		e.head(tagUnsupportedStmt, s.Span)
		e.str(s.Kind)
		e.str(s.Text)
	default:
		e.definition(s)
	}
}

func (e *encoder) definition(s Stmt) {
	switch s := s.(type) {
	case *FuncDef:
		e.head(tagFuncDef, s.Span)
		e.str(s.Name)
		e.params(s.Params)
		e.exprs(s.Decorators)
		e.bool(s.Async)
		e.stmts(s.Body)
	case *ClassDef:
		e.head(tagClassDef, s.Span)
		e.str(s.Name)
		e.exprs(s.Bases)
		e.keywords(s.Keywords)
		e.exprs(s.Decorators)
		e.stmts(s.Body)
	}
}

func (e *encoder) aliases(names []Alias) {
	e.num(len(names))
	for _, a := range names {
		e.str(a.Name)
		e.str(a.As)
	}
}

func (e *encoder) keywords(ks []Keyword) {
	e.num(len(ks))
	for _, k := range ks {
		e.str(k.Name)
		e.expr(k.Value)
	}
}

func (e *encoder) params(p Params) {
	e.num(len(p.List))
	for _, q := range p.List {
		e.str(q.Name)
		e.num(int(q.Kind))
		e.expr(q.Default)
	}
}

func (e *encoder) expr(x Expr) {
	switch x := x.(type) {
	case nil:
		e.tag(tagNil)
	case *Name:
		e.tag(tagName)
		e.str(x.ID)
	case *Const:
		e.constant(x.Value)
	case *Attribute:
		e.tag(tagAttribute)
		e.expr(x.X)
		e.str(x.Name)
	case *Call:
		e.head(tagCall, x.Span)
		e.expr(x.Fn)
		e.exprs(x.Args)
		e.keywords(x.Keywords)
	case *BinaryExpr:
		e.tag(tagBinary)
		e.str(x.Op)
		e.expr(x.Left)
		e.expr(x.Right)
	case *UnaryExpr:
		e.tag(tagUnary)
		e.str(x.Op)
		e.expr(x.X)
	case *BoolExpr:
		t := tagOr
		if x.And {
			t = tagAnd
		}
		e.tag(t)
		e.exprs(x.Values)
	case *CompareExpr:
		e.tag(tagCompare)
		e.expr(x.Left)
		e.num(len(x.Ops))
		for i, op := range x.Ops {
			e.str(op)
			e.expr(x.Rights[i])
		}
	case *CondExpr:
		e.tag(tagCond)
		e.expr(x.Test)
		e.expr(x.Body)
		e.expr(x.Else)
	default:
		e.display(x)
	}
}

func (e *encoder) constant(v any) {
	switch v := v.(type) {
	case bool:
		t := tagFalse
		if v {
			t = tagTrue
		}
		e.tag(t)
	case int:
		e.tag(tagInt)
		e.out = binary.AppendVarint(e.out, int64(v))
	case float64:
		e.tag(tagFloat)
		e.out = binary.LittleEndian.AppendUint64(e.out, math.Float64bits(v))
	case string:
		e.tag(tagString)
		e.str(v)
	default:
		e.tag(tagNone)
	}
}

func (e *encoder) display(x Expr) {
	switch x := x.(type) {
	case *Subscript:
		e.tag(tagSubscript)
		e.expr(x.X)
		e.expr(x.Index)
	case *Slice:
		e.tag(tagSlice)
		e.expr(x.Low)
		e.expr(x.High)
		e.expr(x.Step)
	case *ListExpr:
		e.tag(tagList)
		e.exprs(x.Elts)
	case *TupleExpr:
		e.tag(tagTuple)
		e.exprs(x.Elts)
	case *SetExpr:
		e.tag(tagSet)
		e.exprs(x.Elts)
	case *DictExpr:
		e.tag(tagDict)
		e.exprs(x.Keys)
		e.exprs(x.Values)
	case *Comprehension:
		e.tag(tagComprehension)
		e.str(x.Kind)
		e.expr(x.Elt)
		e.expr(x.Value)
		e.num(len(x.Clauses))
		for _, c := range x.Clauses {
			e.expr(c.Target)
			e.expr(c.Iter)
			e.exprs(c.Ifs)
		}
	case *Lambda:
		e.head(tagLambda, x.Span)
		e.params(x.Params)
		e.expr(x.Body)
	case *FString:
		e.tag(tagFString)
		e.exprs(x.Parts)
	case *Walrus:
		e.tag(tagWalrus)
		e.str(x.Target)
		e.expr(x.Value)
	case *Starred:
		e.tag(tagStarred)
		e.expr(x.X)
	case *Yield:
		e.tag(tagYield)
		e.expr(x.X)
	case *Unsupported:
		e.tag(tagUnsupported)
		e.str(x.Kind)
		e.str(x.Text)
	}
}
