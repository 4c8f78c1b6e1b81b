package baseline

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// attribute gives o.name; unknown when there is none.
func (in *interp) attribute(o value, name string) value {
	v := in.lookupAttr(o, name)
	if isMissing(v) {
		return in.noAttribute(o, name)
	}
	return v
}

func (in *interp) noAttribute(o value, name string) value {
	if in.trying > 0 {
		if _, ok := o.(*config); !ok {
			return in.raise("AttributeError: " + name)
		}
	}
	expr := show(o) + "." + name
	u := &unknown{why: "no attribute " + expr, expr: clip(expr, maxExpression)}
	switch o := o.(type) {
	case *config:
		u.keys = []string{o.key(name)}
		u.why = "the configuration has no " + o.key(name)
	case *object:
		if o.kind == configObject {
			u.keys = []string{name}
			u.why = "the configuration has no " + name
		}
	}
	return u
}

// lookupAttr gives o.name or missing{}.
func (in *interp) lookupAttr(o value, name string) value {
	if in.halted() {
		return in.unknownf("stopped")
	}
	switch o := o.(type) {
	case *choice:
		return in.distribute(o, func(x value) value { return in.attribute(x, name) })
	case *unknown:
		return derived(show(o)+"."+name, o)
	case *external:
		return &external{o.path + "." + name}
	case *moduleRef:
		return in.moduleAttribute(o.name, name)
	case *config:
		in.noteRead(o, name)
		return in.configAttr(o, name)
	case *environment:
		return o.get(in, name)
	case *object:
		in.noteRead(o, name)
		return in.objectAttr(o, name)
	case *class:
		return in.classAttr(o, name)
	case *superRef:
		return in.superAttr(o, name)
	case *moduleList:
		return in.moduleListAttr(o, name)
	case *tensor:
		return in.tensorAttr(o, name)
	case *enumMember:
		return in.enumAttr(o, name)
	case *function:
		switch name {
		case "__name__":
			return o.name()
		case "__func__":
			return o
		}
		return in.unknownf("attribute %s of a function", name)
	case *repeated:
		return derived(show(o)+"."+name, o)
	}
	return in.valueMethod(o, name)
}

func (in *interp) objectAttr(o *object, name string) value {
	if v, ok := o.attrs.get(name); ok {
		if t, isTensor := v.(*tensor); isTensor && in.walk != nil {
			in.record(t, false, false)
		}
		return v
	}
	if in.walk != nil {
		if v, ok := in.walkAttr(o, name); ok {
			return v
		}
	}
	switch name {
	case "__class__":
		return o.cls
	case "__dict__":
		d := newDict()
		for i, k := range o.attrs.keys {
			d.put(k, o.attrs.vals[i])
		}
		return d
	}
	c, ok := o.cls.(*class)
	if !ok {
		return in.externalObjectAttr(o, name)
	}
	if o.kind == configObject {
		if v := in.mappedConfigAttr(o, c, name); !isMissing(v) {
			return v
		}
	}
	if v, ok := o.args.get(name); ok && o.leaf != "" {
		return v
	}
	if owner, s := in.findMember(c, name, nil); s != nil {
		if _, isFunc := s.(*pysrc.FuncDef); isFunc && o.leaf != "" && owner.mod.leaf {
			if name == "tie_weights" {
				return &builtin{name, func(in *interp, args []value, _ *namespace) value { return in.tiedHead(o, args) }}
			}
			return in.unknownf("method %s of layer %s", name, o.leaf)
		}
		return in.memberValue(owner, s, name, o, c)
	}
	switch {
	case o.kind == configObject:
		return in.baseConfigAttr(o, name)
	case isTorchMethod(name) && (o.leaf != "" || in.isTorchModule(c)): // lm_head.float() is the head
		return in.torchMethod(o, name)
	case o.leaf != "":
		return in.leafAttr(o, name)
	}
	if owner, s := in.findMember(c, "__getattr__", nil); s != nil && name != "__getattr__" {
		return in.customGetattr(in.memberValue(owner, s, "__getattr__", o, c), name)
	}
	return missing{}
}

