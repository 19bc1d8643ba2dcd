package exec

import (
	"context"
	"io"

	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/types"
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
	if env.inputs[p.Source.Input] != nil { // other tasks keep the rows
		s, err := env.Open(ctx, p.Source.Input, part)
		if err != nil {
			return nil, err
		}
		return &retypeStream{s, p.Out}, nil
	}
	return &materializeStream{plan: p, env: env, part: part}, nil
}

// materializeStream waits for the rows in Next, not in Open, which has little to do by contract.
type materializeStream struct {
	plan *Materialize
	env  *Env
	part int
	rows *keptStream
}

func (s *materializeStream) Next(ctx context.Context) (*vec.Batch, error) {
	if s.rows == nil {
		kept, err := s.env.Shared(ctx, s.plan.Source, func(ctx context.Context) (any, error) {
			return keepRows(ctx, s.env, s.plan)
		})
		if err != nil {
			return nil, err
		}
		s.rows = kept.(keptParts)[s.part].read()
	}
	b, err := s.rows.Next(ctx)
	if err != nil {
		return nil, err
	}
	return retype(b, s.plan.Out), nil
}

func (s *materializeStream) Close() error {
	if s.rows == nil {
		s.rows = &keptStream{}
	}
	return s.rows.Close()
}

// keptParts are the rows of all partitions of a plan.
type keptParts []*keptRows

func keepRows(ctx context.Context, env *Env, m *Materialize) (keptParts, error) {
	p := m.Source.Input
	parts := make(keptParts, p.Partitioning().N)
	for i := range parts {
		parts[i] = newKeptRows(env, p.Schema().Types(), env.reserveSpillable(m, "materialized rows"), env.spilled(m))
	}
	err := env.Run(ctx, len(parts), func(ctx context.Context, part int) error {
		return parts[part].fill(ctx, env, p, part, func(b *vec.Batch) (*vec.Batch, error) { return b, nil })
	})
	if ctx.Err() != nil {
		_ = parts.Close()
		return nil, err
	}
	for _, k := range parts {
		k.err = err
	}
	return parts, nil
}

// Close gives the memory back and removes the files.
func (p keptParts) Close() error {
	for _, k := range p {
		k.close()
	}
	return nil
}

// keptRows are rows in order that can be read several times: the first in memory, and from the batch on for which
// there is none, in a file. Those that were computed before an error are followed by it.
type keptRows struct {
	env     *Env
	types   []types.Type
	res     *mem.Reservation
	stats   *Spill
	held    *collector // for its accounting
	batches []*vec.Batch
	w       *spill.Writer // while rows are added; nil: all are in memory
	file    *spill.File
	err     error // nil: these are all
}

func newKeptRows(env *Env, ts []types.Type, res *mem.Reservation, stats *Spill) *keptRows {
	return &keptRows{env: env, types: ts, res: res, stats: stats, held: newCollector(res, 0)}
}

// fill keeps what f makes of the batches of a partition of a plan; nil is none. What came before an error is kept as well.
func (k *keptRows) fill(ctx context.Context, env *Env, p Plan, part int, f func(b *vec.Batch) (*vec.Batch, error)) error {
	join := batchJoiner{rows: env.BatchRows}
	err := env.Pull(ctx, p, part, func(b *vec.Batch) error {
		b, err := f(b)
		if err != nil || b == nil {
			return err
		}
		return k.add(join.add(b))
	})
	for _, end := range []func() error{func() error { return k.add(join.flush()) }, k.finish} {
		if e := end(); err == nil {
			err = e
		}
	}
	return err
}

// add appends a dense batch; nil is none.
func (k *keptRows) add(b *vec.Batch) error {
	if b == nil {
		return nil
	}
	if k.w != nil {
		return k.w.Write(b)
	}
	var bytes int64
	kept := &vec.Batch{Cols: make([]*vec.Vector, len(b.Cols)), Rows: b.Rows}
	for i, v := range b.Cols {
		kept.Cols[i] = k.held.detach(v)
		bytes += int64(len(kept.Cols[i].Data)+8*len(kept.Cols[i].Valid)) + k.held.sharedBytes(kept.Cols[i])
	}
	err := k.res.Grow(bytes)
	if err == nil {
		k.batches = append(k.batches, kept)
		return nil
	}
	if !canSpill(k.env, err) {
		return err
	}
	if k.w, err = k.env.Spill.Create(k.types); err != nil {
		return err
	}
	return k.w.Write(b)
}

// finish is called after the last add.
func (k *keptRows) finish() (err error) {
	if k.w != nil {
		k.file, err = k.stats.finish(k.w)
		k.w = nil
	}
	return err
}

func (k *keptRows) close() {
	if k.w != nil {
		k.w.Close()
	}
	if k.file != nil {
		k.file.Remove()
	}
	k.w, k.file, k.batches = nil, nil, nil
	k.res.Release()
}

// read returns a stream of the rows.
func (k *keptRows) read() *keptStream {
	return &keptStream{batches: batchesStream{batches: k.batches}, file: k.file, err: k.err}
}

// keptStream yields kept rows. Its place in the file is its own.
type keptStream struct {
	batches batchesStream
	file    *spill.File // nil: none
	r       *spill.Reader
	err     error // after the rows; nil: none
}

func (s *keptStream) Next(ctx context.Context) (*vec.Batch, error) {
	b, err := s.batches.Next(ctx)
	if err == io.EOF && s.file != nil {
		if s.r == nil {
			if s.r, err = s.file.Open(); err != nil {
				return nil, err
			}
		}
		b, err = s.r.Next(ctx)
	}
	if err == io.EOF && s.err != nil {
		return nil, s.err
	}
	return b, err
}

func (s *keptStream) Close() error {
	if s.r != nil {
		s.r.Close()
	}
	*s = keptStream{}
	return nil
}

// maxBatchBytes is how much small batches are joined to at most: rows may have lists of any length.
const maxBatchBytes = 2 << 20

// batchJoiner joins small batches to dense ones of about a number of rows.
type batchJoiner struct {
	rows    int
	pending []*vec.Batch
	count   int
	bytes   int64
}

// add takes a batch and returns one that is full, or nil.
func (j *batchJoiner) add(b *vec.Batch) *vec.Batch {
	if j.count == 0 && 2*b.Len() >= j.rows {
		return b.Compact()
	}
	b = b.Compact()
	j.pending = append(j.pending, b)
	j.count += b.Rows
	j.bytes += batchBytes(b)
	if j.count < j.rows && j.bytes < maxBatchBytes {
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
	j.pending, j.count, j.bytes = j.pending[:0], 0, 0
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
