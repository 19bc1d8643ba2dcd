package exec

import (
	"context"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// dealer deals the rows of one input partition of a Hash exchange to the outputs.
type dealer struct {
	push     func(ctx context.Context, out int, b *vec.Batch) error
	ordinals []int // of the hash columns
	hashes   []uint64
	outs     []uint32      // of each row
	counts   []int         // rows per output
	pending  []batchJoiner // per output
}

// newDealer returns a dealer that gives batches of about so many rows to push.
func newDealer(p *Exchange, rows int, push func(ctx context.Context, out int, b *vec.Batch) error) (*dealer, error) {
	n := p.outputs()
	d := &dealer{push: push, counts: make([]int, n), pending: make([]batchJoiner, n)}
	for i := range d.pending {
		d.pending[i].rows = rows
	}
	for _, id := range p.Hash {
		o := p.Schema().Index(id)
		if o < 0 {
			return nil, sqlstate.New(sqlstate.InternalError, "an exchange hashes column #%d, which its input lacks", id)
		}
		d.ordinals = append(d.ordinals, o)
	}
	return d, nil
}

// deal gathers the rows of b for each output; they are pushed once they make a full batch.
func (d *dealer) deal(ctx context.Context, b *vec.Batch) error {
	n := b.Len()
	d.hash(b, n)
	clear(d.counts)
	d.outs = resize(d.outs, n)
	parts := uint64(len(d.counts))
	for i, h := range d.hashes[:n] {
		// The lower half: hash tables above may take the upper.
		p := uint32(uint64(uint32(h)) * parts >> 32)
		d.outs[i] = p
		d.counts[p]++
	}
	rows := d.split(b, n)
	for p, sel := range rows {
		if len(sel) == 0 {
			continue
		}
		piece := b
		if len(sel) < n {
			piece = &vec.Batch{Cols: b.Cols, Rows: b.Rows, Sel: sel}
		}
		if full := d.pending[p].add(piece); full != nil {
			if err := d.push(ctx, p, full); err != nil {
				return err
			}
		}
	}
	return nil
}

// hash computes the hash of each row that counts.
func (d *dealer) hash(b *vec.Batch, n int) {
	d.hashes = resize(d.hashes, n)
	if len(d.ordinals) == 0 {
		clear(d.hashes)
	}
	for i, o := range d.ordinals {
		v := b.Cols[o]
		if b.Sel != nil {
			v = vec.Gather(v, b.Sel)
		}
		vec.Hash(v, d.hashes, i > 0)
	}
}

// split returns the rows of b for each output.
func (d *dealer) split(b *vec.Batch, n int) [][]uint32 {
	all := vec.Make[uint32](n)
	rows := make([][]uint32, len(d.counts))
	at := 0
	for p, c := range d.counts {
		rows[p] = all[at : at : at+c]
		at += c
	}
	for i, p := range d.outs {
		r := uint32(i)
		if b.Sel != nil {
			r = b.Sel[i]
		}
		rows[p] = append(rows[p], r)
	}
	return rows
}

func (d *dealer) flush(ctx context.Context) error {
	for p := range d.pending {
		if b := d.pending[p].flush(); b != nil {
			if err := d.push(ctx, p, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// resize returns a slice of n elements with s's memory where that is enough; its elements are not cleared.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, max(n, 1024))
	}
	return s[:n]
}
