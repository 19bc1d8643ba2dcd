package exec

import (
	"bytes"
	"math"
	"math/bits"
	"unsafe"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// groupTable numbers the distinct keys of rows densely, in the order in which they are first seen. Keys are
// packed into words by a keyLayout; a hash table with linear probing finds the group of a row's words. Its
// slots hold half of the hash, so that a slot of another key is passed by without a look at the key, and so
// that the table grows without hashing again; a slot's place is the top of that half, so it grows in one
// pass in order. Neither slots nor keys hold pointers.
type groupTable struct {
	layout *keyLayout
	slots  []uint64 // hash half << 32 | group+1; 0: free
	shift  uint     // hash half >> shift is a row's first slot
	groups int
	keys   keyBlocks
	longs  []longKeys     // per field that may have long strings
	firsts []*vec.Builder // per field that keeps the first value
	texts  []*textNumbers // per field that has numbers of strings
	types  []types.Type
	rows   int64 // looked up by their keys
	look   int64 // rows after which it is looked at again how strings are kept
	codes  *codePath
	check  func() error // returns an error when the query is cancelled; may be nil

	finished []*vec.Vector // what firsts held, once the groups are read

	// Scratch of one chunk.
	words  []uint64
	hashes []uint32
	missed []uint8
}

// chunkRows is how many rows are packed and looked up at a time: few enough to stay in the first caches.
const chunkRows = 1024

const (
	// fewTexts is how many strings a dictionary may have whose strings are numbered at once.
	fewTexts = 1 << 15
	// lookAfter is how many rows show whether the strings of a larger one come again.
	lookAfter = 1 << 16
)

func newGroupTable(ts []types.Type) *groupTable {
	t := &groupTable{types: ts, codes: newCodePath(ts)}
	t.arrange(nil)
	return t
}

// arrange gives the table, which is empty, its layout. Columns that are set in numbered have numbers of strings.
func (t *groupTable) arrange(numbered []bool) {
	l := newKeyLayout(t.types, numbered)
	t.layout, t.longs = l, make([]longKeys, l.longs)
	t.firsts, t.texts = make([]*vec.Builder, l.firsts), make([]*textNumbers, l.texts)
	for _, f := range l.fields { // they are numbered in another order
		if f.first >= 0 {
			t.firsts[f.first] = vec.NewBuilder(f.typ)
		}
		if f.text >= 0 {
			t.texts[f.text] = newTextNumbers(f.typ)
		}
	}
	t.clear()
}

// adopt arranges the table for columns such as these. Strings beside other columns are numbered where they have
// dictionaries: alone, they are as quickly found by themselves. Large dictionaries must have shown first that their
// strings come again; the groups that are there then get the numbers they had.
func (t *groupTable) adopt(cols []*vec.Vector) error {
	most := fewTexts
	if t.groups > 0 {
		t.look = 2 * t.rows
		if t.groups > partialGroups || t.rows < 4*int64(t.groups) {
			return nil
		}
		most = codeTable
	}
	numbered := make([]bool, len(cols))
	more := false
	for i, v := range cols {
		f := &t.layout.fields[i]
		switch numbered[i] = f.text >= 0; {
		case numbered[i] || f.form != viewKey || vec.HasForms(f.typ):
		case v.Enc == vec.Dict && v.Dict.Len <= most:
			numbered[i], more = true, true
		case v.Enc == vec.Const:
			numbered[i] = true
		}
	}
	if !more || len(cols) == 1 {
		return nil
	}
	groups := t.groups
	var keys []*vec.Vector
	if groups > 0 {
		keys = t.columns(0, groups)
	}
	t.arrange(numbered)
	if groups == 0 {
		return nil
	}
	return t.findKeys(keys, groups, make([]uint32, groups))
}

// reset makes the table empty; it keeps some of its memory.
func (t *groupTable) reset() {
	t.clear()
	t.codes.forget()
}

// clear is reset for a table whose groups are to have the same numbers again.
func (t *groupTable) clear() {
	if len(t.slots) == 0 || len(t.slots) > 1<<18 {
		t.slots = make([]uint64, 256)
	} else {
		clear(t.slots)
	}
	t.shift = uint(32 - bits.TrailingZeros(uint(len(t.slots))))
	t.groups = 0
	t.keys = newKeyBlocks(t.layout.words)
	clear(t.longs)
	for _, b := range t.firsts {
		b.Finish()
	}
	for _, x := range t.texts {
		x.reset()
	}
	t.finished = nil
	t.rows, t.look = 0, lookAfter
}

// bytes returns the memory that the groups hold; the scratch of one chunk is not among it.
func (t *groupTable) bytes() int64 {
	n := int64(len(t.slots))*8 + t.keys.bytes() + t.codes.bytes()
	for i := range t.longs {
		n += t.longs[i].bytes()
	}
	for _, x := range t.texts {
		n += x.bytes()
	}
	for i, b := range t.firsts {
		if n += b.Size(); t.finished != nil && t.finished[i] != nil {
			n += t.finished[i].Size()
		}
	}
	return n
}

// growth returns the memory that finding so many more rows may take at once besides bytes.
func (t *groupTable) growth(rows int) int64 {
	n := int64(rows) * int64(8*t.layout.words+8*t.layout.longs)
	for _, x := range t.texts {
		n += x.growth(min(rows, chunkRows))
	}
	if size := t.slotsFor(min(rows, chunkRows)); size > len(t.slots) {
		n += int64(size) * 8
	}
	return n
}

// find writes the group of each of n rows to groups, making groups for new keys. The columns may have any
// encoding.
func (t *groupTable) find(cols []*vec.Vector, n int, groups []uint32) error {
	if misses, ok := t.codes.lookup(cols, n, groups); ok {
		if len(misses) == 0 {
			return nil
		}
		some := make([]*vec.Vector, len(cols))
		for i, v := range cols {
			some[i] = vec.Gather(v, misses)
		}
		found := make([]uint32, len(misses))
		if err := t.findKeys(some, len(misses), found); err != nil {
			return err
		}
		t.codes.learn(misses, found, groups)
		return nil
	}
	return t.findKeys(cols, n, groups)
}

// findKeys is find by the keys themselves.
func (t *groupTable) findKeys(cols []*vec.Vector, n int, groups []uint32) error {
	if t.rows += int64(n); t.groups == 0 || t.rows >= t.look {
		if err := t.adopt(cols); err != nil {
			return err
		}
	}
	flat := make([]*vec.Vector, len(cols))
	for i, v := range cols {
		if k := t.layout.fields[i].text; k >= 0 {
			flat[i] = t.texts[k].column(v)
		} else {
			flat[i] = vec.Flatten(v)
		}
	}
	w := t.layout.words
	t.words = resize(t.words, min(n, chunkRows)*w)
	t.hashes = resize(t.hashes, min(n, chunkRows))
	t.missed = resize(t.missed, min(n, chunkRows))
	for from := 0; from < n; from += chunkRows {
		rows := min(chunkRows, n-from)
		if err := t.reserveSlots(rows); err != nil {
			return err
		}
		long := t.layout.pack(flat, from, rows, t.words)
		hashWords(t.words[:rows*w], w, t.hashes[:rows])
		c := chunk{table: t, cols: flat, from: from, words: t.words[:rows*w], hashes: t.hashes[:rows], missed: t.missed[:rows], groups: groups[from : from+rows]}
		c.guess(long)
		c.settle(long)
	}
	return nil
}

// reserveSlots makes room for so many more groups.
func (t *groupTable) reserveSlots(more int) error {
	if t.groups+more >= math.MaxUint32-1 {
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "one partition has more than %d groups", uint32(math.MaxUint32-chunkRows)).
			WithHint("Raise the number of partitions.")
	}
	if size := t.slotsFor(more); size > len(t.slots) {
		return t.grow(size)
	}
	return nil
}

