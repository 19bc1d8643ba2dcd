package fn

import (
	"bytes"
	"strconv"
	"strings"

	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that take a value out of json and jsonb. They look for it in the text and skip the
// rest. The results of -> lie in the text of the argument, and those of ->> do unless they have escapes. Escapes that
// stand for no text are an error where they are asked for; PostgreSQL finds them anywhere in a json.

func init() {
	n, t, texts := types.Of(types.Int32), types.Of(types.Text), types.ArrayOf(types.Of(types.Text))
	for _, id := range []types.ID{types.JSON, types.JSONB} {
		j, prefix := types.Of(id), id.String()
		get := func(name string, ret types.Type, path func(c *Call) pathOf, arg types.Type) *Scalar {
			return &Scalar{Name: name, Args: []types.Type{j, arg}, Ret: ret, Eval: getJSON(path)}
		}
		for suffix, ret := range map[string]types.Type{"": j, "_text": t} {
			arrow, hash := "->", "#>"
			if suffix != "" {
				arrow, hash = "->>", "#>>"
			}
			extract := get(prefix+"_extract_path"+suffix, ret, pathOfArguments, t)
			extract.Variadic = true
			RegisterScalar(extract, get(arrow, ret, pathOfName, t), get(prefix+"_object_field"+suffix, ret, pathOfName, t),
				get(arrow, ret, pathOfIndex, n), get(prefix+"_array_element"+suffix, ret, pathOfIndex, n), get(hash, ret, pathOfArray, texts))
		}
		RegisterScalar(
			scalar(prefix+"_typeof", types.Text, Map1(jsonTypeof), id),
			scalar(prefix+"_array_length", types.Int32, Map1(jsonArrayLength), id))
	}
}

// pathOf returns the path of a row; false when it has a NULL.
type pathOf func(i int) ([]jsontext.Step, bool)

// getJSON returns, as json or as text, the values at paths.
func getJSON(path func(c *Call) pathOf) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		src := c.Args[0]
		views := vec.Values[vec.View](src)
		out, valid := NewStrings(c.N, src), vec.NewBitmap(c.N)
		once := src.Type.ID == types.JSONB
		steps := path(c)
		err := c.Each(func(i int) error {
			view := &views[Row(src, i)]
			s := view.In(src.Bufs, view)
			p, ok := steps(i)
			if !ok {
				return nil
			}
			at := jsontext.Blank(s, 0)
			if once && len(p) == 1 && p[0].NoName && jsontext.KindOf(s) < jsontext.Array {
				p = ofScalar(p)
			}
			from, to := jsontext.Find(s[at:], p, once)
			if to == 0 {
				return nil
			}
			from, to = from+at, to+at
			if c.Ret.ID != types.Text || s[from] != '"' && s[from] != 'n' {
				valid.Set(i)
				out.Sub(i, view, from, to)
				return nil
			}
			return setText(out, valid, i, view, s, from, to)
		})
		if err != nil {
			return nil, err
		}
		return out.Finish(c.Ret, valid), nil
	}
}

// ofScalar returns the path to the first or last element of a scalar jsonb, which is an array of itself to -> and ->>.
func ofScalar(p []jsontext.Step) []jsontext.Step {
	if p[0].Index == 0 || p[0].Index == -1 {
		return nil
	}
	return p
}

// setText makes row i the text of a JSON string or null at s[from:to].
func setText(out *Strings, valid vec.Bitmap, i int, view *vec.View, s []byte, from, to int) error {
	if s[from] == 'n' {
		return nil
	}
	valid.Set(i)
	raw := s[from+1 : to-1]
	if bytes.IndexByte(raw, '\\') < 0 {
		out.Sub(i, view, from+1, to-1)
		return nil
	}
	dst, err := jsontext.Unquote(out.Begin(), raw)
	out.End(i, dst)
	return err
}

func pathOfName(c *Call) pathOf {
	name := Reader[[]byte](c.Args[1])
	p := make([]jsontext.Step, 1)
	return func(i int) ([]jsontext.Step, bool) {
		p[0].Name = name(i)
		return p, true
	}
}

func pathOfIndex(c *Call) pathOf {
	index := Reader[int32](c.Args[1])
	p := []jsontext.Step{{IsIndex: true, NoName: true}}
	return func(i int) ([]jsontext.Step, bool) {
		p[0].Index = int(index(i))
		return p, true
	}
}

// pathOfArguments is the path of all arguments but the first.
func pathOfArguments(c *Call) pathOf {
	p := make([]jsontext.Step, len(c.Args)-1)
	return func(i int) ([]jsontext.Step, bool) {
		for k, a := range c.Args[1:] {
			p[k] = stepOf(a.Bytes(i))
		}
		return p, true
	}
}

// pathOfArray is the path in an array of texts.
func pathOfArray(c *Call) pathOf {
	array, lists := c.Args[1], vec.Values[vec.List](c.Args[1])
	var p []jsontext.Step
	ok, last := false, -1
	return func(i int) ([]jsontext.Step, bool) {
		row := Row(array, i)
		if row == last {
			return p, ok
		}
		p, ok, last = p[:0], true, row
		l := lists[row]
		for k := int(l.Off); k < int(l.Off+l.Len); k++ {
			if array.Child.IsNull(k) {
				ok = false
				break
			}
			p = append(p, stepOf(array.Child.Bytes(k)))
		}
		return p, ok
	}
}

// stepOf makes a step of a text, which may be a number.
func stepOf(s []byte) jsontext.Step {
	n, ok := elementNumber(s)
	return jsontext.Step{Name: s, Index: n, IsIndex: ok}
}

// elementNumber reads a number as strtol does, which takes blanks before it and a plus sign.
func elementNumber(s []byte) (int, bool) {
	if len(s) == 0 || s[len(s)-1]-'0' > 9 {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimLeft(string(s), " \t\n\v\f\r"), 10, 32)
	return int(n), err == nil
}

var jsonKinds = [...]string{jsontext.Null: "null", jsontext.String: "string", jsontext.Number: "number",
	jsontext.Bool: "boolean", jsontext.Array: "array", jsontext.Object: "object"}

func jsonKind(s []byte) jsontext.Kind { return jsontext.KindOf(s[jsontext.Blank(s, 0):]) }

func jsonTypeof(_ *Call, s []byte) ([]byte, error) { return []byte(jsonKinds[jsonKind(s)]), nil }

func jsonArrayLength(_ *Call, s []byte) (int32, error) {
	switch s = jsontext.Trim(s); jsonKind(s) {
	case jsontext.Array:
		return int32(jsontext.Count(s)), nil
	case jsontext.Object:
		return 0, sqlstate.New(sqlstate.InvalidParameterValue, "cannot get array length of a non-array")
	}
	return 0, sqlstate.New(sqlstate.InvalidParameterValue, "cannot get array length of a scalar")
}
