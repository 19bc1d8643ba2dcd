package fn

import (
	"math"
	"math/bits"
	"unsafe"
)

// Sums of floats are exact, and rounded once, when the result is asked for: so they have the same bits
// whatever the order in which rows and partial states arrive. The idea is Kulisch's long accumulator, an
// integer in units of the smallest float; Neal ("Fast exact summation using small and large superaccumulators",
// 2015) makes it quick. Its 2,100 bits are too many for each of a million groups. Most groups need few of
// them: a cell has a window of 128 bits (256 for products) that begins at a place of the group's own, and
// only a group whose values do not fit is moved to full width. Unlike the sums of Demmel and Nguyen
// ("Parallel Reproducible Summation", IEEE TC 2015), which keep the highest bits, nothing is ever dropped: a
// variance is the difference of sums without loss, and rows can be taken out of a window's frame again.

// A place is a number of bits above 2^-1074, the smallest float, or for products above 2^-2148.
const (
	leastFloat = -1074
	wideSum    = 34 // words of 64 bits that hold any sum of 2^63 floats
	wideProd   = 67 // the same for products of two
	// A window takes values whose lowest bit is at one of its first windowSpan places: values of less than
	// 117 bits. The two highest bits of its sum are equal, so that the next value can be added unchecked.
	windowSpan = 64
	lastWindow = 2046 - windowSpan // its values are all finite
)

// The last words of a cell: the count of rows in the low bits of meta, then flags, then the end of x's
// window, which is its first place and windowSpan+1, so that it is above the exponents of the floats that
// fit; 0 stands for a cell without window. The end of y's window has a word of its own.
const (
	metaCount   = 1<<47 - 1
	metaX       = 47      // one bit for Infinity, one for -Infinity; both for NaN, which is their sum
	metaY       = 49      // the same for y
	metaNotNeg0 = 1 << 51 // an x other than -0 was there, of those that begin no window
	metaEnd     = 52
	metaLow     = 1<<metaEnd - 1
	// wideEnd stands for wide sums; no float fits below it. The first word of the cell is their number.
	wideEnd = 1<<12 - 1
)

// floatLayout says which sums a cell has.
type floatLayout struct {
	parts []floatPart
	meta  int  // the place of the meta word
	last  uint // a bit for each two words that end a sum
	words int  // of a cell
	wide  int  // words of the sums at full width
}

// floatPart is the sum of x^dx * y^dy.
type floatPart struct {
	dx, dy   int
	at, n    int // words in the cell
	wideAt   int
	wideSize int
}

func newFloatLayout(degrees ...[2]int) *floatLayout {
	l := &floatLayout{}
	pair := 0
	for _, d := range degrees {
		p := floatPart{dx: d[0], dy: d[1], at: l.meta, n: 2, wideAt: l.wide, wideSize: wideSum}
		if d[0]+d[1] == 2 {
			p.n, p.wideSize = 4, wideProd
		}
		if d[1] > 0 {
			pair = 1
		}
		l.parts = append(l.parts, p)
		l.meta += p.n
		l.last |= 1 << (l.meta/2 - 1)
		l.wide += p.wideSize
	}
	l.words = l.meta + 1 + pair
	return l
}

var (
	sumLayout    = newFloatLayout([2]int{1, 0})
	spreadLayout = newFloatLayout([2]int{1, 0}, [2]int{2, 0})
	pairLayout   = newFloatLayout([2]int{1, 0}, [2]int{0, 1}, [2]int{2, 0}, [2]int{0, 2}, [2]int{1, 1})
)

// words in cells of the layouts, for loops that know theirs.
const (
	sumWords    = 3
	spreadWords = 7
	pairWords   = 18
)

// floatSums are the exact sums of all groups.
type floatSums struct {
	*floatLayout
	cells   []uint64
	wides   []uint64
	scratch []uint64 // wide sums, for cells whose window moves
	rest    []uint64 // for results
	fetched uint64   // keeps fetch from being optimised away
}

func (s *floatSums) Grow(n int) { s.cells = grown(s.cells, n*s.words) }
func (s *floatSums) Bytes() int64 {
	return 8 * int64(cap(s.cells)+cap(s.wides)+len(s.scratch)+len(s.rest))
}

