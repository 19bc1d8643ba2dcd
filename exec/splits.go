package exec

import (
	"context"
	"sync/atomic"
)

// Splits gives a stream of a scan the numbers of the splits that it reads, out of n that are numbered from 0. As a
// rule all streams of an execution take the next number of one counter, so that none is idle while there is work.
// Where the partitions run in executions of their own (see Env.FixSplits), each has a range of its own.
type Splits struct {
	next  *atomic.Int64
	end   int64
	fixed bool
}

// NewSplits gives out the numbers from..to-1.
func NewSplits(from, to int) *Splits {
	s := &Splits{new(atomic.Int64), int64(to), true}
	s.next.Store(int64(from))
	return s
}

// FixSplits makes what a partition of a scan reads independent of what other partitions read, and of how fast. It must
// be called before anything is opened.
func (e *Env) FixSplits() { e.fixedSplits = true }

type splitsOf struct{ Plan }

// Splits returns what gives partition part of a scan its share of n splits.
func (e *Env) Splits(ctx context.Context, scan Plan, part, n int) (*Splits, error) {
	if from, to, fixed := e.FixedSplits(part, scan.Partitioning().N, n); fixed {
		return NewSplits(from, to), nil
	}
	next, err := e.Shared(ctx, splitsOf{scan}, func(context.Context) (any, error) { return new(atomic.Int64), nil })
	if err != nil {
		return nil, err
	}
	return &Splits{next.(*atomic.Int64), int64(n), false}, nil
}

// FixedSplits returns the range of n splits that partition part of parts reads when splits are fixed. The ranges of
// all partitions are neighbours in order: what belongs together in a file mostly stays together.
func (e *Env) FixedSplits(part, parts, n int) (from, to int, fixed bool) {
	if !e.fixedSplits {
		return 0, n, false
	}
	return n * part / parts, n * (part + 1) / parts, true
}

// Take returns the number of the next split, or false when none is left.
func (s *Splits) Take() (k int, ok bool) {
	n := s.next.Add(1) - 1
	return int(n), n < s.end
}

// Fixed reports whether the splits before and behind those of the stream may be read by nobody in this process.
func (s *Splits) Fixed() bool { return s.fixed }
