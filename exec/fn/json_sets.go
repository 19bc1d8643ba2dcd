package fn

import (
	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the arrays of what set returning functions find in json and jsonb.

func init() {
	for _, id := range []types.ID{types.JSON, types.JSONB} {
		prefix := id.String()
		for _, f := range []struct {
			name, what string // the second is of the array, where a function has several
			object     bool
			ret        types.ID
			add        func(out *textList, it *jsontext.Iter) error
		}{
			{"_array_elements", "", false, id, addJSON},
			{"_array_elements_text", "", false, types.Text, addJSONText},
			{"_object_keys", "", true, types.Text, addJSONName},
			{"_each", "key", true, types.Text, addJSONName},
			{"_each", "value", true, id, addJSON},
			{"_each_text", "key", true, types.Text, addJSONName},
			{"_each_text", "value", true, types.Text, addJSONText},
		} {
			eval := jsonParts(prefix+f.name, f.object, f.add)
			RegisterScalar(&Scalar{Name: prefix + f.name + "[]" + f.what, Args: []types.Type{types.Of(id)}, Ret: types.ArrayOf(types.Of(f.ret)), Eval: eval})
		}
	}
}

// jsonParts makes arrays of the members of objects or of the elements of arrays.
func jsonParts(name string, object bool, add func(out *textList, it *jsontext.Iter) error) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		get := Reader[[]byte](c.Args[0])
		return makeTextLists(c, func(i int, out *textList) (bool, error) {
			s := jsontext.Trim(get(i))
			if len(s) == 0 || object != (s[0] == '{') || !object && s[0] != '[' {
				want := "array"
				if object {
					want = "object"
				}
				return false, sqlstate.New(sqlstate.InvalidParameterValue, "cannot call %s on a value that is no %s", name, want)
			}
			for it := jsontext.Iterate(s); it.Next(); {
				if err := add(out, &it); err != nil {
					return false, err
				}
			}
			return true, nil
		})
	}
}

func addJSON(out *textList, it *jsontext.Iter) error {
	out.add(it.Value())
	return nil
}

// addJSONText adds a value as ->> gives it.
func addJSONText(out *textList, it *jsontext.Iter) error {
	v := it.Value()
	switch {
	case string(v) == "null":
		out.addNull()
	case v[0] == '"':
		s, err := jsontext.Unquote(nil, v[1:len(v)-1])
		if err != nil {
			return err
		}
		out.add(s)
	default:
		out.add(v)
	}
	return nil
}

func addJSONName(out *textList, it *jsontext.Iter) error {
	s, err := jsontext.Unquote(nil, it.Name)
	if err == nil {
		out.add(s)
	}
	return err
}
