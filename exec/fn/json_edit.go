package fn

import (
	"bytes"

	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the operators that put jsonb together and take parts away. They copy normal forms piece by piece, so
// that the result is one again.

func init() {
	j, t, n, texts := types.Of(types.JSONB), types.Of(types.Text), types.Of(types.Int32), types.ArrayOf(types.Of(types.Text))
	edit := func(name string, eval func(*Call) (*vec.Vector, error), args ...types.Type) {
		RegisterScalar(&Scalar{Name: name, Args: args, Ret: j, Eval: eval})
	}
	for _, name := range []string{"||", "jsonb_concat"} {
		edit(name, Map2(concatJSON), j, j)
	}
	for _, name := range []string{"-", "jsonb_delete"} {
		edit(name, Map2(func(_ *Call, s, key []byte) ([]byte, error) { return deleteKeys(s, [][]byte{key}) }), j, t)
		edit(name, Map2(deleteElement), j, n)
		edit(name, deleteKeyArray, j, texts)
	}
}

// jsonWriter appends members or elements to a document.
type jsonWriter struct {
	dst    []byte
	closer byte
	more   bool // something was put
}

func newJSONWriter(dst []byte, object bool) jsonWriter {
	if object {
		return jsonWriter{dst: append(dst, '{'), closer: '}'}
	}
	return jsonWriter{dst: append(dst, '['), closer: ']'}
}

// begin goes to the next member, whose name is given as normal forms write it, or to the next element.
func (w *jsonWriter) begin(rawName []byte) {
	if w.more {
		w.dst = append(w.dst, ", "...)
	}
	w.more = true
	if w.closer == '}' {
		w.dst = append(append(append(w.dst, '"'), rawName...), `": `...)
	}
}

func (w *jsonWriter) put(rawName, value []byte) {
	w.begin(rawName)
	w.dst = append(w.dst, value...)
}

// copy puts what an Iter is at.
func (w *jsonWriter) copy(it *jsontext.Iter) { w.put(it.Name, it.Value()) }

func (w *jsonWriter) end() []byte { return append(w.dst, w.closer) }

// rawName returns a name as normal forms write it.
func rawName(name []byte) []byte {
	q := jsontext.Quote(nil, name)
	return q[1 : len(q)-1]
}

// compareRawNames orders names that are given as normal forms write them.
func compareRawNames(a, b []byte) int {
	if bytes.IndexByte(a, '\\') >= 0 || bytes.IndexByte(b, '\\') >= 0 {
		a, _ = jsontext.Unquote(nil, a)
		b, _ = jsontext.Unquote(nil, b)
	}
	return jsontext.CompareNames(a, b)
}

// concatJSON is ||: of two objects the members of both, otherwise an array of the elements of both, where what is no
// array is an element itself.
func concatJSON(_ *Call, a, b []byte) ([]byte, error) {
	ka, kb := jsontext.KindOf(a), jsontext.KindOf(b)
	if len(a)+len(b) > maxString {
		return nil, tooLong()
	}
	if ka == jsontext.Object && kb == jsontext.Object {
		return mergeObjects(a, b), nil
	}
	w := newJSONWriter(make([]byte, 0, len(a)+len(b)+2), false)
	for _, s := range [][]byte{a, b} {
		if jsontext.KindOf(s) != jsontext.Array {
			w.put(nil, s)
			continue
		}
		for it := jsontext.Iterate(s); it.Next(); {
			w.copy(&it)
		}
	}
	return w.end(), nil
}

// mergeObjects merges members, which are in one order; of equal names b's count.
func mergeObjects(a, b []byte) []byte {
	w := newJSONWriter(make([]byte, 0, len(a)+len(b)), true)
	x, y := jsontext.Iterate(a), jsontext.Iterate(b)
	inA, inB := x.Next(), y.Next()
	for inA || inB {
		order := -1
		if !inA {
			order = 1
		} else if inB {
			order = compareRawNames(x.Name, y.Name)
		}
		if order < 0 {
			w.copy(&x)
		} else {
			w.copy(&y)
			inB = y.Next()
		}
		if order <= 0 {
			inA = x.Next()
		}
	}
	return w.end()
}

func notFromScalar(s []byte) error {
	if jsontext.KindOf(s) < jsontext.Array {
		return sqlstate.New(sqlstate.InvalidParameterValue, "cannot delete from scalar")
	}
	return nil
}

// deleteKeys drops members by their names, and elements that are strings by their texts.
func deleteKeys(s []byte, keys [][]byte) ([]byte, error) {
	if err := notFromScalar(s); err != nil {
		return nil, err
	}
	object := s[0] == '{'
	w := newJSONWriter(make([]byte, 0, len(s)), object)
	for it := jsontext.Iterate(s); it.Next(); {
		drop := false
		for _, k := range keys {
			drop = drop || object && it.Is(k) || !object && isText(it.Value(), k)
		}
		if !drop {
			w.copy(&it)
		}
	}
	return w.end(), nil
}

func deleteKeyArray(c *Call) (*vec.Vector, error) {
	doc, array := Reader[[]byte](c.Args[0]), c.Args[1]
	var keys [][]byte
	return run(c, func(i int) ([]byte, error) {
		keys = keys[:0]
		if listAt(array, i).NDims() > 1 {
			return nil, errSubscripts()
		}
		for _, k := range pathTexts(array, i) {
			if k != nil {
				keys = append(keys, k)
			}
		}
		return deleteKeys(doc(i), keys)
	})
}

// pathTexts returns the texts of row i of an array, nil for NULL.
func pathTexts(array *vec.Vector, i int) [][]byte {
	l := vec.Values[vec.List](array)[Row(array, i)]
	out := make([][]byte, 0, l.Len)
	for k := int(l.Off); k < int(l.Off+l.Len); k++ {
		if array.Child.IsNull(k) {
			out = append(out, nil)
		} else {
			out = append(out, append([]byte{}, array.Child.Bytes(k)...))
		}
	}
	return out
}

// deleteElement drops an element by its number, from -1 for the last one backwards.
func deleteElement(_ *Call, s []byte, n int32) ([]byte, error) {
	if err := notFromScalar(s); err != nil {
		return nil, err
	}
	if s[0] == '{' {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "cannot delete from object using integer index")
	}
	at := int(n)
	if at < 0 {
		at += jsontext.Count(s)
	}
	w := newJSONWriter(make([]byte, 0, len(s)), false)
	k := 0
	for it := jsontext.Iterate(s); it.Next(); k++ {
		if k != at {
			w.copy(&it)
		}
	}
	return w.end(), nil
}
