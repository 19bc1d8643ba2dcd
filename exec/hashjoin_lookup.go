package exec

import (
	"gsql/exec/types"
	"gsql/exec/vec"
)

// joinHits are the rows of a probe batch whose keys are in the table. The memory is used again for the next
// batch.
type joinHits struct {
	probe []uint32 // numbers of the rows that count, increasing
	start []uint32 // unique table: the build row; else where the group begins in joinTable.rowsOf
	count []uint32 // rows in the group; not set for a unique table
	fails []uint32
	dict  dictHits
}

// dictHits are the hits of a dictionary's values, kept from batch to batch.
type dictHits struct {
	dict         *vec.Vector
	start, count []uint32 // by code; count 0 for a miss
}

// dictReuse is how many times larger than a batch a dictionary may be that is looked up as a whole: batches
// with the same dictionary are expected to follow.
const dictReuse = 8

func (h *joinHits) reset(n int) {
	if cap(h.probe) < n {
		h.probe, h.start, h.count = vec.Make[uint32](n), vec.Make[uint32](n), vec.Make[uint32](n)
	}
	h.probe, h.start, h.count = h.probe[:n], h.start[:n], h.count[:n]
}

func (h *joinHits) cut(n int) { h.probe, h.start, h.count = h.probe[:n], h.start[:n], h.count[:n] }

// lookup finds the groups of n rows of keys, dense vectors of any encoding.
func (t *joinTable) lookup(keys []*vec.Vector, n int, w *keyWords, h *joinHits) {
	if t.groups == 0 {
		h.reset(0)
		return
	}
	if len(keys) == 1 && t.lookupDict(keys[0], n, h) {
		return
	}
	h.reset(n)
	if t.direct != nil && len(keys) == 1 && t.lookupInts(keys[0], h) {
		return
	}
	t.codec.encode(keys, n, w)
	switch {
	case t.direct != nil:
		t.lookupDirect(w, h)
	case t.starts != nil:
		t.lookupStarts(w, h)
	default:
		t.lookupHashed(w, h)
		if !t.codec.exact {
			t.verify(keys, w, h)
		}
	}
}

// lookupDict finds the groups of dictionary codes by looking up the dictionary once. It reports false where
// that does not pay, or where NULL has a group.
func (t *joinTable) lookupDict(v *vec.Vector, n int, h *joinHits) bool {
	if v.Enc != vec.Dict || t.codec.fields[0].nullEqual || v.Dict.Len > dictReuse*n && h.dict.dict != v.Dict {
		return false
	}
	d := &h.dict
	if d.dict != v.Dict {
		var w keyWords
		var found joinHits
		t.lookup([]*vec.Vector{v.Dict}, v.Dict.Len, &w, &found)
		d.dict, d.start, d.count = v.Dict, make([]uint32, v.Dict.Len), make([]uint32, v.Dict.Len)
		for k, code := range found.probe {
			d.start[code], d.count[code] = found.start[k], 1
			if !t.unique {
				d.count[code] = found.count[k]
			}
		}
	}
	h.reset(n)
	codes, k := v.Codes()[:n], 0
	probe, start, count := h.probe, h.start, h.count
	for i, c := range codes {
		probe[k], start[k], count[k] = uint32(i), d.start[c], d.count[c]
		if d.count[c] != 0 && (v.Valid == nil || v.Valid.Get(i)) {
			k++
		}
	}
	h.cut(k)
	return true
}

// lookupInts is lookupDirect for a plain column of integers, without words on the way.
func (t *joinTable) lookupInts(v *vec.Vector, h *joinHits) bool {
	f := &t.codec.fields[0]
	if v.Enc != vec.Flat || v.Valid != nil || f.nullEqual || v.Kind != f.kind {
		return false
	}
	switch v.Kind {
	case types.KInt32:
		lookupInts(t.direct, f, vec.Values[int32](v), h)
	case types.KInt64:
		lookupInts(t.direct, f, vec.Values[int64](v), h)
	default:
		return false
	}
	return true
}

func lookupInts[T int32 | int64](direct []uint32, f *codecField, values []T, h *joinHits) {
	first, k := int64(f.min^signBit), 0
	probe, start := h.probe[:len(values)], h.start[:len(values)]
	for i, x := range values {
		w := uint64(int64(x) - first)
		if w >= uint64(len(direct)) {
			continue
		}
		row := direct[w]
		probe[k], start[k] = uint32(i), row-1
		if row != 0 {
			k++
		}
	}
	h.cut(k)
}

