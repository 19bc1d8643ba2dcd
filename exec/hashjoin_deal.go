package exec

import (
	"context"
	"sync"
	"sync/atomic"

	"gsql/exec/mem"
	"gsql/exec/vec"
)

// buildDealer deals build rows to files by the hash of their keys. One goroutine uses it.
type buildDealer struct {
	plan  *HashJoin
	shape *buildShape
	facts *buildFacts // nil: not asked for
	parts *spillParts
	rows  [spillFanout]int64
	// Rows with a NULL key that equals nothing lie in a file of their own, where the kind needs them at all.
	nulls    *spillParts
	nullRows int64

	ranges []keyRange // as facts wants them
	hashes []uint64
}

func newBuildDealer(h *hashBuilder) *buildDealer {
	return &buildDealer{plan: h.plan, shape: h.shape, facts: h.facts, ranges: make([]keyRange, len(h.plan.Publish)),
		parts: newSpillParts(h.env, h.plan, h.shape.types, spillFanout, 0), nulls: newSpillParts(h.env, h.plan, h.shape.types, 1, 0)}
}

func (d *buildDealer) close() {
	d.parts.close()
	d.nulls.close()
}

// deal takes n rows of dense columns.
func (d *buildDealer) deal(ctx context.Context, cols []*vec.Vector, n int) error {
	keys := make([]*vec.Vector, len(d.shape.keyAt))
	for i, at := range d.shape.keyAt {
		keys[i] = cols[at]
	}
	if d.facts != nil {
		if err := d.facts.see(ctx, d.ranges, keys, n); err != nil {
			return err
		}
	}
	if null := d.plan.nullRows(keys, n); len(null) > 0 {
		if err := d.dealNulls(ctx, cols, null); err != nil {
			return err
		}
		live := remaining(&vec.Batch{Rows: n}, null)
		cols, keys, n = gatherAll(cols, live), gatherAll(keys, live), len(live)
	}
	d.hashes = resize(d.hashes, n)
	hashKeys(keys, d.hashes)
	for _, h := range d.hashes {
		d.rows[d.parts.partOf(h)]++
	}
	if d.facts != nil && d.facts.bloom != nil {
		d.facts.bloom.addShared(d.hashes)
	}
	return d.parts.add(ctx, cols, n, d.hashes)
}

func (d *buildDealer) dealNulls(ctx context.Context, cols []*vec.Vector, rows []uint32) error {
	switch {
	case d.plan.marksNulls() && len(d.plan.BuildKeys) == 1:
		if d.nullRows > 0 {
			return nil // one is as good as many
		}
		rows = rows[:1]
	case d.plan.Kind.dropsNulls() && !d.plan.marksNulls():
		return nil
	}
	d.nullRows += int64(len(rows))
	return d.nulls.add(ctx, gatherAll(cols, rows), len(rows), make([]uint64, len(rows)))
}

// nullRows returns the rows that have a NULL among the keys which equals nothing.
func (p *HashJoin) nullRows(keys []*vec.Vector, n int) []uint32 {
	if !mayHaveNulls(keys) {
		return nil
	}
	some := vec.Make[uint32](n)
	for i := range some {
		some[i] = uint32(i)
	}
	for k, v := range keys {
		if p.NullEqual == nil || !p.NullEqual[k] {
			some = dropNulls(v, some)
		}
	}
	if len(some) == n {
		return nil
	}
	return remaining(&vec.Batch{Rows: n}, some)
}

func hashKeys(keys []*vec.Vector, hashes []uint64) {
	for i, v := range keys {
		vec.Hash(v, hashes, i > 0)
	}
}

// buildFacts is what is learned about the keys of a build side on its way to the disk: what filters of the probe side
// need.
type buildFacts struct {
	plan  *HashJoin
	res   *mem.Reservation
	once  sync.Once
	bloom *sharedBloom // of the hashes of all keys; nil: none
}

