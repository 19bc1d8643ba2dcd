package exec

import (
	"context"
	"fmt"
	"io"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// AsofJoin yields each left row with the right row whose keys are equal and whose value, the last of the keys, is the
// nearest that meets left value Op right value. Left rows without such a row go, unless Outer is set: then they come with
// NULLs. NULLs match nothing, but in keys for which NullEqual is set. Of right rows with equal values it is any one.
//
// Partitions correspond: rows with equal keys are in partitions of the same number. Each is sorted by Order, so that one
// pass over both sides does, which holds one batch of each and the rows that the left one has matched.
type AsofJoin struct {
	Left, Right         Plan
	LeftKeys, RightKeys []*expr.Column // the value last
	NullEqual           []bool         // per key
	Op                  string         // "<", "<=", ">" or ">="
	Outer               bool
	Out                 Schema // the left columns, then the right ones
}

func (p *AsofJoin) Schema() Schema { return p.Out }

func (p *AsofJoin) Partitioning() Partitioning {
	in := p.Left.Partitioning()
	return Partitioning{N: in.N, Hash: in.Hash, Sorted: in.Sorted}
}

func (p *AsofJoin) Inputs() []Plan { return []Plan{p.Left, p.Right} }

func (p *AsofJoin) String() string {
	s := "Asof Join on "
	if p.Outer {
		s = "Asof Left Join on "
	}
	return s + p.Cond()
}

// Cond returns the condition as text.
func (p *AsofJoin) Cond() string {
	terms := make([]string, len(p.LeftKeys))
	for i, l := range p.LeftKeys {
		op := "="
		if i == len(p.LeftKeys)-1 {
			op = p.Op
		}
		terms[i] = fmt.Sprintf("%s %s %s", l, op, p.RightKeys[i])
	}
	return strings.Join(terms, " AND ")
}

// Order returns the function from a side's keys to the order that the side must be in: by the keys, and then by the value
// in the direction in which the nearest right value is the last that meets the condition.
func (p *AsofJoin) Order() func(keys []*expr.Column) []expr.SortKey {
	down := p.Op == "<" || p.Op == "<="
	return func(keys []*expr.Column) []expr.SortKey {
		order := make([]expr.SortKey, len(keys))
		for i, k := range keys {
			order[i] = expr.SortKey{Expr: k, Desc: down && i == len(keys)-1}
		}
		return order
	}
}

func (p *AsofJoin) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	if l, r := p.Left.Partitioning().N, p.Right.Partitioning().N; l != r {
		return nil, sqlstate.New(sqlstate.InternalError, "an asof join has %d and %d partitions", l, r)
	}
	s := &asofStream{plan: p, env: env, strict: p.Op == "<" || p.Op == ">"}
	s.order = newRowComparer(p.Order()(p.LeftKeys))
	var err error
	if s.leftAt, err = keyOrdinals(p.LeftKeys, p.Left.Schema()); err != nil {
		return nil, err
	}
	if s.rightAt, err = keyOrdinals(p.RightKeys, p.Right.Schema()); err != nil {
		return nil, err
	}
	if s.left, err = env.Open(ctx, p.Left, part); err != nil {
		return nil, err
	}
	if s.right, err = env.Open(ctx, p.Right, part); err != nil {
		s.left.Close()
		return nil, err
	}
	return s, nil
}

func keyOrdinals(keys []*expr.Column, in Schema) ([]int, error) {
	at := make([]int, len(keys))
	for i, k := range keys {
		if at[i] = in.Index(k.ID); at[i] < 0 {
			return nil, sqlstate.New(sqlstate.InternalError, "an asof join compares column #%d, which its input lacks", k.ID)
		}
	}
	return at, nil
}

// asofStream walks over both sides. The right side stands at the first row that lies behind the current left row; the one
// before is the left row's match, if its keys are the same.
type asofStream struct {
	plan            *AsofJoin
	env             *Env
	left, right     Stream
	leftAt, rightAt []int
	order           *rowComparer
	strict          bool

	ahead asofRow // the right row that comes next
	ended bool    // there is none
	match asofRow // the last right row that met the condition; its batch is nil for none

	// The rows matched by the left batch at hand, in pieces of one right batch each.
	pieces [][]*vec.Vector
	from   *vec.Batch
	rows   []uint32
}

// asofRow is a row of a right batch.
type asofRow struct {
	batch *vec.Batch
	keys  []*vec.Vector
	row   int
}

func (s *asofStream) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		b, err := s.left.Next(ctx)
		if err != nil {
			return nil, err
		}
		b = b.Compact()
		matched, err := s.join(ctx, b)
		if err != nil {
			return nil, err
		}
		if out := s.output(b, matched); out != nil {
			return out, nil
		}
	}
}

