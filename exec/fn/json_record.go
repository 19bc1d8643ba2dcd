package fn

import (
	"fmt"

	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that make records of objects of json and jsonb: json_to_record and json_populate_record with
// their forms for sets and for jsonb. The type of the records is in the type of the call.

func init() {
	record, elem := types.Of(types.Record), types.Of(types.AnyElement)
	of := func(args []types.Type) types.Type { return args[0] }
	arrayOf := func(args []types.Type) types.Type { return types.ArrayOf(args[0]) }
	for _, id := range []types.ID{types.JSON, types.JSONB} {
		prefix, doc := id.String(), types.Of(id)
		set := func(name string) *Scalar {
			return &Scalar{Name: name + "[]", Volatility: Stable, NotStrict: true, Eval: checkedDomains(recordSets(name))}
		}
		toSet, populateSet := set(prefix+"_to_recordset"), set(prefix+"_populate_recordset")
		toSet.Args, toSet.Ret = []types.Type{doc}, types.ArrayOf(record)
		populateSet.Args, populateSet.RetOf = []types.Type{elem, doc}, arrayOf
		RegisterScalar(toSet, populateSet,
			&Scalar{Name: prefix + "_populate_record", Args: []types.Type{elem, doc}, RetOf: of, Volatility: Stable, NotStrict: true, Eval: checkedDomains(populateRecords)},
			&Scalar{Name: prefix + "_to_record[]", Args: []types.Type{doc}, Ret: types.ArrayOf(record), Volatility: Stable, NotStrict: true, Eval: checkedDomains(recordOfEach)})
	}
}

// recordReader appends records that are made of objects.
type recordReader struct {
	style *text.Style
	key   string // of the member that is being read
	free  [][]byte
}

// take returns room for n members, until what is taken is given back.
func (r *recordReader) take(n int) [][]byte {
	from := len(r.free)
	for range n {
		r.free = append(r.free, nil)
	}
	return r.free[from:]
}

// baseFields returns the fields of records that stand where an object has no member; nil without a base.
func baseFields(base *vec.Vector) []*vec.Vector {
	if base.Type.ID != types.Record {
		return nil
	}
	fields := make([]*vec.Vector, len(base.Type.Fields()))
	for k := range fields {
		fields[k] = vec.Field(base, k)
	}
	return fields
}

// populateRecords is json_populate_record: members of the document go before fields of the base.
func populateRecords(c *Call) (*vec.Vector, error) {
	base, docs := c.Args[0], c.Args[1]
	r, b := recordReader{style: styleOf(c.Ctx)}, vec.NewBuilder(c.Ret)
	fields := baseFields(base.WithLenOf(c.N))
	err := c.Each(func(i int) error {
		switch {
		case !docs.IsNull(i):
			return r.object(b, jsontext.Trim(docs.Bytes(i)), fields, i)
		case base.IsNull(i):
			b.AppendNull()
		default:
			b.AppendFrom(base, i)
		}
		return nil
	})
	return b.Finish(), err
}

// recordOfEach is json_to_record, as an array of the one record, which is NULL where the document is.
func recordOfEach(c *Call) (*vec.Vector, error) {
	docs := c.Args[0]
	r, b := recordReader{style: styleOf(c.Ctx)}, vec.NewBuilder(c.Ret)
	err := c.Each(func(i int) (err error) {
		b.AppendList(func(child *vec.Builder) {
			if docs.IsNull(i) {
				child.AppendNull()
			} else {
				err = r.object(child, jsontext.Trim(docs.Bytes(i)), nil, 0)
			}
		})
		return err
	})
	return b.Finish(), err
}

// recordSets is json_to_recordset and json_populate_recordset: arrays with a record for each object of an array.
func recordSets(name string) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		docs := c.Args[len(c.Args)-1]
		base := baseFields(c.Args[0].WithLenOf(c.N))
		r, b := recordReader{style: styleOf(c.Ctx)}, vec.NewBuilder(c.Ret)
		err := c.Each(func(i int) (err error) {
			if docs.IsNull(i) {
				b.AppendNull()
				return nil
			}
			s := jsontext.Trim(docs.Bytes(i))
			if kind := jsontext.KindOf(s); kind != jsontext.Array {
				return notArray(name, kind, c.Args[len(c.Args)-1].Type)
			}
			b.AppendList(func(child *vec.Builder) {
				for it := jsontext.Iterate(s); err == nil && it.Next(); {
					if v := it.Value(); v[0] != '{' {
						err = sqlstate.New(sqlstate.InvalidParameterValue, "argument of %s must be an array of objects", name)
					} else {
						err = r.object(child, v, base, i)
					}
				}
			})
			return err
		})
		return b.Finish(), err
	}
}

// notArray is the error of a function of an array about a document of another kind.
func notArray(name string, kind jsontext.Kind, t types.Type) error {
	what := "a scalar"
	switch {
	case t.ID == types.JSONB:
		what = "a non-array"
	case kind == jsontext.Object:
		what = "an object"
	}
	return sqlstate.New(sqlstate.InvalidParameterValue, "cannot call %s on %s", name, what)
}