// keyRange has the least and the greatest value of a key, constants; nil when there is none.
type keyRange struct{ min, max *vec.Vector }

func (f *buildFacts) close() { f.res.Release() }

// begin makes the Bloom filter, where there is memory for one. How many keys come is not known.
func (f *buildFacts) begin(env *Env) {
	f.once.Do(func() {
		bytes := int64(maxBloomBytes)
		for limit := env.Mem.Limit(); limit > 0 && bytes > 8<<10 && bytes > limit/32; {
			bytes /= 2
		}
		f.res = env.reserveSpillable(f.plan, "hash join filter")
		if f.res.Grow(bytes) == nil {
			f.bloom = newSharedBloom(bytes)
		}
	})
}

// see widens the ranges of the published keys.
func (f *buildFacts) see(ctx context.Context, ranges []keyRange, keys []*vec.Vector, n int) error {
	for i, p := range f.plan.Publish {
		key := vec.Flatten(keys[p.Key])
		lo, hi := extremes(ctx, key, n)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if lo >= 0 {
			ranges[i].add(keyRange{constRow(key, lo, 1), constRow(key, hi, 1)})
		}
	}
	return nil
}

func (r *keyRange) add(s keyRange) {
	if s.min == nil {
		return
	}
	if r.min == nil || vec.CompareRows(s.min, 0, r.min, 0) < 0 {
		r.min = vec.OwnRows(s.min, []uint32{0})
		r.min = constRow(r.min, 0, 1)
	}
	if r.max == nil || vec.CompareRows(s.max, 0, r.max, 0) > 0 {
		r.max = vec.OwnRows(s.max, []uint32{0})
		r.max = constRow(r.max, 0, 1)
	}
}

// publish publishes the filters, when all rows were seen.
func (f *buildFacts) publish(env *Env, dealers []*buildDealer) {
	if f.bloom != nil && f.bloom.full() {
		f.bloom = nil
		f.res.Release()
	}
	if !f.plan.Kind.dropsProbe() {
		return
	}
	for i, p := range f.plan.Publish {
		if f.plan.NullEqual != nil && f.plan.NullEqual[p.Key] {
			continue
		}
		var r keyRange
		for _, d := range dealers {
			r.add(d.ranges[i])
		}
		k := &KeyFilter{Empty: r.min == nil, Min: r.min, Max: r.max}
		if f.bloom != nil && len(f.plan.BuildKeys) == 1 && !k.Empty {
			k.Contains = f.bloom.contains
		}
		env.Publish(p.ID, k)
	}
}

// maxBloomBytes is the size of the Bloom filter of a build side on disk: enough for some ten million keys.
const maxBloomBytes = 16 << 20

// sharedBloom is a bloom that several goroutines fill.
type sharedBloom struct{ bloom }

func newSharedBloom(bytes int64) *sharedBloom {
	return &sharedBloom{bloom{words: make([]uint64, bytes/8), shift: uint8(64 - logOf(bytes/8))}}
}

// logOf returns the logarithm of a power of two.
func logOf(n int64) (log int) {
	for ; n > 1; n >>= 1 {
		log++
	}
	return log
}

func (b *sharedBloom) addShared(hashes []uint64) {
	for _, h := range hashes {
		w, m := &b.words[h>>(b.shift&63)], bloomMask(h)
		if atomic.LoadUint64(w)&m != m {
			atomic.OrUint64(w, m)
		}
	}
}

// full reports whether so many bits are set that the filter lets most rows pass.
func (b *sharedBloom) full() bool {
	const sample = 1 << 12
	n := min(len(b.words), sample)
	return vec.Bitmap(b.words[:n]).Count(64*n) > 64*n*8/10
}

// has reports whether a key with a hash may be among those added.
func (b *bloom) has(h uint64) bool {
	m := bloomMask(h)
	return b.words[h>>(b.shift&63)]&m == m
}
