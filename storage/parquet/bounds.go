package parquet

import (
	"encoding/binary"
	"math"
	"math/big"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// bounds are what a row group's statistics say of a column: constants between which all values lie that are
// not NULL, nil where unknown, and how many NULLs there are, -1 where unknown.
type bounds struct {
	min, max *vec.Vector
	nulls    int64
	rows     int64
	filter   *membership            // a Bloom filter of the values; nil: none
	has      func(*vec.Vector) bool // whether a constant may be among the values; nil: not known
}

// boundsOf decodes the statistics of a chunk. What cannot be trusted is left out.
func boundsOf(c *column, m *chunkMeta, rows int64) bounds {
	b := bounds{nulls: -1, rows: rows}
	if c.refuse != "" || c.root != nil {
		return b
	}
	s := &m.stats
	switch {
	case c.conv == convertNull:
		b.nulls = rows
		return b
	case !c.optional:
		b.nulls = 0
	case s.nulls >= 0 && s.nulls <= rows:
		b.nulls = s.nulls
	}
	if s.old && (c.unsigned || c.phys == physBytes || c.phys == physFixed) {
		return b // these were ordered as signed numbers or signed bytes
	}
	if s.min != nil {
		b.min = boundValue(c, s.min)
	}
	if s.max != nil {
		b.max = boundValue(c, s.max)
	}
	if c.typ.IsFloat() {
		// NaN is above all in SQL, and not counted in statistics.
		b.max = nil
		if b.min != nil && isNaN(b.min) {
			b.min = nil
		}
	}
	if b.min != nil && b.max != nil && vec.CompareRows(b.min, 0, b.max, 0) > 0 {
		b.min, b.max = nil, nil
	}
	return b
}

func isNaN(v *vec.Vector) bool {
	if v.Kind == types.KFloat32 {
		x := vec.At[float32](v, 0)
		return x != x
	}
	x := vec.At[float64](v, 0)
	return x != x
}

// boundValue returns a statistic as a constant of the column's type, nil when it is malformed or when the
// type's statistics have no order that SQL shares.
func boundValue(c *column, raw []byte) *vec.Vector {
	switch c.conv {
	case convertInt96, convertInterval, convertFloat16:
		return nil
	}
	switch c.phys {
	case physBytes, physFixed:
		return byteBound(c, raw)
	case physBool:
		if len(raw) != 1 || raw[0] > 1 {
			return nil
		}
		return vec.NewConst(c.typ, c.kind, raw[0], 1)
	}
	if len(raw) != c.width() {
		return nil
	}
	switch c.kind {
	case types.KInt16:
		return convertBound(c, narrow, raw)
	case types.KInt32:
		return convertBound[int32](c, nil, raw)
	case types.KInt64:
		return convertBound(c, c.converterFor64(), raw)
	case types.KInt128:
		return convertBound(c, unsigned64, raw)
	case types.KFloat32:
		// Zeros of either sign are equal in SQL, so the bound need not care.
		return vec.NewConst(c.typ, c.kind, math.Float32frombits(binary.LittleEndian.Uint32(raw)), 1)
	case types.KFloat64:
		return vec.NewConst(c.typ, c.kind, math.Float64frombits(binary.LittleEndian.Uint64(raw)), 1)
	}
	return nil
}

func convertBound[T vec.Fixed](c *column, convert converter[T], raw []byte) *vec.Vector {
	var x [1]T
	if convert.fill(x[:], raw) != nil {
		return nil
	}
	return vec.NewConst(c.typ, c.kind, x[0], 1)
}

// byteBound returns a bound of a column of byte strings: decimals, uuids and texts.
func byteBound(c *column, raw []byte) *vec.Vector {
	switch {
	case c.conv == convertDecimal:
		if len(raw) == 0 || len(raw) > 32 {
			return nil
		}
		x := bigEndian(raw)
		if c.kind == types.KInt64 {
			if !x.IsInt64() {
				return nil
			}
			return vec.NewConst(c.typ, c.kind, x.Int64(), 1)
		}
		return int128Const(c.typ, x)
	case c.conv == convertUUID:
		if len(raw) != 16 {
			return nil
		}
		return vec.NewConst(c.typ, c.kind, [16]byte(raw), 1)
	case c.typ.ID == types.Text || c.typ.ID == types.Bytea:
		return vec.NewText(c.typ, string(raw), 1)
	}
	return nil // json has no order
}

func int128Const(t types.Type, x *big.Int) *vec.Vector {
	if x.BitLen() > 126 {
		return nil
	}
	lo := new(big.Int).And(x, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	hi := new(big.Int).Rsh(x, 64).Int64()
	return vec.NewConst(t, types.KInt128, vec.Int128{Lo: lo, Hi: hi}, 1)
}
