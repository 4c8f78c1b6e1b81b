package pysrc

// Inspect calls f for a node (a Stmt or an Expr) and, while f gives true, for
// everything below it, in source order.
func Inspect(node any, f func(node any) bool) {
	if node == nil || !f(node) {
		return
	}
	switch n := node.(type) {
	case *ExprStmt:
		inspectExprs(f, n.X)
	case *AssignStmt:
		inspectExprs(f, n.Targets...)
		inspectExprs(f, n.Value)
	case *AugAssignStmt:
		inspectExprs(f, n.Target, n.Value)
	case *ReturnStmt:
		inspectExprs(f, n.Value)
	case *RaiseStmt:
		inspectExprs(f, n.Exc)
	case *AssertStmt:
		inspectExprs(f, n.Test)
	case *FuncDef:
		inspectExprs(f, n.Decorators...)
		inspectParams(f, n.Params)
		inspectStmts(f, n.Body)
	case *ClassDef:
		inspectExprs(f, n.Decorators...)
		inspectExprs(f, n.Bases...)
		inspectKeywords(f, n.Keywords)
		inspectStmts(f, n.Body)
	default:
		inspectCompound(node, f)
	}
}

func inspectExprs(f func(any) bool, list ...Expr) {
	for _, e := range list {
		if e != nil {
			Inspect(e, f)
		}
	}
}

func inspectStmts(f func(any) bool, body []Stmt) {
	for _, s := range body {
		Inspect(s, f)
	}
}

func inspectKeywords(f func(any) bool, ks []Keyword) {
	for _, k := range ks {
		inspectExprs(f, k.Value)
	}
}

func inspectParams(f func(any) bool, p Params) {
	for _, q := range p.List {
		inspectExprs(f, q.Default)
	}
}

func inspectCompound(node any, f func(any) bool) {
	switch n := node.(type) {
	case *IfStmt:
		inspectExprs(f, n.Test)
		inspectStmts(f, n.Body)
		inspectStmts(f, n.Else)
	case *ForStmt:
		inspectExprs(f, n.Iter, n.Target)
		inspectStmts(f, n.Body)
		inspectStmts(f, n.Else)
	case *WhileStmt:
		inspectExprs(f, n.Test)
		inspectStmts(f, n.Body)
		inspectStmts(f, n.Else)
	case *WithStmt:
		for _, i := range n.Items {
			inspectExprs(f, i.X, i.As)
		}
		inspectStmts(f, n.Body)
	case *TryStmt:
		inspectStmts(f, n.Body)
		for _, h := range n.Handlers {
			inspectStmts(f, h)
		}
		inspectStmts(f, n.Else)
		inspectStmts(f, n.Finally)
	case *MatchStmt:
		inspectExprs(f, n.Subject)
		for _, c := range n.Cases {
			inspectExprs(f, c.Test, c.Guard)
			inspectStmts(f, c.Body)
		}
	default:
		inspectOperands(node, f)
	}
}

func inspectOperands(node any, f func(any) bool) {
	switch n := node.(type) {
	case *Attribute:
		inspectExprs(f, n.X)
	case *Call:
		inspectExprs(f, n.Fn)
		inspectExprs(f, n.Args...)
		inspectKeywords(f, n.Keywords)
	case *BinaryExpr:
		inspectExprs(f, n.Left, n.Right)
	case *UnaryExpr:
		inspectExprs(f, n.X)
	case *BoolExpr:
		inspectExprs(f, n.Values...)
	case *CompareExpr:
		inspectExprs(f, n.Left)
		inspectExprs(f, n.Rights...)
	case *CondExpr:
		inspectExprs(f, n.Body, n.Test, n.Else)
	case *Subscript:
		inspectExprs(f, n.X, n.Index)
	case *Slice:
		inspectExprs(f, n.Low, n.High, n.Step)
	default:
		inspectDisplay(node, f)
	}
}

func inspectDisplay(node any, f func(any) bool) {
	switch n := node.(type) {
	case *ListExpr:
		inspectExprs(f, n.Elts...)
	case *TupleExpr:
		inspectExprs(f, n.Elts...)
	case *SetExpr:
		inspectExprs(f, n.Elts...)
	case *DictExpr:
		for i, k := range n.Keys {
			inspectExprs(f, k, n.Values[i])
		}
	case *Comprehension:
		for _, c := range n.Clauses {
			inspectExprs(f, c.Iter, c.Target)
			inspectExprs(f, c.Ifs...)
		}
		inspectExprs(f, n.Elt, n.Value)
	case *Lambda:
		inspectParams(f, n.Params)
		inspectExprs(f, n.Body)
	case *FString:
		inspectExprs(f, n.Parts...)
	case *Walrus:
		inspectExprs(f, n.Value)
	case *Starred:
		inspectExprs(f, n.X)
	case *Yield:
		inspectExprs(f, n.X)
	}
}
