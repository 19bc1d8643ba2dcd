package arrow

import (
	"encoding/binary"
	"math"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// fixed reads values of fixed width; where they lie as ours do, to where they stay.
func (d *decoder) fixed(f *field, n int, valid vec.Bitmap) (*vec.Vector, error) {
	b, err := d.buffer(int64(n) * int64(f.width))
	if err != nil {
		return nil, err
	}
	v := &vec.Vector{Type: f.typ, Kind: f.kind, Len: n}
	switch {
	case f.typ.ID == types.Bytea:
		return d.binaries(f, n, valid, b)
	case f.kind == types.KBool:
		for i := range b {
			b[i] = min(b[i], 1)
		}
		v.Data = b
	case f.conv == convertNone:
		v.Data = b
	case f.kind == types.KFloat32:
		v.Data = vec.BytesOf(mapped(n, func(i int) float32 { return half(binary.LittleEndian.Uint16(b[2*i:])) }))
	case f.kind == types.KInt16:
		v.Data = vec.BytesOf(integers[int16](f, n, b))
	case f.kind == types.KInt32 && f.conv != convertDiv:
		v.Data = vec.BytesOf(integers[int32](f, n, b))
	case f.kind == types.KInterval:
		v.Data, err = intervals(f, n, b, valid)
	case f.kind == types.KInt128:
		v.Data, err = wide(f, n, b, valid)
	case f.conv == convertMul, f.conv == convertDiv:
		v.Data, err = scaled(f, n, b, valid)
	case f.width > 8:
		v.Data, err = narrow(f, n, b, valid)
	default:
		v.Data = vec.BytesOf(integers[int64](f, n, b))
	}
	if err != nil {
		return nil, d.outOfRange(f, err)
	}
	return v, nil
}

// errRange is about a value that its SQL type does not have.
var errRange = sqlstate.New(sqlstate.DatetimeOverflow, "out of range")

func (d *decoder) outOfRange(f *field, err error) error {
	code := sqlstate.DatetimeOverflow
	if f.typ.ID == types.Numeric {
		code = sqlstate.NumericOutOfRange
	}
	return sqlstate.New(code, "a value of column \"%s\" is out of range for type %v", f.name, f.typ).WithDetail("File \"%s\".", d.file.Path)
}

func mapped[T any](n int, get func(i int) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = get(i)
	}
	return out
}

// binaries makes views of byte strings of one length.
func (d *decoder) binaries(f *field, n int, valid vec.Bitmap, b []byte) (*vec.Vector, error) {
	out := vec.Make[vec.View](n)
	v := vec.New(f.typ, f.kind, out, nil)
	base := 0
	for i := range out {
		if !valid.Get(i) {
			out[i] = vec.View{}
			continue
		}
		at := i * f.width
		if f.width > vec.ViewInline && (len(v.Bufs) == 0 || at+f.width-base > maxChunk) {
			base = at
			v.Bufs = append(v.Bufs, b[base:])
		}
		out[i] = vec.MakeView(b[at:at+f.width], uint32(max(len(v.Bufs)-1, 0)), uint32(at-base))
	}
	return v, nil
}

// integers reads integers of another width, or without a sign.
func integers[T int16 | int32 | int64](f *field, n int, b []byte) []T {
	out := vec.Make[T](n)
	signed := f.conv == convertSigned
	switch {
	case f.width == 1 && signed:
		for i := range out {
			out[i] = T(int8(b[i]))
		}
	case f.width == 1:
		for i := range out {
			out[i] = T(b[i])
		}
	case f.width == 2 && signed:
		for i, x := range vec.As[int16](b) {
			out[i] = T(x)
		}
	case f.width == 2:
		for i := range out {
			out[i] = T(int32(binary.LittleEndian.Uint16(b[2*i:])))
		}
	case f.width == 4 && signed:
		for i, x := range vec.As[int32](b) {
			out[i] = T(x)
		}
	case f.width == 4:
		for i := range out {
			out[i] = T(int64(binary.LittleEndian.Uint32(b[4*i:])))
		}
	default:
		for i, x := range vec.As[int64](b) {
			out[i] = T(x)
		}
	}
	return out
}

