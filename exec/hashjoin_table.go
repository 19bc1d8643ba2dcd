package exec

import (
	"context"
	"math/bits"
	"slices"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// joinTable finds the build rows of a key. Rows with equal keys form a group; a lookup yields the group's
// rows as a range of rowsOf, or where every key has one row, that row.
//
// There are two layouts. When words are exact and dense, a word is the index of its group. Otherwise groups
// lie sorted into buckets by the hash of their word, and dir has for every bucket where it begins and a
// small Bloom filter of its words, so that most misses end there.
type joinTable struct {
	codec  *keyCodec
	keys   []*vec.Vector // of the build rows, flat; for comparing where words are hashes
	unique bool
	groups int
	rowsOf []uint32 // not unique: build rows by group, within a group in order

	direct []uint32 // dense and unique: row+1 by word, 0 where there is none
	starts []uint32 // dense, not unique: where word's rows begin in rowsOf; one more at the end

	dir     []uint64 // by the hash's highest bits: first group << 32 | Bloom filter; one more at the end
	shift   uint8    // 64 - bits of a bucket number
	buckets []joinGroup
}

// joinGroup is one key. When the table is unique, start is its row.
type joinGroup struct {
	word         uint64
	start, count uint32
}

// denseFactor is how many words the direct layout may have per row.
const denseFactor = 4

// newJoinTable builds the table over n rows of keys, which are flat. workers is how many goroutines may help.
func newJoinTable(ctx context.Context, env *Env, keys []*vec.Vector, n int, nullEqual []bool, workers int) (*joinTable, error) {
	codec, err := newKeyCodec(ctx, keys, n, nullEqual)
	if err != nil {
		return nil, err
	}
	t := &joinTable{codec: codec, keys: keys}
	w, err := codec.encodeAll(ctx, keys, n)
	if err != nil {
		return nil, err
	}
	if n < 1<<16 {
		workers = 1
	}
	if t.codec.exact && t.codec.span <= uint64(denseFactor*len(w.sel)+1024) {
		return t, t.buildDense(ctx, env, w.words, w.sel, workers)
	}
	return t, t.buildHashed(ctx, env, w.words, w.sel, workers)
}

// bytes returns the memory held besides the keys.
func (t *joinTable) bytes() int64 {
	return int64(len(t.rowsOf)+len(t.direct)+len(t.starts))*4 + int64(len(t.dir))*8 + int64(len(t.buckets))*16
}

// joinTableBytes is an upper bound of what building a table over n rows takes.
func joinTableBytes(n int) int64 { return int64(n) * (8 + 4 + 8 + 2*16 + 16) }

// buildDense fills the direct layout. Every worker has a range of words and looks at all rows.
func (t *joinTable) buildDense(ctx context.Context, env *Env, words []uint64, sel []uint32, workers int) error {
	size := int(t.codec.span) + 1
	t.direct = make([]uint32, size)
	distinct := make([]int, workers)
	err := env.Run(ctx, workers, func(ctx context.Context, k int) error {
		lo, hi := uint64(size*k/workers), uint64(size*(k+1)/workers)
		d := 0
		err := inPieces(ctx, sel, func(sel []uint32) {
			for _, i := range sel {
				if w := words[i]; w-lo < hi-lo {
					if t.direct[w] == 0 {
						d++
					}
					t.direct[w] = i + 1
				}
			}
		})
		distinct[k] = d
		return err
	})
	if err != nil {
		return err
	}
	for _, d := range distinct {
		t.groups += d
	}
	if t.groups == len(sel) {
		t.unique = true
		return nil
	}
	t.direct = nil
	t.starts = make([]uint32, size+1)
	t.rowsOf = make([]uint32, len(sel))
	return t.fillDense(ctx, env, words, sel, workers)
}

// fillDense sorts the rows by their word.
func (t *joinTable) fillDense(ctx context.Context, env *Env, words []uint64, sel []uint32, workers int) error {
	size := len(t.starts) - 1
	starts, rowsOf := t.starts, t.rowsOf
	err := env.Run(ctx, workers, func(ctx context.Context, k int) error {
		lo, hi := uint64(size*k/workers), uint64(size*(k+1)/workers)
		return inPieces(ctx, sel, func(sel []uint32) {
			for _, i := range sel {
				if w := words[i]; w-lo < hi-lo {
					starts[w]++
				}
			}
		})
	})
	if err != nil {
		return err
	}
	sum := uint32(0)
	for w, n := range starts {
		starts[w] = sum
		sum += n
	}
	// Filling moves each start to its word's end, which is where the next word starts.
	err = env.Run(ctx, workers, func(ctx context.Context, k int) error {
		lo, hi := uint64(size*k/workers), uint64(size*(k+1)/workers)
		return inPieces(ctx, sel, func(sel []uint32) {
			for _, i := range sel {
				if w := words[i]; w-lo < hi-lo {
					rowsOf[starts[w]] = i
					starts[w]++
				}
			}
		})
	})
	copy(starts[1:], starts)
	starts[0] = 0
	return err
}

// inPieces calls f for pieces of rows, asking ctx in between.
func inPieces(ctx context.Context, rows []uint32, f func(rows []uint32)) error {
	const piece = 1 << 16
	for len(rows) > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n := min(piece, len(rows))
		f(rows[:n])
		rows = rows[n:]
	}
	return nil
}

