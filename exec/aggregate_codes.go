package exec

import (
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// codePath finds groups without hashing where every key column is a small number already: a code into a
// dictionary, an integer from a narrow range, or a constant. The numbers of neighbouring columns are
// combined into one as long as their product is small, and a table turns the combined number into a denser
// one; the last table yields the group. Tables are filled as numbers occur: one that is not known yet is a
// miss, which the groupTable looks up by the keys. The meaning of the numbers changes with the dictionaries,
// and then the tables are cleared.
type codePath struct {
	off    bool // it does not pay
	cols   []codeColumn
	levels []codeLevel
	ready  bool // cols and levels are those of the batches that come

	missed []uint32 // the last table's index of each miss
	rows   int64    // looked up
	misses int64
}

// codeColumn says how one key column becomes a number in 0..size-1.
type codeColumn struct {
	enc  vec.Encoding
	dict *vec.Vector // Dict: the dictionary. Const: the value
	lo   int64       // Flat: what number 0 stands for
	size uint32      // the last number is that of NULL
	next *vec.Vector // a dictionary that was seen once; see adopt
}

// codeLevel is one step: the numbers of columns from..to-1 are combined with what the level before yields.
type codeLevel struct {
	from, to int
	product  uint32   // of the columns' sizes
	table    []uint32 // by combined number: the denser number + 1, in the last level the group + 1; 0: unknown
	count    uint32   // denser numbers given
}

const (
	codeProduct = 1 << 16 // numbers are combined up to this size
	codeTable   = 1 << 20 // entries of a table at most
)

func newCodePath(ts []types.Type) *codePath {
	p := &codePath{cols: make([]codeColumn, len(ts)), off: len(ts) == 0}
	for _, t := range ts {
		if k := t.Kind(); k == types.KList || k == types.KRow || vec.HasForms(t) {
			p.off = true
		}
	}
	return p
}

// forget drops the groups, which have new numbers from now on.
func (p *codePath) forget() {
	for i := range p.levels {
		clear(p.levels[i].table)
		p.levels[i].count = 0
	}
}

func (p *codePath) bytes() (n int64) {
	for i := range p.levels {
		n += 4 * int64(cap(p.levels[i].table))
	}
	return n
}

// lookup writes the groups of n rows to groups. misses are the rows whose group it does not know: learn is
// to be told. It is not ok where the columns are no small numbers.
func (p *codePath) lookup(cols []*vec.Vector, n int, groups []uint32) (misses []uint32, ok bool) {
	if p.off {
		return nil, false
	}
	if p.rows > 1<<18 && p.misses > p.rows/2 {
		p.off = true
		return nil, false
	}
	for i := range p.cols {
		if !p.cols[i].codes(cols[i]) {
			p.off = p.off || p.cols[i].hopeless(cols[i])
			return nil, false
		}
	}
	if !p.adopt(cols, n) {
		return nil, false
	}
	groups = groups[:n]
	for l := range p.levels {
		lev := &p.levels[l]
		if l == 0 {
			clear(groups)
		}
		for c := lev.from; c < lev.to; c++ {
			if !p.cols[c].combine(cols[c], groups) {
				// A number outside of the column's range.
				if !p.cols[c].widen(cols[c]) {
					p.off = true
					return nil, false
				}
				p.ready = false
				return p.lookup(cols, n, groups)
			}
		}
		if l == len(p.levels)-1 {
			break
		}
		lev.condense(groups)
		if !p.levels[l+1].room(lev.count) {
			p.off = true
			return nil, false
		}
	}
	return p.resolve(groups), true
}

// codes reports whether the column's rows are small numbers, as far as their encoding tells.
func (c *codeColumn) codes(v *vec.Vector) bool {
	switch v.Enc {
	case vec.Dict:
		return v.Dict.Len < codeTable
	case vec.Const:
		return true
	}
	switch v.Kind {
	case types.KBool, types.KInt16, types.KInt32, types.KInt64:
		return true
	}
	return false
}

// hopeless reports whether a column that is not made of small numbers will hardly become so.
func (c *codeColumn) hopeless(v *vec.Vector) bool { return v.Enc == vec.Flat && v.Kind != types.KView }

// adopt makes the path ready for the columns' dictionaries and ranges. Tables that are large for the rows at
// hand are made only for dictionaries that came before: readers may make a new one for every batch.
func (p *codePath) adopt(cols []*vec.Vector, n int) bool {
	same, again := p.ready, true
	for i, v := range cols {
		c := &p.cols[i]
		if v.Enc == c.enc {
			switch v.Enc {
			case vec.Dict:
				if c.dict == v.Dict {
					continue
				}
			case vec.Const:
				if c.dict != nil && vec.EqualRows(c.dict, 0, v, 0) {
					continue
				}
			default:
				if c.size > 0 {
					continue
				}
			}
		}
		same = false
		if v.Enc == vec.Dict && c.next != v.Dict {
			c.next = v.Dict
			again = false
		}
	}
	if same {
		return true
	}
	total := 1.0
	for i, v := range cols {
		if v.Enc == vec.Dict {
			total *= float64(v.Dict.Len + 1)
		} else if v.Enc == vec.Flat {
			total *= float64(max(p.cols[i].size, 1))
		}
	}
	if !again && total > float64(2*n) {
		return false
	}
	for i, v := range cols {
		if !p.cols[i].set(v) {
			p.off = true
			return false
		}
	}
	p.arrange()
	return true
}

// set makes the column ready for v.
func (c *codeColumn) set(v *vec.Vector) bool {
	switch v.Enc {
	case vec.Dict:
		*c = codeColumn{enc: vec.Dict, dict: v.Dict, size: uint32(v.Dict.Len) + 1, next: v.Dict}
	case vec.Const:
		*c = codeColumn{enc: vec.Const, dict: v, size: 1}
	default:
		if c.enc == vec.Flat && c.size > 0 {
			return true
		}
		*c = codeColumn{enc: vec.Flat}
		return c.widen(v)
	}
	return true
}

// widen makes the range of a flat column hold the values of v too; it fails when that is too wide.
func (c *codeColumn) widen(v *vec.Vector) bool {
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	switch v.Kind {
	case types.KBool:
		lo, hi = 0, 1
	case types.KInt16:
		lo, hi = rangeOf(vec.Values[int16](v), v.Valid)
	case types.KInt32:
		lo, hi = rangeOf(vec.Values[int32](v), v.Valid)
	case types.KInt64:
		lo, hi = rangeOf(vec.Values[int64](v), v.Valid)
	}
	if lo > hi { // only NULLs
		lo, hi = 0, 0
	}
	grow := c.size > 0
	if grow {
		lo, hi = min(lo, c.lo), max(hi, c.lo+int64(c.size)-2)
	}
	span := uint64(hi) - uint64(lo)
	if span > codeTable-2 {
		return false
	}
	if grow { // it may go on growing: not step by step
		slack := int64(min(span, codeTable-2-span))
		if lo < c.lo && lo > math.MinInt64+slack {
			lo -= slack
		} else if hi < math.MaxInt64-slack {
			hi += slack
		}
		span = uint64(hi) - uint64(lo)
	}
	c.enc, c.lo, c.size = vec.Flat, lo, uint32(span)+2
	return true
}

func rangeOf[T int16 | int32 | int64](vals []T, valid vec.Bitmap) (lo, hi int64) {
	lo, hi = math.MaxInt64, math.MinInt64
	if valid != nil {
		for i, x := range vals {
			if valid.Get(i) {
				lo, hi = min(lo, int64(x)), max(hi, int64(x))
			}
		}
		return lo, hi
	}
	if len(vals) == 0 {
		return lo, hi
	}
	a, b := vals[0], vals[0]
	for _, x := range vals {
		a, b = min(a, x), max(b, x)
	}
	return int64(a), int64(b)
}

// arrange lays out the levels for the columns' sizes.
func (p *codePath) arrange() {
	old := p.levels
	p.levels, p.ready = nil, true
	for c := 0; c < len(p.cols); {
		l := codeLevel{from: c, product: 1}
		for ; c < len(p.cols); c++ {
			product := uint64(l.product) * uint64(p.cols[c].size)
			if product > codeProduct && c > l.from {
				break
			}
			l.product = uint32(product)
		}
		l.to = c
		if i := len(p.levels); i < len(old) {
			l.table = old[i].table[:0]
		}
		p.levels = append(p.levels, l)
	}
	p.levels[0].table = cleared(p.levels[0].table, int(p.levels[0].product))
}

// cleared returns n zeros, in t's memory where it has room.
func cleared(t []uint32, n int) []uint32 {
	if cap(t) < n {
		return make([]uint32, n)
	}
	t = t[:n]
	clear(t)
	return t
}

// room makes the table of a level large enough for count numbers of the level before.
func (l *codeLevel) room(count uint32) bool {
	need := uint64(count) * uint64(l.product)
	if need > codeTable {
		return false
	}
	if have := len(l.table); int(need) > have {
		if cap(l.table) >= int(need) {
			l.table = l.table[:need]
			clear(l.table[have:])
		} else {
			grown := make([]uint32, need, min(2*need, codeTable))
			copy(grown, l.table)
			l.table = grown
		}
	}
	return true
}

// condense replaces the combined numbers of a level by denser ones.
func (l *codeLevel) condense(nums []uint32) {
	table := l.table
	for i, x := range nums {
		d := table[x]
		if d == 0 {
			l.count++
			d = l.count
			table[x] = d
		}
		nums[i] = d - 1
	}
}

// combine multiplies nums by the column's size and adds the column's numbers. It fails when there is one
// outside of the range.
func (c *codeColumn) combine(v *vec.Vector, nums []uint32) bool {
	switch c.enc {
	case vec.Const:
		return true
	case vec.Dict:
		codes := v.Codes()[:len(nums)]
		for i, x := range codes {
			nums[i] = nums[i]*c.size + x
		}
		if v.Valid != nil {
			c.nulls(v.Valid, func(i int) { nums[i] += c.size - 1 - codes[i] }, len(nums))
		}
		return true
	}
	switch v.Kind {
	case types.KBool:
		return combineInts(c, vec.Values[uint8](v), v.Valid, nums)
	case types.KInt16:
		return combineInts(c, vec.Values[int16](v), v.Valid, nums)
	case types.KInt32:
		return combineInts(c, vec.Values[int32](v), v.Valid, nums)
	case types.KInt64:
		return combineInts(c, vec.Values[int64](v), v.Valid, nums)
	}
	return false
}

func (c *codeColumn) nulls(valid vec.Bitmap, f func(i int), n int) {
	for i := range n {
		if !valid.Get(i) {
			f(i)
		}
	}
}

func combineInts[T uint8 | int16 | int32 | int64](c *codeColumn, vals []T, valid vec.Bitmap, nums []uint32) bool {
	vals = vals[:len(nums)]
	size, lo, last := c.size, c.lo, uint64(c.size)-2
	if valid == nil {
		var out uint64
		for i, x := range vals {
			k := uint64(int64(x) - lo)
			if k > last {
				out = 1
			}
			nums[i] = nums[i]*size + uint32(k)
		}
		return out == 0
	}
	for i, x := range vals {
		k := uint64(int64(x) - lo)
		if !valid.Get(i) {
			k = last + 1
		} else if k > last {
			return false
		}
		nums[i] = nums[i]*size + uint32(k)
	}
	return true
}

// resolve replaces the numbers of the last level by groups and returns the rows it does not know.
func (p *codePath) resolve(groups []uint32) (misses []uint32) {
	table := p.levels[len(p.levels)-1].table
	p.missed = p.missed[:0]
	for i, x := range groups {
		g := table[x]
		if g == 0 {
			misses = append(misses, uint32(i))
			p.missed = append(p.missed, x)
		}
		groups[i] = g - 1
	}
	p.rows += int64(len(groups))
	p.misses += int64(len(misses))
	return misses
}

// learn is told the groups of the rows that lookup missed, and puts them into groups.
func (p *codePath) learn(misses, found, groups []uint32) {
	table := p.levels[len(p.levels)-1].table
	for j, g := range found {
		table[p.missed[j]] = g + 1
		groups[misses[j]] = g
	}
}
