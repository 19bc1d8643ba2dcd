package vec

import (
	"slices"

	"gsql/exec/types"
)

// This file has what records need of their own. A value is the number of a row of the field vectors, so that choosing
// and moving records moves four bytes for each.

// NewRows returns n records of type t of whose fields each has n rows, or is constant.
func NewRows(t types.Type, n int, fields []*Vector) *Vector {
	rows := Make[uint32](n)
	for i := range rows {
		rows[i] = uint32(i)
	}
	v := New(t, types.KRow, rows, nil)
	v.Fields = make([]*Vector, len(fields))
	for k, f := range fields {
		if f.Enc == Const {
			f = f.WithLen(n)
		}
		v.Fields[k] = Flatten(f)
	}
	return v
}

// Field returns field k of the rows of a vector of records, which is NULL where the record is.
func Field(v *Vector, k int) *Vector {
	t := v.Type.Fields()[k].Type
	if len(v.values().Fields) == 0 || v.Len == 0 {
		return NewNull(t, v.Len)
	}
	switch v.Enc {
	case Const:
		if v.IsNull(0) {
			return NewNull(t, v.Len)
		}
		w := *Gather(v.Fields[k], Values[uint32](v))
		w.Enc = Const
		return w.WithLen(v.Len)
	case Dict:
		return NewDict(v.Codes(), v.Valid, Flatten(Field(v.Dict, k)))
	}
	return fieldOf(v, k)
}

// fieldOf is Field of a flat vector with rows.
func fieldOf(v *Vector, k int) *Vector {
	src, rows := v.Fields[k], Values[uint32](v)
	if v.Valid == nil {
		if inOrder(rows) {
			return Slice(src, 0, v.Len)
		}
		return Gather(src, rows)
	}
	idx := make([]int32, v.Len)
	for i, r := range rows {
		if idx[i] = -1; v.Valid.Get(i) {
			idx[i] = int32(r)
		}
	}
	return Flatten(GatherOrNull(src, idx))
}

// inOrder reports whether rows are all rows from the first on.
func inOrder(rows []uint32) bool {
	for i, r := range rows {
		if int(r) != i {
			return false
		}
	}
	return true
}

// DenseRows returns a flat vector of records whose fields have its own rows only, in their order. Where a record is NULL
// so are its fields.
func DenseRows(v *Vector) *Vector {
	if len(v.Fields) == 0 || v.Valid == nil && v.Fields[0].Len == v.Len && inOrder(Values[uint32](v)) {
		return v
	}
	fields := make([]*Vector, len(v.Fields))
	for k := range fields {
		fields[k] = Flatten(Field(v, k))
	}
	w := NewRows(v.Type, v.Len, fields)
	w.Valid = v.Valid
	return w
}

func fieldsWithTypes(vs []*Vector, fields []types.Field) []*Vector {
	if len(vs) != len(fields) {
		return vs
	}
	out := make([]*Vector, len(vs))
	for i, v := range vs {
		out[i] = v.WithType(fields[i].Type)
	}
	return out
}

// hashRows hashes the records of a flat vector.
func hashRows(v *Vector, out []uint64) {
	for i := range out {
		out[i] = uint64(len(v.Fields))
	}
	v = Slice(v, 0, len(out))
	for k := range v.Fields {
		Hash(Field(v, k), out, true)
	}
}

func compareRecords(a *Vector, i int, b *Vector, j int) int {
	x, y := int(At[uint32](a, i)), int(At[uint32](b, j))
	a, b = a.values(), b.values()
	for k := range a.Fields {
		if c := compareParts(a.Fields[k], x, b.Fields[k], y); c != 0 {
			return c
		}
	}
	return 0
}

// crowded is how many times more rows fields may have than there are records, before they are copied to be joined.
const crowded = 2

// putRows writes the records of v at the next place of the joiner.
func (j *Joiner) putRows(v *Vector) {
	if len(v.Fields) > 0 && v.Fields[0].Len > crowded*v.Len {
		v = DenseRows(v)
	}
	base := j.addFields(v.Fields)
	dst := Values[uint32](j.out)[j.at : j.at+v.Len]
	for i, r := range Values[uint32](v) {
		dst[i] = r + base
	}
}

// addFields adds columns of fields to those that are to be joined, and returns the number of their first row.
func (j *Joiner) addFields(fields []*Vector) (base uint32) {
	if len(fields) == 0 {
		return 0
	}
	if j.fields == nil {
		j.fields = make([][]*Vector, len(fields))
	}
	if !j.hasFields(fields) {
		for k, f := range fields {
			j.fields[k] = append(j.fields[k], f)
		}
		j.records += fields[0].Len
	}
	return uint32(j.records - fields[0].Len)
}

// hasFields reports whether fields are the columns that were added last.
func (j *Joiner) hasFields(fields []*Vector) bool {
	for k, f := range fields {
		if last := len(j.fields[k]) - 1; last < 0 || j.fields[k][last] != f {
			return false
		}
	}
	return true
}

// joinFields makes the fields of the records. It reports false when it was stopped.
func (j *Joiner) joinFields(stop func() bool) bool {
	if len(j.fields) == 0 {
		return true
	}
	j.out.Fields = make([]*Vector, len(j.fields))
	for k, chunks := range j.fields {
		f := ConcatUntil(stop, chunks)
		if f == nil {
			return false
		}
		j.out.Fields[k] = Flatten(f)
	}
	j.fields = nil
	return true
}

// adoptRows makes v's fields part of out's and returns v with its row numbers moved.
func (out *Vector) adoptRows(v *Vector) *Vector {
	switch {
	case len(v.Fields) == 0 || slices.Equal(out.Fields, v.Fields):
		return v
	case len(out.Fields) == 0:
		out.Fields = v.Fields
		return v
	}
	base := uint32(out.Fields[0].Len)
	joined := make([]*Vector, len(v.Fields))
	for k := range joined {
		joined[k] = Flatten(Concat([]*Vector{out.Fields[k], v.Fields[k]}))
	}
	out.Fields = joined
	rows := append([]uint32(nil), Values[uint32](v)...)
	for i := range rows {
		rows[i] += base
	}
	w := *v
	w.Data = BytesOf(rows)
	return &w
}
