package exec

import (
	"context"

	"gsql/exec/mem"
	"gsql/exec/vec"
)

// Materialize computes its input once per execution and yields it to every reader: plans that share the
// pointer Source share the rows. Its partitions are the source's.
type Materialize struct {
	Source *Source
	Out    Schema // the source's columns by position, under this reader's IDs
}

// Source is a plan whose rows are kept for several readers.
type Source struct {
	Name  string
	Input Plan
}

func (p *Materialize) Schema() Schema { return p.Out }
func (p *Materialize) Partitioning() Partitioning {
	return Partitioning{N: p.Source.Input.Partitioning().N}
}
func (p *Materialize) Inputs() []Plan { return []Plan{p.Source.Input} }

func (p *Materialize) String() string {
	if p.Source.Name == "" {
		return "Materialize"
	}
	return "Materialize " + p.Source.Name
}

func (p *Materialize) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	return &materializeStream{plan: p, env: env, part: part}, nil
}

// materializeStream waits for the rows in Next, not in Open, which has little to do by contract.
type materializeStream struct {
	plan    *Materialize
	env     *Env
	part    int
	batches *batchesStream
}

func (s *materializeStream) Next(ctx context.Context) (*vec.Batch, error) {
	if s.batches == nil {
		kept, err := s.env.Shared(ctx, s.plan.Source, func(ctx context.Context) (any, error) {
			return keepRows(ctx, s.env, s.plan)
		})
		if err != nil {
			return nil, err
		}
		s.batches = &batchesStream{batches: kept.(*keptRows).parts[s.part]}
	}
	b, err := s.batches.Next(ctx)
	if err != nil {
		return nil, err
	}
	return retype(b, s.plan.Out), nil
}

func (s *materializeStream) Close() error {
	s.batches = &batchesStream{}
	return nil
}

// keptRows are the rows of all partitions of a plan.
type keptRows struct {
	parts [][]*vec.Batch
	res   []*mem.Reservation
}

func keepRows(ctx context.Context, env *Env, m *Materialize) (*keptRows, error) {
	p := m.Source.Input
	n := p.Partitioning().N
	k := &keptRows{parts: make([][]*vec.Batch, n), res: make([]*mem.Reservation, n)}
	for i := range k.res {
		k.res[i] = env.Reserve(m, "materialized rows")
	}
	err := env.Run(ctx, n, func(ctx context.Context, part int) error {
		c := newCollector(k.res[part], 0) // for its accounting
		join := batchJoiner{rows: env.BatchRows}
		add := func(b *vec.Batch) error {
			if b == nil {
				return nil
			}
			var bytes int64
			kept := &vec.Batch{Cols: make([]*vec.Vector, len(b.Cols)), Rows: b.Rows}
			for i, v := range b.Cols {
				kept.Cols[i] = c.detach(v)
				bytes += int64(len(kept.Cols[i].Data)+8*len(kept.Cols[i].Valid)) + c.sharedBytes(kept.Cols[i])
			}
			k.parts[part] = append(k.parts[part], kept)
			return k.res[part].Grow(bytes)
		}
		if err := env.Pull(ctx, p, part, func(b *vec.Batch) error { return add(join.add(b)) }); err != nil {
			return err
		}
		return add(join.flush())
	})
	if err != nil {
		_ = k.Close()
		return nil, err
	}
	return k, nil
}

// Close gives the memory back.
func (k *keptRows) Close() error {
	for _, r := range k.res {
		r.Release()
	}
	k.parts = nil
	return nil
}

// batchJoiner joins small batches to dense ones of about a number of rows.
type batchJoiner struct {
	rows    int
	pending []*vec.Batch
	count   int
}

// add takes a batch and returns one that is full, or nil.
func (j *batchJoiner) add(b *vec.Batch) *vec.Batch {
	if j.count == 0 && 2*b.Len() >= j.rows {
		return b.Compact()
	}
	j.pending = append(j.pending, b.Compact())
	j.count += b.Len()
	if j.count < j.rows {
		return nil
	}
	return j.flush()
}

// flush returns the rows that wait, nil when there are none.
func (j *batchJoiner) flush() *vec.Batch {
	if j.count == 0 {
		return nil
	}
	b := joinBatches(j.pending, j.count)
	j.pending, j.count = j.pending[:0], 0
	return b
}

// joinBatches returns the rows of dense batches in one.
func joinBatches(bs []*vec.Batch, rows int) *vec.Batch {
	if len(bs) == 1 {
		return bs[0]
	}
	out := &vec.Batch{Cols: make([]*vec.Vector, len(bs[0].Cols)), Rows: rows}
	vs := make([]*vec.Vector, len(bs))
	for c := range out.Cols {
		for i, b := range bs {
			vs[i] = b.Cols[c]
		}
		out.Cols[c] = vec.Concat(vs)
	}
	return out
}
