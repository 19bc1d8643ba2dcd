package exec

import (
	"context"
	"io"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// Kept are the rows of a query, all of which have been computed, to read from any place: in memory as far as they may
// take it, the rest in a file. Behind the rows that came before an error is that error. One goroutine uses it.
type Kept struct {
	rows   *keptRows
	stream *keptStream
	batch  *vec.Batch // the one that was read last
	start  int64      // number of its first row
}

// Keep takes rows from next until io.EOF or an error. env gives the memory and the place for the file, and must stay open as long as
// the rows are used; p is what the memory is accounted to.
func Keep(ctx context.Context, env *Env, p Plan, ts []types.Type, next func(ctx context.Context) (*vec.Batch, error)) (*Kept, error) {
	rows := newKeptRows(env, ts, env.reserveSpillable(p, "cursor"), env.spilled(p))
	for {
		b, err := next(ctx)
		if err == nil {
			err = rows.add(b.Compact())
		} else if ctx.Err() == nil {
			if err != io.EOF {
				rows.err = err
			}
			if err = rows.finish(); err == nil {
				return &Kept{rows: rows}, nil
			}
		}
		if err != nil {
			rows.close()
			return nil, err
		}
	}
}

// Batch returns the batch that has a row, counted from 0, and the number of the batch's first row; io.EOF behind the last
// row. Going forward is cheap; going back before the batch that was read last begins from the start.
func (k *Kept) Batch(ctx context.Context, row int64) (b *vec.Batch, start int64, err error) {
	if k.stream == nil || row < k.start {
		k.rewind()
	}
	for k.batch == nil || row >= k.start+int64(k.batch.Rows) {
		read := int64(0)
		if k.batch != nil {
			read = int64(k.batch.Rows)
		}
		if ctx.Err() != nil {
			return nil, 0, context.Cause(ctx)
		}
		next, err := k.stream.Next(ctx)
		if err != nil {
			return nil, 0, err
		}
		k.batch, k.start = next.Compact(), k.start+read
	}
	return k.batch, k.start, nil
}

func (k *Kept) rewind() {
	if k.stream != nil {
		_ = k.stream.Close() // of a file that was only read
	}
	k.stream, k.batch, k.start = k.rows.read(), nil, 0
}

// Close frees the memory and removes the file.
func (k *Kept) Close() error {
	if k.stream != nil {
		_ = k.stream.Close()
	}
	k.rows.close()
	return nil
}
