package baseline

// What could tell the layers of one template apart, and what is done about it.

// templateOf is the template whose layer a value is; nil when it is none.
func templateOf(v value) *layerTemplate {
	if o, ok := v.(*object); ok {
		return o.template
	}
	return nil
}

// holds says whether something was born in the making of a template's layer.
func (t *layerTemplate) holds(born int) bool { return t.trace.born < born && born <= t.last }

// distinguish is told of what only one of a template's layers can be meant
// by: none of them can be from now on, if they stand for each other already.
func (in *interp) distinguish(t *layerTemplate) {
	if t.shared {
		in.abandon()
	}
	t.frozen = true
}

// touchedItems is told that the elements of a list are compared or moved.
func (in *interp) touchedItems(items []value) {
	if len(in.templates) == 0 {
		return
	}
	for _, x := range items {
		if o, ok := x.(*object); ok {
			in.distinguishAll(o.attrs.born)
		}
	}
}

// distinguishAll is distinguish for every template that something is of.
func (in *interp) distinguishAll(born int) {
	for _, t := range in.templates {
		if t.holds(born) {
			in.distinguish(t)
		}
	}
}

// itemsIn gives a value's elements, or the value itself.
func itemsIn(v value) []value {
	switch v := v.(type) {
	case *list:
		return v.items
	case *tuple:
		return v.items
	case *moduleList:
		return v.items
	case *object:
		return []value{v}
	}
	return nil
}

// compared is told that two values are compared.
func (in *interp) compared(a, b value) {
	if len(in.templates) > 0 && a != nil && b != nil {
		in.touchedItems(itemsIn(a))
		in.touchedItems(itemsIn(b))
	}
}

// given is told what a function of the interpreter is called with. Those that
// only pass on, in order, what they are given cannot tell layers apart.
func (in *interp) given(name string, args []value) {
	if len(in.templates) == 0 {
		return
	}
	switch name {
	case "len", "enumerate", "zip", "list", "tuple", "iter", "isinstance", "getattr", "hasattr", "setattr", "type", "print", "callable",
		"append", "extend", "ModuleList.append", "ModuleList.extend", "torch.nn.ModuleList", "torch.nn.Sequential", "itertools.islice":
		return
	}
	for _, a := range args {
		if in.walk == nil {
			in.touchedItems(itemsIn(a))
		} else {
			misplace(itemsIn(a))
		}
	}
}

// misplace notes that forward() may reach the layers in another order than
// they were made in.
func misplace(items []value) {
	for _, x := range items {
		if t := templateOf(x); t != nil && !t.walked {
			t.misplaced = true
		}
	}
}

// reached is told which layer forward() takes out of a list; -1 is an index
// that is not known.
func (in *interp) reached(v value, index int) value {
	t := templateOf(v)
	if t == nil || in.walk == nil {
		return v
	}
	if !t.walked && index != t.first {
		t.misplaced = true
	}
	if t.reached && t.at != index {
		index = -1 // which of the two is meant is not known
	}
	t.at, t.reached = index, true
	return v
}

// reachedAt is reached for a key, which may be anything.
func (in *interp) reachedAt(v, key value) value {
	if i, ok := key.(int); ok {
		return in.reached(v, i)
	}
	return in.reached(v, -1)
}

// reachedIn is reached for the element of a loop.
func (in *interp) reachedIn(iter, x value, i int) {
	if in.walk == nil || len(in.templates) == 0 {
		return
	}
	l, ok := iter.(*moduleList)
	for _, item := range itemsIn(x) {
		if ok && !l.part {
			in.reached(item, i)
		} else if t := templateOf(item); t != nil { // passed tells whether it comes first
			t.at, t.reached = -1, true
		}
	}
}

// sliced is told of a part of a list.
func (in *interp) sliced(items []value, low, step value) {
	if in.walk != nil && (low != nil && low != 0 || step != nil && step != 1) {
		misplace(items)
	}
}

// passed is told that forward() is done with an element of a list: layers that
// it did not run may be run in another order.
func (in *interp) passed(v value) {
	if in.walk != nil && len(in.templates) > 0 {
		misplace(itemsIn(v))
	}
}

// visit is told that the walk comes to a module, before it is known whether
// its forward is to be entered. A layer that was written to is as it was made
// when another one of the template is meant; not when it is meant again.
func (in *interp) visit(o *object) {
	t := o.template
	if t == nil && len(in.undone) > 0 {
		in.outside(o)
	}
	if t == nil || !t.shared {
		return
	}
	again := t.depth == 0 && len(t.written) > 0 && (t.at < 0 || t.written[-1] || t.written[t.at])
	if again || t.depth > 0 && t.reached { // or one runs another one
		in.abandon()
	}
	t.reached = false
}

// glance is told that forward() looks at an attribute of an object. What was
// written to one of the layers is undone when that one is left, so it must not
// be looked at from elsewhere; and while one of them runs it must be itself.
func (in *interp) glance(o *object, name string) {
	if t := o.template; t != nil && t.shared && t.depth > 0 && t.reached {
		in.abandon()
	}
	if in.undone[name] || name == "__dict__" && len(in.undone) > 0 {
		in.outside(o)
	}
}

// outside abandons the templates when an object is of a layer that does not
// run now.
func (in *interp) outside(o *object) {
	for _, t := range in.shared {
		if t.holds(o.attrs.born) && t.depth == 0 {
			in.abandon()
		}
	}
}

// enter is told that the walk enters a method of a layer; leave is called at
// its end.
func (t *layerTemplate) enter() {
	if t.depth++; t.depth == 1 {
		t.inside, t.walked = !t.walked, true
	}
}

func (t *layerTemplate) leave() {
	if t.depth--; t.depth > 0 {
		return
	}
	t.inside = false
	for i := len(t.undo) - 1; i >= 0; i-- {
		w := t.undo[i]
		if isMissing(w.old) {
			w.space.delete(w.key)
		} else {
			w.space.set(w.key, w.old)
		}
	}
	if len(t.undo) > 0 {
		if t.in.undone == nil {
			t.in.undone = map[string]bool{}
		}
		for _, w := range t.undo {
			t.in.undone[w.key] = true
		}
		for o := range t.in.walk.kinds { // which may have been told while it was written to
			if t.holds(o.attrs.born) {
				delete(t.in.walk.kinds, o)
			}
		}
		if t.written == nil {
			t.written = map[int]bool{}
		}
		t.written[t.at] = true
	}
	t.undo = nil
}

// writing is told of every write to a name before it is made: to the parts of
// a layer that stands for several it is undone when forward() leaves that one.
func (in *interp) writing(n *namespace, key string) {
	in.wrote(n.born)
	if len(in.templates) == 0 || n.born == 0 {
		return
	}
	for _, t := range in.templates {
		switch {
		case !t.holds(n.born):
		case in.walk == nil || !t.shared:
			in.distinguish(t)
		case t.depth == 0:
			in.abandon()
		default:
			old, ok := n.get(key)
			if !ok {
				old = missing{}
			}
			t.undo = append(t.undo, change{space: n, key: key, old: old})
		}
	}
}

// wroteContainer is told of every write to a list or a dict, whose birth may
// not be known.
func (in *interp) wroteContainer(born int) {
	in.wrote(born)
	if len(in.templates) == 0 {
		return
	}
	if born == 0 && in.walk != nil && len(in.shared) > 0 {
		in.abandon()
	} else {
		in.distinguishAll(born)
	}
}
