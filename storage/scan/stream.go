package scan

import (
	"context"
	"io"
	"sort"
	"sync"

	"gsql/exec"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// queue has the files of one execution, and their splits by number.
type queue struct {
	table *table
	unit  int64 // bytes of a split
	ends  []int // ends[i]: the number of splits in files up to i
	files []openFile
}

// openFile is a file that is open while streams read it.
type openFile struct {
	mu    sync.Mutex
	src   Source
	err   error
	users int
	left  int // splits that are not done
	all   int // splits
}

func newQueue(t *table, unit int64) *queue {
	q := &queue{table: t, unit: unit, files: make([]openFile, len(t.Files))}
	total := 0
	for i, f := range t.Files {
		q.files[i].left = splits(f, unit)
		q.files[i].all = q.files[i].left
		total += q.files[i].left
		q.ends = append(q.ends, total)
	}
	return q
}

func (q *queue) count() int {
	if len(q.ends) == 0 {
		return 0
	}
	return q.ends[len(q.ends)-1]
}

// at returns split n: the number of its file, and which of the file's.
func (q *queue) at(n int) (f, k int) {
	f = sort.SearchInts(q.ends, n+1)
	if f > 0 {
		n -= q.ends[f-1]
	}
	return f, n
}

// stretch returns split k of a file.
func (q *queue) stretch(f file.File, k int) Split {
	s := Split{int64(k) * q.unit, int64(k+1) * q.unit}
	if k == splits(f, q.unit)-1 {
		s.To = WholeFile
	}
	return s
}

// acquire begins with a split of a file; release must follow.
func (o *openFile) acquire(t *table, f file.File) (Source, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.users++
	if o.src == nil && o.err == nil {
		if o.src, o.err = t.Open(f); o.err != nil {
			o.src = nil // it may be a pointer to nothing
		}
	}
	return o.src, o.err
}

// release ends a split.
func (o *openFile) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.users--
	o.left--
	if o.users == 0 && o.left == 0 {
		o.close()
	}
}

// skip ends a split that nobody began with.
func (o *openFile) skip() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left--
	if o.users == 0 && o.left == 0 {
		o.close()
	}
}

func (o *openFile) close() error {
	if o.src == nil {
		return nil
	}
	err := o.src.Close()
	o.src = nil
	return err
}

// Close closes the files that are still open. Streams are closed before.
func (q *queue) Close() error {
	var first error
	for i := range q.files {
		o := &q.files[i]
		o.mu.Lock()
		if err := o.close(); err != nil && first == nil {
			first = err
		}
		o.mu.Unlock()
	}
	return first
}

// stream yields the rows of the splits that it takes.
type stream struct {
	plan    *plan
	queue   *queue
	take    *exec.Splits
	request Request
	op      *exec.OpStats
	stats   *exec.PartStats

	open  *openFile // whose split is read; nil: none
	file  int       // its number
	row   int64     // rows of the split that went out, which are the file's where rows are counted
	extra *file.Gatherer
	rows  Rows  // of the split
	bytes int64 // of the split, for the progress
	batch *vec.Batch
	at    int // rows of batch that went out
	left  int64
	err   error
}

func (s *stream) Next(ctx context.Context) (*vec.Batch, error) {
	for s.err == nil && s.left != 0 {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if s.batch != nil && s.at < s.batch.Rows {
			return s.cut(), nil
		}
		s.err = s.fill(ctx)
	}
	if s.err == nil {
		s.err = io.EOF // the limit is reached
	}
	s.release()
	s.batch = nil
	return nil, s.err
}

// cut returns the next rows of the batch at hand.
func (s *stream) cut() *vec.Batch {
	n := min(s.batch.Rows-s.at, s.request.Rows)
	if s.left >= 0 {
		n = int(min(int64(n), s.left))
		s.left -= int64(n)
	}
	b := s.batch
	if n < b.Rows {
		b = b.Slice(s.at, s.at+n)
	}
	s.at += n
	s.extra.Add(s.file, s.row, n, nil)
	s.row += int64(n)
	return s.extra.Batch(b.Cols, n)
}

// fill gets the next batch. It returns io.EOF when no splits are left.
func (s *stream) fill(ctx context.Context) error {
	if s.rows == nil {
		return s.next(ctx)
	}
	b, err := s.rows.Next(ctx)
	if err == io.EOF {
		s.stats.Finish(s.bytes, 0)
		s.release()
		return nil
	}
	if err != nil {
		return err
	}
	s.stats.Finish(0, int64(b.Rows))
	s.batch, s.at = b, 0
	return nil
}

// next begins with the next split.
func (s *stream) next(ctx context.Context) error {
	n, ok := s.take.Take()
	if !ok {
		return io.EOF
	}
	i, k := s.queue.at(n)
	f := s.plan.table.Files[i]
	s.file, s.row = i, 0
	s.open = &s.queue.files[i]
	if k == 0 && s.op != nil {
		s.op.FilesRead.Add(1)
	}
	if s.plan.extra.Skips(s.request.Env, i) {
		s.stats.Finish(f.Size/int64(max(s.open.all, 1)), 0)
		s.open.skip()
		s.open = nil
		return nil
	}
	src, err := s.open.acquire(s.plan.table, f)
	if err != nil {
		return err
	}
	split := s.queue.stretch(f, k)
	s.bytes = max(min(split.To, f.Size)-split.From, 0)
	s.rows, err = src.Read(ctx, split, &s.request)
	return err
}

// release ends the split that is read.
func (s *stream) release() {
	if s.open != nil {
		s.open.release()
	}
	s.open, s.rows = nil, nil
}

// Close frees what the stream holds; splits that it has not taken are left to others.
func (s *stream) Close() error {
	s.release()
	s.batch, s.left, s.err = nil, 0, io.EOF
	return nil
}
