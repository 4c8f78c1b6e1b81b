package tsast

import "strings"

// kind is what we tell apart among the grammar's symbols.
type kind uint8

const (
	kOther kind = iota
	kError
	kComment
	kComma
	kColon
	kDefault
	kProgram
	kImport
	kExport
	kLexical
	kDeclarator
	kTypeAnnotation
	kSatisfies
	kAs
	kParenthesized
	kIdentifier
	kArray
	kObject
	kPair
	kSpread
	kMethod
	kShorthand
	kPropertyIdentifier
	kComputed
	kString
	kNumber
	kUnary
	kTrue
	kFalse
	kNull
)

// leaf reports whether there is nothing to be found inside a node of this kind. (A
// template string is not a leaf: its substitutions may hold comments.)
func (k kind) leaf() bool {
	switch k {
	case kComment, kIdentifier, kPropertyIdentifier, kShorthand, kString, kNumber, kTrue, kFalse, kNull:
		return true
	}
	return false
}

// kindOf returns the kind of a grammar symbol by its name.
func kindOf(name string, named bool) kind {
	if !named {
		switch name {
		case ",":
			return kComma
		case ":":
			return kColon
		case "default":
			return kDefault
		}
		return kOther
	}
	switch name {
	case "comment", "html_comment":
		return kComment
	case "program":
		return kProgram
	case "import_statement":
		return kImport
	case "export_statement":
		return kExport
	case "lexical_declaration", "variable_declaration":
		return kLexical
	case "variable_declarator":
		return kDeclarator
	case "type_annotation":
		return kTypeAnnotation
	case "satisfies_expression":
		return kSatisfies
	case "as_expression":
		return kAs
	case "parenthesized_expression":
		return kParenthesized
	case "identifier":
		return kIdentifier
	}
	return literalKind(name)
}

func literalKind(name string) kind {
	switch name {
	case "array":
		return kArray
	case "object":
		return kObject
	case "pair":
		return kPair
	case "spread_element":
		return kSpread
	case "method_definition":
		return kMethod
	case "shorthand_property_identifier":
		return kShorthand
	case "property_identifier":
		return kPropertyIdentifier
	case "computed_property_name":
		return kComputed
	case "string":
		return kString
	case "number":
		return kNumber
	case "unary_expression":
		return kUnary
	case "true":
		return kTrue
	case "false":
		return kFalse
	case "null":
		return kNull
	}
	return kOther
}

// words names a grammar symbol for people: "call_expression" is a call.
func words(symbol string) string {
	symbol = strings.TrimSuffix(symbol, "_expression")
	return strings.ReplaceAll(symbol, "_", " ")
}
