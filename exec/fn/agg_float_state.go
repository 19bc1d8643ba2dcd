package fn

import (
	"encoding/binary"
	"math/bits"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// state returns the types of a partial state: two words of the cell a column, but for the last words,
// and then the wide sums of those groups that have them.
func (l *floatLayout) state() []types.Type {
	var ts []types.Type
	for range l.meta / 2 {
		ts = append(ts, types.NumericOf(0, 0))
	}
	for range l.words - l.meta {
		ts = append(ts, types.Of(types.Int64))
	}
	return append(ts, types.Of(types.Bytea))
}

func (s *floatSums) State(from, to int) ([]*vec.Vector, error) {
	var out []*vec.Vector
	n := to - from
	for at := 0; at < s.meta; at += 2 {
		col := make([]vec.Int128, n)
		for i := range col {
			c := s.cells[(from+i)*s.words+at:]
			col[i] = vec.Int128{Lo: c[0], Hi: int64(c[1])}
		}
		out = append(out, vec.New(types.NumericOf(0, 0), types.KInt128, col, nil))
	}
	for at := s.meta; at < s.words; at++ {
		col := make([]int64, n)
		for i := range col {
			col[i] = int64(s.cells[(from+i)*s.words+at])
		}
		out = append(out, vec.New(types.Of(types.Int64), types.KInt64, col, nil))
	}
	return append(out, s.wideState(from, to)), nil
}

// wideState returns the wide sums of groups, NULL for those without.
func (s *floatSums) wideState(from, to int) *vec.Vector {
	t := types.Of(types.Bytea)
	if len(s.wides) == 0 {
		return vec.NewNull(t, to-from)
	}
	b := NewStrings(to-from, nil)
	fl := flags{n: to - from}
	for i := range to - from {
		c := s.cell(from + i)
		if !isWide(c[s.meta]) {
			fl.null(i)
			continue
		}
		b.End(i, packWords(b.Begin(), s.wideOf(c)))
	}
	return b.Finish(t, fl.valid)
}

// packWords appends runs of equal words: most of the words of a wide sum are 0, or all ones.
func packWords(dst []byte, words []uint64) []byte {
	for i := 0; i < len(words); {
		n := 1
		for i+n < len(words) && words[i+n] == words[i] {
			n++
		}
		dst = binary.LittleEndian.AppendUint16(dst, uint16(n))
		dst = binary.LittleEndian.AppendUint64(dst, words[i])
		i += n
	}
	return dst
}

func unpackWords(words []uint64, src []byte) {
	at := 0
	for ; len(src) >= 10; src = src[10:] {
		n := int(binary.LittleEndian.Uint16(src))
		x := binary.LittleEndian.Uint64(src[2:])
		for range n {
			words[at] = x
			at++
		}
	}
}

func (s *floatSums) Merge(state []*vec.Vector, groups []uint32) error {
	m := floatMerge{floatSums: s, wides: state[len(state)-1]}
	for i := range s.meta / 2 {
		m.pairs[i] = int128s(state[i])
	}
	for i := range s.words - s.meta {
		m.tails[i] = vec.Values[int64](vec.Flatten(state[s.meta/2+i]))
	}
	step := s.step(len(groups))
	for from := 0; from < len(groups); from += step {
		to := min(from+step, len(groups))
		s.fetch(groups[from:to])
		for i := from; i < to; i++ {
			if c := s.cell(int(groups[i])); !m.add(c, i) {
				m.addAny(c, i)
			}
		}
	}
	return nil
}

// int128s returns a column of whole numbers in 128 bits.
func int128s(v *vec.Vector) []vec.Int128 {
	v = vec.Flatten(v)
	if v.Kind == types.KInt128 {
		return vec.Values[vec.Int128](v)
	}
	out := make([]vec.Int128, v.Len)
	for i, x := range vec.Values[int64](v) {
		out[i] = vec.Int128Of(x)
	}
	return out
}

// floatMerge has the columns of a partial state.
type floatMerge struct {
	*floatSums
	pairs [8][]vec.Int128
	tails [2][]int64
	wides *vec.Vector
}

// add adds row i to a cell that has the same windows or none; it returns false for others.
func (m *floatMerge) add(c []uint64, i int) bool {
	meta, o := c[m.meta], uint64(m.tails[0][i])
	if !sameEnd(meta>>metaEnd, o>>metaEnd) {
		return false
	}
	if m.pair() {
		y, end := c[m.meta+1], uint64(m.tails[1][i])
		if !sameEnd(y, end) {
			return false
		}
		c[m.meta+1] = y | end
	}
	c[m.meta] = mergeMeta(meta, o)
	carry, full := uint64(0), uint64(0)
	for k, col := range m.pairs[:m.meta/2] {
		sum := (*[2]uint64)(c[2*k:])
		sum[0], carry = bits.Add64(sum[0], col[i].Lo, carry)
		sum[1], carry = bits.Add64(sum[1], uint64(col[i].Hi), carry)
		if m.last>>k&1 != 0 {
			full |= sum[1] ^ sum[1]<<1
			carry = 0
		}
	}
	if int64(full) < 0 {
		m.relieve(c)
	}
	return true
}

// sameEnd reports whether two windows are the same, or one of them is none.
func sameEnd(a, b uint64) bool { return (a == b || a == 0 || b == 0) && a|b != wideEnd }

// mergeMeta adds counts and joins flags and ends, of which one is 0 if they differ.
func mergeMeta(a, b uint64) uint64 { return (a | b&^metaCount) + b&metaCount }

// addAny adds row i to any cell.
func (m *floatMerge) addAny(c []uint64, i int) {
	var o [pairWords]uint64
	for k := range m.meta / 2 {
		o[2*k], o[2*k+1] = m.pairs[k][i].Lo, uint64(m.pairs[k][i].Hi)
	}
	for k := range m.words - m.meta {
		o[m.meta+k] = uint64(m.tails[k][i])
	}
	meta := m.meta
	fromWide, toWide := isWide(o[meta]), isWide(c[meta])
	var sum []uint64
	if toWide {
		sum = m.wideOf(c)
	} else {
		m.load(c)
		sum = m.scratch
	}
	if fromWide {
		m.addWide(sum, m.wides.Bytes(i))
	} else {
		m.addCell(sum, o[:m.words])
	}
	c[meta] = mergeMeta(c[meta], o[meta]&metaLow)
	switch {
	case toWide: // done
	case fromWide:
		m.widen(c, sum)
	default:
		if c[meta]>>metaEnd == 0 {
			c[meta] |= o[meta] &^ metaLow
		}
		if m.pair() && c[meta+1] == 0 {
			c[meta+1] = o[meta+1]
		}
		m.store(c, 0, 0)
	}
}

// addWide adds packed wide sums.
func (s *floatSums) addWide(sum []uint64, packed []byte) {
	s.rest = grown(s.rest, s.wide)
	unpackWords(s.rest, packed)
	for _, p := range s.parts {
		addAt(sum[p.wideAt:][:p.wideSize], s.rest[p.wideAt:][:p.wideSize], 0)
	}
}
