package exectest

import (
	"context"
	"io"
	"math/rand/v2"
	"sync/atomic"

	"gsql/exec"
	"gsql/exec/vec"
)

// Encoding is how a source hands out columns.
type Encoding uint8

const (
	Flat       Encoding = iota
	Dict                // distinct values, NULL in the codes; one dictionary for all batches
	SloppyDict          // repeated and unused values, NULL in the dictionary
	Mixed               // another encoding per batch and column, constants where they are possible
)

// fault is what a source does instead of going on.
type fault uint8

const (
	none  fault = iota
	fail        // returns an error
	crash       // panics
	halt        // calls onFault and blocks until its context is cancelled
	alert       // calls onFault and goes on
)

// source is a leaf plan over a table. Rows are dealt to the partitions in order, so that each partition of
// a sorted table is sorted.
type source struct {
	table     *Table
	parts     [][]uint32 // rows of each partition
	batchRows int
	enc       Encoding
	sel       bool // put rows that do not count between those that do
	seed      uint64
	dicts     []coded

	fault   fault
	after   int // batches before the fault
	onFault func()
	served  atomic.Int64
	open    atomic.Int64 // streams not closed
}

func newSource(t *Table, parts, batchRows int, enc Encoding, sel bool, seed uint64) *source {
	s := &source{table: t, parts: make([][]uint32, parts), batchRows: batchRows, enc: enc, sel: sel, seed: seed}
	rng := rand.New(rand.NewPCG(seed, 2))
	for i := range t.Rows {
		p := rng.IntN(parts)
		s.parts[p] = append(s.parts[p], uint32(i))
	}
	if enc == Dict || enc == Mixed {
		for _, v := range t.Cols {
			s.dicts = append(s.dicts, encoded(v))
		}
	}
	return s
}

func (s *source) Schema() exec.Schema             { return s.table.Schema }
func (s *source) Partitioning() exec.Partitioning { return exec.Partitioning{N: len(s.parts)} }
func (s *source) Inputs() []exec.Plan             { return nil }
func (s *source) Fingerprint(d *exec.Digest)      { d.Add(s.table.Schema, s.parts, s.seed) }
func (s *source) String() string                  { return "Source" }

func (s *source) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	s.open.Add(1)
	return &sourceStream{source: s, rows: s.parts[part], rng: rand.New(rand.NewPCG(s.seed, uint64(part)))}, nil
}

type sourceStream struct {
	*source
	rows   []uint32
	rng    *rand.Rand
	closed bool
}

// errSource is what a source with fault fail returns.
var errSource = errorString("the source failed")

type errorString string

func (e errorString) Error() string { return string(e) }

func (s *sourceStream) Next(ctx context.Context) (*vec.Batch, error) {
	if s.closed {
		panic("exectest: Next after Close")
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if s.fault != none && int(s.served.Add(1)) > s.after {
		switch s.fault {
		case fail:
			return nil, errSource
		case crash:
			panic("the source crashed")
		case halt:
			s.onFault()
			<-ctx.Done()
			return nil, context.Cause(ctx)
		case alert:
			s.onFault()
		}
	}
	if len(s.rows) == 0 {
		return nil, io.EOF
	}
	n := min(s.batchRows, len(s.rows))
	rows := s.rows[:n]
	s.rows = s.rows[n:]
	return s.batch(rows), nil
}

func (s *sourceStream) Close() error {
	if !s.closed {
		s.closed = true
		s.open.Add(-1)
	}
	return nil
}

// batch returns a batch in which the given rows of the table count.
func (s *sourceStream) batch(rows []uint32) *vec.Batch {
	b := &vec.Batch{}
	idx := rows
	if s.sel {
		idx, b.Sel = nil, []uint32{}
		for _, r := range rows {
			for s.rng.IntN(3) == 0 {
				idx = append(idx, uint32(s.rng.IntN(s.table.Rows)))
			}
			b.Sel = append(b.Sel, uint32(len(idx)))
			idx = append(idx, r)
		}
	}
	b.Rows = len(idx)
	for c, v := range s.table.Cols {
		b.Cols = append(b.Cols, s.encode(c, v, idx))
	}
	return b
}

func (s *sourceStream) encode(c int, v *vec.Vector, idx []uint32) *vec.Vector {
	enc := s.enc
	if enc == Mixed {
		if w := constant(v, idx); w != nil && s.rng.IntN(2) == 0 {
			return w
		}
		enc = Encoding(s.rng.IntN(3))
	}
	switch enc {
	case Dict:
		return recode(v, idx, s.dicts[c])
	case SloppyDict:
		return vec.NewDict(append([]uint32(nil), idx...), nil, v)
	}
	return vec.Gather(v, idx)
}

// constant returns the rows of v as a constant vector, nil when they differ.
func constant(v *vec.Vector, idx []uint32) *vec.Vector {
	for _, i := range idx {
		if !vec.EqualRows(v, int(idx[0]), v, int(i)) {
			return nil
		}
	}
	if v.IsNull(int(idx[0])) {
		return vec.NewNull(v.Type, len(idx))
	}
	w := *vec.Gather(v, idx[:1])
	w.Enc, w.Len, w.Valid = vec.Const, len(idx), nil
	return &w
}

// coded is a column by a dictionary of its values.
type coded struct {
	dict  *vec.Vector // without repetition or NULL, and not empty
	codes []uint32    // of the rows that are not NULL
}

func encoded(v *vec.Vector) coded {
	b := vec.NewBuilder(v.Type)
	place := map[string]uint32{}
	codes := make([]uint32, v.Len)
	for i := range v.Len {
		if v.IsNull(i) {
			continue
		}
		k := rowText([]*vec.Vector{v}, i)
		if _, ok := place[k]; !ok {
			place[k] = uint32(b.Len())
			b.AppendFrom(v, i)
		}
		codes[i] = place[k]
	}
	if b.Len() == 0 {
		b.AppendNull() // a dictionary of nothing
	}
	return coded{b.Finish(), codes}
}

// recode returns rows of v, of which c was made, as codes.
func recode(v *vec.Vector, idx []uint32, c coded) *vec.Vector {
	codes := make([]uint32, len(idx))
	valid := vec.NewBitmapSet(len(idx))
	nulls := false
	for i, r := range idx {
		if v.IsNull(int(r)) {
			valid.Clear(i)
			nulls = true
			continue
		}
		codes[i] = c.codes[r]
	}
	if !nulls {
		valid = nil
	}
	return vec.NewDict(codes, valid, c.dict)
}

// Source returns a plan that yields a table in a number of partitions, in flat columns.
func Source(t *Table, parts int) exec.Plan { return newSource(t, parts, 1000, Flat, false, 1) }