func (s *floatSums) cell(g int) []uint64 { return s.cells[g*s.words:][:s.words] }

func (s *floatSums) count(g int) int64 { return int64(s.cells[g*s.words+s.meta] & metaCount) }

func isWide(meta uint64) bool { return meta>>metaEnd == wideEnd }

// pair reports whether there is a y.
func (l *floatLayout) pair() bool { return l.words > l.meta+1 }

func (s *floatSums) wideOf(c []uint64) []uint64 { return s.wides[int(c[0])*s.wide:][:s.wide] }

// first returns the places where the windows of a cell begin; 0 where there is none.
func (s *floatSums) first(c []uint64) (x, y int) {
	end := int(c[s.meta] >> metaEnd)
	if end == wideEnd {
		return 0, 0
	}
	x = max(end-windowSpan-1, 0)
	if s.pair() {
		y = max(int(c[s.meta+1])-windowSpan-1, 0)
	}
	return x, y
}

const floatHidden = 1 << 52

// windowFor returns where to begin a window for numbers like one at a place: at least 24 bits are left below
// and above, and the places are so few that groups and partial states often have the same.
func windowFor(place int) int { return min(max(place&^15-24, 0), lastWindow) }

// windowEnds has the end of the window that a float with an exponent begins; 0 for those that begin none.
var windowEnds = func() (ends [2048]uint16) {
	for e := 1; e < 2047; e++ {
		ends[e] = uint16(windowFor(e-1) + windowSpan + 1)
	}
	return ends
}()

// endFor returns the given end of a group's window, or when it is 0, that which the float with bits b begins.
// A branch here would be one on memory that is often far away, and hard to foresee.
func endFor(end, b uint64) uint64 {
	begin := uint64(windowEnds[b<<1>>53])
	if end == 0 {
		end = begin
	}
	return end
}

// step returns how many of n rows to add at once: where the cells are far from the processor, few enough that
// fetch can bring theirs near, else all.
func (s *floatSums) step(n int) int {
	if len(s.cells) < 1<<16 {
		return max(n, 1)
	}
	return 256
}

// fetch reads the cells of groups if they are many. A loop that does nothing else has many reads under way at
// a time, which those that add values have not.
func (s *floatSums) fetch(groups []uint32) {
	if len(s.cells) < 1<<16 {
		return
	}
	sum := uint64(0)
	for _, g := range groups {
		c := s.cells[int(g)*s.words:]
		sum += c[0] + c[s.meta]
		if s.meta > 8 {
			sum += c[8]
		}
	}
	s.fetched = sum
}

// inSteps calls add for a few rows after the other.
func (s *floatSums) inSteps(groups []uint32, add func(from, to int)) {
	step := s.step(len(groups))
	for from := 0; from < len(groups); from += step {
		to := min(from+step, len(groups))
		s.fetch(groups[from:to])
		add(from, to)
	}
}

// cellsOf returns words as cells, which spares loops a part of the checks.
func cellsOf[C any](words []uint64) []C {
	return unsafe.Slice((*C)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*8/int(unsafe.Sizeof(*new(C))))
}

// inWindow returns the magnitude of the float with bits b in a window with the given end; ok is false when
// it does not fit. A zero fits in all.
func inWindow(end, b uint64) (hi, lo uint64, ok bool) {
	t := end - b<<1>>53 - 1
	if t > windowSpan-1 {
		return 0, 0, b<<1 == 0
	}
	hi, lo = bits.Mul64(b&(floatHidden-1)|floatHidden, 1<<(windowSpan-1)>>t)
	return hi, lo, true
}

// isFull reports that a sum with this highest word leaves no room in its window.
func isFull(high uint64) bool { return int64(high^high<<1) < 0 }

// finish is called for the row at which a loop over rows ended early: either it was added and made its cell
// full, or it does not fit.
func (s *floatSums) finish(g uint32, x, y float64) {
	c := s.cell(int(g))
	for i := range s.parts {
		if p := &s.parts[i]; isFull(c[p.at+p.n-1]) && !isWide(c[s.meta]) {
			s.relieve(c)
			return
		}
	}
	s.addAny(int(g), x, y)
}