// slotsFor returns how many slots there must be for so many more groups.
func (t *groupTable) slotsFor(more int) int {
	need, size := t.groups+more, len(t.slots)
	for need*2 > size && (size < 1<<24 || need*4 > size*3) {
		if size *= 2; size <= 1<<20 {
			size *= 2
		}
	}
	return size
}

// grow makes room; that a query is cancelled must be seen within it, since it moves gigabytes at times.
func (t *groupTable) grow(size int) error {
	old := t.slots
	t.slots = make([]uint64, size)
	t.shift = uint(32 - bits.TrailingZeros(uint(size)))
	mask := uint(size - 1)
	for i, s := range old {
		if i&(1<<14-1) == 0 && t.check != nil {
			if err := t.check(); err != nil {
				return err
			}
		}
		if s == 0 {
			continue
		}
		pos := uint(s >> 32 >> t.shift)
		for t.slots[pos&mask] != 0 {
			pos++
		}
		t.slots[pos&mask] = s
	}
	return nil
}

// hashWords writes a hash of each row of w words.
func hashWords(words []uint64, w int, out []uint32) {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xd1b54a32d192ed03
	switch {
	case vec.ConstantHash:
		clear(out)
		return
	case w == 0:
		clear(out)
	case w == 1:
		for i := range out {
			hi, lo := bits.Mul64(words[i]^k0, k1)
			out[i] = uint32((hi ^ lo) >> 32)
		}
	case w == 2:
		for i := range out {
			k := words[2*i:][:2]
			hi, lo := bits.Mul64(k[0]^k0, k[1]^k1)
			hi, lo = bits.Mul64(hi^k1, lo^k0)
			out[i] = uint32((hi ^ lo) >> 32)
		}
	default:
		for i := range out {
			row := unsafe.Pointer(&words[i*w])
			// Each pair is multiplied by itself, so that the products do not wait for each other.
			var h uint64
			salt := uint64(k0)
			for at := 0; at < w*8; at += 16 {
				k := (*[2]uint64)(unsafe.Add(row, at))
				hi, lo := bits.Mul64(k[0]^salt, k[1]^k1)
				h = bits.RotateLeft64(h, 23) ^ hi ^ lo
				salt += k1
			}
			hi, lo := bits.Mul64(h^k1, k0)
			out[i] = uint32((hi ^ lo) >> 32)
		}
	}
}

