package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// Run calls f for 0..n-1, each in a goroutine of its own, and returns when all have returned. The first
// error cancels the context of the others and is the result; a panic in f becomes an error.
func (e *Env) Run(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	if n == 1 {
		return guard(func() error { return f(ctx, 0) })
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	part := owner(ctx)
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			err := guard(func() error {
				return branch(ctx, e, part, func(ctx context.Context) error { return f(ctx, i) })
			})
			if err != nil {
				once.Do(func() {
					first = err
					cancel(err)
				})
			}
		}()
	}
	wait(ctx, wg.Wait)
	return first
}

// Pull opens a partition of a plan, gives f each of its batches, and closes it.
func (e *Env) Pull(ctx context.Context, p Plan, part int, f func(b *vec.Batch) error) (err error) {
	s, err := e.Open(ctx, p, part)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := s.Close(); err == nil {
			err = cerr
		}
	}()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		yield(ctx)
		b, err := s.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(b); err != nil {
			return err
		}
	}
}

// PullAll pulls all partitions of a plan in parallel. f is called from one goroutine per partition, for
// several partitions at once.
func (e *Env) PullAll(ctx context.Context, p Plan, f func(part int, b *vec.Batch) error) error {
	return e.Run(ctx, p.Partitioning().N, func(ctx context.Context, part int) error {
		return e.Pull(ctx, p, part, func(b *vec.Batch) error { return f(part, b) })
	})
}

// pieceRows is how many rows a loop that does little for each works on between two looks at the context.
const pieceRows = 1 << 16

// pieces calls f for the pieces from..to-1 of n rows, asking ctx before each.
func pieces(ctx context.Context, n int, f func(from, to int)) error {
	for from := 0; from < n; from += pieceRows {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f(from, min(from+pieceRows, n))
	}
	return nil
}

// CollectAll returns the batches of all partitions of a plan, which are read in parallel. It reserves no
// memory: it is for small results.
func (e *Env) CollectAll(ctx context.Context, p Plan) ([][]*vec.Batch, error) {
	out := make([][]*vec.Batch, p.Partitioning().N)
	err := e.PullAll(ctx, p, func(part int, b *vec.Batch) error {
		out[part] = append(out[part], b)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// guard calls f and turns a panic into an error: one query's broken invariant must not end the process.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = Recovered(r)
		}
	}()
	return f()
}

// Recovered returns the error for what recover returned: XX000, with the stack as its detail. It is to be
// called in the deferred function, where the stack still stands.
func Recovered(r any) error {
	e := sqlstate.New(sqlstate.InternalError, "internal error: %v", r).WithDetail("%s", debug.Stack())
	if cause, ok := r.(error); ok {
		e.Err = cause
		var own *sqlstate.Error
		if errors.As(cause, &own) {
			e.Message = fmt.Sprintf("internal error: %s", own.Message)
		}
	}
	return e
}
