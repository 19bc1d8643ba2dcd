package fn

import (
	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that change one place of a jsonb: jsonb_set, jsonb_insert, jsonb_set_lax and #-.

func init() {
	j, b, t, texts := types.Of(types.JSONB), types.Of(types.Bool), types.Of(types.Text), types.ArrayOf(types.Of(types.Text))
	place := func(name string, eval func(*Call) (*vec.Vector, error), args ...types.Type) *Scalar {
		return &Scalar{Name: name, Args: args, Ret: j, Eval: eval}
	}
	set, insert := editPlace(putOrReplace, replaceOnly), editPlace(insertAfter, insertBefore)
	RegisterScalar(
		place("jsonb_set", set, j, texts, j), place("jsonb_set", set, j, texts, j, b),
		place("jsonb_insert", insert, j, texts, j), place("jsonb_insert", insert, j, texts, j, b),
		place("#-", editPlace(deletePlace, deletePlace), j, texts),
		place("jsonb_delete_path", editPlace(deletePlace, deletePlace), j, texts))
	args := []types.Type{j, texts, j, b, t}
	for n := 3; n <= len(args); n++ {
		lax := place("jsonb_set_lax", setLax, args[:n]...)
		lax.NotStrict = true
		RegisterScalar(lax)
	}
}

// placeOp says what happens at a place.
type placeOp uint8

const (
	putOrReplace placeOp = iota // and what is missing there is made
	replaceOnly
	insertBefore
	insertAfter
	deletePlace
)

// creates reports whether the operation puts a value where there is none.
func (op placeOp) creates() bool { return op != replaceOnly && op != deletePlace }

// placeEdit is one edit of a document.
type placeEdit struct {
	op    placeOp
	path  [][]byte // nil for NULL
	value []byte
}

// editPlace returns Eval of a function of a document, a path, and perhaps a value and a condition on which the
// operation depends; without the condition, it is the first for jsonb_set and the second for jsonb_insert.
func editPlace(ifTrue, ifFalse placeOp) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		doc := Reader[[]byte](c.Args[0])
		value := func(int) []byte { return nil }
		flag := func(int) bool { return ifTrue == putOrReplace }
		if len(c.Args) > 2 {
			value = Reader[[]byte](c.Args[2])
		}
		if len(c.Args) > 3 {
			flag = Reader[bool](c.Args[3])
		}
		return run(c, func(i int) ([]byte, error) {
			op := ifFalse
			if flag(i) {
				op = ifTrue
			}
			e := placeEdit{op, pathTexts(c.Args[1], i), value(i)}
			if listAt(c.Args[1], i).NDims() > 1 {
				return nil, errSubscripts()
			}
			return e.document(doc(i))
		})
	}
}

func (e *placeEdit) document(s []byte) ([]byte, error) {
	if jsontext.KindOf(s) < jsontext.Array {
		if e.op == deletePlace {
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "cannot delete path in scalar")
		}
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "cannot set path in scalar")
	}
	if len(e.path) == 0 || !e.op.creates() && len(s) == len("{}") {
		return s, nil
	}
	return e.at(make([]byte, 0, len(s)+len(e.value)+16), s, 0)
}

// at appends the value s, in which the rest of the path from level on leads to the place.
func (e *placeEdit) at(dst, s []byte, level int) ([]byte, error) {
	if e.path[level] == nil {
		return nil, sqlstate.New(sqlstate.NullNotAllowed, "path element at position %d is null", level+1)
	}
	switch jsontext.KindOf(s) {
	case jsontext.Object:
		return e.object(dst, s, level)
	case jsontext.Array:
		return e.array(dst, s, level)
	}
	return append(dst, s...), nil
}