// chunk is the lookup of some rows.
type chunk struct {
	table  *groupTable
	cols   []*vec.Vector // flat; row 0 of the chunk is row from
	from   int
	words  []uint64
	hashes []uint32
	missed []uint8 // 1: the first guess is not the row's group
	groups []uint32
}

// guess takes for each row the group in its first slot, which is the right one nearly always, and compares
// the keys. It is done in loops over all rows of the chunk, so that loads from far memory do not wait for
// each other, as they would if each row were looked up to the end before the next.
func (c *chunk) guess(long bool) {
	t := c.table
	groups, missed := c.groups[:len(c.hashes)], c.missed[:len(c.hashes)]
	if t.groups == 0 {
		for i := range missed {
			missed[i] = 1
		}
		return
	}
	slots, mask, shift := t.slots, uint(len(t.slots)-1), t.shift&31
	for i, h := range c.hashes {
		s := slots[uint(h>>shift)&mask]
		g, miss := uint32(s)-1, uint8(0)
		if s == 0 || uint32(s>>32) != h {
			g, miss = 0, 1 // any group, to be compared in vain
		}
		groups[i], missed[i] = g, miss
	}
	switch w := t.layout.words; w {
	case 1:
		for i, g := range groups {
			missed[i] |= differs(*t.keys.at(g) ^ c.words[i])
		}
	case 2:
		for i, g := range groups {
			a, b := (*[2]uint64)(c.words[2*i:]), (*[2]uint64)(unsafe.Pointer(t.keys.at(g)))
			missed[i] |= differs((a[0] ^ b[0]) | (a[1] ^ b[1]))
		}
	case 4:
		for i, g := range groups {
			a, b := (*[4]uint64)(c.words[4*i:]), (*[4]uint64)(unsafe.Pointer(t.keys.at(g)))
			missed[i] |= differs((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]))
		}
	case 6:
		for i, g := range groups {
			a, b := (*[6]uint64)(c.words[6*i:]), (*[6]uint64)(unsafe.Pointer(t.keys.at(g)))
			missed[i] |= differs((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]) | (a[5] ^ b[5]))
		}
	default:
		for i, g := range groups {
			if !equalWords(c.words[i*w:][:w], t.keys.at(g)) {
				missed[i] = 1
			}
		}
	}
	if long {
		for i, g := range groups {
			if missed[i] == 0 && !c.equalLong(i, g) {
				missed[i] = 1
			}
		}
	}
}

