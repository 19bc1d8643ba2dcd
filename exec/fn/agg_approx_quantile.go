package fn

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// approxQuantileAcc is approx_quantile. A group has a sketch of buckets that grow with the values in them, as in
// DDSketch (Masson, Rim and Lee, 2019): the result differs from the value at the quantile's place by at most 0.4 % of
// that value. All that a bucket holds is a count and two extremes, so the result does not depend on the order of rows
// or on how they are split.
type approxQuantileAcc struct {
	sketches []quantileSketch
	shares   *cells // the quantiles: float8 or float8[], the same in all rows of a group
	held     int64
	ret      types.Type
}

// quantileSketch is the distribution of a group's values.
type quantileSketch struct {
	buckets []quantileBucket // in order
	pending []float64
}

// quantileBucket has the values of a group that share the first bits of their form as floats: sign, exponent and bucketBits of
// the mantissa.
type quantileBucket struct {
	key      int32
	n        int64
	min, max float64
}

const bucketBits = 7

// bucketKey orders buckets as PostgreSQL orders the values in them: NaN comes last, after Infinity.
func bucketKey(x float64) int32 {
	switch k := int32(math.Float64bits(math.Abs(x)) >> (52 - bucketBits)); {
	case x != x:
		return math.MaxInt32
	case x < 0:
		return -1 - k
	default:
		return k
	}
}

// bytes returns the memory of a sketch.
func (s *quantileSketch) bytes() int64 { return 32*int64(cap(s.buckets)) + 8*int64(cap(s.pending)) }

func (s *quantileSketch) add(x float64) {
	if len(s.pending) == cap(s.pending) && len(s.pending) >= max(16, len(s.buckets)) {
		s.settle()
	}
	s.pending = append(s.pending, x)
}

// settle puts the values that wait into their buckets.
func (s *quantileSketch) settle() {
	if len(s.pending) == 0 {
		return
	}
	slices.SortFunc(s.pending, vec.CompareFloat)
	var some []quantileBucket
	for _, x := range s.pending {
		b := quantileBucket{bucketKey(x), 1, x, x}
		if last := len(some) - 1; last >= 0 && some[last].key == b.key {
			some[last].take(b)
		} else {
			some = append(some, b)
		}
	}
	s.pending = s.pending[:0]
	s.merge(some)
}

// take adds what another bucket of the same key has.
func (b *quantileBucket) take(o quantileBucket) {
	b.n += o.n
	if vec.CompareFloat(o.min, b.min) < 0 {
		b.min = o.min
	}
	if vec.CompareFloat(o.max, b.max) > 0 {
		b.max = o.max
	}
}

// merge adds sorted buckets.
func (s *quantileSketch) merge(some []quantileBucket) {
	if len(s.buckets) == 0 {
		s.buckets = some
		return
	}
	out := make([]quantileBucket, 0, len(s.buckets)+len(some))
	i, j := 0, 0
	for i < len(s.buckets) && j < len(some) {
		switch cmp.Compare(s.buckets[i].key, some[j].key) {
		case -1:
			out = append(out, s.buckets[i])
			i++
		case 1:
			out = append(out, some[j])
			j++
		default:
			b := s.buckets[i]
			b.take(some[j])
			out = append(out, b)
			i, j = i+1, j+1
		}
	}
	s.buckets = append(append(out, s.buckets[i:]...), some[j:]...)
}

// at returns the value at a quantile: about the one behind which a share q of the others lies. There are values.
func (s *quantileSketch) at(q float64) (float64, error) {
	if err := checkFraction(q); err != nil {
		return 0, err
	}
	n := int64(0)
	for _, b := range s.buckets {
		n += b.n
	}
	rank := int64(q * float64(n-1))
	for _, b := range s.buckets {
		if rank -= b.n; rank >= 0 {
			continue
		}
		if b.min == b.max {
			return b.min, nil
		}
		return b.min/2 + b.max/2, nil
	}
	return s.buckets[len(s.buckets)-1].max, nil
}

func (a *approxQuantileAcc) Grow(n int) {
	a.sketches = grown(a.sketches, n)
	a.shares.grow(n)
}

func (a *approxQuantileAcc) Bytes() int64 {
	return 48*int64(cap(a.sketches)) + a.shares.bytes() + a.held
}

