package baseline

import "strings"

// isInstance is the builtin: true, false, or unknown.
func (in *interp) isInstance(o, types value) value {
	if isUnknown(o) {
		return derived("isinstance("+show(o)+", "+show(types)+")", o)
	}
	options := []value{types}
	switch t := types.(type) {
	case *tuple:
		options = t.items
	case *list:
		options = t.items
	}
	sure := true
	for _, t := range options {
		is, known := in.isInstanceOf(o, t)
		if known && is {
			return true
		}
		sure = sure && known
	}
	if !sure {
		return &unknown{why: "isinstance", expr: clip("isinstance("+show(o)+", "+show(types)+")", maxExpression)}
	}
	return false
}

func (in *interp) isInstanceOf(o, t value) (is, known bool) {
	switch t := t.(type) {
	case nil:
		return o == nil, true
	case *builtin:
		return isPythonType(o, t.name)
	case *class:
		switch o := o.(type) {
		case *object:
			c, ok := o.cls.(*class)
			return ok && in.isSubclass(c, t.qualified()), true
		case *config:
			return o.isA(t.name)
		case *enumMember:
			return o.class == t.qualified(), true
		case nil, bool, int, float64, string, *list, *tuple, *dict, *set, *moduleList, *tensor:
			return false, true
		}
	case *external:
		return in.isExternal(o, t.path)
	}
	return false, false
}

func isPythonType(o value, name string) (is, known bool) {
	switch name {
	case "int", "float", "str", "bool", "list", "dict", "tuple", "set", "frozenset":
	default:
		return false, false
	}
	switch o := o.(type) {
	case bool:
		return name == "bool" || name == "int", true
	case int:
		return name == "int", true
	case float64:
		return name == "float", true
	case string:
		return name == "str", true
	case *list:
		return name == "list", true
	case *dict:
		return name == "dict", true
	case *tuple:
		return name == "tuple", true
	case *set:
		return name == "set" || name == "frozenset", true
	case *external, *repeated:
		return false, false
	case *enumMember:
		if o.plain {
			return isPythonType(o.value, name)
		}
	}
	return false, true
}

func (in *interp) isExternal(o value, path string) (is, known bool) {
	name := lastPart(path)
	switch o := o.(type) {
	case *config:
		return o.isA(name)
	case *object:
		c, ok := o.cls.(*class)
		if !ok {
			e, isExt := o.cls.(*external)
			return isExt && e.path == path || strings.HasSuffix(path, "nn.Module"), true
		}
		same := in.externalBase(c, func(p string) bool { return p == path })
		return same || strings.HasSuffix(path, "nn.Module") && in.isTorchModule(c), true
	case *moduleList:
		return name == "ModuleList" && !o.keyed || name == "Sequential" && o.keyed || name == "Module", true
	case nil, bool, int, float64, string, *list, *tuple, *dict, *set:
		return false, !strings.HasPrefix(path, "typing") && !strings.HasPrefix(path, "collections")
	}
	return false, false
}
