package tsast

import "strings"

// candidate is an array of the file that may be the models array.
type candidate struct {
	array child
	name  string
	score int
}

// locate finds the models array among the statements of a file. What it is
// called and what type it is given count, not where it stands: several forms
// are in use, and `as const`, `satisfies` and parentheses may wrap each.
func locate(p *parser, src []byte, statements []child) (child, bool) {
	var candidates []candidate
	exported := "" // the name in `export default name`
	for _, s := range statements {
		switch s.kind {
		case kExport:
			isDefault := false
			for _, c := range p.list(s, 0, 0) {
				switch c.kind {
				case kDefault:
					isDefault = true
				case kLexical:
					candidates = append(candidates, declared(p, src, c)...)
				case kComment:
				default:
					if !isDefault {
						continue
					}
					if c.kind == kIdentifier {
						exported = text(src, &c.record)
					} else if found, ok := unwrap(p, src, c); ok {
						found.score += 30
						candidates = append(candidates, found)
					}
				}
			}
		case kLexical:
			candidates = append(candidates, declared(p, src, s)...)
		}
	}
	return best(p, src, candidates, exported)
}

// best scores the candidates: the type first, then default export, name and
// shape; among equals the first.
func best(p *parser, src []byte, candidates []candidate, exported string) (child, bool) {
	var winner candidate
	for _, c := range candidates {
		if c.name == "models" {
			c.score += 20
		}
		if exported != "" && c.name == exported {
			c.score += 30
		}
		c.score += shape(p, src, c.array, c.score > 0)
		if c.score > winner.score {
			winner = c
		}
	}
	return winner.array, winner.score > 0
}

// shape looks at the first object of an array. An array that nothing else
// speaks for needs an element that looks like an entry.
func shape(p *parser, src []byte, array child, named bool) int {
	for _, e := range p.list(array, 0, 8) {
		if e.kind != kObject {
			continue
		}
		if hasEntryKeys(p, src, e) {
			return 6
		}
		if named {
			return 3
		}
	}
	return 0
}

// hasEntryKeys is looksLikeEntry for a node that is not flattened.
func hasEntryKeys(p *parser, src []byte, object child) bool {
	var keys entryKeys
	for _, c := range p.list(object, 0, 0) {
		if c.kind != kPair {
			continue
		}
		if key := p.list(c, 0, 1); len(key) > 0 && key[0].kind != kComputed {
			name, _ := keyOf([]record{key[0].record}, 0, src, 0)
			keys.see(name)
		}
	}
	return keys.enough()
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

// looksLikeEntry says that an object has an entry's keys.
func looksLikeEntry(records []record, at int, src []byte) bool {
	var keys entryKeys
	for i := at + 1; i < int(records[at].next); i = int(records[i].next) {
		if records[i].kind == kPair && int(records[i].next) > i+1 && records[i+1].kind != kComputed {
			name, _ := keyOf(records, i+1, src, 0)
			keys.see(name)
		}
	}
	return keys.enough()
}

// declared gives the arrays among the variables of a declaration.
func declared(p *parser, src []byte, declaration child) []candidate {
	var out []candidate
	for _, d := range p.list(declaration, 0, 0) {
		if d.kind != kDeclarator {
			continue
		}
		var name string
		var typed int
		for _, c := range p.list(d, 0, 0) {
			switch c.kind {
			case kIdentifier:
				if name == "" {
					name = text(src, &c.record)
				}
			case kTypeAnnotation:
				typed = typeScore(strings.TrimPrefix(text(src, &c.record), ":"))
			case kArray, kSatisfies, kAs, kParenthesized:
				if found, ok := unwrap(p, src, c); ok {
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
func unwrap(p *parser, src []byte, c child) (candidate, bool) {
	score := 0
	for range 32 { // nobody wraps deeper
		switch c.kind {
		case kArray:
			return candidate{array: c, score: score}, true
		case kSatisfies, kAs, kParenthesized:
		default:
			return candidate{}, false
		}
		inner := p.list(c, 0, 0)
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
			return candidate{}, false
		}
	}
	return candidate{}, false
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

func text(src []byte, r *record) string { return string(src[r.start:r.end]) }