// hashedRow is a row on its way into the hashed layout.
type hashedRow struct {
	word uint64
	row  uint32
}

// hashOf returns the hash by which a word finds its bucket.
func (t *joinTable) hashOf(word uint64) uint64 {
	if t.codec.exact {
		return vec.Mix(word)
	}
	return word
}

// buildHashed fills the hashed layout: rows are first dealt into parts by the highest bits of their hash, so
// that the parts' work is local in memory and needs no locks.
func (t *joinTable) buildHashed(ctx context.Context, env *Env, words []uint64, sel []uint32, workers int) error {
	dirBits := max(bits.Len(uint(len(sel))), 4)
	t.shift = uint8(64 - dirBits)
	t.dir = make([]uint64, 1<<dirBits+1)
	partBits := 0
	if len(sel) >= 1<<16 {
		partBits = min(dirBits-4, 8)
	}
	parts, err := t.deal(ctx, env, words, sel, partBits, workers)
	if err != nil {
		return err
	}
	groups := make([][]joinGroup, len(parts)) // their start is a position in rowsOf
	t.rowsOf = make([]uint32, len(sel))
	begin := make([]int, len(parts)+1)
	for p, rows := range parts {
		begin[p+1] = begin[p] + len(rows)
	}
	each := func(f func(p int)) error {
		return env.Run(ctx, workers, func(ctx context.Context, k int) error {
			for p := k; p < len(parts); p += workers {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				f(p)
			}
			return nil
		})
	}
	perPart := (len(t.dir) - 1) / len(parts)
	if err := each(func(p int) { groups[p] = t.group(parts[p], p*perPart, perPart, begin[p]) }); err != nil {
		return err
	}
	first := make([]int, len(parts)+1)
	for p := range parts {
		first[p+1] = first[p] + len(groups[p])
	}
	t.groups = first[len(parts)]
	t.unique = t.groups == len(sel)
	t.buckets = make([]joinGroup, t.groups)
	t.dir[len(t.dir)-1] = uint64(t.groups) << 32
	err = each(func(p int) {
		t.place(groups[p], p*perPart, perPart, first[p])
		groups[p] = nil
	})
	if t.unique {
		t.rowsOf = nil
	}
	return err
}

// deal sorts the rows into 1<<partBits parts by the highest bits of their hash; within a part they stay in
// order.
func (t *joinTable) deal(ctx context.Context, env *Env, words []uint64, sel []uint32, partBits, workers int) ([][]hashedRow, error) {
	all := make([]hashedRow, len(sel))
	n := 1 << partBits
	counts := make([][]int, workers)
	part := func(w uint64) int { return int(t.hashOf(w) >> 1 >> (63 - partBits)) }
	err := env.Run(ctx, workers, func(ctx context.Context, k int) error {
		c := make([]int, n)
		counts[k] = c
		return inPieces(ctx, sel[len(sel)*k/workers:len(sel)*(k+1)/workers], func(sel []uint32) {
			for _, i := range sel {
				c[part(words[i])]++
			}
		})
	})
	if err != nil {
		return nil, err
	}
	parts := make([][]hashedRow, n)
	sum := 0
	for p := range n {
		from := sum
		for k := range workers {
			counts[k][p], sum = sum, sum+counts[k][p]
		}
		parts[p] = all[from:sum]
	}
	err = env.Run(ctx, workers, func(ctx context.Context, k int) error {
		at := counts[k]
		return inPieces(ctx, sel[len(sel)*k/workers:len(sel)*(k+1)/workers], func(sel []uint32) {
			for _, i := range sel {
				p := part(words[i])
				all[at[p]] = hashedRow{words[i], i}
				at[p]++
			}
		})
	})
	return parts, err
}

// group sorts the rows of one part by bucket and word, writes them to rowsOf from begin on, and returns
// their groups. The part has the buckets first..first+buckets-1.
func (t *joinTable) group(rows []hashedRow, first, buckets, begin int) []joinGroup {
	if len(rows) == 0 {
		return nil
	}
	at := make([]uint32, buckets+1)
	bucket := func(w uint64) int { return int(t.hashOf(w)>>t.shift) - first }
	for i := range rows {
		at[bucket(rows[i].word)]++
	}
	sum := uint32(0)
	for b, n := range at {
		at[b] = sum
		sum += n
	}
	sorted := make([]hashedRow, len(rows))
	for _, r := range rows {
		b := bucket(r.word)
		sorted[at[b]] = r
		at[b]++
	}
	groups := make([]joinGroup, 0, len(rows))
	from := uint32(0)
	for _, to := range at[:buckets] {
		groups = t.groupBucket(sorted[from:to], groups, begin+int(from))
		from = to
	}
	return groups
}

