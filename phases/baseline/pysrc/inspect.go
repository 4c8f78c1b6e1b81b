package pysrc

import "reflect"

// Inspect calls f for a node (a Stmt or an Expr) and, while f gives true, for
// everything below it, in the order of the fields of the nodes' types: that of
// the source, but for the keys of a dict, which come before its values.
func Inspect(node any, f func(node any) bool) {
	if node != nil && f(node) {
		inspect(reflect.ValueOf(node).Elem(), f)
	}
}

// inspect goes through a part of a node.
func inspect(part reflect.Value, f func(node any) bool) {
	switch part.Kind() {
	case reflect.Interface:
		if part.NumMethod() > 0 && !part.IsNil() { // else it is the value of a Const
			Inspect(part.Interface(), f)
		}
	case reflect.Slice:
		for i := range part.Len() {
			inspect(part.Index(i), f)
		}
	case reflect.Struct:
		for i := range part.NumField() {
			inspect(part.Field(i), f)
		}
	}
}

// IsLiteral reports whether an expression is made of constants alone; nil, where
// the source has none, is no literal.
func IsLiteral(e Expr) bool {
	literal := e != nil
	Inspect(e, func(n any) bool {
		switch n.(type) {
		case *Const, *ListExpr, *TupleExpr, *DictExpr, *UnaryExpr:
		default:
			literal = false
		}
		return literal
	})
	return literal
}
