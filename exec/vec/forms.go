package vec

import (
	"bytes"

	"gsql/exec/jsontext"
	"gsql/exec/ranges"
	"gsql/exec/types"
)

// HasForms reports whether equal strings of type t may differ in bytes: character(n) in blanks at the end, jsonb and ranges
// of numerics in zeros at the ends of fractions.
func HasForms(t types.Type) bool {
	return t.ID == types.Char || t.ID == types.JSONB || isNumRange(t)
}

// AppendForm appends bytes that all strings of type t, which HasForms, that are equal to s have in common.
func AppendForm(dst []byte, t types.Type, s []byte) []byte {
	switch {
	case t.ID == types.Char:
		return append(dst, bytes.TrimRight(s, " ")...)
	case t.ID == types.JSONB:
		return jsontext.AppendCanonical(dst, s)
	case isNumRange(t):
		return append(dst, ranges.Key(s, ranges.Decimal)...)
	}
	return append(dst, s...)
}

// OneForm returns a vector whose strings are equal in bytes when they are equal.
func OneForm(v *Vector) *Vector {
	switch v.Type.ID {
	case types.Char:
		return TrimBlanks(v)
	case types.JSONB:
		return rewrite(v, jsontext.AppendCanonical)
	case types.NumRange, types.NumMultirange:
		return rangeKeys(v)
	}
	return v
}

// ByteOrder returns a vector whose strings are in the order of their bytes as those of v are in their order.
func ByteOrder(v *Vector) *Vector {
	switch v.Type.ID {
	case types.Char:
		return TrimBlanks(v)
	case types.JSONB:
		return rewrite(v, jsontext.AppendOrdered).WithType(types.Of(types.Bytea))
	case types.NumRange, types.NumMultirange:
		return rangeKeys(v)
	}
	return v
}

// rewrite returns v with every string replaced by what f appends for it.
func rewrite(v *Vector, f func(dst, s []byte) []byte) *Vector {
	if v.Enc == Dict {
		v = Flatten(v)
	}
	n := v.Len
	if v.Enc == Const {
		n = 1
	}
	b := NewBuilder(v.Type)
	var buf []byte
	for i := range n {
		if v.IsNull(i) {
			b.AppendNull()
			continue
		}
		buf = f(buf[:0], v.Bytes(i))
		b.AppendBytes(buf)
	}
	w := b.Finish()
	if v.Enc == Const {
		w.Enc = Const
		w = w.WithLen(v.Len)
	}
	return w
}
