package exec

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// Sample keeps some of its input's rows at random: a Share of the blocks of Block rows each. With Number set it keeps all
// rows and adds a column of random numbers to them.
//
// The numbers are made from the row's place in the partition and a seed. With Repeatable that is Seed, so that an input of
// one partition whose rows always come in one order gives the same sample each time; without, it is another one for each
// execution and partition.
type Sample struct {
	Input      Plan
	Share      float64
	Block      int64
	Number     *Field // bigint
	Repeatable bool
	Seed       uint64
}

func (p *Sample) Schema() Schema {
	in := p.Input.Schema()
	if p.Number == nil {
		return in
	}
	return append(in[:len(in):len(in)], *p.Number)
}

func (p *Sample) Partitioning() Partitioning { return p.Input.Partitioning() }
func (p *Sample) Inputs() []Plan             { return []Plan{p.Input} }

func (p *Sample) String() string {
	switch {
	case p.Number != nil:
		return "Sample by random numbers"
	case p.Block > 1:
		return fmt.Sprintf("Sample %g%% of blocks of %d rows", p.Share*100, p.Block)
	}
	return fmt.Sprintf("Sample %g%%", p.Share*100)
}

func (p *Sample) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	in, err := env.Open(ctx, p.Input, part)
	if err != nil {
		return nil, err
	}
	s := &sampleStream{Stream: in, plan: p, seed: p.Seed, below: math.MaxUint64}
	if !p.Repeatable {
		s.seed = rand.Uint64()
	}
	if p.Share < 1 {
		s.below = uint64(p.Share * (1 << 63) * 2)
	}
	return s, nil
}

type sampleStream struct {
	Stream
	plan  *Sample
	seed  uint64
	below uint64 // numbers of rows that stay
	row   int64  // that comes next
}

func (s *sampleStream) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		b, err := s.Stream.Next(ctx)
		if err != nil {
			return nil, err
		}
		if s.plan.Number != nil {
			return s.numbered(b.Compact()), nil
		}
		if s.plan.Share >= 1 {
			return b, nil
		}
		if out := selectRows(b, s.choose(b)); out != nil {
			return out, nil
		}
	}
}

// choose returns the rows of b that stay.
func (s *sampleStream) choose(b *vec.Batch) []uint32 {
	var rows []uint32
	block, stays := int64(-1), false
	for k := range b.Len() {
		if at := s.row / s.plan.Block; at != block {
			block, stays = at, randomOf(s.seed, uint64(at)) < s.below
		}
		s.row++
		switch {
		case !stays:
		case b.Sel != nil:
			rows = append(rows, b.Sel[k])
		default:
			rows = append(rows, uint32(k))
		}
	}
	return rows
}

// numbered adds the random numbers to a dense batch.
func (s *sampleStream) numbered(b *vec.Batch) *vec.Batch {
	numbers := make([]int64, b.Rows)
	for i := range numbers {
		numbers[i] = int64(randomOf(s.seed, uint64(s.row)))
		s.row++
	}
	cols := append(b.Cols[:len(b.Cols):len(b.Cols)], vec.New(types.Of(types.Int64), types.KInt64, numbers, nil))
	return &vec.Batch{Rows: b.Rows, Cols: cols}
}

// randomOf returns number n of the random numbers of a seed: products whose halves are folded, twice.
func randomOf(seed, n uint64) uint64 {
	const a, b = 0x9e3779b97f4a7c15, 0xd1342543de82ef95
	hi, lo := bits.Mul64((n^seed)+b, a)
	hi, lo = bits.Mul64(hi^lo^bits.RotateLeft64(seed, 32), b)
	return hi ^ lo
}