func (t *joinTable) lookupDirect(w *keyWords, h *joinHits) {
	k := 0
	words, probe, start := w.words, h.probe, h.start
	for _, i := range w.sel {
		row := t.direct[words[i]]
		probe[k], start[k] = i, row-1
		if row != 0 {
			k++
		}
	}
	h.cut(k)
}

func (t *joinTable) lookupStarts(w *keyWords, h *joinHits) {
	k := 0
	words, probe, start, count := w.words, h.probe, h.start, h.count
	for _, i := range w.sel {
		x := words[i]
		from, to := t.starts[x], t.starts[x+1]
		probe[k], start[k], count[k] = i, from, to-from
		if from != to {
			k++
		}
	}
	h.cut(k)
}

// lookupHashed first asks all Bloom filters and then visits the buckets of the rows that are left: in loops
// this short, the processor has many cache misses under way at once.
func (t *joinTable) lookupHashed(w *keyWords, h *joinHits) {
	words, probe, start, dir, shift := w.words, h.probe, h.start, t.dir, t.shift&63
	k := 0
	for _, i := range w.sel {
		hash := t.hashOf(words[i])
		d := dir[hash>>shift]
		probe[k], start[k] = i, uint32(d>>32)
		k += int(d >> (hash & 31) & 1)
	}
	m := 0
	count, buckets := h.count, t.buckets
	for c, i := range probe[:k] {
		x := words[i]
		g, end := start[c], uint32(dir[t.hashOf(x)>>shift+1]>>32)
		for g < end && buckets[g].word != x {
			g++
		}
		if g < end {
			probe[m], start[m], count[m] = i, buckets[g].start, buckets[g].count
			m++
		}
	}
	h.cut(m)
}

// row returns a build row of hit k.
func (t *joinTable) row(h *joinHits, k int) uint32 {
	if t.unique {
		return h.start[k]
	}
	return t.rowsOf[h.start[k]]
}

// verify compares the keys of hits, which have equal hashes only, and drops or corrects those that differ.
func (t *joinTable) verify(keys []*vec.Vector, w *keyWords, h *joinHits) {
	fails := h.fails[:0]
	for c, v := range keys {
		fails = t.compareColumn(v, t.keys[c], h, fails)
	}
	h.fails = fails
	if len(fails) == 0 {
		return
	}
	failed := make([]bool, len(h.probe))
	for _, k := range fails {
		failed[k] = true
	}
	m := 0
	for k, i := range h.probe {
		g := joinGroup{start: h.start[k], count: h.count[k]}
		if failed[k] && !t.find(keys, int(i), w.words[i], &g) {
			continue
		}
		h.probe[m], h.start[m], h.count[m] = i, g.start, g.count
		m++
	}
	h.cut(m)
}

// compareColumn appends to fails the hits whose build row differs in one key column.
func (t *joinTable) compareColumn(probe, build *vec.Vector, h *joinHits, fails []uint32) []uint32 {
	if probe.Kind == types.KView && probe.Valid == nil && build.Valid == nil && probe.Enc != vec.Const &&
		(probe.Dict == nil || probe.Dict.Valid == nil) {
		values, codes := probe, []uint32(nil)
		if probe.Enc == vec.Dict {
			values, codes = probe.Dict, probe.Codes()
		}
		for k, i := range h.probe {
			if codes != nil {
				i = codes[i]
			}
			if !equalViews(values, int(i), build, int(t.row(h, k))) {
				fails = append(fails, uint32(k))
			}
		}
		return fails
	}
	if probe.Kind == types.KInt64 && build.Kind == types.KInt64 && probe.Enc == vec.Flat && probe.Valid == nil && build.Valid == nil {
		a, b := vec.Values[int64](probe), vec.Values[int64](build)
		for k, i := range h.probe {
			if a[i] != b[t.row(h, k)] {
				fails = append(fails, uint32(k))
			}
		}
		return fails
	}
	for k, i := range h.probe {
		if !vec.EqualRows(probe, int(i), build, int(t.row(h, k))) {
			fails = append(fails, uint32(k))
		}
	}
	return fails
}

// find sets g to the group of row i of keys, whose hash is word, comparing keys.
func (t *joinTable) find(keys []*vec.Vector, i int, word uint64, g *joinGroup) bool {
	b := word >> t.shift
	for _, x := range t.buckets[t.dir[b]>>32 : t.dir[b+1]>>32] {
		if x.word != word {
			continue
		}
		row := x.start
		if !t.unique {
			row = t.rowsOf[row]
		}
		if equalKeys(keys, i, t.keys, int(row)) {
			*g = x
			return true
		}
	}
	return false
}