// note keeps the quantiles of groups that have none yet.
func (a *approxQuantileAcc) note(v *vec.Vector, groups []uint32, empty func(i int) bool) {
	v = vec.Flatten(v)
	for i, g := range groups {
		if !a.shares.has(int(g)) && (empty == nil || !empty(i)) {
			a.shares.set(int(g), v, i)
		}
	}
}

func (a *approxQuantileAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	vals := vec.Values[float64](v)
	for i, g := range groups {
		if !v.Valid.Get(i) {
			continue
		}
		s := &a.sketches[g]
		before := s.bytes()
		s.add(vals[i])
		a.held += s.bytes() - before
	}
	a.note(args[1], groups, nil)
	return nil
}

func (a *approxQuantileAcc) Merge(state []*vec.Vector, groups []uint32) error {
	for i, g := range groups {
		if state[0].IsNull(i) {
			continue
		}
		s := &a.sketches[g]
		before := s.bytes()
		s.settle()
		s.merge(unpackBuckets(state[0].Bytes(i)))
		a.held += s.bytes() - before
	}
	a.note(state[1], groups, func(i int) bool { return state[0].IsNull(i) && state[1].IsNull(i) })
	return nil
}

func packBuckets(dst []byte, buckets []quantileBucket) []byte {
	for _, b := range buckets {
		dst = binary.AppendUvarint(dst, uint64(b.n))
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(b.min))
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(b.max))
	}
	return dst
}

func unpackBuckets(src []byte) []quantileBucket {
	var out []quantileBucket
	for len(src) > 0 {
		n, size := binary.Uvarint(src)
		src = src[size:]
		lo := math.Float64frombits(binary.LittleEndian.Uint64(src))
		hi := math.Float64frombits(binary.LittleEndian.Uint64(src[8:]))
		src = src[16:]
		out = append(out, quantileBucket{bucketKey(lo), int64(n), lo, hi})
	}
	return out
}

func (a *approxQuantileAcc) State(from, to int) ([]*vec.Vector, error) {
	out := NewStrings(to-from, nil)
	f := flags{n: to - from}
	for i := range to - from {
		s := &a.sketches[from+i]
		if s.settle(); len(s.buckets) == 0 {
			f.null(i)
			continue
		}
		out.End(i, packBuckets(out.Begin(), s.buckets))
	}
	return []*vec.Vector{out.Finish(types.Of(types.Bytea), f.valid), a.shares.vector(from, to)}, nil
}

func (a *approxQuantileAcc) Result(from, to int) (*vec.Vector, error) {
	shares := a.shares.vector(from, to)
	out := vec.NewBuilder(a.ret)
	for i := range to - from {
		s := &a.sketches[from+i]
		if s.settle(); len(s.buckets) == 0 || shares.IsNull(i) {
			out.AppendNull()
			continue
		}
		if err := a.appendResult(out, s, shares, i); err != nil {
			return nil, err
		}
	}
	return out.Finish(), nil
}

// appendResult appends what a sketch has at the quantiles in row i.
func (a *approxQuantileAcc) appendResult(out *vec.Builder, s *quantileSketch, shares *vec.Vector, i int) (err error) {
	if a.ret.ID != types.Array {
		x, err := s.at(vec.At[float64](shares, i))
		if err == nil {
			vec.Append(out, x)
		}
		return err
	}
	l := vec.At[vec.List](shares, i)
	out.AppendList(func(c *vec.Builder) {
		for k := int(l.Off); k < int(l.Off+l.Len) && err == nil; k++ {
			if shares.Child.IsNull(k) {
				c.AppendNull()
				continue
			}
			var x float64
			if x, err = s.at(vec.At[float64](shares.Child, k)); err == nil {
				vec.Append(c, x)
			}
		}
	})
	return err
}

func init() {
	f := types.Of(types.Float64)
	for _, q := range []types.Type{f, types.ArrayOf(f)} {
		RegisterAggregate(&Aggregate{Name: "approx_quantile", Args: []types.Type{f, q}, Ret: q,
			State: func([]types.Type) []types.Type { return []types.Type{types.Of(types.Bytea), q} },
			New: func([]types.Type, types.Type) Accumulator {
				return &approxQuantileAcc{shares: newCells(q), ret: q}
			}})
	}
}
