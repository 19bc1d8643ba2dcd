package memory

import (
	"context"
	"sync"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/vec"
)

// Key is a constraint of a table that says that no two rows have the same values in some columns: PRIMARY KEY or UNIQUE.
// All states of the table share it.
type Key struct {
	Name             string
	Columns          []int // ordinals
	Primary          bool
	NullsNotDistinct bool // NULL equals NULL; else rows with a NULL are all right
	Deferrable       bool
	Deferred         bool // checked when the transaction commits
	Index            bool // made by CREATE UNIQUE INDEX: no constraint

	index keyIndex
}

// without returns the key of the same columns after the n-th column of the table has gone; nil if that was one of the key.
func (k *Key) without(n int) *Key {
	w := &Key{Name: k.Name, Primary: k.Primary, NullsNotDistinct: k.NullsNotDistinct, Deferrable: k.Deferrable, Deferred: k.Deferred, Index: k.Index}
	for _, c := range k.Columns {
		if c == n {
			return nil
		}
		if c > n {
			c--
		}
		w.Columns = append(w.Columns, c)
	}
	return w
}

// keyIndex finds rows by the hash of their key. It has the rows of all chunks that it was shown, also those of states of the
// table that nobody sees any more, or will ever see; who finds a row must look whether its chunk is one of the table.
type keyIndex struct {
	mu      sync.Mutex
	slots   []keySlot // open addressing with linear probing; a power of two of them
	used    int
	chunks  []*Chunk
	ordinal map[*Chunk]uint32 // of a chunk in chunks, from 1
}

// keySlot is a row's place; chunk 0 is an empty slot.
type keySlot struct {
	hash  uint64
	chunk uint32 // ordinal
	row   uint32
}

const keySlotBytes = 16

// freeSlots are not counted as memory, so that a small table has its keys in any case.
const freeSlots = 4 << 10

// slotBytes is the memory that is counted for so many slots.
func slotBytes(slots int) int64 { return int64(max(slots-freeSlots, 0)) * keySlotBytes }

// Check returns the error about rows of t with equal keys, if any. Those of before, from which t was made, are known to have
// none. With deferred it looks at the keys that are checked when the transaction commits, else at the others.
func (t *Table) Check(ctx context.Context, before *Table, deferred bool) error {
	for _, k := range t.Keys {
		if k.Deferred != deferred {
			continue
		}
		if err := k.check(ctx, t, before); err != nil {
			return err
		}
	}
	return nil
}

// HasDeferred reports whether there are keys to be checked when the transaction commits.
func (t *Table) HasDeferred() bool {
	for _, k := range t.Keys {
		if k.Deferred {
			return true
		}
	}
	return false
}

func (k *Key) check(ctx context.Context, t, before *Table) error {
	x := &k.index
	x.mu.Lock()
	defer x.mu.Unlock()
	var known []*Chunk
	if before != nil {
		known = before.Chunks
	}
	x.tidy(t.rows)
	live, fresh, err := x.know(ctx, k, t, known)
	if err != nil {
		return err
	}
	for _, c := range fresh {
		if err := x.visit(ctx, k, t, c, live); err != nil {
			return err
		}
	}
	return nil
}

// know makes the index have those of a table's chunks that are among some others, and returns the ordinals of those that it has, and
// the table's chunks that are not among them.
func (x *keyIndex) know(ctx context.Context, k *Key, t *Table, known []*Chunk) (live map[uint32]bool, fresh []*Chunk, err error) {
	if err := x.grow(t); err != nil {
		return nil, nil, err
	}
	among := map[*Chunk]bool{}
	for _, c := range known {
		among[c] = true
	}
	live = map[uint32]bool{}
	for _, c := range t.Chunks {
		switch {
		case !among[c]:
			fresh = append(fresh, c)
		case x.ordinal[c] == 0:
			if err := x.visit(ctx, k, t, c, nil); err != nil {
				return nil, nil, err
			}
		}
		live[x.ordinal[c]] = true // 0, of a chunk that is not there yet, is no row's
	}
	return live, fresh, nil
}

// tidy empties the index when most of its rows are none of the table any more.
func (x *keyIndex) tidy(rows int64) {
	const few = 16 << 10
	if int64(x.used) > 2*rows+few {
		x.slots, x.chunks, x.ordinal, x.used = nil, nil, nil, 0
	}
}

// bytes returns the memory of the index that is counted.
func (x *keyIndex) bytes() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slotBytes(len(x.slots))
}