// customGetattr calls a class's __getattr__; an exception is no attribute.
func (in *interp) customGetattr(method value, name string) value {
	before := in.raised
	in.raised = nil
	v := in.call(method, []value{name}, nil)
	if in.raised != nil {
		v = missing{}
	}
	in.raised = before
	return v
}

// tiedHead is what ParallelLMHead.tie_weights(embedding) gives: the head
// itself, now of the embedding's weights, or the embedding when its weights are
// packed in GGUF's format.
func (in *interp) tiedHead(head *object, args []value) value {
	if q, ok := head.args.value("quant_config").(*object); ok && len(args) == 1 {
		if in.call(in.attribute(q, "get_name"), nil, nil) == "gguf" {
			return args[0]
		}
	}
	return head
}

// externalObjectAttr is an attribute of an instance of an external class.
func (in *interp) externalObjectAttr(o *object, name string) value {
	if v, ok := o.args.get(name); ok {
		return v
	}
	if isTorchMethod(name) {
		return in.torchMethod(o, name)
	}
	return in.leafAttr(o, name)
}

// leafAttr is an attribute of a layer whose constructor is not entered.
func (in *interp) leafAttr(o *object, name string) value {
	if name == "tp_size" {
		return in.env.tp
	}
	if o.leaf == "QKVParallelLinear" { // per rank
		switch name {
		case "num_heads":
			return in.binary("//", o.arg("total_num_heads"), in.env.tp)
		case "num_kv_heads":
			return in.extreme("max", 1, []value{in.binary("//", kvHeads(o), in.env.tp), 1}, nil)
		}
	}
	return in.unknownf("attribute %s of layer %s", name, o.leaf)
}

func (in *interp) classAttr(c *class, name string) value {
	switch name {
	case "__name__", "__qualname__":
		return c.name
	case "__mro__":
		return &tuple{slices.Clone(in.resolutionOrder(c))}
	}
	if owner, s := in.findMember(c, name, nil); s != nil {
		v := in.memberValue(owner, s, name, nil, c)
		if _, ok := s.(*pysrc.AssignStmt); ok && in.isEnum(c) {
			return in.enumValue(owner, name, v)
		}
		return v
	}
	switch name {
	case "__match_args__":
		if in.isRecord(c) {
			return in.fieldNames(c)
		}
	case "from_config", "from_pretrained", "_from_config", "from_dict":
		return &builtin{name, func(in *interp, args []value, kw *namespace) value { return in.call(c, args, kw) }}
	case "__init__":
		return constant(nil)
	case "__members__":
		d := newDict()
		for _, n := range c.order {
			if m, ok := in.classAttr(c, n).(*enumMember); ok {
				d.put(n, m)
			}
		}
		return d
	}
	return missing{}
}

func (in *interp) enumValue(owner *class, name string, v value) value {
	if u, ok := v.(*unknown); ok && u.why == autoValue {
		v = slices.Index(owner.order, name) + 1
	}
	plain := in.externalBase(owner, func(p string) bool {
		switch lastPart(p) {
		case "str", "int", "IntEnum", "StrEnum":
			return true
		}
		return false
	})
	return &enumMember{class: owner.qualified(), name: name, value: v, plain: plain}
}

func (in *interp) enumAttr(e *enumMember, name string) value {
	switch name {
	case "value", "_value_":
		return e.value
	case "name":
		return e.name
	}
	i := len(e.class) - len(lastPart(e.class)) - 1
	c, ok := in.moduleAttribute(e.class[:max(i, 0)], lastPart(e.class)).(*class)
	if !ok {
		return missing{}
	}
	if owner, s := in.findMember(c, name, nil); s != nil {
		return in.memberValue(owner, s, name, e, c)
	}
	if e.plain {
		return in.valueMethod(e.value, name)
	}
	return missing{}
}

