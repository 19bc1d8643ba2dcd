package fn

import (
	"gsql/exec/jsontext"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the operators that ask what is in a jsonb.

func init() {
	j, t, texts := types.Of(types.JSONB), types.Of(types.Text), types.ArrayOf(types.Of(types.Text))
	b := types.Of(types.Bool)
	ask := func(name, function string, eval func(*Call) (*vec.Vector, error), arg types.Type) {
		for _, n := range []string{name, function} {
			RegisterScalar(&Scalar{Name: n, Args: []types.Type{j, arg}, Ret: b, Eval: eval})
		}
	}
	ask("@>", "jsonb_contains", Map2(func(_ *Call, a, b []byte) (bool, error) { return containsDocument(a, b), nil }), j)
	ask("<@", "jsonb_contained", Map2(func(_ *Call, a, b []byte) (bool, error) { return containsDocument(b, a), nil }), j)
	ask("?", "jsonb_exists", Map2(func(_ *Call, a, name []byte) (bool, error) { return hasKey(a, name), nil }), t)
	ask("?|", "jsonb_exists_any", hasKeys(true), texts)
	ask("?&", "jsonb_exists_all", hasKeys(false), texts)
}

// hasKey reports whether a text is the name of a member, or an element or the whole of the document.
func hasKey(doc, text []byte) bool {
	switch jsontext.KindOf(doc) {
	case jsontext.Object:
		return jsontext.Member(doc, text) != nil
	case jsontext.String:
		return isText(doc, text)
	}
	for it := jsontext.Iterate(doc); it.Next(); {
		if isText(it.Value(), text) {
			return true
		}
	}
	return false
}

// isText reports whether a value is the string that stands for a text.
func isText(value, text []byte) bool {
	if jsontext.KindOf(value) != jsontext.String {
		return false
	}
	it := jsontext.Iter{Name: value[1 : len(value)-1]}
	return it.Is(text)
}

// hasKeys asks for any or for all elements of an array of texts, in which NULL counts as no element.
func hasKeys(anyOf bool) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		doc, array, lists := Reader[[]byte](c.Args[0]), c.Args[1], vec.Values[vec.List](c.Args[1])
		return run(c, func(i int) (bool, error) {
			l := lists[Row(array, i)]
			for k := int(l.Off); k < int(l.Off+l.Len); k++ {
				if !array.Child.IsNull(k) && hasKey(doc(i), array.Child.Bytes(k)) == anyOf {
					return anyOf, nil
				}
			}
			return !anyOf, nil
		})
	}
}

// containsDocument is a @> b. Unlike anywhere below, an array contains a scalar that is an element of it.
func containsDocument(a, b []byte) bool {
	ka, kb := jsontext.KindOf(a), jsontext.KindOf(b)
	if ka == jsontext.Array && kb < jsontext.Array {
		return hasElement(a, b)
	}
	return contains(a, b)
}

// contains reports whether every member or element of b is in a.
func contains(a, b []byte) bool {
	ka, kb := jsontext.KindOf(a), jsontext.KindOf(b)
	switch {
	case ka != kb:
		return false
	case kb == jsontext.Object:
		x, y := jsontext.Iterate(a), jsontext.Iterate(b)
		for y.Next() {
			if !seek(&x, y.Name) || !contains(x.Value(), y.Value()) {
				return false
			}
		}
		return true
	case kb == jsontext.Array:
		for it := jsontext.Iterate(b); it.Next(); {
			if !hasElement(a, it.Value()) {
				return false
			}
		}
		return true
	}
	return jsontext.Equal(a, b)
}

// seek goes to the member with a name as normal forms write it, of which all later ones come behind it in an object.
func seek(it *jsontext.Iter, name []byte) bool {
	for it.Next() {
		if string(it.Name) == string(name) {
			return true
		}
	}
	return false
}

// hasElement reports whether an element of array contains value.
func hasElement(array, value []byte) bool {
	for it := jsontext.Iterate(array); it.Next(); {
		if contains(it.Value(), value) {
			return true
		}
	}
	return false
}