// differs returns 1 when x is not 0.
func differs(x uint64) uint8 { return uint8((x | -x) >> 63) }

// settle looks up the rows that the guess missed, slot by slot, and makes groups for new keys.
func (c *chunk) settle(long bool) {
	t := c.table
	slots, mask, shift := t.slots, uint(len(t.slots)-1), t.shift&31
	w := t.layout.words
	for i, miss := range c.missed {
		if miss == 0 {
			continue
		}
		h, k := c.hashes[i], c.words[i*w:][:w]
		for pos := uint(h >> shift); ; pos++ {
			s := slots[pos&mask]
			if s == 0 {
				g := c.insert(i, pos&mask, h)
				if long {
					c.keepLong(i, g)
				}
				c.groups[i] = g
				break
			}
			if uint32(s>>32) != h {
				continue
			}
			if g := uint32(s) - 1; equalWords(k, t.keys.at(g)) && (!long || c.equalLong(i, g)) {
				c.groups[i] = g
				break
			}
		}
	}
}

// equalWords compares a key with the stored one at p. Both have one word or an even number.
func equalWords(k []uint64, p *uint64) bool {
	if len(k) == 1 {
		return k[0] == *p
	}
	a, b := unsafe.Pointer(unsafe.SliceData(k)), unsafe.Pointer(p)
	var differ uint64
	for at := 0; at < len(k)*8; at += 16 {
		x, y := (*[2]uint64)(unsafe.Add(a, at)), (*[2]uint64)(unsafe.Add(b, at))
		differ |= (x[0] ^ y[0]) | (x[1] ^ y[1])
	}
	return differ == 0
}

// insert makes the group of row i in a free slot.
func (c *chunk) insert(i int, pos uint, h uint32) uint32 {
	t := c.table
	g := uint32(t.groups)
	t.groups++
	t.slots[pos] = uint64(h)<<32 | uint64(g+1)
	w := t.layout.words
	t.keys.append(c.words[i*w : i*w+w])
	if len(t.firsts) > 0 {
		c.keepFirst(i)
	}
	return g
}

func (c *chunk) keepFirst(i int) {
	for k := range c.table.layout.fields {
		if f := &c.table.layout.fields[k]; f.first >= 0 {
			c.table.firsts[f.first].AppendFrom(c.cols[k], c.from+i)
		}
	}
}

func (c *chunk) keepLong(i int, g uint32) {
	t := c.table
	var buf []byte
	for k := range t.layout.fields {
		f := &t.layout.fields[k]
		if f.long < 0 || !f.isLong(c.words[i*t.layout.words+f.word]) {
			continue
		}
		t.longs[f.long].put(g, c.longBytes(f, k, i, &buf))
	}
}

// isLong reports whether the first word of the field says that its bytes lie elsewhere.
func (f *keyField) isLong(w uint64) bool {
	if f.form == bytesKey {
		return w != nullView
	}
	return uint32(w) > vec.ViewInline && uint32(w) != nullView
}