// relieve makes room in a cell that is full.
func (s *floatSums) relieve(c []uint64) {
	s.load(c)
	s.store(c, 0, 0)
}

// splitFloat returns the mantissa of a finite float and its place.
func splitFloat(x float64) (m uint64, place int) {
	b := math.Float64bits(x)
	m = b & (floatHidden - 1)
	if e := int(b << 1 >> 53); e > 0 {
		return m | floatHidden, e - 1
	}
	return m, 0
}

// addAny adds a row of any kind to a group.
func (s *floatSums) addAny(g int, x, y float64) {
	c := s.cell(g)
	c[s.meta]++
	if x != 0 || !math.Signbit(x) {
		c[s.meta] |= metaNotNeg0
	}
	if k := special(x); k != 0 {
		c[s.meta] |= k << metaX
		x = 0
	}
	if k := special(y); k != 0 {
		c[s.meta] |= k << metaY
		y = 0
	}
	if x == 0 && y == 0 {
		return
	}
	if isWide(c[s.meta]) {
		s.addRow(s.wideOf(c), x, y)
		return
	}
	s.load(c)
	s.addRow(s.scratch, x, y)
	s.store(c, x, y)
}

// special returns the flags of a value that is no number.
func special(x float64) uint64 {
	switch {
	case x-x == 0:
		return 0
	case x > 0:
		return 1
	case x < 0:
		return 2
	}
	return 3
}

// addRow adds a row to wide sums.
func (s *floatSums) addRow(wide []uint64, x, y float64) {
	mx, px := splitFloat(x)
	my, py := splitFloat(y)
	for _, p := range s.parts {
		var w [3]uint64
		place, neg := p.dx*px+p.dy*py, false
		switch {
		case p.dx == 1 && p.dy == 1:
			w[1], w[0] = bits.Mul64(mx, my)
			neg = math.Signbit(x) != math.Signbit(y)
		case p.dx == 2:
			w[1], w[0] = bits.Mul64(mx, mx)
		case p.dy == 2:
			w[1], w[0] = bits.Mul64(my, my)
		case p.dx == 1:
			w[0], neg = mx, math.Signbit(x)
		default:
			w[0], neg = my, math.Signbit(y)
		}
		if neg {
			negate(w[:])
		}
		addAt(wide[p.wideAt:][:p.wideSize], w[:], place)
	}
}

// load makes scratch the sums of a cell that has windows.
func (s *floatSums) load(c []uint64) {
	if s.scratch == nil {
		s.scratch = make([]uint64, s.wide)
	}
	clear(s.scratch)
	s.addCell(s.scratch, c)
}

// addCell adds the sums in the windows of a cell to wide sums.
func (s *floatSums) addCell(wide, c []uint64) {
	x, y := s.first(c)
	for _, p := range s.parts {
		addAt(wide[p.wideAt:][:p.wideSize], c[p.at:][:p.n], p.dx*x+p.dy*y)
	}
}

// store puts the sums of scratch into windows that the row x, y fits in, or else into wide sums.
func (s *floatSums) store(c []uint64, x, y float64) {
	atX, okX := s.window(c, 0, x)
	atY, okY := s.window(c, 1, y)
	fits := okX && okY
	for _, p := range s.parts {
		low, high := extent(s.scratch[p.wideAt:][:p.wideSize])
		at := p.dx*atX + p.dy*atY
		fits = fits && (low < 0 || low >= at && high < at+64*p.n-1)
	}
	if !fits {
		s.widen(c, s.scratch)
		return
	}
	for _, p := range s.parts {
		extract(c[p.at:][:p.n], s.scratch[p.wideAt:][:p.wideSize], p.dx*atX+p.dy*atY)
	}
	if x != 0 || c[s.meta]>>metaEnd != 0 {
		c[s.meta] = c[s.meta]&metaLow | uint64(atX+windowSpan+1)<<metaEnd
	}
	if s.pair() && (y != 0 || c[s.meta+1] != 0) {
		c[s.meta+1] = uint64(atY + windowSpan + 1)
	}
}

