package exec

import (
	"encoding/binary"
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the byte form of arrays and records as keys. Of two values of one type the forms are equal exactly when
// the values are, whatever the kinds of their parts.

// appendPartsKey appends the form of row i of a flat vector of arrays or records, which is not NULL.
func appendPartsKey(dst []byte, v *vec.Vector, i int) []byte {
	if v.Kind == types.KRow {
		at := int(vec.Values[uint32](v)[i])
		for _, f := range v.Fields {
			dst = appendPartKey(dst, f, at)
		}
		return dst
	}
	l := vec.Values[vec.List](v)[i]
	if l.Shape == 0 {
		dst = binary.LittleEndian.AppendUint32(dst, l.Len)
	} else { // no array has so many elements
		dst = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(dst, l.Len|1<<31), uint32(l.Shape))
	}
	for k := range l.Len {
		dst = appendPartKey(dst, v.Child, int(l.Off+k))
	}
	return dst
}

// appendPartKey appends the form of an element or a field, which says where it ends.
func appendPartKey(dst []byte, v *vec.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	if v.Enc == vec.Dict {
		v, i = v.Dict, int(v.Codes()[i])
	} else {
		i = v.Index(i)
	}
	switch v.Kind {
	case types.KList, types.KRow:
		return appendPartsKey(dst, v, i)
	case types.KView:
		return appendTextKey(dst, v, i)
	}
	return appendFixedKey(dst, v, i)
}

// appendTextKey appends the length of a string's one form and the form.
func appendTextKey(dst []byte, v *vec.Vector, i int) []byte {
	at := len(dst)
	dst = vec.AppendForm(append(dst, 0, 0, 0, 0), v.Type, v.Bytes(i))
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

func appendFixedKey(dst []byte, v *vec.Vector, i int) []byte {
	le := binary.LittleEndian
	switch v.Kind {
	case types.KInt64:
		x := vec.Values[int64](v)[i]
		if dst = le.AppendUint64(dst, uint64(x)); v.Type.ID == types.Numeric { // others of the column may have 128 bits
			dst = le.AppendUint64(dst, uint64(x>>63))
		}
		return dst
	case types.KFloat32:
		return appendFloatKey(dst, float64(vec.Values[float32](v)[i]))
	case types.KFloat64:
		return appendFloatKey(dst, vec.Values[float64](v)[i])
	case types.KNum:
		x := vec.Values[vec.Num](v)[i].Normalize()
		dst = le.AppendUint64(le.AppendUint64(dst, x.Coef.Lo), uint64(x.Coef.Hi))
		return le.AppendUint64(dst, uint64(uint32(x.Scale))<<32|uint64(uint32(x.Special)))
	case types.KInterval:
		days, micros := canonicalInterval(vec.Values[vec.Interval](v)[i])
		return le.AppendUint64(le.AppendUint64(dst, uint64(days)), uint64(micros))
	case types.KTimeTZ:
		x := vec.Values[vec.TimeTZ](v)[i]
		return le.AppendUint32(le.AppendUint64(dst, uint64(x.Micros)), uint32(x.Zone))
	}
	w := v.Kind.Width()
	return append(dst, v.Data[i*w:(i+1)*w]...)
}

func appendFloatKey(dst []byte, x float64) []byte {
	switch {
	case x == 0:
		x = 0 // -0
	case x != x:
		x = math.NaN()
	}
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
}
