package vec

import (
	"gsql/exec/jsontext"
	"gsql/exec/types"
)

// HasForms reports whether equal strings of type t may differ in bytes: character(n) in blanks at the end, jsonb
// in zeros at the ends of fractions.
func HasForms(t types.Type) bool { return t.ID == types.Char || t.ID == types.JSONB }

// OneForm returns a vector whose strings are equal in bytes when they are equal.
func OneForm(v *Vector) *Vector {
	switch v.Type.ID {
	case types.Char:
		return TrimBlanks(v)
	case types.JSONB:
		return rewrite(v, jsontext.AppendCanonical)
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
