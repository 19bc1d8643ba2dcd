package iceberg

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// mayHave returns what tells whether a file may have rows with a value of a column, by the buckets that files are
// partitioned into; nil if the column has none.
func (t *table) mayHave(column int) func(file int, value *vec.Vector) bool {
	id := int(t.out.Fields[column].ID)
	any := false
	for _, s := range t.m.PartitionSpecs {
		for i := range s.Fields {
			any = any || s.Fields[i].Source == id && s.Fields[i].buckets() > 0
		}
	}
	if !any || t.nanos[id] {
		return nil
	}
	typ := t.out.Fields[column].Type
	return func(file int, value *vec.Vector) bool {
		e := t.files[file]
		for i := range e.spec.Fields {
			f := &e.spec.Fields[i]
			n := f.buckets()
			have, known := e.partition[i].(int64)
			if f.Source != id || n == 0 || !known {
				continue
			}
			if h, ok := bucketHash(typ, value); ok && int64(h&math.MaxInt32)%n != have {
				return false
			}
		}
		return true
	}
}

// buckets returns the number of buckets of a transform, 0 if it is another.
func (p *partitionField) buckets() int64 {
	s, ok := strings.CutPrefix(p.Transform, "bucket[")
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(s, "]"), 10, 32)
	if err != nil || n <= 0 {
		return 0
	}
	return n
}

// bucketHash returns the hash by which values of a column of a type are put into buckets; ok is false for what is not known,
// such as values of other types that may be equal.
func bucketHash(column types.Type, v *vec.Vector) (hash uint32, ok bool) {
	t := v.Type.ID
	switch {
	case v.IsNull(0):
		return 0, false
	case column.IsInteger() && t == types.Int16:
		return hashLong(int64(vec.At[int16](v, 0))), true
	case column.IsInteger() && t == types.Int32, column.ID == types.Date && t == types.Date:
		return hashLong(int64(vec.At[int32](v, 0))), true
	case column.IsInteger() && t == types.Int64, t == column.ID && (t == types.Timestamp || t == types.TimestampTZ || t == types.Time):
		return hashLong(vec.At[int64](v, 0)), true
	case column.ID == types.Text && (t == types.Text || t == types.Varchar || t == types.Unknown):
		return murmur3(v.Bytes(0)), true
	}
	return 0, false
}

func hashLong(x int64) uint32 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(x))
	return murmur3(b[:])
}

// murmur3 is the hash of that name, of 32 bits, with seed 0.
func murmur3(b []byte) uint32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	h, n := uint32(0), uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		h ^= bits.RotateLeft32(binary.LittleEndian.Uint32(b)*c1, 15) * c2
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	if len(b) > 0 {
		k := uint32(0)
		for i, c := range b {
			k |= uint32(c) << (8 * i)
		}
		h ^= bits.RotateLeft32(k*c1, 15) * c2
	}
	h ^= n
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