// visit adds the rows of a chunk, unless they are there, and with live, the ordinals of chunks of the table, returns the error about
// one whose key another row of these chunks has. Then the chunk is one of them, too.
func (x *keyIndex) visit(ctx context.Context, k *Key, t *Table, c *Chunk, live map[uint32]bool) error {
	self, add := x.ordinal[c], x.ordinal[c] == 0
	if add {
		x.chunks = append(x.chunks, c)
		self = uint32(len(x.chunks))
	}
	if live != nil {
		live[self] = true
	}
	q := &search{ctx, x, k, live}
	err := k.eachHash(ctx, c, func(cols []*vec.Vector, row, i int, hash uint64) error {
		p, found, err := q.find(cols, i, hash, self, uint32(row))
		switch {
		case err != nil:
			return err
		case found:
			return k.violation(t, cols, i)
		case add:
			x.slots[p] = keySlot{hash, self, uint32(row)}
			x.used++
		}
		return nil
	})
	if add && err == nil {
		if x.ordinal == nil {
			x.ordinal = map[*Chunk]uint32{}
		}
		x.ordinal[c] = self
	}
	return err
}

// search looks for rows with equal keys in the chunks whose ordinals are live.
type search struct {
	ctx   context.Context
	index *keyIndex
	key   *Key
	live  map[uint32]bool
}

// find looks for another row with the key that row i of cols has, than the row of a chunk, which is that row's own place. If there is
// none, slot is where the row may be put.
func (q *search) find(cols []*vec.Vector, i int, hash uint64, chunk, row uint32) (slot uint64, found bool, err error) {
	slots := q.index.slots
	mask := uint64(len(slots) - 1)
	for slot = hash & mask; slots[slot].chunk != 0; slot = (slot + 1) & mask {
		o := &slots[slot]
		if o.hash != hash || !q.live[o.chunk] || o.chunk == chunk && o.row == row {
			continue
		}
		if found, err = q.key.equal(q.ctx, cols, i, q.index.chunks[o.chunk-1], int(o.row)); found || err != nil {
			return slot, found, err
		}
	}
	return slot, false, nil
}

// grow makes room for the rows of chunks that are not known.
func (x *keyIndex) grow(t *Table) error {
	n := x.used
	for _, c := range t.Chunks {
		if x.ordinal[c] == 0 {
			n += c.Rows
		}
	}
	size := max(len(x.slots), 64)
	for 4*n > 3*size {
		size *= 2
	}
	if size == len(x.slots) {
		return nil
	}
	if err := t.Memory.Grow(slotBytes(size) - slotBytes(len(x.slots))); err != nil {
		return err
	}
	old := x.slots
	x.slots = make([]keySlot, size)
	for _, s := range old {
		if s.chunk == 0 {
			continue
		}
		i := s.hash & uint64(size-1)
		for x.slots[i].chunk != 0 {
			i = (i + 1) & uint64(size-1)
		}
		x.slots[i] = s
	}
	return nil
}

