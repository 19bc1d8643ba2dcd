package csv

import (
	"bytes"
	"unsafe"
)

// cells says where the values of one column lie in a block, for some rows: value i begins behind the first of
// two positions and ends before the second. The positions are those of the block's index itself, or of a copy if
// quotes and the like must be seen to.
type cells struct {
	pos   unsafe.Pointer // two positions of four bytes
	step  int            // bytes from one value's positions to the next one's
	n     int
	least int32 // values of fewer bytes are NULL
	// escaped has the numbers of the values that hold escaped quotes; they are rare.
	escaped []int32
	own     []uint32
}

// at returns where value i begins and its size, which is below least for NULL.
func (s *cells) at(i int) (start uint32, size int32) {
	return cellAt(unsafe.Add(s.pos, i*s.step))
}

// cellAt is at for loops, which keep pos and step in registers.
func cellAt(p unsafe.Pointer) (start uint32, size int32) {
	start = *(*uint32)(p) + 1
	return start, int32(*(*uint32)(unsafe.Add(p, 4)) - start)
}

// fields is a block's rows and how to read their values.
type fields struct {
	*layout
	ix     rowIndex
	buf    []byte
	quotes bool // a value may be quoted,
	// and if so may hold escapes
	escapes bool
	high    bool // not all bytes are ASCII
	nulls   nullRule
}

// nullRule says which values are NULL.
type nullRule struct {
	empty bool     // values without text
	words [][]byte // others
}

// has reports whether a value is one of the words for NULL.
func (r *nullRule) has(v string) bool {
	for _, w := range r.words {
		if string(w) == v {
			return true
		}
	}
	return false
}

// cells finds the values of column c in rows [from, from+n), or of those of these rows that sel names,
// counted from row from. A column that the file does not have, numbered -1, has nothing but NULL.
func (f *fields) cells(s *cells, c, from, n int, sel []uint32) {
	if sel != nil {
		n = len(sel)
	}
	s.n, s.escaped = n, s.escaped[:0]
	if n == 0 {
		return
	}
	if c < 0 {
		s.none()
		return
	}
	at := from*f.ix.stride + c
	cutCR := f.ix.cr && (c == f.fields-1 || f.pad)
	if sel == nil && !f.quotes && !cutCR && f.nulls.empty && f.nulls.words == nil {
		_ = f.ix.pos[at+(n-1)*f.ix.stride+1]
		s.pos, s.step, s.least = unsafe.Pointer(&f.ix.pos[at]), 4*f.ix.stride, 1
		return
	}
	s.copy(f, at, sel)
	if cutCR {
		f.cutCR(s)
	}
	f.unquote(s)
	if f.nulls.words != nil {
		f.nullWords(s)
	}
}

// none makes all values NULL.
func (s *cells) none() {
	if cap(s.own) < 2*s.n {
		s.own = make([]uint32, 2*s.n)
	}
	s.own = s.own[:2*s.n]
	clear(s.own) // which makes their sizes -1
	s.pos, s.step, s.least = unsafe.Pointer(&s.own[0]), 8, 0
}

// copy makes positions of its own for n values from position at on.
func (s *cells) copy(f *fields, at int, sel []uint32) {
	if cap(s.own) < 2*s.n {
		s.own = make([]uint32, 2*s.n)
	}
	s.own = s.own[:2*s.n]
	s.pos, s.step, s.least = unsafe.Pointer(&s.own[0]), 8, 0
	pos, stride := f.ix.pos[at:], f.ix.stride
	if sel == nil {
		for i, k := 0, 0; i < len(s.own); i, k = i+2, k+stride {
			s.own[i], s.own[i+1] = pos[k], pos[k+1]
		}
		return
	}
	for i, r := range sel {
		k := int(r) * stride
		s.own[2*i], s.own[2*i+1] = pos[k], pos[k+1]
	}
}

// cutCR takes the carriage return off values that end a line.
func (f *fields) cutCR(s *cells) {
	for i := 0; i < len(s.own); i += 2 {
		end := s.own[i+1]
		if end-s.own[i] > 1 && end-s.own[i] < 1<<31 && f.buf[end-1] == '\r' && f.buf[end] == '\n' {
			s.own[i+1]--
		}
	}
}

// unquote narrows quoted values to what is between the quotes, and makes empty unquoted ones NULL if that is
// the rule.
func (f *fields) unquote(s *cells) {
	blanks := f.Blanks && f.quotes
	for i := 0; i < len(s.own); i += 2 {
		if blanks {
			f.cutBlanks(s, i)
		}
		start := s.own[i] + 1
		switch n := int32(s.own[i+1] - start); {
		case n == 0 && f.nulls.empty:
			s.own[i+1] = s.own[i]
		case n > 0 && f.quotes && f.buf[start] == f.Quote:
			s.own[i]++
			s.own[i+1]--
			if f.escapes && f.hasEscape(f.buf[start+1:s.own[i+1]]) {
				s.escaped = append(s.escaped, int32(i/2))
			}
		}
	}
}

// cutBlanks takes the blanks around the quotes off the value with its positions at i.
func (f *fields) cutBlanks(s *cells, i int) {
	if s.own[i+1]-s.own[i] > 1<<31 { // the row lacks it
		return
	}
	v := f.buf[s.own[i]+1 : s.own[i+1]]
	if k := f.skipBlanks(v, 0); k < len(v) && v[k] == f.Quote {
		s.own[i] += uint32(k)
		for f.buf[s.own[i+1]-1] == ' ' {
			s.own[i+1]--
		}
	}
}

// blanksToNull makes values NULL that are nothing but blanks, for other types than text.
func (s *cells) blanksToNull(f *fields) {
	own := make([]uint32, 2*s.n)
	for i := range s.n {
		start, n := s.at(i)
		own[2*i], own[2*i+1] = start-1, start+uint32(n)
		if n > 0 && len(bytes.Trim(f.buf[start:][:n], " ")) == 0 {
			own[2*i+1] = start - 1
		}
	}
	s.own, s.pos, s.step = own, unsafe.Pointer(&own[0]), 8
}

func (f *fields) hasEscape(v []byte) bool {
	return f.Escape != 0 && bytes.IndexByte(v, f.Escape) >= 0
}

// nullWords makes values NULL that the option nullstr names; quoted ones are what they say.
func (f *fields) nullWords(s *cells) {
	for i := 0; i < len(s.own); i += 2 {
		start := s.own[i] + 1
		n := int32(s.own[i+1] - start)
		if n <= 0 || f.quotes && start > 0 && f.buf[start-1] == f.Quote {
			continue
		}
		v := f.buf[start:s.own[i+1]]
		for _, w := range f.nulls.words {
			if string(v) == string(w) {
				s.own[i+1] = s.own[i]
				break
			}
		}
	}
}

// appendUnescaped appends the text of a quoted value with its escapes resolved.
func (d *Dialect) appendUnescaped(dst, v []byte) []byte {
	for {
		i := bytes.IndexByte(v, d.Escape)
		if i < 0 || i+1 == len(v) {
			return append(dst, v...)
		}
		dst = append(dst, v[:i]...)
		if c := v[i+1]; c != d.Quote && c != d.Escape {
			dst = append(dst, d.Escape) // before another character it stands for itself
		}
		dst = append(dst, v[i+1])
		v = v[i+2:]
	}
}
