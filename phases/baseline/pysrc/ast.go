// Package pysrc turns Python source text into a small syntax tree of our own.
// It is the only package that knows tree-sitter-python. The tree holds what a
// reader of module constructors needs (no comments, docstrings, annotations);
// what it does not know becomes an Unsupported node, never an error.
package pysrc

// Module is one source file.
type Module struct {
	Body []Stmt
}

// Span is a range of source lines, counted from 1, both included.
type Span struct {
	First, Last int
}

// Lines returns the span itself; it makes every statement a Stmt.
func (s Span) Lines() Span { return s }

// Stmt is a statement: one of the *…Stmt types, FuncDef, ClassDef, Import or
// ImportFrom.
type Stmt interface {
	Lines() Span
}

// Expr is an expression: one of the pointer types below that are not
// statements.
type Expr interface {
	expr()
}

// Statements.
type (
	// ExprStmt is an expression evaluated for its effect.
	ExprStmt struct {
		Span
		X Expr
	}
	// AssignStmt is `a = b = value`; an annotation without a value
	// (`x: int`) has a nil Value.
	AssignStmt struct {
		Span
		Targets   []Expr
		Value     Expr
		Annotated bool
	}
	// AugAssignStmt is `target op= value`.
	AugAssignStmt struct {
		Span
		Target Expr
		Op     string // without "=": "+", "//"
		Value  Expr
	}
	// IfStmt has an elif as the only statement of Else.
	IfStmt struct {
		Span
		Test       Expr
		Body, Else []Stmt
	}
	// ForStmt is a for loop with its else part.
	ForStmt struct {
		Span
		Iter, Target Expr
		Body, Else   []Stmt
	}
	// WhileStmt is a while loop with its else part.
	WhileStmt struct {
		Span
		Test       Expr
		Body, Else []Stmt
	}
	// WithStmt is `with a as b, c:`; an item without a name has a nil As.
	WithStmt struct {
		Span
		Items []WithItem
		Body  []Stmt
	}
	// TryStmt has the bodies of its except clauses in Handlers.
	TryStmt struct {
		Span
		Body     []Stmt
		Handlers [][]Stmt
		Else     []Stmt
		Finally  []Stmt
	}
	// ReturnStmt has a nil Value for a bare return.
	ReturnStmt struct {
		Span
		Value Expr
	}
	// RaiseStmt has a nil Exc for a bare raise.
	RaiseStmt struct {
		Span
		Exc Expr
	}
	// AssertStmt is `assert test`.
	AssertStmt struct {
		Span
		Test Expr
	}
	// DelStmt is `del target`; several targets are a tuple.
	DelStmt struct {
		Span
		Target Expr
	}
	// SimpleStmt is pass, break, continue, "global a b", or (as pass) a statement
	// without meaning for the reader (nonlocal, type).
	SimpleStmt struct {
		Span
		Keyword string
	}
	// MatchStmt is a match statement. Where the subject is not a name, it is an
	// assignment expression to one that no program can write: the cases' tests
	// read it, and the subject is evaluated once.
	MatchStmt struct {
		Span
		Subject Expr
		Cases   []MatchCase
	}
	// FuncDef is a function definition.
	FuncDef struct {
		Span
		Name       string
		Decorators []Expr
		Params     Params
		Body       []Stmt
		Async      bool
	}
	// ClassDef is a class definition.
	ClassDef struct {
		Span
		Name       string
		Decorators []Expr
		Bases      []Expr
		Keywords   []Keyword
		Body       []Stmt
	}
	// Import is `import a.b as c, d`.
	Import struct {
		Span
		Names []Alias
	}
	// ImportFrom is `from ..module import a as b`; a star import has one
	// name "*".
	ImportFrom struct {
		Span
		Module string
		Level  int // leading dots
		Names  []Alias
	}
	// UnsupportedStmt is a statement outside the subset.
	UnsupportedStmt struct {
		Span
		Kind, Text string
	}
)

// WithItem is one context manager of a with statement.
type WithItem struct {
	X, As Expr
}

// Alias is one imported name; As is "" when it keeps its name.
type Alias struct {
	Name, As string
}