// eachHash calls f with the rows of a chunk that have a key: the columns of the key, the row's number in the chunk and in these
// columns, and the hash of its key.
func (k *Key) eachHash(ctx context.Context, c *Chunk, f func(cols []*vec.Vector, row, i int, hash uint64) error) error {
	var hashes []uint64
	return c.Each(ctx, func(from int, b *vec.Batch) error {
		cols := k.columns(b)
		hashes = hashRows(cols, b.Rows, hashes)
		for i := range b.Rows {
			if !k.has(cols, i) {
				continue
			}
			if err := f(cols, from+i, i, hashes[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// hashRows hashes the first rows of some columns. It may use the memory of out.
func hashRows(cols []*vec.Vector, rows int, out []uint64) []uint64 {
	if cap(out) < rows {
		out = make([]uint64, rows)
	}
	out = out[:rows]
	for i, v := range cols {
		vec.Hash(v, out, i > 0)
	}
	return out
}

// has reports whether row i has a key that others must not have.
func (k *Key) has(cols []*vec.Vector, i int) bool { return k.NullsNotDistinct || !anyNull(cols, i) }

func (k *Key) columns(b *vec.Batch) []*vec.Vector {
	cols := make([]*vec.Vector, len(k.Columns))
	for i, c := range k.Columns {
		cols[i] = b.Cols[c]
	}
	return cols
}

func anyNull(cols []*vec.Vector, i int) bool {
	for _, v := range cols {
		if v.IsNull(i) {
			return true
		}
	}
	return false
}

// equal reports whether row i of cols has the key of a row of a chunk. Hashes that are equal are hardly ever those of different keys,
// so that this is about one row in a table without an error, and reading a chunk from disk for it is all right.
func (k *Key) equal(ctx context.Context, cols []*vec.Vector, i int, c *Chunk, row int) (equal bool, err error) {
	err = c.Each(ctx, func(from int, b *vec.Batch) error {
		if row < from || row >= from+b.Rows {
			return nil
		}
		equal = true
		for n, v := range k.columns(b) {
			null := v.IsNull(row - from)
			if null != cols[n].IsNull(i) || !null && !vec.EqualRows(cols[n], i, v, row-from) {
				equal = false
			}
		}
		return nil
	})
	return equal, err
}

// violation is PostgreSQL's error about a second row with a key.
func (k *Key) violation(t *Table, cols []*vec.Vector, i int) error {
	var names, values []byte
	for n, v := range cols {
		if n > 0 {
			names, values = append(names, ", "...), append(values, ", "...)
		}
		names = append(names, t.Columns[k.Columns[n]].Name...)
		if v.IsNull(i) {
			values = append(values, "null"...)
		} else {
			values = text.Append(values, v, i, nil)
		}
	}
	return sqlstate.New(sqlstate.UniqueViolation, "duplicate key value violates unique constraint \"%s\"", k.Name).
		WithDetail("Key (%s)=(%s) already exists.", names, values)
}

// Fate is what becomes of a row that is to be inserted.
type Fate uint8

const (
	Fresh    Fate = iota // no row has one of its keys
	Conflict             // a row of the table has
	Repeated             // a fresh row before it has
)

// Fates returns what becomes of rows in chunks of their own when those must not be inserted whose keys there are, one for each row.
func (t *Table) Fates(ctx context.Context, keys []*Key, chunks []*Chunk) ([]Fate, error) {
	var fates []Fate
	for _, c := range chunks {
		fates = append(fates, make([]Fate, c.Rows)...)
	}
	for _, k := range keys {
		if err := k.meet(ctx, t, chunks, fates); err != nil {
			return nil, err
		}
	}
	base := 0
	seen := newSeenKeys(keys)
	for _, c := range chunks {
		err := c.Each(ctx, func(from int, b *vec.Batch) error { return seen.mark(ctx, c, from, b, fates[base+from:]) })
		if err != nil {
			return nil, err
		}
		base += c.Rows
	}
	return fates, nil
}

// meet marks the rows whose key the table has.
func (k *Key) meet(ctx context.Context, t *Table, chunks []*Chunk, fates []Fate) error {
	x := &k.index
	x.mu.Lock()
	defer x.mu.Unlock()
	live, _, err := x.know(ctx, k, t, t.Chunks)
	if err != nil {
		return err
	}
	q, base := &search{ctx, x, k, live}, 0
	for _, c := range chunks {
		err := k.eachHash(ctx, c, func(cols []*vec.Vector, row, i int, hash uint64) error {
			_, found, err := q.find(cols, i, hash, 0, 0)
			if found {
				fates[base+row] = Conflict
			}
			return err
		})
		if err != nil {
			return err
		}
		base += c.Rows
	}
	return nil
}

// seenKeys are the keys of rows that are to be inserted.
type seenKeys struct {
	keys   []*Key
	rows   []map[uint64][]rowPlace // by the hash, of each key
	hashes [][]uint64
}

// rowPlace is a row of a chunk.
type rowPlace struct {
	chunk *Chunk
	row   int
}

func newSeenKeys(keys []*Key) *seenKeys {
	s := &seenKeys{keys: keys, hashes: make([][]uint64, len(keys))}
	for range keys {
		s.rows = append(s.rows, map[uint64][]rowPlace{})
	}
	return s
}

// mark marks those of the fresh rows of a batch of a chunk, which begins at a row of that, that have a key which a fresh row before
// them has.
func (s *seenKeys) mark(ctx context.Context, c *Chunk, from int, b *vec.Batch, fates []Fate) error {
	cols := make([][]*vec.Vector, len(s.keys))
	for n, k := range s.keys {
		cols[n] = k.columns(b)
		s.hashes[n] = hashRows(cols[n], b.Rows, s.hashes[n])
	}
	for i := range b.Rows {
		if fates[i] != Fresh {
			continue
		}
		for n, k := range s.keys {
			for _, o := range s.rows[n][s.hashes[n][i]] {
				equal, err := k.equal(ctx, cols[n], i, o.chunk, o.row)
				if err != nil {
					return err
				}
				if equal && k.has(cols[n], i) {
					fates[i] = Repeated
				}
			}
		}
		if fates[i] != Fresh {
			continue
		}
		for n, k := range s.keys {
			if h := s.hashes[n][i]; k.has(cols[n], i) {
				s.rows[n][h] = append(s.rows[n][h], rowPlace{c, from + i})
			}
		}
	}
	return nil
}
