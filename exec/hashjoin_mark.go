package exec

import (
	"context"
	"sync"

	"gsql/exec/mem"
	"gsql/exec/vec"
)

// unknownMarks says which probe rows without a match have a NULL mark: those for which some build row is
// equal in all keys that are NULL on neither side. Build rows are parted by which of their keys are NULL; for
// each part and each set of keys to compare there is a table, made when it is first needed.
type unknownMarks struct {
	keys      []*vec.Vector // of the build rows, flat
	nullEqual []bool
	parts     []nullPart

	mu     sync.Mutex
	res    *mem.Reservation
	free   int64 // reserved for tables, and not used
	held   int64 // what the tables hold
	tables map[tableKey]*joinTable
}

// nullPartBytes is what a build row takes in the lists of parts, nullTableBytes in a table over some of so many keys.
const nullPartBytes = 8

func nullTableBytes(rows, keys int) int64 { return joinTableBytes(rows) + int64(rows*keys*24) }

// keySet is a set of keys by number.
type keySet uint64

// nullPart are the build rows in which exactly these keys are NULL.
type nullPart struct {
	null keySet
	rows []uint32
}

type tableKey struct {
	part    int
	compare keySet
}

func newUnknownMarks(keys []*vec.Vector, n int, nullEqual []bool, res *mem.Reservation) *unknownMarks {
	u := &unknownMarks{keys: keys, nullEqual: nullEqual, res: res, tables: map[tableKey]*joinTable{}}
	at := map[keySet]int{}
	for i := range n {
		s := u.nulls(keys, i)
		k, ok := at[s]
		if !ok {
			k = len(u.parts)
			at[s] = k
			u.parts = append(u.parts, nullPart{null: s})
		}
		u.parts[k].rows = append(u.parts[k].rows, uint32(i))
	}
	return u
}

// nulls returns which keys of row i are NULL and make comparisons unknown.
func (u *unknownMarks) nulls(keys []*vec.Vector, i int) (s keySet) {
	for k, v := range keys {
		if v.IsNull(i) && (u.nullEqual == nil || !u.nullEqual[k]) {
			s |= 1 << k
		}
	}
	return s
}

// find calls set for those of rows, numbers of rows of probe keys without a match, whose mark is NULL.
func (u *unknownMarks) find(ctx context.Context, env *Env, keys []*vec.Vector, rows []uint32, set func(i uint32)) error {
	if len(u.parts) == 0 || len(rows) == 0 {
		return nil
	}
	byNull := map[keySet][]uint32{}
	if mayHaveNulls(keys) {
		for _, i := range rows {
			s := u.nulls(keys, int(i))
			byNull[s] = append(byNull[s], i)
		}
	} else {
		byNull[0] = rows
	}
	for null, some := range byNull {
		for p := range u.parts {
			if err := u.findIn(ctx, env, keys, some, null, p, set); err != nil {
				return err
			}
		}
	}
	return nil
}

func mayHaveNulls(keys []*vec.Vector) bool {
	for _, v := range keys {
		if v.Valid != nil || v.Dict != nil && v.Dict.Valid != nil {
			return true
		}
	}
	return false
}

// findIn is find for probe rows with the same NULL keys and one part of the build rows.
func (u *unknownMarks) findIn(ctx context.Context, env *Env, keys []*vec.Vector, rows []uint32, null keySet, part int, set func(i uint32)) error {
	unknown := null | u.parts[part].null
	if unknown == 0 {
		return nil // all comparisons are known, and none matched
	}
	compare := (keySet(1)<<len(keys) - 1) &^ unknown
	if compare == 0 {
		for _, i := range rows {
			set(i)
		}
		return nil
	}
	t, err := u.table(ctx, env, tableKey{part, compare})
	if err != nil {
		return err
	}
	var some []*vec.Vector
	for k, v := range keys {
		if compare>>k&1 != 0 {
			some = append(some, vec.Gather(v, rows))
		}
	}
	var w keyWords
	var h joinHits
	t.lookup(some, len(rows), &w, &h)
	for _, k := range h.probe {
		set(rows[k])
	}
	return nil
}

// table returns the table of a part over the keys to compare.
func (u *unknownMarks) table(ctx context.Context, env *Env, key tableKey) (*joinTable, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if t := u.tables[key]; t != nil {
		return t, nil
	}
	rows := u.parts[key.part].rows
	if err := u.reserve(nullTableBytes(len(rows), len(u.keys))); err != nil {
		return nil, err
	}
	var some []*vec.Vector
	var nullEqual []bool
	for k, v := range u.keys {
		if key.compare>>k&1 != 0 {
			some = append(some, vec.Gather(v, rows))
			nullEqual = append(nullEqual, u.nullEqual != nil && u.nullEqual[k])
		}
	}
	t, err := newJoinTable(ctx, env, some, len(rows), nullEqual, 1)
	if err == nil {
		u.tables[key] = t
	}
	return t, err
}

// reserve takes n bytes for a further table. Where there is not enough memory, the tables so far go: they can be made
// again.
func (u *unknownMarks) reserve(n int64) error {
	if n > u.free {
		if err := u.res.Grow(n - u.free); err != nil {
			clear(u.tables)
			u.free, u.held = u.free+u.held, 0
			if n > u.free {
				if err := u.res.Grow(n - u.free); err != nil {
					return err
				}
				u.free = n
			}
		} else {
			u.free = n
		}
	}
	u.free -= n
	u.held += n
	return nil
}
