package fn

import (
	"bytes"

	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that make JSON of values of other types.

func init() {
	elem, anyType, texts := types.Of(types.AnyElement), types.Of(types.Any), types.ArrayOf(types.Of(types.Text))
	made := func(name string, args []types.Type, put func(w *jsonMaker, c *Call, i int) error) *Scalar {
		ret := types.JSON
		if bytes.HasPrefix([]byte(name), []byte("jsonb")) || name == "to_jsonb" {
			ret = types.JSONB
		}
		return &Scalar{Name: name, Args: args, Ret: types.Of(ret), Volatility: Stable, Eval: makeJSON(put)}
	}
	notStrict := func(s *Scalar) *Scalar {
		s.NotStrict = true
		return s
	}
	variadic := func(s *Scalar) *Scalar {
		s.Variadic = true
		return notStrict(s)
	}
	one := func(w *jsonMaker, c *Call, i int) error { return w.value(c.Args[0], i) }
	RegisterScalar(made("to_json", []types.Type{elem}, one), made("to_jsonb", []types.Type{elem}, one),
		made("array_to_json", []types.Type{types.Of(types.AnyArray)}, one),
		made("array_to_json", []types.Type{types.Of(types.AnyArray), types.Of(types.Bool)}, pretty))
	for _, prefix := range []string{"json", "jsonb"} {
		RegisterScalar(
			variadic(made(prefix+"_build_object", []types.Type{anyType}, buildObject)), notStrict(made(prefix+"_build_object", nil, buildObject)),
			variadic(made(prefix+"_build_array", []types.Type{anyType}, buildArray)), notStrict(made(prefix+"_build_array", nil, buildArray)),
			made(prefix+"_object", []types.Type{texts}, objectOfPairs), made(prefix+"_object", []types.Type{texts, texts}, objectOfLists))
	}
}

// jsonMaker appends values as JSON.
type jsonMaker struct {
	dst   []byte
	style *text.Style
	dates *text.Style // of dates and timestamps by themselves, which JSON has in ISO 8601, always
	comma string      // between the elements of arrays
}

// makeJSON returns Eval of a function that appends one document per row.
func makeJSON(put func(w *jsonMaker, c *Call, i int) error) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		w := jsonMaker{style: styleOf(c.Ctx), comma: ","}
		if w.style != nil {
			iso := *w.style
			iso.Dates = text.DatesISO
			w.dates = &iso
		}
		out := NewStrings(c.N, nil)
		err := c.Each(func(i int) (err error) {
			normal := c.Ret.ID == types.JSONB
			dst := out.Begin()
			if w.dst = dst; normal {
				w.dst = nil
			}
			if err = put(&w, c, i); err == nil && normal {
				w.dst, err = jsontext.Normalize(dst, w.dst)
			}
			if len(w.dst)-len(dst) > maxString {
				err = tooLong()
			}
			if err == nil {
				out.End(i, w.dst)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		return out.Finish(c.Ret, c.Valid), nil
	}
}

// AppendJSON appends row i of v to dst as to_json makes it. Columns that have columns of their own must be flat.
func AppendJSON(dst []byte, v *vec.Vector, i int, st *text.Style) ([]byte, error) {
	w := jsonMaker{dst: dst, style: st, dates: st, comma: ","}
	err := w.value(v, i)
	return w.dst, err
}

// value appends row i of v.
func (w *jsonMaker) value(v *vec.Vector, i int) error {
	if v.IsNull(i) {
		w.dst = append(w.dst, "null"...)
		return nil
	}
	switch v.Type.ID {
	case types.JSON, types.JSONB:
		w.dst = append(w.dst, v.Bytes(i)...)
	case types.Array:
		return w.array(v, i)
	case types.Record:
		return w.record(v, i)
	case types.Bool:
		if vec.At[uint8](v, i) != 0 {
			w.dst = append(w.dst, "true"...)
		} else {
			w.dst = append(w.dst, "false"...)
		}
	case types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.Numeric:
		from := len(w.dst)
		w.dst = text.Append(w.dst, v, i, w.style)
		if last := w.dst[len(w.dst)-1]; last-'0' > 9 { // NaN, Infinity
			w.dst = jsontext.Quote(w.dst[:from], bytes.Clone(w.dst[from:]))
		}
	case types.Timestamp, types.TimestampTZ:
		w.dst = jsontext.Quote(w.dst, isoTimestamp(text.Append(nil, v, i, w.dates), v.Type.ID == types.TimestampTZ))
	case types.Date:
		w.dst = jsontext.Quote(w.dst, text.Append(nil, v, i, w.dates))
	case types.Text, types.Varchar, types.Char, types.Name:
		w.dst = jsontext.Quote(w.dst, v.Bytes(i))
	default:
		w.dst = jsontext.Quote(w.dst, text.Append(nil, v, i, w.style))
	}
	return nil
}

// isoTimestamp makes the text of a timestamp one of ISO 8601: with a T, and minutes in every zone.
func isoTimestamp(s []byte, zone bool) []byte {
	n := bytes.IndexByte(s, ' ')
	if n < 0 { // infinity
		return s
	}
	s[n] = 'T'
	if !zone {
		return s
	}
	s, bc := bytes.CutSuffix(s, []byte(" BC"))
	if sign := bytes.LastIndexAny(s, "+-"); bytes.IndexByte(s[sign:], ':') < 0 {
		s = append(s, ":00"...)
	}
	if bc {
		s = append(s, " BC"...)
	}
	return s
}

func (w *jsonMaker) array(v *vec.Vector, i int) error {
	l := vec.Values[vec.List](v)[Row(v, i)]
	if l.Len == 0 {
		w.dst = append(w.dst, "[]"...)
		return nil
	}
	comma := w.comma
	w.comma = ","
	d := l.Dims()
	brackets := d.Nesting()
	for k := range int(l.Len) {
		opens := brackets.Opens(k)
		switch {
		case k == 0:
		case opens == d.N-1: // a member of the first dimension
			w.dst = append(w.dst, comma...)
		default:
			w.dst = append(w.dst, w.comma...)
		}
		w.dst = append(w.dst, "[[[[[["[:opens]...)
		if err := w.value(v.Child, int(l.Off)+k); err != nil {
			return err
		}
		w.dst = append(w.dst, "]]]]]]"[:brackets.Closes(k)]...)
	}
	w.comma = comma
	return nil
}

// record appends an object whose members are the fields of row i.
func (w *jsonMaker) record(v *vec.Vector, i int) error {
	fields, comma, row := v.Type.Fields(), w.comma, int(vec.At[uint32](v, i))
	w.comma = ","
	w.dst = append(w.dst, '{')
	for k, f := range v.Fields {
		if k > 0 {
			w.dst = append(w.dst, comma...)
		}
		w.dst = append(jsontext.Quote(w.dst, []byte(fields[k].Name)), ':')
		if err := w.value(f, row); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, '}')
	w.comma = comma
	return nil
}

// pretty is array_to_json or row_to_json, whose second argument asks for one element or field a line.
func pretty(w *jsonMaker, c *Call, i int) error {
	lines := *w
	if Reader[bool](c.Args[1])(i) {
		lines.comma = ",\n "
	}
	err := lines.value(c.Args[0], i)
	w.dst = lines.dst
	return err
}

// key appends the name of a member, a value of any type but those that have parts.
func (w *jsonMaker) key(v *vec.Vector, i int) error {
	switch v.Type.ID {
	case types.Array, types.Record, types.JSON, types.JSONB:
		return sqlstate.New(sqlstate.InvalidParameterValue, "key value must be scalar, not array, composite, or json")
	}
	from := len(w.dst)
	err := w.value(v, i)
	if w.dst[from] != '"' {
		w.dst = jsontext.Quote(w.dst[:from], bytes.Clone(w.dst[from:]))
	}
	return err
}

func buildObject(w *jsonMaker, c *Call, i int) error {
	if len(c.Args)%2 != 0 {
		return sqlstate.New(sqlstate.InvalidParameterValue, "argument list must have even number of elements").
			WithHint("The arguments of %s must consist of alternating keys and values.", c.Ret.ID.String()+"_build_object()")
	}
	w.dst = append(w.dst, '{')
	for k := 0; k < len(c.Args); k += 2 {
		if k > 0 {
			w.dst = append(w.dst, ", "...)
		}
		if c.Args[k].IsNull(i) {
			return sqlstate.New(sqlstate.InvalidParameterValue, "argument %d cannot be null", k+1).
				WithHint("Object keys should consist of text.")
		}
		if err := w.key(c.Args[k], i); err != nil {
			return err
		}
		w.dst = append(w.dst, " : "...)
		if err := w.value(c.Args[k+1], i); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, '}')
	return nil
}

func buildArray(w *jsonMaker, c *Call, i int) error {
	w.dst = append(w.dst, '[')
	for k, a := range c.Args {
		if k > 0 {
			w.dst = append(w.dst, ", "...)
		}
		if err := w.value(a, i); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, ']')
	return nil
}

// objectOfPairs is json_object of names and values that follow each other in one array.
func objectOfPairs(w *jsonMaker, c *Call, i int) error {
	all, d := pathTexts(c.Args[0], i), listAt(c.Args[0], i).Dims()
	switch {
	case d.N > 2:
		return errSubscripts()
	case d.N == 2 && d.Len[1] != 2:
		return sqlstate.New(sqlstate.ArrayElementError, "array must have two columns")
	case len(all)%2 != 0:
		return sqlstate.New(sqlstate.ArrayElementError, "array must have even number of elements")
	}
	var names, values [][]byte
	for k := 0; k < len(all); k += 2 {
		names, values = append(names, all[k]), append(values, all[k+1])
	}
	return w.object(names, values)
}

func objectOfLists(w *jsonMaker, c *Call, i int) error {
	names, values := pathTexts(c.Args[0], i), pathTexts(c.Args[1], i)
	if listAt(c.Args[0], i).NDims() > 1 || listAt(c.Args[0], i).NDims() != listAt(c.Args[1], i).NDims() {
		return errSubscripts()
	}
	if len(names) != len(values) {
		return sqlstate.New(sqlstate.ArrayElementError, "mismatched array dimensions")
	}
	return w.object(names, values)
}

func errSubscripts() error {
	return sqlstate.New(sqlstate.ArrayElementError, "wrong number of array subscripts")
}

func (w *jsonMaker) object(names, values [][]byte) error {
	w.dst = append(w.dst, '{')
	for k, name := range names {
		if name == nil {
			return sqlstate.New(sqlstate.NullNotAllowed, "null value not allowed for object key")
		}
		if k > 0 {
			w.dst = append(w.dst, ", "...)
		}
		w.dst = append(jsontext.Quote(w.dst, name), " : "...)
		if values[k] == nil {
			w.dst = append(w.dst, "null"...)
		} else {
			w.dst = jsontext.Quote(w.dst, values[k])
		}
	}
	w.dst = append(w.dst, '}')
	return nil
}
