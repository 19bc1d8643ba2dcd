package csv

import (
	"bytes"
	"unsafe"
)

// spans says where the values of one column lie in a block, for some rows. A length below 0 is NULL.
type spans struct {
	start []uint32
	size  []int32
	nulls int
	// escaped has the numbers of the values that hold escaped quotes; they are rare.
	escaped []int32
}

// fields is a block's rows and how to read their values.
type fields struct {
	*layout
	ix     rowIndex
	buf    []byte
	quotes bool // a value may be quoted
	high   bool // not all bytes are ASCII
	nulls  nullRule
}

// nullRule says which values are NULL.
type nullRule struct {
	empty bool     // values without text
	words [][]byte // others
}

// resize makes room for n values.
func (s *spans) resize(n int) {
	if cap(s.start) < n {
		s.start, s.size = make([]uint32, n), make([]int32, n)
	}
	s.start, s.size = s.start[:n], s.size[:n]
	s.nulls = 0
	s.escaped = s.escaped[:0]
}

// spans finds the values of column c in rows [from, from+n), or of those of these rows that sel names,
// counted from row from.
func (f *fields) spans(s *spans, c, from, n int, sel []uint32) {
	if sel != nil {
		n = len(sel)
	}
	s.resize(n)
	if n == 0 {
		return
	}
	at := from*f.ix.stride + c
	if sel != nil {
		f.locateSome(s, at, sel)
	} else {
		f.locate(s, at, n)
	}
	if c == f.fields-1 || f.pad {
		f.cutCR(s)
	}
	switch {
	case f.quotes:
		f.unquote(s)
	case f.nulls.empty:
		s.nullEmpty()
	default:
		s.countNulls()
	}
	if f.nulls.words != nil {
		f.nullWords(s)
	}
}

// locate fills in n values from position at on. The loop is the hottest of all: it is written without
// bounds checks, which the shape of the index makes needless.
func (f *fields) locate(s *spans, at, n int) {
	stride := f.ix.stride
	_ = f.ix.pos[at+(n-1)*stride+1]
	p := unsafe.Pointer(&f.ix.pos[at])
	start, size := s.start[:n], s.size[:n]
	for i, k := 0, 0; i < n; i, k = i+1, k+4*stride {
		q := unsafe.Add(p, k)
		a := *(*uint32)(q) + 1
		start[i] = a
		size[i] = int32(*(*uint32)(unsafe.Add(q, 4)) - a)
	}
}

func (f *fields) locateSome(s *spans, at int, sel []uint32) {
	stride := f.ix.stride
	for i, r := range sel {
		k := at + int(r)*stride
		a := f.ix.pos[k] + 1
		s.start[i] = a
		s.size[i] = int32(f.ix.pos[k+1] - a)
	}
}

// nullEmpty makes empty values NULL.
func (s *spans) nullEmpty() {
	nulls := int32(0)
	for i, n := range s.size {
		null := (n - 1) >> 31 // -1 when n <= 0
		s.size[i] = n + null
		nulls -= null
	}
	s.nulls = int(nulls)
}

func (s *spans) countNulls() {
	nulls := int32(0)
	for _, n := range s.size {
		nulls -= n >> 31
	}
	s.nulls = int(nulls)
}

// cutCR takes the carriage return off values that end a line.
func (f *fields) cutCR(s *spans) {
	if f.Newline != '\n' {
		return
	}
	for i, n := range s.size {
		if n <= 0 {
			continue
		}
		end := s.start[i] + uint32(n)
		if f.buf[end-1] == '\r' && f.buf[end] == '\n' {
			s.size[i] = n - 1
		}
	}
}

// unquote narrows quoted values to what is between the quotes, and makes empty unquoted ones NULL if that is
// the rule.
func (f *fields) unquote(s *spans) {
	for i, n := range s.size {
		switch {
		case n > 0 && f.buf[s.start[i]] == f.Quote:
			s.start[i]++
			s.size[i] = n - 2
			if f.hasEscape(f.buf[s.start[i] : s.start[i]+uint32(n-2)]) {
				s.escaped = append(s.escaped, int32(i))
			}
		case n == 0 && f.nulls.empty:
			s.size[i] = -1
			s.nulls++
		case n < 0:
			s.nulls++
		}
	}
}

func (f *fields) hasEscape(v []byte) bool {
	return f.Escape != 0 && bytes.IndexByte(v, f.Escape) >= 0
}

// nullWords makes values NULL that the option nullstr names; quoted ones are what they say.
func (f *fields) nullWords(s *spans) {
	for i, n := range s.size {
		if n <= 0 || f.quotes && f.buf[s.start[i]-1] == f.Quote {
			continue
		}
		v := f.buf[s.start[i] : s.start[i]+uint32(n)]
		for _, w := range f.nulls.words {
			if string(v) == string(w) {
				s.size[i] = -1
				s.nulls++
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