func (e *placeEdit) object(dst, s []byte, level int) ([]byte, error) {
	w := newJSONWriter(dst, true)
	name := rawName(e.path[level])
	last := level == len(e.path)-1
	done := !last || !e.op.creates() // nothing is to be made
	for it := jsontext.Iterate(s); it.Next(); {
		order := compareRawNames(it.Name, name)
		if order > 0 && !done {
			done = true
			w.put(name, e.value)
		}
		switch {
		case order != 0:
			w.copy(&it)
		case !last:
			w.begin(it.Name)
			var err error
			if w.dst, err = e.at(w.dst, it.Value(), level+1); err != nil {
				return nil, err
			}
		case e.op == insertBefore || e.op == insertAfter:
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "cannot replace existing key").
				WithHint("Try using the function jsonb_set to replace key value.")
		default:
			if done = true; e.op != deletePlace {
				w.put(it.Name, e.value)
			}
		}
	}
	if !done {
		w.put(name, e.value)
	}
	return w.end(), nil
}

func (e *placeEdit) array(dst, s []byte, level int) ([]byte, error) {
	at, ok := elementNumber(e.path[level])
	if !ok {
		return nil, sqlstate.New(sqlstate.BadTextValue, "path element at position %d is not an integer: \"%s\"", level+1, e.path[level])
	}
	n := jsontext.Count(s)
	if at < 0 {
		at += n
	}
	w := newJSONWriter(dst, false)
	last := level == len(e.path)-1
	if last && e.op.creates() && (at < 0 || n == 0) {
		w.put(nil, e.value)
	}
	k := 0
	for it := jsontext.Iterate(s); it.Next(); k++ {
		switch {
		case k != at:
			w.copy(&it)
		case last:
			e.element(&w, &it)
		default:
			w.begin(nil)
			var err error
			if w.dst, err = e.at(w.dst, it.Value(), level+1); err != nil {
				return nil, err
			}
		}
	}
	if last && e.op.creates() && at >= n && n > 0 {
		w.put(nil, e.value)
	}
	return w.end(), nil
}

// element puts what becomes of the element at the place.
func (e *placeEdit) element(w *jsonWriter, it *jsontext.Iter) {
	switch e.op {
	case putOrReplace, replaceOnly:
		w.put(nil, e.value)
	case insertBefore:
		w.put(nil, e.value)
		w.copy(it)
	case insertAfter:
		w.copy(it)
		w.put(nil, e.value)
	}
}

// setLax is jsonb_set_lax, which may be told what SQL's NULL for a value means.
func setLax(c *Call) (*vec.Vector, error) {
	doc, create := Reader[[]byte](c.Args[0]), func(int) bool { return true }
	if len(c.Args) > 3 {
		create = Reader[bool](c.Args[3])
	}
	return runNull(c, func(i int) ([]byte, bool, error) {
		if c.Args[0].IsNull(i) || c.Args[1].IsNull(i) || len(c.Args) > 3 && c.Args[3].IsNull(i) {
			return nil, false, nil
		}
		if listAt(c.Args[1], i).NDims() > 1 {
			return nil, false, errSubscripts()
		}
		e := placeEdit{op: putOrReplace, path: pathTexts(c.Args[1], i)}
		if !create(i) {
			e.op = replaceOnly
		}
		keep, err := e.laxValue(c, i)
		if keep || err != nil {
			return doc(i), err == nil, err
		}
		s, err := e.document(doc(i))
		return s, err == nil, err
	})
}

// laxValue settles the value, or what stands for it; keep says that the document stays as it is.
func (e *placeEdit) laxValue(c *Call, i int) (keep bool, err error) {
	const treatments = "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\""
	if len(c.Args) > 4 && c.Args[4].IsNull(i) {
		return false, sqlstate.New(sqlstate.InvalidParameterValue, treatments)
	}
	if !c.Args[2].IsNull(i) {
		e.value = c.Args[2].Bytes(i)
		return false, nil
	}
	how := "use_json_null"
	if len(c.Args) > 4 {
		how = string(c.Args[4].Bytes(i))
	}
	switch how {
	case "use_json_null":
		e.value = []byte("null")
	case "delete_key":
		e.op = deletePlace
	case "return_target":
		return true, nil
	case "raise_exception":
		return false, sqlstate.New(sqlstate.NullNotAllowed, "JSON value must not be null").
			WithDetail("Exception was raised because null_value_treatment is \"raise_exception\".")
	default:
		return false, sqlstate.New(sqlstate.InvalidParameterValue, treatments)
	}
	return false, nil
}
