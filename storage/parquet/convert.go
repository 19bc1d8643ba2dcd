package parquet

import (
	"encoding/binary"
	"math"
	"math/big"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// A converter makes SQL values of physical values in PLAIN layout. It is nil for types whose memory is the
// file's.
type converter[T vec.Fixed] func(dst []T, src []byte) error

// fill makes dst of the values at src.
func (c converter[T]) fill(dst []T, src []byte) error {
	if c == nil {
		copy(vec.BytesOf(dst), src)
		return nil
	}
	return c(dst, src)
}

func narrow(dst []int16, src []byte) error {
	for i := range dst {
		dst[i] = int16(int32(binary.LittleEndian.Uint32(src[4*i:])))
	}
	return nil
}

func unsigned32(dst []int64, src []byte) error {
	for i := range dst {
		dst[i] = int64(binary.LittleEndian.Uint32(src[4*i:]))
	}
	return nil
}

func unsigned64(dst []vec.Int128, src []byte) error {
	for i := range dst {
		dst[i] = vec.Int128{Lo: binary.LittleEndian.Uint64(src[8*i:])}
	}
	return nil
}

// widen multiplies 32-bit integers.
func widen(factor int64) converter[int64] {
	return func(dst []int64, src []byte) error {
		for i := range dst {
			dst[i] = int64(int32(binary.LittleEndian.Uint32(src[4*i:]))) * factor
		}
		return nil
	}
}

// multiply brings 64-bit integers to a finer unit.
func multiply(factor int64) converter[int64] {
	limit := math.MaxInt64 / factor
	return func(dst []int64, src []byte) error {
		for i := range dst {
			x := int64(binary.LittleEndian.Uint64(src[8*i:]))
			if x > limit || x < -limit {
				return errTimestamp
			}
			dst[i] = x * factor
		}
		return nil
	}
}

// divide brings 64-bit integers to a coarser unit, rounding down.
func divide(factor int64) converter[int64] {
	return func(dst []int64, src []byte) error {
		for i := range dst {
			dst[i] = floorDiv(int64(binary.LittleEndian.Uint64(src[8*i:])), factor)
		}
		return nil
	}
}

func floorDiv(x, by int64) int64 {
	q := x / by
	if x%by < 0 {
		q--
	}
	return q
}

// decimal64 reads big-endian integers of width bytes that fit in 64 bits.
func decimal64(width int) converter[int64] {
	return func(dst []int64, src []byte) error {
		var w [8]byte
		for i := range dst {
			b := src[i*width:][:width]
			if width <= 8 {
				var x uint64
				for _, c := range b {
					x = x<<8 | uint64(c)
				}
				shift := uint(64 - 8*width)
				dst[i] = int64(x<<shift) >> shift
				continue
			}
			if err := signExtend(w[:], b); err != nil {
				return err
			}
			dst[i] = int64(binary.BigEndian.Uint64(w[:]))
			if (dst[i] < 0) != (b[0] >= 0x80) {
				return errDecimal
			}
		}
		return nil
	}
}

// decimal128 reads big-endian integers of width bytes.
func decimal128(width int) converter[vec.Int128] {
	return func(dst []vec.Int128, src []byte) error {
		var w [16]byte
		for i := range dst {
			b := src[i*width:][:width]
			if width == 16 {
				dst[i] = vec.Int128{Lo: binary.BigEndian.Uint64(b[8:]), Hi: int64(binary.BigEndian.Uint64(b))}
				continue
			}
			if err := signExtend(w[:], b); err != nil {
				return err
			}
			dst[i] = vec.Int128{Lo: binary.BigEndian.Uint64(w[8:]), Hi: int64(binary.BigEndian.Uint64(w[:]))}
			if (dst[i].Hi < 0) != (b[0] >= 0x80) {
				return errDecimal
			}
		}
		return nil
	}
}

// julianEpoch is 1970-01-01 as a Julian day number.
const julianEpoch = 2440588

func int96(dst []int64, src []byte) error {
	for i := range dst {
		nanos := int64(binary.LittleEndian.Uint64(src[12*i:]))
		day := int64(binary.LittleEndian.Uint32(src[12*i+8:])) - julianEpoch
		const micros int64 = 86400 * 1e6
		if day > math.MaxInt64/micros-1 || day < math.MinInt64/micros+1 {
			return errTimestamp
		}
		dst[i] = day*micros + floorDiv(nanos, 1000)
	}
	return nil
}

func interval(dst []vec.Interval, src []byte) error {
	for i := range dst {
		b := src[12*i:]
		dst[i] = vec.Interval{
			Months: int32(binary.LittleEndian.Uint32(b)),
			Days:   int32(binary.LittleEndian.Uint32(b[4:])),
			Micros: int64(binary.LittleEndian.Uint32(b[8:])) * 1000,
		}
	}
	return nil
}

func float16(dst []float32, src []byte) error {
	for i := range dst {
		dst[i] = halfToFloat(binary.LittleEndian.Uint16(src[2*i:]))
	}
	return nil
}

// halfToFloat widens an IEEE half.
func halfToFloat(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0: // zero or subnormal: frac * 2^-24
		f := float32(frac) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 255<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// width returns the bytes of a physical value in PLAIN layout as its source gives it.
func (c *column) width() int {
	switch c.phys {
	case physBool:
		return 1
	case physInt32, physFloat:
		return 4
	case physInt64, physDouble:
		return 8
	case physBytes:
		return decimalWidth
	}
	return c.typeLen
}

// converterFor64 returns the converter of the columns whose values are 64-bit integers.
func (c *column) converterFor64() converter[int64] {
	switch {
	case c.conv == convertDecimal:
		return decimal64(c.width())
	case c.conv == convertInt96:
		return int96
	case c.conv == convertUnsigned:
		return unsigned32
	case c.conv == convertMul && c.phys == physInt32:
		return widen(c.factor)
	case c.conv == convertMul:
		return multiply(c.factor)
	case c.conv == convertDiv:
		return divide(c.factor)
	}
	return nil
}

// bigEndian returns a big-endian integer of any length, for statistics.
func bigEndian(b []byte) *big.Int {
	x := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		x.Sub(x, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return x
}

// newDecoder returns the decoder of a column's pages.
func newDecoder(c *column) decoder {
	switch c.kind {
	case types.KBool:
		return newFixed[uint8](c, nil)
	case types.KInt16:
		return newFixed(c, narrow)
	case types.KInt32:
		return newFixed[int32](c, nil)
	case types.KInt64:
		return newFixed(c, c.converterFor64())
	case types.KFloat32:
		if c.conv == convertFloat16 {
			return newFixed(c, float16)
		}
		return newFixed[float32](c, nil)
	case types.KFloat64:
		return newFixed[float64](c, nil)
	case types.KInt128:
		if c.conv == convertUnsigned {
			return newFixed(c, unsigned64)
		}
		return newFixed(c, decimal128(c.width()))
	case types.KInterval:
		return newFixed(c, interval)
	case types.KUUID:
		return newFixed[[16]byte](c, nil)
	}
	return &texts{col: c}
}
