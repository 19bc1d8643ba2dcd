package exec

import (
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// keyLayout says how the key columns of a row are packed into words, so that two rows have equal keys
// exactly when their words are equal, but for long strings, whose words have a hash and whose bytes must be
// compared too. NULL equals NULL. What is equal without being identical (0 and -0, 1.5 and 1.50) is packed
// in one form; the value of the first row is kept beside the words.
type keyLayout struct {
	fields  []keyField
	words   int // per row: 0, 1, or an even number
	padding int // words at the end that are zero
	longs   int // fields that may have long strings
	firsts  int // fields that keep the first value
	texts   int // fields that have numbers of strings
}

// keyField is the place of one column.
type keyField struct {
	typ   types.Type
	form  keyForm
	word  int  // the first word
	high  bool // halfKey: the upper half of the word
	null  int  // the word of the bit that is set for NULL, -1: NULL has a form of its own
	bit   uint
	long  int // number among the fields that may have long strings, -1
	first int // number among the fields that keep the first value, -1
	text  int // halfKey: number among the fields that have numbers of strings, -1
}

// keyForm is how the values of a column are packed.
type keyForm uint8

const (
	halfKey     keyForm = iota // 4 bytes: bool, int16, int32, float32, the number of a string
	wordKey                    // 8 bytes: int64, float64, numeric of up to 18 digits
	wideKey                    // 16 bytes: numeric, uuid, timetz
	intervalKey                // 16 bytes: days and microseconds
	numKey                     // 24 bytes: normalized
	viewKey                    // 16 bytes: strings
	bytesKey                   // as viewKey, of a byte form that equal arrays share
)

// nullView is the first word of a NULL string: no string has this length.
const nullView = math.MaxUint32

// newKeyLayout returns the layout of keys of types ts. Columns that are set in numbered have numbers of strings; nil: none.
func newKeyLayout(ts []types.Type, numbered []bool) *keyLayout {
	l := &keyLayout{fields: make([]keyField, len(ts))}
	for i, t := range ts {
		l.fields[i] = keyField{typ: t, form: keyFormOf(t), null: -1, long: -1, first: -1, text: -1}
		if numbered != nil && numbered[i] {
			l.fields[i].form, l.fields[i].text = halfKey, l.texts
			l.texts++
		}
	}
	// The wide fields first, then halves in pairs, among them those with the NULL bits.
	for i := range l.fields {
		f := &l.fields[i]
		if f.form == halfKey {
			continue
		}
		f.word = l.words
		l.words += [...]int{wordKey: 1, wideKey: 2, intervalKey: 2, numKey: 3, viewKey: 2, bytesKey: 2}[f.form]
		if f.form == viewKey || f.form == bytesKey {
			f.long = l.longs
			l.longs++
		}
		if f.form == bytesKey || f.form == numKey || f.form == intervalKey || f.typ.ID == types.Float64 || vec.HasForms(f.typ) {
			f.first = l.firsts
			l.firsts++
		}
	}
	halves := 0
	half := func() (word int, high bool) {
		word, high = l.words+halves/2, halves%2 == 1
		halves++
		return word, high
	}
	for i := range l.fields {
		if f := &l.fields[i]; f.form == halfKey {
			f.word, f.high = half()
			if f.typ.ID == types.Float32 {
				f.first = l.firsts
				l.firsts++
			}
		}
	}
	nullable := 0
	var nullWord int
	var nullHigh bool
	for i := range l.fields {
		f := &l.fields[i]
		if f.form == viewKey || f.form == bytesKey {
			continue
		}
		if nullable%32 == 0 {
			nullWord, nullHigh = half()
		}
		f.null, f.bit = nullWord, uint(nullable%32)
		if nullHigh {
			f.bit += 32
		}
		nullable++
	}
	l.words += (halves + 1) / 2
	if l.words > 2 { // loops over many words take two at a time
		l.padding = l.words % 2
		l.words += l.padding
	}
	return l
}

func keyFormOf(t types.Type) keyForm {
	switch t.Kind() {
	case types.KBool, types.KInt16, types.KInt32, types.KFloat32:
		return halfKey
	case types.KInt64:
		if t.ID == types.Numeric && (t.Prec == 0 || t.Prec > 18) {
			return wideKey // may come as 128-bit integers
		}
		return wordKey
	case types.KFloat64:
		return wordKey
	case types.KNum:
		return numKey
	case types.KInterval:
		return intervalKey
	case types.KView:
		return viewKey
	case types.KList, types.KRow:
		return bytesKey
	}
	return wideKey
}

// pack writes the words of rows from..from+n-1 of flat key columns to out, which has l.words for each row.
// It reports whether there are long strings among them.
func (l *keyLayout) pack(cols []*vec.Vector, from, n int, out []uint64) (long bool) {
	out = out[:n*l.words]
	if l.words > 0 && l.sparse() {
		clear(out)
	}
	for i := range l.fields {
		long = l.fields[i].pack(cols[i], from, n, out, l.words) || long
	}
	for i := range l.fields {
		if v := cols[i].Valid; v != nil {
			l.fields[i].packNulls(v, from, n, out, l.words)
		}
	}
	return long
}

// sparse reports whether words have bits that no value is assigned to.
func (l *keyLayout) sparse() bool {
	for i := range l.fields {
		if l.fields[i].form == halfKey || l.fields[i].null >= 0 {
			return true
		}
	}
	return l.padding > 0
}

func (f *keyField) pack(v *vec.Vector, from, n int, out []uint64, w int) (long bool) {
	to := from + n
	switch f.form {
	case halfKey:
		f.packHalf(v, from, to, out, w)
	case wordKey:
		f.packWord(v, from, to, out, w)
	case wideKey:
		if v.Kind == types.KInt64 {
			packStrided2(vec.Values[int64](v)[from:to], out[f.word:], w, func(x int64) (uint64, uint64) { return uint64(x), uint64(x >> 63) })
			return false
		}
		// 16 bytes compared as bits, whatever they stand for.
		packStrided2(vec.Values[vec.Int128](v)[from:to], out[f.word:], w, func(x vec.Int128) (uint64, uint64) { return x.Lo, uint64(x.Hi) })
	case intervalKey:
		packStrided2(vec.Values[vec.Interval](v)[from:to], out[f.word:], w, func(x vec.Interval) (uint64, uint64) {
			days, micros := canonicalInterval(x)
			return uint64(days), uint64(micros)
		})
	case numKey:
		for i, x := range vec.Values[vec.Num](v)[from:to] {
			x = x.Normalize()
			k := out[i*w+f.word:][:3]
			k[0], k[1], k[2] = x.Coef.Lo, uint64(x.Coef.Hi), uint64(uint32(x.Scale))<<32|uint64(uint32(x.Special))
		}
	case viewKey:
		return f.packViews(v, from, to, out, w)
	case bytesKey:
		return f.packBytes(v, from, to, out, w)
	}
	return false
}

func (f *keyField) packHalf(v *vec.Vector, from, to int, out []uint64, w int) {
	shift := f.shift()
	out = out[f.word:]
	switch v.Kind {
	case types.KBool:
		for i, x := range vec.Values[uint8](v)[from:to] {
			out[i*w] |= uint64(x) << shift
		}
	case types.KInt16:
		for i, x := range vec.Values[int16](v)[from:to] {
			out[i*w] |= uint64(uint16(x)) << shift
		}
	case types.KInt32:
		for i, x := range vec.Values[int32](v)[from:to] {
			out[i*w] |= uint64(uint32(x)) << shift
		}
	case types.KFloat32:
		for i, x := range vec.Values[float32](v)[from:to] {
			switch {
			case x == 0:
				x = 0 // -0
			case x != x:
				x = float32(math.NaN())
			}
			out[i*w] |= uint64(math.Float32bits(x)) << shift
		}
	}
}

func (f *keyField) packWord(v *vec.Vector, from, to int, out []uint64, w int) {
	out = out[f.word:]
	switch v.Kind {
	case types.KInt64:
		for i, x := range vec.Values[int64](v)[from:to] {
			out[i*w] = uint64(x)
		}
	case types.KInt128:
		for i, x := range vec.Values[vec.Int128](v)[from:to] {
			out[i*w] = x.Lo
		}
	case types.KFloat64:
		for i, x := range vec.Values[float64](v)[from:to] {
			switch {
			case x == 0:
				x = 0 // -0
			case x != x:
				x = math.NaN()
			}
			out[i*w] = math.Float64bits(x)
		}
	}
}

func packStrided2[T any](vals []T, out []uint64, w int, words func(T) (uint64, uint64)) {
	for i, x := range vals {
		k := out[i*w:][:2]
		k[0], k[1] = words(x)
	}
}

func (f *keyField) packViews(v *vec.Vector, from, to int, out []uint64, w int) (long bool) {
	if vec.HasForms(f.typ) {
		v, to, from = vec.OneForm(vec.Slice(v, from, to)), to-from, 0
	}
	views := vec.Values[vec.View](v)[from:to]
	out = out[f.word:]
	if len(v.Bufs) == 0 {
		for i := range views {
			k := out[i*w:][:2]
			k[0], k[1] = views[i].Words()
		}
		return false
	}
	for i := range views {
		k := out[i*w:][:2]
		k[0], k[1] = views[i].Words()
		if views[i].Len > vec.ViewInline {
			k[1] = hashLongKey(views[i].In(v.Bufs, &views[i]))
			long = true
		}
	}
	return long
}

// packBytes packs arrays and records by a byte form, which is compared as a long string whatever its length.
func (f *keyField) packBytes(v *vec.Vector, from, to int, out []uint64, w int) (long bool) {
	var buf []byte
	for i := from; i < to; i++ {
		k := out[(i-from)*w+f.word:][:2]
		if v.IsNull(i) {
			k[0], k[1] = nullView, 0
			continue
		}
		buf = appendPartsKey(buf[:0], v, i)
		k[0], k[1] = uint64(len(buf))|1<<63, hashLongKey(buf)
		long = true
	}
	return long
}

func hashLongKey(s []byte) uint64 {
	if vec.ConstantHash {
		return 7
	}
	return vec.HashBytes(s)
}

// canonicalInterval returns the value by which intervals compare: a month is 30 days and a day 24 hours.
func canonicalInterval(x vec.Interval) (days, micros int64) {
	const day = 24 * 3600 * 1_000_000
	days = int64(x.Months)*30 + int64(x.Days) + x.Micros/day
	micros = x.Micros % day
	if micros < 0 {
		micros += day
		days--
	}
	return days, micros
}

// packNulls gives the NULLs of a column their form.
func (f *keyField) packNulls(valid vec.Bitmap, from, n int, out []uint64, w int) {
	for i := range n {
		if valid.Get(from + i) {
			continue
		}
		k := out[i*w : i*w+w]
		switch f.form {
		case viewKey, bytesKey:
			k[f.word], k[f.word+1] = nullView, 0
			continue
		case halfKey:
			if f.high {
				k[f.word] &= math.MaxUint32
			} else {
				k[f.word] &^= math.MaxUint32
			}
		case wordKey:
			k[f.word] = 0
		case numKey:
			k[f.word], k[f.word+1], k[f.word+2] = 0, 0, 0
		default:
			k[f.word], k[f.word+1] = 0, 0
		}
		k[f.null] |= 1 << f.bit
	}
}
