package exec

import (
	"context"
	"sync"
	"sync/atomic"

	"gsql/exec/expr"
	"gsql/exec/mem"
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

// collectBuild reads all partitions of a join's build side in parallel: its columns, of which only those in
// use are kept, and computed keys behind them.
func collectBuild(ctx context.Context, env *Env, plan Plan, probeParts int, used []bool, keys []expr.Expr, name string) (*buildSide, []*vec.Vector, error) {
	side := &buildSide{}
	side.left.Store(int32(probeParts))
	x, keep, keyAt := keptColumns(plan.Schema(), used, keys)
	n := plan.Partitioning().N
	parts := make([]*collector, n)
	for i := range parts {
		res := env.Mem.Reserve(name)
		side.reserved = append(side.reserved, res)
		parts[i] = newCollector(res, len(keep)+len(x.exprs))
	}
	err := env.Run(ctx, n, func(ctx context.Context, part int) error {
		return pullBuild(ctx, env, plan, part, x, keep, parts[part])
	})
	if err != nil {
		side.Close()
		return nil, nil, err
	}
	all := parts[0]
	for _, c := range parts[1:] {
		all.merge(c)
	}
	side.rows = all.rows
	ts := x.types()
	kept := ts[:0:0]
	for _, k := range keep {
		kept = append(kept, ts[k])
	}
	kept = append(kept, ts[len(x.schema):]...)
	cols, err := all.columns(ctx, kept)
	if err != nil {
		side.Close()
		return nil, nil, err
	}
	keyCols := make([]*vec.Vector, len(keys))
	for i, at := range keyAt {
		keyCols[i] = vec.Flatten(cols[at])
	}
	side.cols = make([]*vec.Vector, len(x.schema))
	for i, k := range keep {
		if used[k] {
			side.cols[k] = cols[i]
		}
	}
	return side, keyCols, nil
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

// pullBuild reads one partition of the build side into c.
func pullBuild(ctx context.Context, env *Env, plan Plan, part int, x *extras, keep []int, c *collector) error {
	programs, err := expr.CompileAll(x.exprs, x.schema.Index)
	if err != nil {
		return err
	}
	return env.Pull(ctx, plan, part, func(b *vec.Batch) error {
		cols := make([]*vec.Vector, 0, len(keep)+len(programs))
		for _, k := range keep {
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
		return c.add(cols, b.Len())
	})
}

// hashBuild is the build side of a hash join.
type hashBuild struct {
	*buildSide
	table   *joinTable
	unknown *unknownMarks // Mark joins without residual: what NULLs do
}

// build collects the build side, makes the table and publishes filters; it is called once per execution.
func (p *HashJoin) build(ctx context.Context, env *Env) (*hashBuild, error) {
	used := make([]bool, len(p.Build.Schema()))
	for i := range used {
		used[i] = p.Kind.putsBuild()
	}
	markUsed(used, p.Build.Schema(), p.Residual)
	side, keys, err := collectBuild(ctx, env, p.Build, p.Probe.Partitioning().N, used, p.BuildKeys, "hash join build")
	if err != nil {
		return nil, err
	}
	b := &hashBuild{buildSide: side}
	if err := b.index(ctx, env, p, keys); err != nil {
		side.Close()
		return nil, err
	}
	if p.Kind.dropsProbe() {
		for _, k := range p.Publish {
			if p.NullEqual == nil || !p.NullEqual[k.Key] {
				f, err := newKeyFilter(ctx, keys[k.Key], b.rows)
				if err != nil {
					b.Close()
					return nil, err
				}
				env.Publish(k.ID, f)
			}
		}
	}
	return b, nil
}

// index makes the table over the collected rows.
func (b *hashBuild) index(ctx context.Context, env *Env, p *HashJoin, keys []*vec.Vector) error {
	res := env.Mem.Reserve("hash join build")
	b.reserved = append(b.reserved, res)
	if err := res.Grow(joinTableBytes(b.rows)); err != nil {
		return err
	}
	workers := max(p.Build.Partitioning().N, p.Probe.Partitioning().N)
	t, err := newJoinTable(ctx, env, keys, b.rows, p.NullEqual, workers)
	if err != nil {
		return err
	}
	b.table = t
	held := t.bytes()
	if p.Kind.keepsBuild() {
		held += int64(b.rows) / 8
		b.matched = vec.NewBitmap(b.rows)
	}
	if err := res.Resize(held); err != nil {
		return err
	}
	if p.Kind == Mark && p.Residual == nil {
		b.unknown = newUnknownMarks(keys, b.rows, p.NullEqual, res)
	}
	return nil
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
