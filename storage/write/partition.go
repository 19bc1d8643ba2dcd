package write

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"gsql/exec"
	"gsql/exec/mem"
	"gsql/exec/vec"
)

// maxOpen is how many folders each stream of rows writes at once. The rows of further ones are sorted by folder, and written
// one folder after the other: so each folder has one file, and however many there are, few are open.
const maxOpen = 64

// partitioned writes a folder for each value of the keys. Rows of one folder are in one partition of the input.
func (r *run) partitioned(ctx context.Context) error {
	plan := r.plan
	if _, err := r.env.Shared(ctx, plan, func(context.Context) (any, error) { return r, nil }); err != nil {
		return err
	}
	return r.env.Run(ctx, plan.Input.Partitioning().N, func(ctx context.Context, part int) error {
		o := &oneByOne{run: r, w: &writer{run: r}}
		defer func() { o.w.abandon() }()
		if err := r.env.Pull(ctx, plan.Input, part, func(b *vec.Batch) error { return o.add(ctx, b.Compact()) }); err != nil {
			return err
		}
		return o.w.end()
	})
}

// oneByOne writes rows that are sorted by folder.
type oneByOne struct {
	run  *run
	w    *writer
	path string // of w
}

func (o *oneByOne) add(ctx context.Context, b *vec.Batch) error {
	paths := vec.Flatten(b.Cols[len(b.Cols)-1])
	rows := &vec.Batch{Rows: b.Rows, Cols: b.Cols[:len(b.Cols)-1]}
	for from := 0; from < b.Rows; {
		path := paths.Bytes(from)
		to := from + 1
		for to < b.Rows && string(paths.Bytes(to)) == string(path) {
			to++
		}
		if o.w.dir == "" || o.path != string(path) {
			if err := o.w.end(); err != nil {
				return err
			}
			o.path = string(path)
			o.w = &writer{run: o.run, dir: o.run.folderOf(o.path)}
		}
		piece := rows
		if to-from < b.Rows {
			piece = rows.Slice(from, to)
		}
		if err := o.w.add(ctx, piece); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (r *run) folderOf(path string) string {
	return filepath.Join(r.stage.Dir(), filepath.FromSlash(path))
}

// direct writes the rows of the first folders that come, and passes on those of all others.
type direct struct {
	Input exec.Plan
	of    *Plan
}

func (p *direct) Schema() exec.Schema { return p.Input.Schema() }
func (p *direct) Partitioning() exec.Partitioning {
	in := p.Input.Partitioning()
	return exec.Partitioning{N: in.N, Hash: in.Hash}
}
func (p *direct) Inputs() []exec.Plan { return []exec.Plan{p.Input} }
func (p *direct) String() string      { return fmt.Sprintf("Write up to %d folders at once", maxOpen) }

func (p *direct) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	r, err := env.Shared(ctx, p.of, func(context.Context) (any, error) { return nil, unknownFormat("folders") })
	if err != nil {
		return nil, err
	}
	in, err := env.Open(ctx, p.Input, part)
	if err != nil {
		return nil, err
	}
	return &directStream{run: r.(*run), in: in, held: env.Mem.Reserve("COPY TO").Measure(env.Profile.Of(p).Meter()), numbers: map[string]int{}}, nil
}

type directStream struct {
	run     *run
	in      exec.Stream
	held    *mem.Reservation
	numbers map[string]int // of the folders that are open
	open    []*writer
	done    bool

	byCode []int      // scratch: writers of a dictionary's values, + 2
	rows   [][]uint32 // scratch: rows of each writer, and behind them those of others
}

func (s *directStream) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if s.done {
			return nil, io.EOF
		}
		b, err := s.in.Next(ctx)
		if err == io.EOF {
			s.done = true
			if err := s.end(); err != nil {
				return nil, err
			}
			return nil, io.EOF
		}
		if err != nil {
			return nil, err
		}
		b = b.Compact()
		others, err := s.write(ctx, b)
		if err != nil {
			return nil, err
		}
		switch {
		case len(others) == b.Rows:
			return b, nil
		case len(others) > 0:
			return &vec.Batch{Cols: b.Cols, Rows: b.Rows, Sel: others}, nil
		}
	}
}

// write writes rows to the folders that are open, and returns the others.
func (s *directStream) write(ctx context.Context, b *vec.Batch) (others []uint32, err error) {
	s.deal(b)
	last := len(b.Cols) - 1
	for i, w := range s.open {
		sel := s.rows[i]
		if len(sel) == 0 {
			continue
		}
		piece := &vec.Batch{Rows: b.Rows, Cols: b.Cols[:last]}
		if len(sel) < b.Rows {
			piece = (&vec.Batch{Rows: b.Rows, Cols: b.Cols[:last], Sel: sel}).Compact()
		}
		if err := w.add(ctx, piece); err != nil {
			return nil, err
		}
	}
	if err := s.settle(); err != nil {
		return nil, err
	}
	return append([]uint32(nil), s.rows[maxOpen]...), nil
}

// deal finds the writers of rows, new ones as long as there is room.
func (s *directStream) deal(b *vec.Batch) {
	if s.rows == nil {
		s.rows = make([][]uint32, maxOpen+1)
	}
	for i := range s.rows {
		s.rows[i] = s.rows[i][:0]
	}
	paths := b.Cols[len(b.Cols)-1]
	if paths.Enc != vec.Flat {
		s.dealCodes(b, paths)
		return
	}
	last, before := 0, []byte(nil)
	for i := range b.Rows {
		if path := paths.Bytes(i); i == 0 || string(path) != string(before) {
			last, before = s.writer(path), path
		}
		s.rows[last] = append(s.rows[last], uint32(i))
	}
}

// dealCodes is deal for a dictionary of folders, each of which is looked up once.
func (s *directStream) dealCodes(b *vec.Batch, paths *vec.Vector) {
	n := 1
	if paths.Enc == vec.Dict {
		n = paths.Dict.Len
	}
	s.byCode = append(s.byCode[:0], make([]int, n)...)
	for i := range b.Rows {
		code := paths.Index(i)
		if s.byCode[code] == 0 {
			s.byCode[code] = s.writer(paths.Bytes(i)) + 1
		}
		w := s.byCode[code] - 1
		s.rows[w] = append(s.rows[w], uint32(i))
	}
}

// writer returns the number of the writer of a folder, maxOpen if it is none of those that are open.
func (s *directStream) writer(path []byte) int {
	if n, ok := s.numbers[string(path)]; ok {
		return n
	}
	if len(s.open) == maxOpen {
		return maxOpen
	}
	n := len(s.open)
	s.numbers[string(path)] = n
	s.open = append(s.open, &writer{run: s.run, dir: s.run.folderOf(string(path))})
	return n
}

// settle reserves the memory of the rows that are kept; when there is not enough, the largest blocks are appended to
// their files before they are full.
func (s *directStream) settle() error {
	for {
		sum, most := int64(0), (*writer)(nil)
		for _, w := range s.open {
			n := w.held()
			if sum += n; most == nil || n > most.held() {
				most = w
			}
		}
		err := s.held.Resize(sum)
		if err == nil || most == nil || most.held() == 0 {
			return err
		}
		if err := most.rows.flush(); err != nil {
			return err
		}
	}
}

// end completes all files.
func (s *directStream) end() error {
	for _, w := range s.open {
		if err := w.end(); err != nil {
			return err
		}
	}
	s.open = nil
	return s.held.Resize(0)
}

func (s *directStream) Close() error {
	s.done = true
	for _, w := range s.open {
		w.abandon()
	}
	s.open = nil
	s.held.Release()
	return s.in.Close()
}