// longBytes returns the bytes of a long string of row i.
func (c *chunk) longBytes(f *keyField, col, i int, buf *[]byte) []byte {
	if f.form == bytesKey {
		*buf = appendPartsKey((*buf)[:0], c.cols[col], c.from+i)
		return *buf
	}
	s := c.cols[col].Bytes(c.from + i)
	if vec.HasForms(f.typ) {
		*buf = vec.AppendForm((*buf)[:0], f.typ, s)
		s = *buf
	}
	return s
}

func (c *chunk) equalLong(i int, g uint32) bool {
	t := c.table
	var buf []byte
	for k := range t.layout.fields {
		f := &t.layout.fields[k]
		if f.long < 0 || !f.isLong(c.words[i*t.layout.words+f.word]) {
			continue
		}
		s := c.longBytes(f, k, i, &buf)
		// The words are equal, and the lengths in them.
		if !bytes.Equal(s, t.longs[f.long].get(g, len(s))) {
			return false
		}
	}
	return true
}

// keyBlocks holds the words of all groups in blocks of a fixed number of groups, so that it grows without
// copying. The first block grows by doubling.
type keyBlocks struct {
	blocks []unsafe.Pointer // of block words
	words  int              // per group
	shift  uint             // groups per block, as a power of two
	last   []uint64         // the block that takes the next group, filled to its length
	held   int64
}

const firstBlockGroups = 64

func newKeyBlocks(words int) keyBlocks {
	b := keyBlocks{words: words, shift: 16}
	for b.shift > 6 && words<<b.shift > 1<<15 { // blocks of up to 256 KB
		b.shift--
	}
	return b
}

func (b *keyBlocks) bytes() int64 { return b.held }

// at returns where the words of a group begin.
func (b *keyBlocks) at(g uint32) *uint64 {
	p := b.blocks[g>>(b.shift&31)]
	return (*uint64)(unsafe.Add(p, int(g&(1<<(b.shift&31)-1))*b.words*8))
}

// append adds the words of the next group.
func (b *keyBlocks) append(k []uint64) {
	if len(b.last)+len(k) > cap(b.last) || b.blocks == nil {
		b.extend()
	}
	b.last = append(b.last, k...)
}

func (b *keyBlocks) extend() {
	full := max(b.words, 1) << b.shift
	if len(b.blocks) == 1 && cap(b.last) < full {
		grown := make([]uint64, len(b.last), min(2*cap(b.last), full))
		copy(grown, b.last)
		b.held += int64(cap(grown)-cap(b.last)) * 8
		b.last = grown
		b.blocks[0] = unsafe.Pointer(unsafe.SliceData(grown))
		return
	}
	size := full
	if len(b.blocks) == 0 {
		size = min(full, max(b.words, 1)*firstBlockGroups)
	}
	b.last = make([]uint64, 0, size)
	b.held += int64(size) * 8
	b.blocks = append(b.blocks, unsafe.Pointer(unsafe.SliceData(b.last)))
}

// longKeys holds the long strings of one key column; how long they are is for the caller to know.
type longKeys struct {
	at   []uint64 // per group: number of the buffer << 32 | offset
	bufs [][]byte
	held int64
}

func (l *longKeys) bytes() int64 { return int64(cap(l.at))*8 + l.held }

// put copies the string of a group.
func (l *longKeys) put(g uint32, s []byte) {
	for len(l.at) <= int(g) {
		l.at = append(l.at, 0)
	}
	last := len(l.bufs) - 1
	if last < 0 || len(l.bufs[last])+len(s) > cap(l.bufs[last]) {
		size := max(min(1<<20, 4096<<min(len(l.bufs), 8)), len(s))
		l.bufs = append(l.bufs, make([]byte, 0, size))
		l.held += int64(size)
		last++
	}
	buf := &l.bufs[last]
	l.at[g] = uint64(last)<<32 | uint64(len(*buf))
	*buf = append(*buf, s...)
}

// get returns the string of n bytes of a group.
func (l *longKeys) get(g uint32, n int) []byte {
	at := l.at[g]
	off := int(uint32(at))
	return l.bufs[at>>32][off : off+n]
}