// superAttr gives super().name.
func (in *interp) superAttr(s *superRef, name string) value {
	self, isObject := s.self.(*object)
	var c *class
	if isObject {
		c, _ = self.cls.(*class)
	} else {
		c, _ = s.self.(*class)
	}
	if c == nil {
		return in.unknownf("super().%s", name)
	}
	owner, member := in.findMember(c, name, s.after)
	if member == nil {
		return in.externalSuper(self, c, name)
	}
	if name == "__init__" && isObject && self.kind != configObject && owner.mod.leaf {
		return &builtin{"super().__init__", func(in *interp, args []value, kw *namespace) value {
			if takesArguments(member) {
				in.bindLeaf(self, owner, args, kw)
			}
			return nil
		}}
	}
	if isObject {
		return in.memberValue(owner, member, name, self, c)
	}
	v := in.memberValue(owner, member, name, nil, c)
	if f, ok := v.(*function); ok && !f.bound {
		return f.bind(c)
	}
	return v
}

// takesArguments says whether a constructor has parameters besides self. One
// that has none is of a common base of all kinds of operators, which says
// nothing about the layer.
func takesArguments(init pysrc.Stmt) bool {
	def, ok := init.(*pysrc.FuncDef)
	return !ok || len(def.Params.List) > 1
}

// externalSuper is super().name where only external bases are left.
func (in *interp) externalSuper(self *object, c *class, name string) value {
	switch {
	case name == "__init__" && self != nil && self.kind == configObject:
		return &builtin{"super().__init__", func(in *interp, _ []value, kw *namespace) value {
			in.configInit(self, kw)
			return nil
		}}
	case name == "__init__" && self != nil:
		for _, x := range in.resolutionOrder(c) {
			if e, ok := x.(*external); ok && torchLayerArgs(e.path) != nil && e.path != "torch.nn.Module" {
				return &builtin{"super().__init__", func(in *interp, args []value, kw *namespace) value {
					self.leaf, self.args = lastPart(e.path), bindTorchArgs(e.path, args, kw)
					return nil
				}}
			}
		}
	case name == "__setattr__" && self != nil:
		return &builtin{"super().__setattr__", func(in *interp, args []value, _ *namespace) value {
			if len(args) == 2 {
				if key, ok := args[0].(string); ok {
					in.setVar(self.attrs, key, args[1])
				}
			}
			return nil
		}}
	case name == "from_dict" && in.isConfigClass(c):
		return &builtin{"super().from_dict", func(in *interp, args []value, _ *namespace) value {
			fields, ok := argument(args, 0, nil).(*dict)
			if !ok {
				return derived(c.name+".from_dict()", args...)
			}
			return in.instantiate(c, nil, keywordsOf(fields))
		}}
	case name == "__getattr__":
		return &builtin{"super().__getattr__", func(in *interp, _ []value, _ *namespace) value {
			return in.raise("AttributeError")
		}}
	case name == "__new__":
		return &builtin{"super().__new__", func(in *interp, args []value, _ *namespace) value {
			if len(args) > 0 {
				if nc, ok := args[0].(*class); ok {
					return in.newObject(nc, plainObject)
				}
			}
			return in.unknownf("super().__new__")
		}}
	}
	return constant(nil)
}

// constant is a function that gives v whatever it is called with.
func constant(v value) *builtin {
	return &builtin{"constant", func(*interp, []value, *namespace) value { return v }}
}

func (in *interp) setAttr(o value, name string, v value) {
	if in.halted() {
		return
	}
	switch o := o.(type) {
	case *choice:
		in.setAttr(o.a, name, v)
		in.setAttr(o.b, name, v)
	case *object:
		in.setVar(o.attrs, name, v)
	case *config:
		in.setVar(o.over, name, v)
	}
}
