package exec

import (
	"context"
	"io"

	"gsql/exec/expr"
	"gsql/exec/vec"
)

// topStream yields the first n rows in order. It keeps rows until there are clearly more than n, sorts them,
// drops those behind the n-th, and from then on lets only rows in that come before the n-th.
type topStream struct {
	env      *Env
	in       Stream
	n        int64
	x        *extras
	programs []*expr.Program
	at       []int
	compare  *rowComparer
	buf      *sortBuffer

	limit     []*vec.Vector // keys of the n-th row so far; nil while there are fewer
	limitWord uint64
	words     []uint64
	sorted    bool
}

func newTopStream(p *Sort, env *Env, in Stream, x *extras, at []int) (Stream, error) {
	programs, err := expr.CompileAll(x.exprs, x.schema.Index)
	if err != nil {
		in.Close()
		return nil, err
	}
	return &topStream{env: env, in: in, n: p.Top, x: x, programs: programs, at: at, compare: newRowComparer(p.Keys),
		buf: newSortBuffer(env, p, "top-n", x.types(), at, keyOrders(p.Keys), p.Top)}, nil
}

func (s *topStream) Next(ctx context.Context) (*vec.Batch, error) {
	if !s.sorted {
		if err := s.read(ctx); err != nil {
			return nil, err
		}
		s.sorted = true
	}
	b, err := s.buf.next(ctx, s.env.BatchRows)
	if err != nil {
		return nil, err
	}
	return &vec.Batch{Cols: b.Cols[:len(s.x.schema):len(s.x.schema)], Rows: b.Rows}, nil
}

func (s *topStream) Close() error {
	s.buf.close()
	return s.in.Close()
}

// read pulls all input and leaves the result in buf.
func (s *topStream) read(ctx context.Context) error {
	if s.n == 0 {
		return nil
	}
	for {
		b, err := s.in.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := s.add(ctx, b); err != nil {
			return err
		}
		if s.buf.bound != nil { // rows went to disk
			s.setLimit(s.buf.bound)
			s.buf.bound = nil
		}
		if over := int64(s.buf.rows.rows) - s.n; over >= 0 && (s.limit == nil || over > max(s.n, int64(s.env.BatchRows))) {
			if err := s.cut(ctx); err != nil {
				return err
			}
		}
	}
	return s.buf.finish(ctx)
}

// add keeps the rows of b that may be among the first n.
func (s *topStream) add(ctx context.Context, b *vec.Batch) error {
	n := b.Len()
	computed := make([]*vec.Vector, len(s.programs))
	for i, p := range s.programs {
		v, err := p.Eval(s.env.Fn, b)
		if err != nil {
			return err
		}
		computed[i] = v
	}
	if s.limit == nil {
		return s.buf.add(ctx, append(b.Compact().Cols[:len(s.x.schema):len(s.x.schema)], computed...), n)
	}
	keys := make([]*vec.Vector, len(s.at))
	for i, a := range s.at {
		switch {
		case a >= len(s.x.schema):
			keys[i] = computed[a-len(s.x.schema)]
		case b.Sel != nil:
			keys[i] = vec.Gather(b.Cols[a], b.Sel)
		default:
			keys[i] = b.Cols[a]
		}
	}
	sel := s.before(keys, n)
	if len(sel) == 0 {
		return nil
	}
	rows := sel
	if b.Sel != nil {
		rows = make([]uint32, len(sel))
		for i, r := range sel {
			rows[i] = b.Sel[r]
		}
	}
	cols := make([]*vec.Vector, 0, len(s.x.schema)+len(computed))
	for _, v := range b.Cols[:len(s.x.schema)] {
		cols = append(cols, vec.Gather(v, rows))
	}
	for _, v := range computed {
		cols = append(cols, vec.Gather(v, sel))
	}
	return s.buf.add(ctx, cols, len(sel))
}

// before returns which of n rows come before the limit.
func (s *topStream) before(keys []*vec.Vector, n int) []uint32 {
	if len(keys) == 0 {
		return nil
	}
	if cap(s.words) < n {
		s.words = make([]uint64, n)
	}
	words := s.words[:n]
	s.compare.prefixes(keys[0], words)
	var sel []uint32
	for i, w := range words {
		if w < s.limitWord || w == s.limitWord && s.compare.less(keys, i, s.limit, 0) {
			sel = append(sel, uint32(i))
		}
	}
	return sel
}

// cut drops all rows in memory behind the n-th, which becomes the limit.
func (s *topStream) cut(ctx context.Context) error {
	held := s.buf.res.Bytes()
	cols, perm, err := s.buf.sorted(ctx)
	if err != nil {
		return err
	}
	if err := s.buf.rows.grow(rowBytes(cols) * int64(len(perm))); err != nil {
		if canSpill(s.env, err) {
			return s.buf.spillSorted(ctx, cols, perm, held)
		}
		return err
	}
	first, err := gatherRows(ctx, cols, perm)
	if err != nil {
		return err
	}
	s.setLimit(gatherKeys(cols, s.at, perm[len(perm)-1:]))
	if err := s.buf.empty(); err != nil {
		return err
	}
	return s.buf.add(ctx, first, len(perm))
}

// rowBytes returns the bytes of fixed width of a row.
func rowBytes(cols []*vec.Vector) (n int64) {
	for _, v := range cols {
		n += int64(v.Kind.Width()) + 1
	}
	return n
}

// setLimit lets only rows in from now on that come before one with these keys.
func (s *topStream) setLimit(keys []*vec.Vector) {
	s.limit = keys
	if len(s.at) == 0 {
		return
	}
	var w [1]uint64
	s.compare.prefixes(keys[0], w[:])
	s.limitWord = w[0]
}