// groupBucket appends the groups of one bucket's rows.
func (t *joinTable) groupBucket(rows []hashedRow, groups []joinGroup, at int) []joinGroup {
	sortHashed(rows)
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && rows[j].word == rows[i].word {
			j++
		}
		if !t.codec.exact && j-i > 1 {
			groups = t.groupCollisions(rows[i:j], groups, at)
		} else {
			groups = t.addGroup(rows[i:j], groups, at)
		}
		at += j - i
		i = j
	}
	return groups
}

// groupCollisions appends the groups of rows with equal hashes, one per distinct key.
func (t *joinTable) groupCollisions(rows []hashedRow, groups []joinGroup, at int) []joinGroup {
	for len(rows) > 0 {
		same := 1
		for same < len(rows) && equalKeys(t.keys, int(rows[0].row), t.keys, int(rows[same].row)) {
			same++
		}
		if same < len(rows) { // move the equal ones to the front, in order
			var others []hashedRow
			k := same
			for _, r := range rows[same:] {
				if equalKeys(t.keys, int(rows[0].row), t.keys, int(r.row)) {
					rows[k] = r
					k++
				} else {
					others = append(others, r)
				}
			}
			copy(rows[k:], others)
			same = k
		}
		groups = t.addGroup(rows[:same], groups, at)
		at += same
		rows = rows[same:]
	}
	return groups
}

func (t *joinTable) addGroup(rows []hashedRow, groups []joinGroup, at int) []joinGroup {
	for i, r := range rows {
		t.rowsOf[at+i] = r.row
	}
	return append(groups, joinGroup{word: rows[0].word, start: uint32(at), count: uint32(len(rows))})
}

// sortHashed sorts a bucket by word, keeping the order of equal ones.
func sortHashed(rows []hashedRow) {
	sorted := true
	for i := 1; i < len(rows) && sorted; i++ {
		sorted = rows[i-1].word <= rows[i].word
	}
	if sorted {
		return
	}
	if len(rows) > 16 {
		slices.SortStableFunc(rows, func(a, b hashedRow) int {
			switch {
			case a.word < b.word:
				return -1
			case a.word > b.word:
				return 1
			}
			return 0
		})
		return
	}
	for i := 1; i < len(rows); i++ {
		for j := i; j > 0 && rows[j-1].word > rows[j].word; j-- {
			rows[j-1], rows[j] = rows[j], rows[j-1]
		}
	}
}

// place writes a part's groups to buckets from first on, and its part of the directory.
func (t *joinTable) place(groups []joinGroup, firstBucket, buckets, first int) {
	copy(t.buckets[first:], groups)
	if t.unique {
		for i := range groups {
			t.buckets[first+i].start = t.rowsOf[groups[i].start]
		}
	}
	g := 0
	for b := firstBucket; b < firstBucket+buckets; b++ {
		d := uint64(first+g) << 32
		for g < len(groups) {
			h := t.hashOf(groups[g].word)
			if int(h>>t.shift) != b {
				break
			}
			d |= 1 << (h & 31)
			g++
		}
		t.dir[b] = d
	}
}

// equalKeys reports whether row i of a and row j of b, both flat, are equal in all columns, NULLs being equal.
func equalKeys(a []*vec.Vector, i int, b []*vec.Vector, j int) bool {
	for k, x := range a {
		y := b[k]
		if x.Valid != nil || y.Valid != nil || x.Kind != y.Kind || x.Enc != vec.Flat {
			if !vec.EqualRows(x, i, y, j) {
				return false
			}
			continue
		}
		switch x.Kind {
		case types.KView:
			if !equalViews(x, i, y, j) {
				return false
			}
		case types.KInt64:
			if vec.Values[int64](x)[i] != vec.Values[int64](y)[j] {
				return false
			}
		case types.KInt32:
			if vec.Values[int32](x)[i] != vec.Values[int32](y)[j] {
				return false
			}
		default:
			if !vec.EqualRows(x, i, y, j) {
				return false
			}
		}
	}
	return true
}

// equalViews compares two strings of flat vectors; most pairs are told apart or found equal by their views.
func equalViews(a *vec.Vector, i int, b *vec.Vector, j int) bool {
	x, y := &vec.Values[vec.View](a)[i], &vec.Values[vec.View](b)[j]
	xl, xh := x.Words()
	yl, yh := y.Words()
	if xl != yl { // length and first four bytes
		return false
	}
	if x.Len <= vec.ViewInline {
		return xh == yh
	}
	return string(x.In(a.Bufs, x)) == string(y.In(b.Bufs, y))
}