func (s *asofStream) Close() error {
	s.ahead, s.match, s.pieces, s.from, s.ended = asofRow{}, asofRow{}, nil, nil, true
	err := s.left.Close()
	if e := s.right.Close(); err == nil {
		err = e
	}
	return err
}

// join finds the matches of a left batch's rows and returns the rows that have one.
func (s *asofStream) join(ctx context.Context, b *vec.Batch) ([]uint32, error) {
	keys := columnsAt(b.Cols, s.leftAt)
	null := s.unmatchable(keys, b.Rows)
	s.pieces, s.rows = s.pieces[:0], s.rows[:0]
	var matched []uint32
	for i := range b.Rows {
		if null.Get(i) {
			continue
		}
		if err := s.advance(ctx, keys, i); err != nil {
			return nil, err
		}
		if s.match.batch == nil || s.compareKeys(s.match.keys, s.match.row, keys, i) != 0 {
			continue
		}
		if s.match.batch != s.from {
			s.cut()
			s.from = s.match.batch
		}
		matched, s.rows = append(matched, uint32(i)), append(s.rows, uint32(s.match.row))
	}
	s.cut()
	return matched, nil
}

// unmatchable returns a bit for each row with a NULL that matches nothing.
func (s *asofStream) unmatchable(keys []*vec.Vector, n int) vec.Bitmap {
	null := vec.NewBitmap(n)
	for k, v := range keys {
		if s.plan.NullEqual[k] || v.Valid == nil && v.Enc != vec.Dict {
			continue
		}
		for i := range n {
			if v.IsNull(i) {
				null.Set(i)
			}
		}
	}
	return null
}

// advance moves the right side behind the rows that do not come after row i of the left side.
func (s *asofStream) advance(ctx context.Context, keys []*vec.Vector, i int) error {
	for !s.ended {
		if s.ahead.batch == nil {
			b, err := s.right.Next(ctx)
			if err == io.EOF {
				s.ended = true
				return nil
			}
			if err != nil {
				return err
			}
			b = b.Compact()
			s.ahead = asofRow{b, columnsAt(b.Cols, s.rightAt), 0}
		}
		c := s.compareKeys(s.ahead.keys, s.ahead.row, keys, i)
		if c > 0 {
			return nil
		}
		if c == 0 {
			v := len(keys) - 1
			r := s.order.keys[v].compare(s.ahead.keys[v], s.ahead.row, keys[v], i)
			if r > 0 || r == 0 && s.strict {
				return nil
			}
			s.match = s.ahead
		}
		if s.ahead.row++; s.ahead.row == s.ahead.batch.Rows {
			s.ahead.batch = nil
		}
	}
	return nil
}

// compareKeys compares the keys of two rows, without the value.
func (s *asofStream) compareKeys(a []*vec.Vector, i int, b []*vec.Vector, j int) int {
	for k := range len(a) - 1 {
		if r := s.order.keys[k].compare(a[k], i, b[k], j); r != 0 {
			return r
		}
	}
	return 0
}

// cut ends the piece of right rows that is being put together. Few rows are copied, so that they do not keep the batch they
// come from.
func (s *asofStream) cut() {
	if len(s.rows) > 0 {
		piece := make([]*vec.Vector, len(s.from.Cols))
		for i, v := range s.from.Cols {
			if len(s.rows)*4 < s.from.Rows {
				piece[i] = vec.OwnRows(v, s.rows)
			} else {
				piece[i] = vec.Gather(v, s.rows)
			}
		}
		s.pieces, s.rows = append(s.pieces, piece), s.rows[:0]
	}
	s.from = nil
}

// output puts out left rows with their matches; nil for none.
func (s *asofStream) output(b *vec.Batch, matched []uint32) *vec.Batch {
	if len(matched) == 0 {
		if s.plan.Outer {
			return unmatchedBatch(b, s.plan.Right.Schema(), nil)
		}
		return nil
	}
	cols := make([]*vec.Vector, len(s.plan.Right.Schema()))
	parts := make([]*vec.Vector, len(s.pieces))
	for i := range cols {
		for k, piece := range s.pieces {
			parts[k] = piece[i]
		}
		cols[i] = vec.Concat(parts)
	}
	if s.plan.Outer && len(matched) < b.Rows {
		return outerBatch(b, cols, matched, identity(len(matched)))
	}
	out := b
	if len(matched) < b.Rows {
		out = gatherBatch(b.Cols, matched)
	}
	return &vec.Batch{Rows: len(matched), Cols: append(out.Cols[:len(out.Cols):len(out.Cols)], cols...)}
}