// window finds a window for the sums of powers of x (v = 0) or y (v = 1) in scratch in which value fits too.
func (s *floatSums) window(c []uint64, v int, value float64) (at int, ok bool) {
	first, last := 0, lastWindow
	x, y := s.first(c)
	at = x
	if v == 1 {
		at = y
	}
	if value != 0 {
		_, place := splitFloat(value)
		first, last = max(place-windowSpan+1, 0), min(place, lastWindow)
		if at < first || at > last {
			at = windowFor(place)
		}
	}
	for _, p := range s.parts {
		d := p.dx
		if v == 1 {
			d = p.dy
		}
		if d == 0 || p.dx*p.dy > 0 {
			continue
		}
		if low, high := extent(s.scratch[p.wideAt:][:p.wideSize]); low >= 0 {
			first = max(first, (high-64*p.n+1+d)/d)
			last = min(last, low/d)
		}
	}
	return max(min(at, last), first), first <= last
}

// widen moves a cell to wide sums.
func (s *floatSums) widen(c, wide []uint64) {
	at := len(s.wides) / s.wide
	s.wides = append(s.wides, wide...)
	clear(c[:s.meta])
	c[0] = uint64(at)
	c[s.meta] = c[s.meta]&metaLow | wideEnd<<metaEnd
	if s.pair() {
		c[s.meta+1] = wideEnd
	}
}

// part returns a copy of a group's k-th sum, which the caller may change, and the place of its lowest bit.
func (s *floatSums) part(g, k int) (words []uint64, place int) {
	c, p := s.cell(g), &s.parts[k]
	if isWide(c[s.meta]) {
		s.rest = append(s.rest[:0], s.wideOf(c)[p.wideAt:][:p.wideSize]...)
		return s.rest, 0
	}
	x, y := s.first(c)
	s.rest = append(s.rest[:0], c[p.at:][:p.n]...)
	return s.rest, p.dx*x + p.dy*y
}

// sum returns a group's sum of x (k = 0) or y (k = 1). It is infinite when there was an infinity, or when
// the sum overflows; in the second case ok is false.
func (s *floatSums) sum(g, k int) (x float64, ok bool) {
	switch s.cells[g*s.words+s.meta] >> (metaX + 2*k) & 3 {
	case 1:
		return math.Inf(1), true
	case 2:
		return math.Inf(-1), true
	case 3:
		return math.NaN(), true
	}
	if c := s.cell(g); !isWide(c[s.meta]) {
		atX, atY := s.first(c)
		p := &s.parts[k]
		x = round128(c[p.at+1], c[p.at], p.dx*atX+p.dy*atY+leastFloat)
	} else {
		words, place := s.part(g, k)
		x = round(words, place+leastFloat)
	}
	return x, !math.IsInf(x, 0)
}

// isNegZero reports whether all of a group's values are -0.
func (s *floatSums) isNegZero(g int) bool {
	meta := s.cells[g*s.words+s.meta]
	return meta>>metaX == 0 && meta != 0
}

// moment returns the sum of (x - avg(x)) * (y - avg(y)), where the k-th sum is that of x*y, and a and b are
// those of x and y, which may be the same. It is NaN when some value is no number; ok is false when it
// overflows.
func (s *floatSums) moment(g, k, a, b int) (x float64, ok bool) {
	c := s.cell(g)
	if flags := c[s.meta] >> metaX; flags>>(2*a)&3 != 0 || flags>>(2*b)&3 != 0 {
		return math.NaN(), true
	}
	part := func(k int) []uint64 {
		p := &s.parts[k]
		if isWide(c[s.meta]) {
			return s.wideOf(c)[p.wideAt:][:p.wideSize]
		}
		return c[p.at:][:p.n]
	}
	n := c[s.meta] & metaCount
	if n == 1 {
		return 0, true
	}
	p := &s.parts[k]
	atX, atY := s.first(c)
	sum := part(k)
	// (n * sum(x*y) - sum(x) * sum(y)) / n
	s.rest = grown(s.rest, len(sum)+1+quotientWords)[:len(sum)+1+quotientWords]
	scaledDifference(s.rest[quotientWords:], n, sum, part(a), part(b))
	x = roundQuotient(s.rest, n, p.dx*atX+p.dy*atY+2*leastFloat)
	return x, !math.IsInf(x, 0)
}
