package parquet

import (
	"encoding/binary"
	"errors"
	"io"
	"math"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// leafCursor reads the levels and values of one leaf of a nested column.
type leafCursor struct {
	col *leafColumn
	cur *cursor // walks the pages
	reps,
	defs hybrid // of the current page
	rep, def []uint32 // the next levels, taken from the page but not read
	unread   int      // values of the page behind them
	row      int64    // how many rows began so far
	page     int      // with an offset index, the current page; -1: none
	jumped   bool     // to the next page, which other pages were left out for
	bufs     [2][levelsAtOnce]uint32
}

// levelsAtOnce is how many levels are decoded at once, so that a page's header cannot ask for much memory.
const levelsAtOnce = 2048

// leafRows are the levels of some rows of a leaf, and its values, NULL where the definition level is not the highest.
type leafRows struct {
	reps, defs []uint16
	values     *vec.Vector
}

func newLeafCursor(col *leafColumn, p *pages) *leafCursor {
	l := &leafCursor{col: col, cur: newCursor(&col.column, p, math.MaxInt64, nil), page: -1}
	l.cur.levelsOf = l
	return l
}

// start begins a page: body has the levels and then the values, which it returns.
func (l *leafCursor) start(h *pageHeader, body []byte) ([]byte, error) {
	l.unread = h.values
	if h.typ == pageDataV2 {
		if h.defLen+h.repLen > len(body) {
			return nil, errShort
		}
		if err := l.reps.reset(body[:h.repLen], bitWidth(l.col.rep)); err != nil {
			return nil, err
		}
		return body[h.repLen+h.defLen:], l.defs.reset(body[h.repLen:h.repLen+h.defLen], bitWidth(l.col.def))
	}
	if h.defEnc == encBitPacked && l.col.def > 0 {
		return nil, errors.New("levels have the encoding BIT_PACKED, which is not supported in nested columns")
	}
	var err error
	if body, err = levelsBefore(&l.reps, body, l.col.rep); err != nil {
		return nil, err
	}
	return levelsBefore(&l.defs, body, l.col.def)
}

// levelsBefore starts levels up to a highest one that stand before a page's values with their length, and returns what
// follows them.
func levelsBefore(h *hybrid, b []byte, highest int) ([]byte, error) {
	if highest == 0 {
		return b, nil
	}
	if len(b) < 4 {
		return nil, errShort
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, errShort
	}
	return b[4+n:], h.reset(b[4:4+n], bitWidth(highest))
}

// fill makes sure that there are levels to read. io.EOF says that the chunk has no more.
func (l *leafCursor) fill() error {
	if len(l.def) > 0 {
		return nil
	}
	begins := l.unread == 0
	for l.unread == 0 {
		l.cur.left = 0
		if err := l.cur.load(); err != nil {
			return err
		}
	}
	n := min(l.unread, levelsAtOnce)
	l.unread -= n
	l.rep, l.def = l.bufs[0][:n], l.bufs[1][:n]
	if err := l.levels(&l.reps, l.rep, l.col.rep); err != nil {
		return err
	}
	if x := l.cur.index; begins && x != nil {
		if l.rep[0] != 0 {
			return l.cur.pages.corrupt("a page does not begin with a row, as it has to with a page index")
		}
		l.page = x.page(l.row)
		if l.jumped {
			l.jumped = false
			if err := l.checkRows(x.end(l.page) - l.row); err != nil {
				return err
			}
		}
	}
	return l.levels(&l.defs, l.def, l.col.def)
}

// checkRows makes sure that as many rows begin in the current page, of which the first levels are taken, as the offset index
// says: it was found by that, and other columns' pages have to have the same rows.
func (l *leafCursor) checkRows(want int64) error {
	rows := int64(0)
	count := func(levels []uint32) {
		for _, x := range levels {
			if x == 0 {
				rows++
			}
		}
	}
	count(l.rep)
	reps := l.reps
	var buf [levelsAtOnce]uint32
	for left := l.unread; left > 0; {
		n := min(left, len(buf))
		if err := l.levels(&reps, buf[:n], l.col.rep); err != nil {
			return err
		}
		count(buf[:n])
		left -= n
	}
	if rows != want {
		return l.cur.pages.corrupt("a page has %d rows and not %d, as the page index says", rows, want)
	}
	return nil
}

func (l *leafCursor) levels(h *hybrid, dst []uint32, highest int) error {
	if highest == 0 {
		clear(dst)
		return nil
	}
	if err := h.read(dst); err != nil {
		return l.cur.damaged(err)
	}
	for _, x := range dst {
		if int(x) > highest {
			return l.cur.pages.corrupt("a level is higher than the schema allows")
		}
	}
	return nil
}

// next passes on up to a number of rows to take, with levels that lie in one page, until all are there and it returns
// false. The last row's end is where the next one begins, or the chunk ends.
func (l *leafCursor) next(rows *int) (reps, defs []uint32, more bool, err error) {
	if *rows == 0 && l.cur.index != nil && len(l.def) == 0 && l.unread == 0 {
		return nil, nil, false, nil // pages end with rows
	}
	switch err := l.fill(); {
	case err == io.EOF && *rows > 0:
		return nil, nil, false, l.cur.pages.corrupt("a column chunk has fewer rows than its row group")
	case err == io.EOF:
		return nil, nil, false, nil
	case err != nil:
		return nil, nil, false, err
	}
	k := 0
	for ; k < len(l.rep); k++ {
		if l.rep[k] == 0 {
			if *rows == 0 {
				break
			}
			*rows--
			l.row++
		}
	}
	reps, defs = l.rep[:k], l.def[:k]
	l.rep, l.def = l.rep[k:], l.def[k:]
	return reps, defs, k > 0, nil
}

// read returns the next n rows.
func (l *leafCursor) read(n int) (leafRows, error) {
	out := leafRows{}
	var chunks []*vec.Vector
	for {
		reps, defs, more, err := l.next(&n)
		if err != nil || !more {
			if err == nil {
				out.values = l.join(chunks)
			}
			return out, err
		}
		if len(out.defs) > maxElements {
			return out, sqlstate.New(sqlstate.ProgramLimitExceeded, "some rows of column %q of Parquet file %q have more than %d elements",
				l.cur.pages.column, l.cur.pages.path, maxElements)
		}
		v, err := l.decode(defs)
		if err != nil {
			return out, err
		}
		chunks = append(chunks, v)
		for i := range defs {
			out.reps, out.defs = append(out.reps, uint16(reps[i])), append(out.defs, uint16(defs[i]))
		}
	}
}

// maxElements is how many elements the arrays of a batch may have.
const maxElements = 1 << 27

func (l *leafCursor) join(chunks []*vec.Vector) *vec.Vector {
	if len(chunks) == 0 {
		return vec.Flatten(vec.NewNull(l.col.typ, 0))
	}
	return vec.Flatten(vec.Concat(chunks))
}

// decode returns the values that belong to some levels.
func (l *leafCursor) decode(defs []uint32) (*vec.Vector, error) {
	valid, values := vec.NewBitmap(len(defs)), 0
	for i, d := range defs {
		if int(d) == l.col.def {
			valid.Set(i)
			values++
		}
	}
	if values == len(defs) {
		valid = nil
	}
	dec := l.cur.dec
	dec.begin(len(defs), false)
	if err := dec.append(len(defs), values, valid, 0); err != nil {
		return nil, l.cur.damaged(err)
	}
	return dec.finish(valid), nil
}

// skip passes over n rows.
func (l *leafCursor) skip(n int) error {
	n, err := l.jump(n)
	if err != nil {
		return err
	}
	for {
		_, defs, more, err := l.next(&n)
		if err != nil || !more {
			return err
		}
		values := 0
		for _, d := range defs {
			if int(d) == l.col.def {
				values++
			}
		}
		if err := l.cur.dec.skip(values); err != nil {
			return l.cur.damaged(err)
		}
	}
}

// nestedCursor reads the rows of a nested column.
type nestedCursor struct {
	col    *column
	leaves []*leafCursor
}

// newNestedCursor returns a cursor of a nested column, of whose leaves p has the pages.
func newNestedCursor(c *column, p []*pages) *cursor {
	n := &nestedCursor{col: c}
	for i := range c.leaves {
		n.leaves = append(n.leaves, newLeafCursor(&c.leaves[i], p[i]))
	}
	return &cursor{col: c, pages: p[0], nest: n}
}

// count adds what the leaves have read to what the first one has.
func (n *nestedCursor) count() {
	first := n.leaves[0].cur.pages
	for _, l := range n.leaves[1:] {
		first.read += l.cur.pages.read
		l.cur.pages.read = 0
	}
}

func (n *nestedCursor) skip(rows int64) error {
	defer n.count()
	for _, l := range n.leaves {
		for left := rows; left > 0; left -= min(left, math.MaxInt32) {
			if err := l.skip(int(min(left, math.MaxInt32))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *nestedCursor) read(rows int) (*vec.Vector, error) {
	defer n.count()
	a := assembly{leaves: make([]leafRows, len(n.leaves)), places: make([][]uint32, len(n.leaves))}
	for i, l := range n.leaves {
		r, err := l.read(rows)
		if err != nil {
			return nil, err
		}
		a.leaves[i] = r
		for k, rep := range r.reps {
			if rep == 0 {
				a.places[i] = append(a.places[i], uint32(k))
			}
		}
	}
	v, ok := a.value(n.col.root, a.places)
	if !ok {
		return nil, n.leaves[0].cur.pages.corrupt("the leaves of a nested column do not have the same values")
	}
	return v.WithType(n.col.typ), nil
}

// assembly makes values of what the leaves have.
type assembly struct {
	leaves []leafRows
	places [][]uint32
}

// value returns the values of a node, which begin at places in the levels of each leaf below it; the other leaves' places
// do not matter. ok is false when the leaves do not agree.
func (a *assembly) value(n *nested, places [][]uint32) (v *vec.Vector, ok bool) {
	first := places[n.leaf]
	for _, p := range places[n.leaf : n.leaf+n.leaves] {
		if len(p) != len(first) {
			return nil, false
		}
	}
	switch n.typ.ID {
	case types.Record:
		return a.records(n, places)
	case types.Array:
		return a.arrays(n, places)
	}
	return vec.Flatten(vec.Gather(a.leaves[n.leaf].values, first)), true
}

func (a *assembly) records(n *nested, places [][]uint32) (*vec.Vector, bool) {
	first := places[n.leaf]
	fields := make([]*vec.Vector, len(n.fields))
	for k, f := range n.fields {
		var ok bool
		if fields[k], ok = a.value(f, places); !ok {
			return nil, false
		}
	}
	v := vec.NewRows(n.typ, len(first), fields)
	v.Valid = a.present(n, first)
	return v, true
}

// present returns which values of a node are not NULL, nil when none is.
func (a *assembly) present(n *nested, places []uint32) vec.Bitmap {
	defs := a.leaves[n.leaf].defs
	valid, all := vec.NewBitmap(len(places)), true
	for i, p := range places {
		if int(defs[p]) >= n.def {
			valid.Set(i)
		} else {
			all = false
		}
	}
	if all {
		return nil
	}
	return valid
}

func (a *assembly) arrays(n *nested, places [][]uint32) (*vec.Vector, bool) {
	first := places[n.leaf]
	lists := make([]vec.List, len(first))
	inner := make([][]uint32, len(places))
	for l := n.leaf; l < n.leaf+n.leaves; l++ {
		elements := a.elements(n, l, places[l], lists, l == n.leaf)
		if inner[l] = elements; elements == nil {
			inner[l] = []uint32{}
		}
	}
	child, ok := a.value(n.elem, inner)
	if !ok {
		return nil, false
	}
	v := vec.New(n.typ, types.KList, lists, a.present(n, first))
	v.Child = child
	return v, true
}

// elements returns where the elements of arrays begin in a leaf. It sets the arrays' ranges when asked to.
func (a *assembly) elements(n *nested, leaf int, places []uint32, lists []vec.List, set bool) (elements []uint32) {
	reps, defs := a.leaves[leaf].reps, a.leaves[leaf].defs
	for i, p := range places {
		from := len(elements)
		if int(defs[p]) >= n.exists {
			elements = append(elements, p)
			for k := int(p) + 1; k < len(reps) && int(reps[k]) >= n.rep; k++ {
				if int(reps[k]) == n.rep {
					elements = append(elements, uint32(k))
				}
			}
		}
		if set {
			lists[i] = vec.List{Off: uint32(from), Len: uint32(len(elements) - from)}
		}
	}
	return elements
}
