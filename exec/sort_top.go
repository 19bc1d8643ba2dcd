package exec

import (
	"context"
	"io"

	"gsql/exec/expr"
	"gsql/exec/mem"
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
	res      *mem.Reservation
	kept     *collector

	limit     []*vec.Vector // keys of the n-th row so far; nil while there are fewer
	limitWord uint64
	words     []uint64
	sorted    bool
	out       sortedRows
}

func newTopStream(p *Sort, env *Env, in Stream, x *extras, at []int) (Stream, error) {
	programs, err := expr.CompileAll(x.exprs, x.schema.Index)
	if err != nil {
		in.Close()
		return nil, err
	}
	s := &topStream{env: env, in: in, n: p.Top, x: x, programs: programs, at: at,
		compare: newRowComparer(p.Keys), res: env.Mem.Reserve("top-n")}
	s.reset()
	return s, nil
}

func (s *topStream) Next(ctx context.Context) (*vec.Batch, error) {
	if !s.sorted {
		if err := s.read(ctx); err != nil {
			return nil, err
		}
		s.sorted = true
	}
	return s.out.next(ctx, s.env.BatchRows)
}

func (s *topStream) Close() error {
	s.out, s.kept, s.sorted = sortedRows{}, nil, true
	s.res.Release()
	return s.in.Close()
}

func (s *topStream) reset() { s.kept = newCollector(s.res, len(s.x.schema)+len(s.x.exprs)) }

// read pulls all input and leaves the result in out.
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
		if err := s.add(b); err != nil {
			return err
		}
		if over := int64(s.kept.rows) - s.n; over >= 0 && (s.limit == nil || over > max(s.n, int64(s.env.BatchRows))) {
			if err := s.cut(ctx); err != nil {
				return err
			}
		}
	}
	cols, perm, err := s.sortKept(ctx)
	s.out = sortedRows{cols: cols[:min(len(s.x.schema), len(cols))], perm: perm}
	return err
}

// add keeps the rows of b that may be among the first n.
func (s *topStream) add(b *vec.Batch) error {
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
		return s.kept.add(append(b.Compact().Cols[:len(s.x.schema):len(s.x.schema)], computed...), n)
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
	return s.kept.add(cols, len(sel))
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

// cut drops all rows behind the n-th, which becomes the limit.
func (s *topStream) cut(ctx context.Context) error {
	cols, perm, err := s.sortKept(ctx)
	if err != nil {
		return err
	}
	first := gatherBatch(cols, perm)
	if err := s.res.Resize(0); err != nil {
		return err
	}
	s.reset()
	if err := s.kept.add(first.Cols, len(perm)); err != nil {
		return err
	}
	s.limit = make([]*vec.Vector, len(s.at))
	for i, a := range s.at {
		s.limit[i] = vec.Gather(cols[a], perm[len(perm)-1:])
	}
	if len(s.at) == 0 {
		return nil
	}
	var w [1]uint64
	s.compare.prefixes(s.limit[0], w[:])
	s.limitWord = w[0]
	return nil
}

// sortKept returns the rows kept and the order of the first n of them.
func (s *topStream) sortKept(ctx context.Context) ([]*vec.Vector, []uint32, error) {
	n := s.kept.rows
	cols, err := s.kept.columns(ctx, s.x.types())
	if err != nil {
		return nil, nil, err
	}
	perm, err := sortColumns(ctx, s.res, cols, n, s.at, s.compare.keys)
	if err != nil {
		return nil, nil, err
	}
	return cols, perm[:min(int64(n), s.n)], nil
}
