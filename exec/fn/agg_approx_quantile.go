package fn

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// approxQuantileAcc is approx_quantile. A group has a sketch of at most maxQuantileBuckets buckets, which become coarser
// as values need it, as in UDDSketch (Epicoco et al., 2020). How coarse they are follows from the values alone, and all
// that a bucket holds is a count and two extremes, so the result does not depend on the order of rows or on how they are
// split.
type approxQuantileAcc struct {
	sketches []quantileSketch
	shares   *cells // the quantiles: float8 or float8[], the same in all rows of a group
	held     int64
	ret      types.Type
}

// maxQuantileBuckets is how many buckets a sketch has: up to so many different values it is exact.
const maxQuantileBuckets = 4096

// quantileSketch is the distribution of a group's values.
type quantileSketch struct {
	buckets []quantileBucket // in order
	coarse  uint             // how many bits of the values' keys do not count
	pending []float64
}

// quantileBucket has the values of a group that share the first bits of their keys.
type quantileBucket struct {
	key      uint64
	n        int64
	min, max float64
}

const nanKey = math.MaxUint64

// floatKey returns bits that are in the order of the values, in which NaN comes last.
func floatKey(x float64) uint64 {
	switch bits := math.Float64bits(x); {
	case x != x:
		return nanKey
	case x < 0:
		return ^bits
	case x == 0:
		return 1 << 63
	default:
		return bits | 1<<63
	}
}

// bucketKey is the key of the bucket for x.
func bucketKey(x float64, coarse uint) uint64 {
	k := floatKey(x)
	if k == nanKey {
		return k
	}
	return k >> coarse
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
		b := quantileBucket{bucketKey(x, s.coarse), 1, x, x}
		if last := len(some) - 1; last >= 0 && some[last].key == b.key {
			some[last].take(b)
		} else {
			some = append(some, b)
		}
	}
	s.pending = s.pending[:0]
	s.merge(some, s.coarse)
}

// coarsen makes buckets of pairs of buckets until coarse bits of the keys do not count.
func (s *quantileSketch) coarsen(coarse uint) {
	if coarse == s.coarse {
		return
	}
	out := s.buckets[:0]
	for _, b := range s.buckets {
		if b.key != nanKey {
			b.key >>= coarse - s.coarse
		}
		if last := len(out) - 1; last >= 0 && out[last].key == b.key {
			out[last].take(b)
		} else {
			out = append(out, b)
		}
	}
	s.buckets, s.coarse = out, coarse
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

// merge adds sorted buckets of keys of which coarse bits do not count.
func (s *quantileSketch) merge(some []quantileBucket, coarse uint) {
	other := quantileSketch{buckets: some, coarse: coarse}
	other.coarsen(max(coarse, s.coarse))
	s.coarsen(other.coarse)
	s.union(other.buckets)
	for len(s.buckets) > maxQuantileBuckets {
		s.coarsen(s.coarse + 1)
	}
}

// union adds sorted buckets of keys as the sketch's are.
func (s *quantileSketch) union(some []quantileBucket) {
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
	return 56*int64(cap(a.sketches)) + a.shares.bytes() + a.held
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

// pack appends the form of a sketch as a state.
func (s *quantileSketch) pack(dst []byte) []byte {
	dst = append(dst, byte(s.coarse))
	for _, b := range s.buckets {
		dst = binary.AppendUvarint(dst, uint64(b.n))
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(b.min))
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(b.max))
	}
	return dst
}

func unpackBuckets(src []byte) (out []quantileBucket, coarse uint) {
	coarse, src = uint(src[0]), src[1:]
	for len(src) > 0 {
		n, size := binary.Uvarint(src)
		src = src[size:]
		lo := math.Float64frombits(binary.LittleEndian.Uint64(src))
		hi := math.Float64frombits(binary.LittleEndian.Uint64(src[8:]))
		src = src[16:]
		out = append(out, quantileBucket{bucketKey(lo, coarse), int64(n), lo, hi})
	}
	return out, coarse
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
		out.End(i, s.pack(out.Begin()))
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
	out.AppendArray(l.Shape, func(c *vec.Builder) {
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