// scaled reads numbers of another unit.
func scaled(f *field, n int, b []byte, valid vec.Bitmap) ([]byte, error) {
	in := vec.As[int64](b)
	if f.width == 4 {
		in = integers[int64](&field{conv: convertSigned, width: 4}, n, b)
	}
	out := vec.Make[int64](n)
	if f.conv == convertDiv {
		for i, x := range in {
			q := x / f.factor
			if x%f.factor < 0 {
				q--
			}
			out[i] = q
		}
		if f.kind == types.KInt32 {
			return days(out, valid)
		}
		return vec.BytesOf(out), nil
	}
	limit := math.MaxInt64 / f.factor
	for i, x := range in {
		if out[i] = x * f.factor; (x > limit || x < -limit) && valid.Get(i) {
			return nil, errRange
		}
	}
	return vec.BytesOf(out), nil
}

func days(in []int64, valid vec.Bitmap) ([]byte, error) {
	out := vec.Make[int32](len(in))
	for i, x := range in {
		if out[i] = int32(x); int64(out[i]) != x && valid.Get(i) {
			return nil, errRange
		}
	}
	return vec.BytesOf(out), nil
}

// wide reads integers that need more than 64 bits.
func wide(f *field, n int, b []byte, valid vec.Bitmap) ([]byte, error) {
	out := vec.Make[vec.Int128](n)
	switch f.width {
	case 4, 8:
		for i := range out {
			switch {
			case f.conv == convertUnsigned:
				out[i] = vec.Int128{Lo: binary.LittleEndian.Uint64(b[8*i:])}
			case f.width == 4:
				out[i] = vec.Int128Of(int64(int32(binary.LittleEndian.Uint32(b[4*i:]))))
			default:
				out[i] = vec.Int128Of(int64(binary.LittleEndian.Uint64(b[8*i:])))
			}
		}
	case 32:
		words := vec.As[int64](b)
		for i := range out {
			w := words[4*i:][:4]
			out[i] = vec.Int128{Lo: uint64(w[0]), Hi: w[1]}
			if sign := w[1] >> 63; (w[2] != sign || w[3] != sign) && valid.Get(i) {
				return nil, errRange
			}
		}
	}
	return vec.BytesOf(out), nil
}

// narrow reads decimals of 128 or 256 bits that have few enough digits for 64.
func narrow(f *field, n int, b []byte, valid vec.Bitmap) ([]byte, error) {
	out, words, k := vec.Make[int64](n), vec.As[int64](b), f.width/8
	for i := range out {
		w := words[k*i:][:k]
		out[i] = w[0]
		for _, x := range w[1:] {
			if x != w[0]>>63 && valid.Get(i) {
				return nil, errRange
			}
		}
	}
	return vec.BytesOf(out), nil
}

func intervals(f *field, n int, b []byte, valid vec.Bitmap) ([]byte, error) {
	out := make([]vec.Interval, n)
	for i := range out {
		if !valid.Get(i) {
			continue
		}
		x, p := &out[i], b[i*f.width:]
		switch f.conv {
		case convertMonths:
			x.Months = int32(binary.LittleEndian.Uint32(p))
		case convertDays:
			x.Days, x.Micros = int32(binary.LittleEndian.Uint32(p)), int64(int32(binary.LittleEndian.Uint32(p[4:])))*1000
		case convertNanos:
			x.Months, x.Days = int32(binary.LittleEndian.Uint32(p)), int32(binary.LittleEndian.Uint32(p[4:]))
			x.Micros = int64(binary.LittleEndian.Uint64(p[8:])) / 1000
		default:
			v := int64(binary.LittleEndian.Uint64(p))
			if f.factor == 1 {
				x.Micros = v / 1000
				continue
			}
			if limit := math.MaxInt64 / (f.factor / 1000); v > limit || v < -limit {
				return nil, errRange
			}
			x.Micros = v * (f.factor / 1000)
		}
	}
	return vec.BytesOf(out), nil
}

// half widens an IEEE half.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0: // zero or subnormal: frac * 2^-24
		return math.Float32frombits(math.Float32bits(float32(frac)/(1<<24)) | sign)
	case 31:
		return math.Float32frombits(sign | 255<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
