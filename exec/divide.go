package exec

import (
	"context"

	"gsql/exec/expr"
	"gsql/exec/vec"
)

// dividing is the input of an operator that computes expressions over batches. When one of a batch's rows raises an error,
// the operator has the batch divided, and meets it again in parts: so the rows before that row get through, as they do
// where rows are computed one by one, and a consumer that has enough of them never learns of the error. It costs nothing
// while there is no error, and with one as much as the batch's rows before it, about twice.
type dividing struct {
	Stream
	once  bool         // the expressions have effects, which are not to happen twice
	parts []*vec.Batch // of batches that were divided, the next one last
}

// newDividing returns a stream as the input of an operator that computes exprs.
func newDividing(in Stream, exprs ...expr.Expr) *dividing {
	d := &dividing{Stream: in}
	for _, e := range exprs {
		d.once = d.once || e != nil && expr.IsVolatile(e)
	}
	return d
}

// Next returns the next part of a batch that was divided, or the next batch.
func (d *dividing) Next(ctx context.Context) (*vec.Batch, error) {
	n := len(d.parts) - 1
	if n < 0 {
		return d.Stream.Next(ctx)
	}
	b := d.parts[n]
	d.parts = d.parts[:n]
	return b, nil
}

// divide takes back the batch that Next has just returned, for which the expressions have raised err. It returns nil when
// the batch will come again in parts, and err when that is of no use.
func (d *dividing) divide(ctx context.Context, b *vec.Batch, err error) error {
	n := b.Len()
	if d.once || n < 2 || ctx.Err() != nil {
		return err
	}
	d.parts = append(d.parts, b.Slice(n/2, n), b.Slice(0, n/2))
	return nil
}

func (d *dividing) Close() error {
	d.parts = nil
	return d.Stream.Close()
}
