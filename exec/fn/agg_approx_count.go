package fn

import (
	"github.com/axiomhq/hyperloglog"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// approxCountAcc is approx_count_distinct, a HyperLogLog sketch of 2^14 registers for each group: the result is within
// 1.6 % in 95 of 100 cases, and up to sparseCount it is nearly always exact. It does not depend on the order of rows
// or on how they are split.
type approxCountAcc struct {
	sketches []*hyperloglog.Sketch // nil: no rows
	room     []uint16              // how much of held is of each
	held     int64
	hashes   []uint64
}

const (
	// sparseCount is how many distinct values no sketch needs registers for: it keeps them as a list of at most five
	// bytes each, until that is longer than the registers.
	sparseCount = 3000
	sketchBytes = 256      // of an empty one
	sketchRoom  = 20 << 10 // of one with registers
	rowRoom     = 16       // of a row in a list
)

func (a *approxCountAcc) Grow(n int) {
	a.sketches = grown(a.sketches, n)
	a.room = grown(a.room, n)
}

func (a *approxCountAcc) Bytes() int64 { return 10*int64(cap(a.sketches)) + a.held }

// sketch returns that of a group, making room for n bytes more in it.
func (a *approxCountAcc) sketch(g uint32, n int) *hyperloglog.Sketch {
	if a.sketches[g] == nil {
		a.sketches[g] = hyperloglog.New14()
		a.held += sketchBytes
	}
	if n = min(n, sketchRoom-int(a.room[g])); n > 0 {
		a.room[g] += uint16(n)
		a.held += int64(n)
	}
	return a.sketches[g]
}

func (a *approxCountAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := args[0]
	if cap(a.hashes) < len(groups) {
		a.hashes = make([]uint64, len(groups))
	}
	hashes := a.hashes[:len(groups)]
	vec.Hash(v, hashes, false)
	valid := validity(v)
	for i, g := range groups {
		if valid.Get(i) {
			a.sketch(g, rowRoom).InsertHash(avalanche(hashes[i]))
		}
	}
	return nil
}

// avalanche makes each bit of a hash depend on all of its bits, as the sketch needs it.
func avalanche(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func (a *approxCountAcc) Merge(state []*vec.Vector, groups []uint32) error {
	v := state[0]
	for i, g := range groups {
		if v.IsNull(i) {
			continue
		}
		var part hyperloglog.Sketch
		b := v.Bytes(i)
		if err := part.UnmarshalBinary(b); err != nil {
			return sqlstate.New(sqlstate.InternalError, "approx_count_distinct: %v", err)
		}
		if err := a.sketch(g, 4*len(b)).Merge(&part); err != nil {
			return sqlstate.New(sqlstate.InternalError, "approx_count_distinct: %v", err)
		}
	}
	return nil
}

func (a *approxCountAcc) State(from, to int) ([]*vec.Vector, error) {
	s := NewStrings(to-from, nil)
	f := flags{n: to - from}
	for i, sk := range a.sketches[from:to] {
		if sk == nil {
			f.null(i)
			continue
		}
		b, err := sk.AppendBinary(s.Begin())
		if err != nil {
			return nil, sqlstate.New(sqlstate.InternalError, "approx_count_distinct: %v", err)
		}
		s.End(i, b)
	}
	return []*vec.Vector{s.Finish(types.Of(types.Bytea), f.valid)}, nil
}

func (a *approxCountAcc) Result(from, to int) (*vec.Vector, error) {
	return resultsErr(types.Of(types.Int64), types.KInt64, from, to, func(g int) (int64, bool, error) {
		n, err := estimate(a.sketches[g])
		return n, true, err
	})
}

// estimate returns the number of distinct values. Above sparseCount it always reads registers: whether a sketch has
// them then depends on the order of rows.
func estimate(sk *hyperloglog.Sketch) (int64, error) {
	if sk == nil {
		return 0, nil
	}
	if n := sk.Estimate(); n <= sparseCount {
		return int64(n), nil
	}
	dense := hyperloglog.NewNoSparse()
	if err := dense.Merge(sk); err != nil {
		return 0, sqlstate.New(sqlstate.InternalError, "approx_count_distinct: %v", err)
	}
	return int64(dense.Estimate()), nil
}

func init() {
	RegisterAggregate(aggregate("approx_count_distinct", types.Int64, []types.Type{types.Of(types.Bytea)},
		func([]types.Type, types.Type) Accumulator { return &approxCountAcc{} }, types.Any))
}