// object appends a record of b's type with the members of the object s: fields of which it has none are those of row i of
// base, or NULL where that is nil.
func (r *recordReader) object(b *vec.Builder, s []byte, base []*vec.Vector, i int) error {
	if s[0] != '{' {
		what := "a scalar"
		if s[0] == '[' {
			what = "an array"
		}
		return sqlstate.New(sqlstate.InvalidParameterValue, "cannot call populate_composite on %s", what)
	}
	fields := b.Type().Fields()
	members := r.take(len(fields))
	for it := jsontext.Iterate(s); it.Next(); {
		for k := range fields {
			if it.Is([]byte(fields[k].Name)) {
				members[k] = it.Value()
			}
		}
	}
	var err error
	b.AppendRow(func(builders []*vec.Builder) {
		for k, f := range builders {
			n := f.Len()
			switch {
			case err != nil:
			case members[k] != nil:
				r.key = fields[k].Name
				err = r.value(f, fields[k].Type, members[k])
			case base != nil:
				f.AppendFrom(base[k], i)
			}
			if f.Len() == n {
				f.AppendNull()
			}
		}
	})
	r.free = r.free[:len(r.free)-len(fields)]
	return err
}

// value appends a value of type t to b that is written as s.
func (r *recordReader) value(b *vec.Builder, t types.Type, s []byte) error {
	switch {
	case string(s) == "null":
		b.AppendNull()
		return nil
	case t.ID == types.JSON || t.ID == types.JSONB:
		return text.Parse(b, t, s, r.style)
	case s[0] == '"':
		s, err := jsontext.Unquote(nil, s[1:len(s)-1])
		if err != nil {
			return err
		}
		return text.Parse(b, t, s, r.style)
	case t.ID == types.Array:
		return r.array(b, t, s)
	case t.ID == types.Record:
		return r.object(b, s, nil, 0)
	}
	return text.Parse(b, t, s, r.style)
}

// arrayFill appends the elements of an array of JSON, of which it has seen the dimensions.
type arrayFill struct {
	*recordReader
	elem   types.Type
	child  *vec.Builder
	levels int              // dimensions: those of the first element
	want   [vec.MaxDims]int // members of arrays at each level, -1 while none was seen
	at     []int            // the members that are being read
}

func (r *recordReader) array(b *vec.Builder, t types.Type, s []byte) (err error) {
	if s[0] != '[' {
		return r.expectedArray(nil)
	}
	f := arrayFill{recordReader: r, elem: t.Element(), levels: jsonLevels(s)}
	if f.levels > vec.MaxDims {
		return vec.TooManyDims(f.levels)
	}
	for k := range f.want {
		f.want[k] = -1
	}
	b.AppendList(func(child *vec.Builder) {
		f.child = child
		err = f.members(s)
	})
	if err != nil || f.levels == 1 {
		return err
	}
	var d vec.Dims
	for _, n := range f.want[:f.levels] {
		d.Add(int32(n), 1)
	}
	if d.Elements() == 0 {
		return nil
	}
	shape, err := d.CheckedShape()
	if err != nil {
		return err
	}
	b.Reshape(shape)
	return nil
}

// jsonLevels returns how many brackets stand in front of the first element; 7 for more than 6.
func jsonLevels(s []byte) (n int) {
	for n <= vec.MaxDims && s[0] == '[' {
		n++
		it := jsontext.Iterate(s)
		if !it.Next() {
			break
		}
		s = it.Value()
	}
	return n
}

// members appends what is in brackets.
func (f *arrayFill) members(s []byte) error {
	level, n := len(f.at), 0
	f.at = append(f.at, 0)
	for it := jsontext.Iterate(s); it.Next(); n++ {
		f.at[level] = n
		v := it.Value()
		var err error
		switch {
		case level == f.levels-1:
			err = f.value(f.child, f.elem, v)
		case v[0] != '[':
			err = f.expectedArray(f.at)
		default:
			err = f.members(v)
		}
		if err != nil {
			return err
		}
	}
	f.at = f.at[:level]
	if f.want[level] >= 0 && f.want[level] != n {
		return sqlstate.New(sqlstate.BadTextValue, "malformed JSON array").
			WithDetail("Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	f.want[level] = n
	return nil
}

// expectedArray is the error of a value that is no array; at says where it is in one.
func (r *recordReader) expectedArray(at []int) error {
	err := sqlstate.New(sqlstate.BadTextValue, "expected JSON array")
	if len(at) == 0 {
		return err.WithHint("See the value of key \"%s\".", r.key)
	}
	place := ""
	for _, k := range at {
		place += fmt.Sprintf("[%d]", k)
	}
	return err.WithHint("See the array element %s of key \"%s\".", place, r.key)
}
