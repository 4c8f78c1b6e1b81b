package tsast

import "strings"

// arrayValue is an array of the file that may be the models array.
type arrayValue struct {
	array child
	name  string
	score int
}

// locate finds the models array among the statements of a file. What it is
// called and what type it is given count, not where it stands: several forms
// are in use, and `as const`, `satisfies` and parentheses may wrap each.
func locate(t *tree, src string, statements []child, shape func(array child, named bool) int) (child, bool) {
	var candidates []arrayValue
	exported := "" // the name in `export default name`
	for _, s := range statements {
		switch s.kind {
		case kExport:
			isDefault := false
			for _, c := range t.list(s) {
				switch c.kind {
				case kDefault:
					isDefault = true
				case kLexical:
					candidates = append(candidates, declared(t, src, c)...)
				case kComment:
				default:
					if !isDefault {
						continue
					}
					if c.kind == kIdentifier {
						exported = text(src, &c.record)
					} else if found, ok := unwrap(t, src, c); ok {
						found.score += 30
						candidates = append(candidates, found)
					}
				}
			}
		case kLexical:
			candidates = append(candidates, declared(t, src, s)...)
		}
	}
	return best(candidates, exported, shape)
}

// best scores the candidates: the type first, then default export, name and
// shape; among equals the first.
func best(candidates []arrayValue, exported string, shape func(array child, named bool) int) (child, bool) {
	var winner arrayValue
	for _, c := range candidates {
		if c.name == "models" {
			c.score += 20
		}
		if exported != "" && c.name == exported {
			c.score += 30
		}
		c.score += shape(c.array, c.score > 0)
		if c.score > winner.score {
			winner = c
		}
	}
	return winner.array, winner.score > 0
}

// The shape of an array counts for these points: an array that nothing else
// speaks for needs an element that looks like an entry.
const (
	entryPoints  = 6 // its first object has an entry's keys
	objectPoints = 3 // it has an object, and a name or type of its own
	shapeLooksAt = 4 // elements
)

// shape looks at the first object of an array.
func shape(t *tree, src string, array child, named bool) int {
	elements := 0
	for _, e := range t.list(array) {
		if e.kind == kComment || isPunctuation(e.name()) {
			continue
		}
		if e.kind == kObject {
			kind := otherObject
			if looksLikeEntry(t.flatten(e, 0), 0, src) {
				kind = entryObject
			}
			return kind.points(named)
		}
		if elements++; elements == shapeLooksAt {
			break
		}
	}
	return 0
}

// objectKind is what the first object of an array is.
type objectKind byte

const (
	noObject objectKind = iota
	otherObject
	entryObject
)

func (k objectKind) points(named bool) int {
	switch {
	case k == entryObject:
		return entryPoints
	case k == otherObject && named:
		return objectPoints
	}
	return 0
}

// entryKeys are the keys that tell an entry from other objects: "modules", or
// both of "id" and "name".
type entryKeys struct{ modules, id, name bool }

func (k *entryKeys) see(key string) {
	k.modules = k.modules || key == "modules"
	k.id = k.id || key == "id"
	k.name = k.name || key == "name"
}

func (k *entryKeys) enough() bool { return k.modules || (k.id && k.name) }

// looksLikeEntry reports whether an object has an entry's keys.
func looksLikeEntry(records []record, at int, src string) bool {
	var keys entryKeys
	for i := at + 1; i < records[at].next; i = records[i].next {
		if records[i].kind == kPair && records[i].next > i+1 && records[i+1].kind != kComputed {
			name, _ := keyOf(records, i+1, src, 0)
			keys.see(name)
		}
	}
	return keys.enough()
}

// declared returns the arrays among the variables of a declaration.
func declared(t *tree, src string, declaration child) []arrayValue {
	var out []arrayValue
	for _, d := range t.list(declaration) {
		if d.kind != kDeclarator {
			continue
		}
		var name string
		var typed int
		for _, c := range t.list(d) {
			switch c.kind {
			case kIdentifier:
				if name == "" {
					name = text(src, &c.record)
				}
			case kTypeAnnotation:
				typed = typeScore(strings.TrimPrefix(text(src, &c.record), ":"))
			case kArray, kSatisfies, kAs, kParenthesized:
				if found, ok := unwrap(t, src, c); ok {
					found.name = name
					found.score += typed
					out = append(out, found)
				}
			}
		}
	}
	return out
}

// unwrap reaches the array literal inside `as`, `satisfies` and parentheses.
func unwrap(t *tree, src string, c child) (arrayValue, bool) {
	score := 0
	for range 32 { // nobody wraps deeper
		switch c.kind {
		case kArray:
			return arrayValue{array: c, score: score}, true
		case kSatisfies, kAs, kParenthesized:
		default:
			return arrayValue{}, false
		}
		inner := t.list(c)
		if last := len(inner) - 1; last > 0 && c.kind != kParenthesized {
			score = max(score, typeScore(text(src, &inner[last].record)))
		}
		next := false
		for _, e := range inner {
			if k := e.kind; k == kArray || k == kSatisfies || k == kAs || k == kParenthesized {
				c, next = e, true
				break
			}
		}
		if !next {
			return arrayValue{}, false
		}
	}
	return arrayValue{}, false
}

// typeScore says whether a type is an array of Model.
func typeScore(t string) int {
	t = strings.Join(strings.Fields(t), "")
	t = strings.TrimPrefix(t, "readonly")
	if inner, ok := strings.CutSuffix(t, "[]"); ok {
		t = inner
	} else if inner, ok := strings.CutSuffix(t, ">"); ok {
		inner, ok = strings.CutPrefix(strings.TrimPrefix(inner, "Readonly"), "Array<")
		if !ok {
			return 0
		}
		t = inner
	} else {
		return 0
	}
	if t == "Model" || strings.HasSuffix(t, ".Model") {
		return 60
	}
	return 0
}

func text(src string, r *record) string { return src[r.start:r.end] }
