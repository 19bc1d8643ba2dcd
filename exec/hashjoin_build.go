package exec

import (
	"context"
	"sync"
	"sync/atomic"

	"gsql/exec/expr"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// buildSide is the collected build side of a join, which all probe partitions share.
type buildSide struct {
	rows int
	cols []*vec.Vector // those of the build plan; nil where neither output nor residual uses one

	left    atomic.Int32 // probe partitions that have not finished
	mu      sync.Mutex
	matched vec.Bitmap // kinds that put out build rows: rows with a match; guarded by mu

	reserved []*mem.Reservation
}

// Close gives the memory back.
func (b *buildSide) Close() error {
	for _, r := range b.reserved {
		r.Release()
	}
	return nil
}

// finish takes over the match bits of a probe partition that is at its end, and reports whether it was the
// last one.
func (b *buildSide) finish(matched vec.Bitmap) bool {
	if matched != nil {
		b.mu.Lock()
		for i, w := range matched {
			b.matched[i] |= w
		}
		b.mu.Unlock()
	}
	return b.left.Add(-1) == 0
}

// buildShape says what is kept of the rows of a build side.
type buildShape struct {
	x     *extras
	keep  []int        // ordinals of the build plan's columns; computed keys come behind them
	keyAt []int        // where the keys are among these
	used  []bool       // columns of the build plan that the output or the residual uses
	types []types.Type // of what is kept
}

func newBuildShape(s Schema, used []bool, keys []expr.Expr) *buildShape {
	x, keep, keyAt := keptColumns(s, used, keys)
	h := &buildShape{x: x, keep: keep, keyAt: keyAt, used: used}
	ts := x.types()
	for _, k := range keep {
		h.types = append(h.types, ts[k])
	}
	h.types = append(h.types, ts[len(s):]...)
	return h
}

// side makes a build side of what was collected, and returns the keys, for which it reserves what is copied.
func (h *buildShape) side(ctx context.Context, c *collector) (*buildSide, []*vec.Vector, error) {
	side := &buildSide{rows: c.rows}
	cols, err := c.columns(ctx, h.types)
	if err != nil {
		return nil, nil, err
	}
	keys := make([]*vec.Vector, len(h.keyAt))
	for i, at := range h.keyAt {
		if keys[i] = cols[at]; keys[i].Enc != vec.Flat {
			if err := c.grow(concatBytes(cols[at : at+1])); err != nil {
				return nil, nil, err
			}
			keys[i] = vec.Flatten(keys[i])
		}
	}
	side.cols = h.schemaColumns(cols)
	return side, keys, nil
}

// schemaColumns puts kept columns where the build plan has them; those that are not used are nil.
func (h *buildShape) schemaColumns(kept []*vec.Vector) []*vec.Vector {
	cols := make([]*vec.Vector, len(h.x.schema))
	for i, k := range h.keep {
		if h.used[k] {
			cols[k] = kept[i]
		}
	}
	return cols
}

// collectBuild reads all partitions of a loop join's build side in parallel.
func collectBuild(ctx context.Context, env *Env, p *LoopJoin, used []bool) (*buildSide, error) {
	shape := newBuildShape(p.Build.Schema(), used, nil)
	n := p.Build.Partitioning().N
	var reserved []*mem.Reservation
	parts := make([]*collector, n)
	for i := range parts {
		res := env.Reserve(p, "loop join build")
		reserved = append(reserved, res)
		parts[i] = newCollector(res, len(shape.types))
	}
	var side *buildSide
	err := env.Run(ctx, n, func(ctx context.Context, part int) error {
		return pullBuild(ctx, env, p.Build, part, shape, parts[part].add)
	})
	if err == nil {
		all := parts[0]
		for _, c := range parts[1:] {
			all.merge(c)
		}
		side, _, err = shape.side(ctx, all)
	}
	if err != nil {
		for _, r := range reserved {
			r.Release()
		}
		return nil, err
	}
	side.reserved = reserved
	side.left.Store(int32(p.Probe.Partitioning().N))
	return side, nil
}

// keptColumns returns what is collected: the ordinals to keep, and then computed keys; and where the keys
// are among these.
func keptColumns(s Schema, used []bool, keys []expr.Expr) (x *extras, keep, keyAt []int) {
	x = &extras{schema: s}
	at := make([]int, len(keys))
	needed := append([]bool(nil), used...)
	for i, k := range keys {
		if at[i] = x.ordinal(k); at[i] < len(s) {
			needed[at[i]] = true
		}
	}
	place := make([]int, len(s))
	for i, n := range needed {
		if n {
			place[i] = len(keep)
			keep = append(keep, i)
		}
	}
	keyAt = make([]int, len(keys))
	for i, a := range at {
		if a < len(s) {
			keyAt[i] = place[a]
		} else {
			keyAt[i] = len(keep) + a - len(s)
		}
	}
	return x, keep, keyAt
}

// pullBuild reads one partition of the build side and gives take what is kept of each batch.
func pullBuild(ctx context.Context, env *Env, plan Plan, part int, h *buildShape, take func(cols []*vec.Vector, n int) error) error {
	programs, err := expr.CompileAll(h.x.exprs, h.x.schema.Index)
	if err != nil {
		return err
	}
	return env.Pull(ctx, plan, part, func(b *vec.Batch) error {
		cols := make([]*vec.Vector, 0, len(h.types))
		for _, k := range h.keep {
			v := b.Cols[k]
			if b.Sel != nil {
				v = vec.Gather(v, b.Sel)
			}
			cols = append(cols, v)
		}
		for _, p := range programs {
			v, err := p.Eval(env.Fn, b)
			if err != nil {
				return err
			}
			cols = append(cols, v)
		}
		return take(cols, b.Len())
	})
}

// hashBuild is the build side of a hash join, or a part of it, in memory.
type hashBuild struct {
	*buildSide
	table   *joinTable
	unknown *unknownMarks // Mark joins without residual: what NULLs do
}

// hashBuilder reads the build side of a hash join.
type hashBuilder struct {
	plan  *HashJoin
	env   *Env
	shape *buildShape
	res   *mem.Reservation
	parts []*collector // by partition of the build side

	overflow atomic.Bool // there was no memory for more: rows are dealt to files
	facts    *buildFacts // of the rows in files
	dealers  []*buildDealer
}

// build reads the build side and publishes filters; it is called once per execution. The result is a *hashBuild,
// or where there is not enough memory for that a *spilledBuild.
func (p *HashJoin) build(ctx context.Context, env *Env) (any, error) {
	used := make([]bool, len(p.Build.Schema()))
	for i := range used {
		used[i] = p.Kind.putsBuild()
	}
	markUsed(used, p.Build.Schema(), p.Residual)
	n := p.Build.Partitioning().N
	h := &hashBuilder{plan: p, env: env, shape: newBuildShape(p.Build.Schema(), used, p.BuildKeys),
		res: env.reserveSpillable(p, "hash join build"), parts: make([]*collector, n), dealers: make([]*buildDealer, n)}
	h.facts = &buildFacts{plan: p}
	for i := range h.parts {
		h.parts[i] = p.newCollector(h.shape, h.res)
		h.dealers[i] = newBuildDealer(h)
	}
	err := env.Run(ctx, n, func(ctx context.Context, part int) error {
		return pullBuild(ctx, env, p.Build, part, h.shape, func(cols []*vec.Vector, n int) error { return h.take(ctx, part, cols, n) })
	})
	var built any
	switch {
	case err != nil:
	case h.overflow.Load():
		built, err = h.spilled(ctx)
	default:
		built, err = h.inMemory(ctx)
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return built, nil
}

func (h *hashBuilder) close() {
	h.res.Release()
	h.facts.close()
	for _, d := range h.dealers {
		d.close()
	}
}

// newCollector returns a collector for build rows, which reserves ahead what index will need.
func (p *HashJoin) newCollector(h *buildShape, res *mem.Reservation) *collector {
	c := newCollector(res, len(h.types))
	c.holdsAhead = true
	perRow := p.indexBytes()
	c.later = func(cols []*vec.Vector, n int) int64 { return perRow*int64(n) + joinedBytes(cols) }
	return c
}

// indexBytes is what index needs at most for each row, besides its columns.
func (p *HashJoin) indexBytes() int64 {
	n := joinTableBytes(1) + 4*int64(len(p.BuildKeys)) // a key that is a dictionary is copied, its codes stay
	if p.Kind.keepsBuild() {
		n += int64(p.Probe.Partitioning().N+1)/8 + 1
	}
	if p.marksNulls() {
		n += nullPartBytes
		if len(p.BuildKeys) > 1 {
			n += nullTableBytes(1, len(p.BuildKeys))
		}
	}
	return n
}

// joinedBytes returns what it takes at most, beyond the vectors, to make one column of each with others, one column
// after the other.
func joinedBytes(vs []*vec.Vector) int64 {
	var growth, largest int64
	for i, v := range vs {
		if i > 0 && v == vs[i-1] {
			continue
		}
		fixed, joined := fixedBytes(vs[i:i+1]), concatBytes(vs[i:i+1])
		if v.Type.ID == types.Numeric && v.Kind == types.KInt64 {
			joined += 8 * int64(v.Len) // others may have more digits
		}
		growth += max(joined-fixed, 0)
		largest = max(largest, fixed)
	}
	return growth + largest
}

// take keeps rows of a partition.
func (h *hashBuilder) take(ctx context.Context, part int, cols []*vec.Vector, n int) error {
	if !h.overflow.Load() {
		err := h.parts[part].add(cols, n)
		if err == nil || !tooMuch(h.env, err) {
			return err
		}
		h.overflow.Store(true)
	}
	h.facts.begin(h.env)
	if err := h.dealCollected(ctx, part); err != nil {
		return err
	}
	return h.dealers[part].deal(ctx, cols, n)
}

// dealCollected deals what a partition has collected, and gives its memory back.
func (h *hashBuilder) dealCollected(ctx context.Context, part int) error {
	c := h.parts[part]
	if c.rows == 0 {
		return nil
	}
	for k := range c.chunks[0] {
		cols := make([]*vec.Vector, len(c.chunks))
		for i := range c.chunks {
			cols[i], c.chunks[i][k] = c.chunks[i][k], nil
		}
		if err := h.dealers[part].deal(ctx, cols, cols[0].Len); err != nil {
			return err
		}
	}
	h.parts[part] = h.plan.newCollector(h.shape, h.res)
	return h.res.Grow(-c.held)
}

// tooMuch reports whether an error says that rows do not fit in memory, or into one table, and there is a disk.
func tooMuch(env *Env, err error) bool {
	return canSpill(env, err) || env.Spill != nil && sqlstate.Of(err) == sqlstate.ProgramLimitExceeded
}

// inMemory makes the table of all that was collected.
func (h *hashBuilder) inMemory(ctx context.Context) (*hashBuild, error) {
	all := h.parts[0]
	for _, c := range h.parts[1:] {
		all.merge(c)
	}
	b, err := h.plan.index(ctx, h.env, h.shape, all, true)
	if err != nil {
		return nil, err
	}
	b.left.Store(int32(h.plan.Probe.Partitioning().N))
	b.reserved = append(b.reserved, h.res)
	return b, nil
}

// spilled deals what is still in memory, and makes parts of all files.
func (h *hashBuilder) spilled(ctx context.Context) (*spilledBuild, error) {
	err := h.env.Run(ctx, len(h.parts), func(ctx context.Context, part int) error { return h.dealCollected(ctx, part) })
	if err != nil {
		return nil, err
	}
	h.facts.publish(h.env, h.dealers)
	b := newSpilledBuild(h.plan, h.env, h.shape, h.facts)
	if err := b.begin(h.dealers); err != nil {
		b.Close()
		return nil, err
	}
	h.res.Release()
	return b, nil
}

// index makes a table over collected rows, whose reservation is the caller's. With whole set, they are all there
// are, and filters are published.
func (p *HashJoin) index(ctx context.Context, env *Env, h *buildShape, c *collector, whole bool) (*hashBuild, error) {
	side, keys, err := h.side(ctx, c)
	if err != nil {
		return nil, err
	}
	b := &hashBuild{buildSide: side}
	workers := max(p.Build.Partitioning().N, p.Probe.Partitioning().N)
	if b.table, err = newJoinTable(ctx, env, keys, b.rows, p.NullEqual, workers); err != nil {
		return nil, err
	}
	held := b.table.bytes()
	if p.Kind.keepsBuild() {
		held += int64(b.rows+7) / 8 * int64(p.Probe.Partitioning().N+1)
	}
	if whole && p.Kind.keepsBuild() {
		b.matched = vec.NewBitmap(b.rows)
	}
	if p.marksNulls() {
		b.unknown = newUnknownMarks(keys, b.rows, p.NullEqual, c.res)
		if len(keys) > 1 {
			b.unknown.free = nullTableBytes(b.rows, len(keys))
			held += b.unknown.free
		}
		held += nullPartBytes * int64(b.rows)
	}
	if whole && p.Kind.dropsProbe() {
		for _, k := range p.Publish {
			if p.NullEqual == nil || !p.NullEqual[k.Key] {
				f, err := newKeyFilter(ctx, keys[k.Key], b.rows)
				if err != nil {
					return nil, err
				}
				held += keyFilterBytes(b.rows)
				env.Publish(k.ID, f)
			}
		}
	}
	if err := c.grow(held); err != nil {
		return nil, err
	}
	return b, c.settle()
}

// markUsed sets used for the columns of s that e has.
func markUsed(used []bool, s Schema, e expr.Expr) {
	if e == nil {
		return
	}
	expr.Columns(e, func(c *expr.Column) {
		if i := s.Index(c.ID); i >= 0 {
			used[i] = true
		}
	})
}