// MatchCase is one case of a match statement. Test is the condition over the
// subject that its pattern stands for, nil when it always holds; what the
// pattern captures is bound in it by assignment expressions. Guard is nil when
// there is none.
type MatchCase struct {
	Test  Expr
	Guard Expr
	Body  []Stmt
}

// Params are the parameters of a function or lambda.
type Params struct {
	List []Param
}

// ParamKind says how a parameter takes its argument.
type ParamKind uint8

// The kinds of parameter.
const (
	Positional ParamKind = iota // by position or name
	KeywordOnly
	VarArgs   // *args
	VarKwargs // **kwargs
)

// Param is one parameter; Default is nil when it must be given.
type Param struct {
	Name    string
	Kind    ParamKind
	Default Expr
}

// Keyword is one keyword argument; Name is "" for **value.
type Keyword struct {
	Name  string
	Value Expr
}

// Expressions.
type (
	// Name is an identifier.
	Name struct{ ID string }
	// Const is None (nil), a bool, an int, a float64 or a string.
	Const struct{ Value any }
	// Attribute is X.Name.
	Attribute struct {
		X    Expr
		Name string
	}
	// Call is Fn(Args…, Keywords…); Args may hold Starred.
	Call struct {
		Span
		Fn       Expr
		Args     []Expr
		Keywords []Keyword
	}
	// BinaryExpr is Left Op Right.
	BinaryExpr struct {
		Op          string
		Left, Right Expr
	}
	// UnaryExpr is Op X: "-", "+", "~" or "not".
	UnaryExpr struct {
		Op string
		X  Expr
	}
	// BoolExpr is a chain of `and` or of `or`.
	BoolExpr struct {
		And    bool
		Values []Expr
	}
	// CompareExpr is Left Ops[0] Rights[0] Ops[1] Rights[1]…
	CompareExpr struct {
		Left   Expr
		Ops    []string
		Rights []Expr
	}
	// CondExpr is Body if Test else Else.
	CondExpr struct {
		Body, Test, Else Expr
	}
	// Subscript is X[Index].
	Subscript struct {
		X, Index Expr
	}
	// Slice is Low:High:Step, each nil when absent.
	Slice struct {
		Low, High, Step Expr
	}
	// ListExpr is a list display.
	ListExpr struct{ Elts []Expr }
	// TupleExpr is a tuple, with or without parentheses.
	TupleExpr struct{ Elts []Expr }
	// SetExpr is a set display.
	SetExpr struct{ Elts []Expr }
	// DictExpr is a dict display; a nil key stands for **value.
	DictExpr struct{ Keys, Values []Expr }
	// Comprehension is a list ("list"), set ("set"), dict ("dict") or
	// generator ("gen") comprehension; Value is a dict's value.
	Comprehension struct {
		Kind       string
		Clauses    []Clause
		Elt, Value Expr
	}
	// Lambda is a lambda expression.
	Lambda struct {
		Span
		Params Params
		Body   Expr
	}
	// FString is a formatted string: Const strings and expressions.
	FString struct{ Parts []Expr }
	// Walrus is (Target := Value).
	Walrus struct {
		Target string
		Value  Expr
	}
	// Starred is *X.
	Starred struct{ X Expr }
	// Yield is `yield X`, X nil for a bare one.
	Yield struct{ X Expr }
	// Unsupported is an expression outside the subset, with its text.
	Unsupported struct{ Kind, Text string }
)

// Clause is one `for target in iter if …` of a comprehension.
type Clause struct {
	Iter, Target Expr
	Ifs          []Expr
}

func (*Name) expr()          {}
func (*Const) expr()         {}
func (*Attribute) expr()     {}
func (*Call) expr()          {}
func (*BinaryExpr) expr()    {}
func (*UnaryExpr) expr()     {}
func (*BoolExpr) expr()      {}
func (*CompareExpr) expr()   {}
func (*CondExpr) expr()      {}
func (*Subscript) expr()     {}
func (*Slice) expr()         {}
func (*ListExpr) expr()      {}
func (*TupleExpr) expr()     {}
func (*SetExpr) expr()       {}
func (*DictExpr) expr()      {}
func (*Comprehension) expr() {}
func (*Lambda) expr()        {}
func (*FString) expr()       {}
func (*Walrus) expr()        {}
func (*Starred) expr()       {}
func (*Yield) expr()         {}
func (*Unsupported) expr()   {}
