package csv

import (
	"bytes"
	"math"

	"gsql/exec"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// guess is what samples tell of a column.
type guess struct {
	class  class
	values int // that are not NULL
	nulls  int
	bytes  int64
	seen   countSet
	order  order
	number numberForm // that numbers may have
	formed bool       // some have
	dates  dateEvidence
}

// classify returns the kind of one value, blanks around it left out, in the forms that values of the column may have.
func (g *guess) classify(v []byte) class {
	if v = bytes.Trim(v, " "); len(v) == 0 {
		return isText
	}
	if g.number.concerns(v) {
		var buf [64]byte
		if plain, ok := g.number.plain(buf[:0], v); ok {
			g.formed = true
			return classify(plain)
		}
	}
	c := classify(v)
	switch {
	case c == isText && g.dates.add(v):
		return isFormedDate
	case c == isFloat && g.number.decimal == ',': // 1.5 is not what it seems to be
		return isText
	}
	return c
}

// add looks at values of a column that stand one behind the other in the file.
func (g *guess) add(f *fields, s *cells) {
	c := column{}
	g.order.broken = g.order.broken || g.values > 0 && !g.order.rising
	g.order.fresh = true
	for i := range s.n {
		_, n := s.at(i)
		if n <= 0 {
			g.nulls++
			continue
		}
		v := c.value(s, f, i)
		if len(v) == 0 { // blanks
			g.nulls++
			continue
		}
		if g.class&isText == 0 {
			g.class |= g.classify(v)
			g.order.add(v, g.class)
		}
		g.values++
		g.bytes += int64(n)
		g.seen.add(vec.HashBytes(v))
	}
}

// order tells a column's least and greatest value and whether its values rise.
type order struct {
	rising, broken, fresh bool
	last, least, most     float64
	any                   bool
}

func (o *order) add(v []byte, c class) {
	var x float64
	switch {
	case c&^(isInt|isLong|isFloat) == 0:
		f, err := slowFloat(v, 64)
		if err != nil {
			return
		}
		x = f
	case c == isDate:
		d, _ := text.ParseDateISO(v)
		x = float64(d)
	case c == isTimestamp:
		ts, _ := text.ParseTimestampISO(v)
		x = float64(ts)
	default:
		return
	}
	if !o.any {
		o.any, o.rising, o.least, o.most = true, true, x, x
	}
	if !o.fresh && x < o.last {
		o.rising = false
	}
	o.fresh = false
	o.last = x
	o.least, o.most = min(o.least, x), max(o.most, x)
}

// countSet counts distinct hashes, and those that came once, up to a number of them.
type countSet struct {
	slots []uint64 // a hash with its low bit telling whether it came again; 0: free
	n     int
	once  int
}

func (s *countSet) add(h uint64) {
	if 2*(s.n+1) > len(s.slots) {
		s.grow()
	}
	h = h&^1 | 1<<63
	for i := h >> 1 % uint64(len(s.slots)); ; i = (i + 1) % uint64(len(s.slots)) {
		switch x := s.slots[i]; {
		case x == 0:
			s.slots[i] = h
			s.n++
			s.once++
			return
		case x&^1 == h:
			if x&1 == 0 {
				s.slots[i] |= 1
				s.once--
			}
			return
		}
	}
}

func (s *countSet) grow() {
	old := s.slots
	s.slots = make([]uint64, max(256, 2*len(old)))
	n := uint64(len(s.slots))
	for _, x := range old {
		if x == 0 {
			continue
		}
		i := (x &^ 1) >> 1 % n
		for s.slots[i] != 0 {
			i = (i + 1) % n
		}
		s.slots[i] = x
	}
}

// distinct estimates the distinct values among total rows from a sample of n values: the estimator Duj1 of Haas
// and Stokes. Of a column whose values rise, a sample of neighbours has too many repeated ones for it; there
// their share is taken to be that of the whole.
func (g *guess) distinct(total float64) float64 {
	d, n := float64(g.seen.n), float64(g.values)
	if n == 0 || total <= n {
		return d
	}
	if g.order.rising && !g.order.broken && g.seen.n > 10 {
		return d / n * total
	}
	once := float64(g.seen.once)
	return min(total, n*d/(n-once+once*n/total))
}

// estimate fills in the statistics.
func (in *inference) estimate() {
	sh := in.shape
	if in.rows > 0 {
		sh.rowBytes = max(float64(in.bytes)/float64(in.rows), 1)
	}
	sh.rows = float64(in.size) / max(sh.rowBytes, 1)
	sh.stats = make([]exec.ColumnStats, len(sh.Schema))
	for i := range sh.stats {
		sh.stats[i] = in.guess[i].stats(sh.Schema[i].Type, in.total(in.guess[i]))
	}
}

// total returns how many values that are not NULL a column has in all files.
func (in *inference) total(g guess) float64 {
	if g.values == 0 || in.shape.rowBytes == 0 {
		return 0
	}
	return float64(in.size) / in.shape.rowBytes * float64(g.values) / float64(g.values+g.nulls)
}

func (g *guess) stats(t types.Type, total float64) exec.ColumnStats {
	s := exec.ColumnStats{Width: float64(t.Kind().Width())}
	if g.values == 0 {
		return s
	}
	s.Distinct = g.distinct(total)
	s.NullFrac = float64(g.nulls) / float64(g.values+g.nulls)
	if t.Kind() == types.KView {
		s.Width = float64(g.bytes) / float64(g.values)
	}
	if g.order.any && g.class&isText == 0 {
		s.Min, s.Max = bound(t, g.order.least), bound(t, g.order.most)
	}
	return s
}

// bound returns a constant of a number or a date; nil for other types.
func bound(t types.Type, x float64) *vec.Vector {
	switch t.ID {
	case types.Int16:
		return vec.NewConst(t, types.KInt16, int16(x), 1)
	case types.Int32, types.Date:
		return vec.NewConst(t, types.KInt32, int32(x), 1)
	case types.Int64, types.Timestamp:
		return vec.NewConst(t, types.KInt64, int64(x), 1)
	case types.Float64:
		return vec.NewConst(t, types.KFloat64, x, 1)
	case types.Numeric:
		if t.Kind() == types.KInt64 && t.Scale <= 18 {
			return vec.NewConst(t, types.KInt64, int64(math.Round(x*pow10f[t.Scale])), 1)
		}
	}
	return nil
}
