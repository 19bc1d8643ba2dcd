package exec

import (
	"context"
	"io"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// joinCond is a join's condition on pairs of rows, with the columns that it needs.
type joinCond struct {
	program      *expr.Program
	once         bool  // it has effects, which are not to happen twice
	probe, build []int // ordinals of the columns in use
}

// newJoinCond compiles a condition over the columns of both sides; it returns nil for nil.
func newJoinCond(e expr.Expr, probe, build Schema) (*joinCond, error) {
	if e == nil {
		return nil, nil
	}
	c := &joinCond{once: expr.IsVolatile(e)}
	at := map[expr.ColID]int{}
	expr.Columns(e, func(col *expr.Column) {
		if _, ok := at[col.ID]; ok {
			return
		}
		if i := probe.Index(col.ID); i >= 0 {
			at[col.ID] = 0
			c.probe = append(c.probe, i)
		} else if i := build.Index(col.ID); i >= 0 {
			at[col.ID] = 0
			c.build = append(c.build, i)
		}
	})
	for k, i := range c.probe {
		at[probe[i].ID] = k
	}
	for k, i := range c.build {
		at[build[i].ID] = len(c.probe) + k
	}
	var err error
	c.program, err = expr.Compile(e, func(id expr.ColID) int {
		if i, ok := at[id]; ok {
			return i
		}
		return -1
	})
	return c, err
}

// pairs returns the columns in use for pairs of rows: row probeRows[k] of b with row buildRows[k] of build.
func (c *joinCond) pairs(b *vec.Batch, build []*vec.Vector, probeRows, buildRows []uint32) *vec.Batch {
	out := &vec.Batch{Rows: len(probeRows), Cols: make([]*vec.Vector, 0, len(c.probe)+len(c.build))}
	for _, i := range c.probe {
		out.Cols = append(out.Cols, vec.Gather(b.Cols[i], probeRows))
	}
	for _, i := range c.build {
		out.Cols = append(out.Cols, vec.Gather(build[i], buildRows))
	}
	return out
}

// judge evaluates the condition on a batch of pairs. It returns the rows for which it is true, and with
// nulls set those for which it is NULL.
func (c *joinCond) judge(f *fn.Ctx, b *vec.Batch, nulls bool) (yes, unknown []uint32, err error) {
	if !nulls {
		yes, err = c.program.Select(f, b)
		return yes, nil, err
	}
	v, err := c.program.Eval(f, b)
	if err != nil {
		return nil, nil, err
	}
	for k := range b.Len() {
		row := uint32(k)
		if b.Sel != nil {
			row = b.Sel[k]
		}
		switch {
		case v.IsNull(k):
			unknown = append(unknown, row)
		case vec.At[uint8](v, k) != 0:
			yes = append(yes, row)
		}
	}
	return yes, unknown, nil
}

// physical turns numbers of rows that count into rows of b, in place.
func physical(b *vec.Batch, rows []uint32) []uint32 {
	if b.Sel != nil {
		for k, i := range rows {
			rows[k] = b.Sel[i]
		}
	}
	return rows
}

// buildColumns are the build side's columns as a join puts them out.
type buildColumns struct {
	cols []*vec.Vector
	// same, when set, has for each column a probe column that is equal to it in all matches, or -1.
	same []int
}

// gather returns the columns of rows; probe are the columns of the same rows of the probe side. Strings become
// dictionary vectors: the codes are there already, one copy for all, and the build side often has fewer strings than
// rows come out.
func (c buildColumns) gather(probe []*vec.Vector, rows []uint32) []*vec.Vector {
	out := make([]*vec.Vector, len(c.cols))
	var codes []uint32
	for i, v := range c.cols {
		switch {
		case c.same != nil && c.same[i] >= 0:
			out[i] = probe[c.same[i]]
		case v != nil && v.Kind == types.KView && v.Enc == vec.Flat && v.Len > 0:
			if codes == nil {
				codes = append(vec.Make[uint32](len(rows))[:0], rows...)
			}
			out[i] = vec.NewDict(codes, nil, v)
		default:
			out[i] = vec.Gather(v, rows)
		}
	}
	return out
}

// sameColumns returns for each build column the probe column that a key makes equal to it, bit by bit, or -1.
func sameColumns(p *HashJoin) []int {
	probe, build := p.Probe.Schema(), p.Build.Schema()
	same := make([]int, len(build))
	for i := range same {
		same[i] = -1
	}
	for k, e := range p.BuildKeys {
		b, ok := e.(*expr.Column)
		a, also := p.ProbeKeys[k].(*expr.Column)
		if !ok || !also {
			continue
		}
		i, j := build.Index(b.ID), probe.Index(a.ID)
		if i >= 0 && j >= 0 && build[i].Type == probe[j].Type && oneForm(build[i].Type) {
			same[i] = j
		}
	}
	return same
}

// oneForm reports whether equal values of a type print the same: unlike 0 and -0, 1.0 and 1.00, or 24 hours
// and a day.
func oneForm(t types.Type) bool {
	switch t.ID {
	case types.Bool, types.Int16, types.Int32, types.Int64, types.Text, types.Varchar, types.Date, types.Timestamp, types.UUID, types.Enum:
		return true
	}
	return false
}

// pairBatch puts out row probeRows[k] of b with row buildRows[k] of build.
func pairBatch(b *vec.Batch, build buildColumns, probeRows, buildRows []uint32) *vec.Batch {
	out := gatherBatch(b.Cols, probeRows)
	out.Cols = append(out.Cols, build.gather(out.Cols, buildRows)...)
	return out
}

// alignedBatch is pairBatch for increasing probeRows, which it may keep: where they are a good part of b, the
// probe's columns stay as they are, under a selection.
func alignedBatch(b *vec.Batch, build buildColumns, probeRows, buildRows []uint32) *vec.Batch {
	if len(probeRows)*4 < b.Rows {
		return pairBatch(b, build, probeRows, buildRows)
	}
	if len(probeRows) < b.Rows {
		all := make([]uint32, b.Rows)
		for k, i := range probeRows {
			all[i] = buildRows[k]
		}
		buildRows = all
	}
	out := &vec.Batch{Rows: b.Rows, Cols: append(b.Cols[:len(b.Cols):len(b.Cols)], build.gather(b.Cols, buildRows)...)}
	if len(probeRows) < b.Rows {
		out.Sel = probeRows
	}
	return out
}

// outerBatch puts out all rows of b that count, with the build row for those in probeRows and NULLs for
// the others.
func outerBatch(b *vec.Batch, build []*vec.Vector, probeRows, buildRows []uint32) *vec.Batch {
	idx := make([]int32, b.Rows)
	for i := range idx {
		idx[i] = -1
	}
	for k, i := range probeRows {
		idx[i] = int32(buildRows[k])
	}
	out := &vec.Batch{Cols: make([]*vec.Vector, 0, len(b.Cols)+len(build)), Rows: b.Rows, Sel: b.Sel}
	out.Cols = append(out.Cols, b.Cols...)
	for _, v := range build {
		out.Cols = append(out.Cols, vec.GatherOrNull(v, idx))
	}
	return out
}

// unmatchedBatch puts out rows of b with NULLs for the build side; it keeps rows.
func unmatchedBatch(b *vec.Batch, build Schema, rows []uint32) *vec.Batch {
	out := &vec.Batch{Cols: make([]*vec.Vector, 0, len(b.Cols)+len(build)), Rows: b.Rows, Sel: rows}
	out.Cols = append(out.Cols, b.Cols...)
	for _, f := range build {
		out.Cols = append(out.Cols, vec.NewNull(f.Type, b.Rows))
	}
	return out
}

// markBatch adds the mark to b: true for rows in yes, NULL for those in unknown, else false. Both are rows of b.
func markBatch(b *vec.Batch, yes, unknown []uint32) *vec.Batch {
	data := make([]uint8, b.Rows)
	for _, i := range yes {
		data[i] = 1
	}
	var valid vec.Bitmap
	if len(unknown) > 0 {
		valid = vec.NewBitmapSet(b.Rows)
		for _, i := range unknown {
			valid.Clear(int(i))
		}
	}
	out := &vec.Batch{Rows: b.Rows, Sel: b.Sel, Cols: append([]*vec.Vector(nil), b.Cols...)}
	out.Cols = append(out.Cols, vec.New(types.Of(types.Bool), types.KBool, data, valid))
	return out
}

// remaining returns the rows of b that count and are not in rows, which are increasing.
func remaining(b *vec.Batch, rows []uint32) []uint32 {
	out := make([]uint32, 0, b.Len()-len(rows))
	k := 0
	for n := range b.Len() {
		i := uint32(n)
		if b.Sel != nil {
			i = b.Sel[n]
		}
		if k < len(rows) && rows[k] == i {
			k++
			continue
		}
		out = append(out, i)
	}
	return out
}

// selectRows returns b with only rows counting; nil when there are none. It keeps rows.
func selectRows(b *vec.Batch, rows []uint32) *vec.Batch {
	switch len(rows) {
	case 0:
		return nil
	case b.Len():
		return b
	}
	return &vec.Batch{Cols: b.Cols, Rows: b.Rows, Sel: rows}
}

// errSecondRow is what a scalar subquery with two rows raises.
func errSecondRow() error {
	return sqlstate.New(sqlstate.CardinalityViolation, "more than one row returned by a subquery used as an expression")
}

// buildRest puts out build rows at the end of a join by whether they had a match.
type buildRest struct {
	side  *buildSide
	kind  JoinKind
	probe Schema
	next  int // row
}

// batch returns the next rows, at most limit, or io.EOF.
func (r *buildRest) batch(ctx context.Context, limit int) (*vec.Batch, error) {
	var rows []uint32
	want := r.kind == BuildSemi
	for ; r.next < r.side.rows && len(rows) < limit; r.next++ {
		if r.next&0xffff == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if r.side.matched.Get(r.next) == want {
			rows = append(rows, uint32(r.next))
		}
	}
	if len(rows) == 0 {
		return nil, io.EOF
	}
	return withoutProbe(gatherBatch(r.side.cols, rows), r.kind, r.probe), nil
}

// withoutProbe puts out build rows that go by themselves: with NULLs for the probe side, where the kind has it.
func withoutProbe(b *vec.Batch, k JoinKind, probe Schema) *vec.Batch {
	if k != BuildOuter && k != FullOuter {
		return b
	}
	out := &vec.Batch{Rows: b.Rows, Sel: b.Sel, Cols: make([]*vec.Vector, 0, len(probe)+len(b.Cols))}
	for _, f := range probe {
		out.Cols = append(out.Cols, vec.NewNull(f.Type, b.Rows))
	}
	out.Cols = append(out.Cols, b.Cols...)
	return out
}
