package write

import (
	"context"
	"io"

	"gsql/exec"
	"gsql/exec/vec"
)

const (
	turnRows  = 64 << 10 // that a goroutine encodes in its turn, of text and Arrow; of Parquet it is a row group
	turnBytes = 64 << 20
)

// ordered writes the rows of an only partition in their order, by several goroutines: each takes some rows, encodes them,
// and appends them when the ones before have been appended.
func (r *run) ordered(ctx context.Context, f file) error {
	in, err := r.env.Open(ctx, r.plan.Input, 0)
	if err != nil {
		return err
	}
	defer in.Close()
	first := make(chan struct{})
	close(first)
	s := &turns{run: r, in: in, rows: turnRows, lock: make(chan struct{}, 1), before: first}
	if r.plan.Options.Format == "parquet" {
		s.rows = r.plan.Options.GroupRows
	}
	err = r.env.Run(ctx, r.plan.workers, func(ctx context.Context, _ int) error { return s.work(ctx, f) })
	if err != nil {
		return err
	}
	return in.Close()
}

// turns deals the rows of a stream out.
type turns struct {
	run    *run
	in     exec.Stream
	rows   int
	lock   chan struct{} // held by who takes rows
	before chan struct{} // closed when all that was taken so far has been appended
	done   bool
	rest   *vec.Batch // rows that did not fit in the last turn
}

// work encodes rows until there are no more.
func (s *turns) work(ctx context.Context, f file) error {
	b := f.block()
	for {
		batches, before, after, err := s.take(ctx)
		if err != nil || batches == nil {
			return err
		}
		b.await(func() error { return wait(ctx, before) })
		for _, batch := range batches {
			s.run.rows.Add(int64(batch.Rows))
			if err := b.add(ctx, batch); err != nil {
				return err
			}
		}
		if err := b.flush(); err != nil {
			return err
		}
		if err := wait(ctx, before); err != nil { // when nothing was to append
			return err
		}
		close(after)
	}
}

// take returns the next rows, nil at the end, and the channels that tell when those before have been appended, and that is to
// be closed when these are.
func (s *turns) take(ctx context.Context) (batches []*vec.Batch, before, after chan struct{}, err error) {
	exec.Wait(ctx, func() {
		select {
		case s.lock <- struct{}{}:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	})
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { <-s.lock }()
	rows, bytes := 0, int64(0)
	for rows < s.rows && bytes < turnBytes {
		b := s.rest
		if s.rest = nil; b == nil && !s.done {
			b, err = s.in.Next(ctx)
			if s.done = err != nil; err == io.EOF {
				b = nil
			} else if err != nil {
				return nil, nil, nil, err
			}
		}
		if b == nil {
			break
		}
		b = b.Compact()
		if rows+b.Rows > s.rows {
			b, s.rest = b.Slice(0, s.rows-rows), b.Slice(s.rows-rows, b.Rows)
		}
		batches = append(batches, b)
		rows += b.Rows
		bytes += bytesOf(b)
	}
	before, after = s.before, make(chan struct{})
	s.before = after
	return batches, before, after, nil
}

// wait waits until a channel is closed.
func wait(ctx context.Context, c chan struct{}) error {
	select {
	case <-c: // without the cost of giving a worker back
		return nil
	default:
	}
	var err error
	exec.Wait(ctx, func() {
		select {
		case <-c:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	})
	return err
}
