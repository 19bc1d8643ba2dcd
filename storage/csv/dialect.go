package csv

import (
	"bytes"
	"fmt"
	"math/bits"
)

// Dialect says how the text of a file divides into rows and fields.
type Dialect struct {
	Delim   byte
	Quote   byte // 0: fields are never quoted
	Escape  byte // before a quote within quotes; usually the quote itself
	Comment byte // lines that begin with it are skipped; 0: none
	Newline byte // '\n', which also ends lines in \r\n, or '\r'
	Blanks  bool // blanks may stand between a delimiter and a quote; they are no part of the value
}

// skipBlanks returns where the blanks that begin at i end, if they may be left out.
func (d *Dialect) skipBlanks(buf []byte, i int) int {
	for d.Blanks && i < len(buf) && buf[i] == ' ' && d.Delim != ' ' {
		i++
	}
	return i
}

func (d *Dialect) chars() [4]byte { return [4]byte{d.Delim, d.Newline, d.Quote, '\r'} }

func (d *Dialect) String() string {
	name := func(b byte) string {
		if b == 0 {
			return "none"
		}
		return fmt.Sprintf("%q", b)
	}
	return fmt.Sprintf("delim=%s quote=%s escape=%s", name(d.Delim), name(d.Quote), name(d.Escape))
}

// scan is what the exact machine found.
type scan struct {
	pos    []uint32 // positions of structural bytes
	rows   int      // complete rows
	end    int      // behind the last complete row
	inside bool     // the text ends within quotes
	bad    int      // where text follows a closing quote; -1: nowhere
}

// exact reads up to maxRows rows of buf[from:to], one byte after the other. It begins at the start of a row.
// It appends to pos the positions of the delimiters and newlines outside quotes; a comment is a row of one
// field. A row that is not complete has no positions. Text without a newline at its end must have got one.
func (d *Dialect) exact(buf []byte, from, to int, pos []uint32, maxRows int) scan {
	s := scan{pos: pos, end: from, bad: -1}
	for s.rows < maxRows && s.end < to {
		n := len(s.pos)
		next, inside, bad := d.row(buf[:to], s.end, &s.pos)
		if next < 0 {
			s.pos = s.pos[:n]
			s.inside, s.bad = inside, bad
			return s
		}
		s.end = next
		s.rows++
	}
	return s
}

// row reads one row that begins at i and returns where the next one begins; -1 when the text ends before,
// perhaps inside quotes, or when text follows the closing quote at bad.
func (d *Dialect) row(buf []byte, i int, pos *[]uint32) (next int, inside bool, bad int) {
	if d.Comment != 0 && i < len(buf) && buf[i] == d.Comment {
		n := bytes.IndexByte(buf[i:], d.Newline)
		if n < 0 {
			return -1, false, -1
		}
		*pos = append(*pos, uint32(i+n))
		return i + n + 1, false, -1
	}
	for i < len(buf) {
		if k := d.skipBlanks(buf, i); d.Quote != 0 && k < len(buf) && buf[k] == d.Quote {
			after, ok := d.closeQuote(buf, k+1)
			if !ok {
				return -1, true, -1
			}
			i = d.skipBlanks(buf, after)
			if i+1 < len(buf) && buf[i] == '\r' && buf[i+1] == d.Newline {
				i++
			}
			if i == len(buf) {
				return -1, false, -1
			}
			if buf[i] != d.Delim && buf[i] != d.Newline {
				return -1, false, after - 1
			}
		} else {
			for i < len(buf) && buf[i] != d.Delim && buf[i] != d.Newline {
				i++
			}
			if i == len(buf) {
				return -1, false, -1
			}
		}
		*pos = append(*pos, uint32(i))
		i++
		if buf[i-1] == d.Newline {
			return i, false, -1
		}
	}
	return -1, false, -1
}

// closeQuote returns the place behind the quote that ends the value whose text goes on at i.
func (d *Dialect) closeQuote(buf []byte, i int) (after int, ok bool) {
	if d.Escape == d.Quote || d.Escape == 0 {
		for {
			n := bytes.IndexByte(buf[i:], d.Quote)
			if n < 0 {
				return 0, false
			}
			i += n + 1
			if d.Escape == 0 || i == len(buf) || buf[i] != d.Quote {
				return i, true
			}
			i++
		}
	}
	for i < len(buf) {
		switch buf[i] {
		case d.Escape:
			i++
		case d.Quote:
			return i + 1, true
		}
		i++
	}
	return 0, false
}

// skipRow reads on from i, which lies within quotes, to the end of the row: next is where the following row
// begins, or -1 as for row.
func (d *Dialect) skipRow(buf []byte, i int) (next int, inside bool, bad int) {
	after, ok := d.closeQuote(buf, i)
	if !ok {
		return -1, true, -1
	}
	i = d.skipBlanks(buf, after)
	if i+1 < len(buf) && buf[i] == '\r' && buf[i+1] == d.Newline {
		i++
	}
	switch {
	case i == len(buf):
		return -1, false, -1
	case buf[i] == d.Newline:
		return i + 1, false, -1
	case buf[i] != d.Delim:
		return -1, false, after - 1
	}
	// The rest of the row is like a row of its own, but a comment cannot begin in it.
	rest := *d
	rest.Comment = 0
	var pos []uint32
	return rest.row(buf, i+1, &pos)
}

// lineEnd returns where the line behind the one with buf[i] begins, or the end of the text.
func (d *Dialect) lineEnd(buf []byte, i int) int {
	if n := bytes.IndexByte(buf[i:], d.Newline); n >= 0 {
		return i + n + 1
	}
	return len(buf)
}

// parityResult is what parity found.
type parityResult struct {
	pos      []uint32
	newlines int
	inside   bool // the text ends within quotes
	high     bool // a byte was not ASCII
	doubled  bool // a quoted value holds quotes
}

// parity indexes buf[from:to], which begins outside quotes, from masks, appending to pos. It is not ok when the
// quotes are not where parity is right about them.
func (d *Dialect) parity(buf []byte, from, to int, pos []uint32, sc *scratch) (r parityResult, ok bool) {
	if d.Comment != 0 || d.Blanks || d.Escape != d.Quote && d.Escape != 0 && bytes.IndexByte(buf[from:to], d.Escape) >= 0 {
		return r, false
	}
	sc.masks, r.high = d.masks(buf, from, to, sc.masks)
	if cap(sc.bits) < len(sc.masks) {
		sc.bits = make([]uint64, cap(sc.masks))
	}
	sc.bits = sc.bits[:len(sc.masks)]
	again := uint64(0) // a closing quote may be followed by an opening one
	if d.Escape == d.Quote {
		again = ^uint64(0)
	}
	var p parityState
	if from == 0 || buf[from-1] == d.Delim || buf[from-1] == d.Newline {
		p.structural = 1
	}
	for i := range sc.masks {
		b, nl := p.step(&sc.masks[i], again)
		sc.bits[i] = b
		r.newlines += nl
	}
	if p.bad != 0 {
		return r, false
	}
	r.inside, r.doubled = p.inside != 0, p.doubled != 0
	r.pos = flatten(sc.bits, from, pos)
	return r, true
}

// scratch is memory that a stream uses again and again.
type scratch struct {
	masks [][4]uint64
	bits  []uint64
}

// parityState is what one word tells the next: each field but inside is one bit.
type parityState struct {
	inside     uint64 // all ones within quotes
	structural uint64 // the last byte was structural
	closed     uint64 // the last byte was a closing quote
	closedCR   uint64 // the last two were a closing quote and a carriage return
	bad        uint64 // not 0 if a quote was out of place
	doubled    uint64 // not 0 if a quote within quotes was doubled
}

// step returns the structural bytes of a word and the number of newlines among them.
func (p *parityState) step(m *[4]uint64, again uint64) (structural uint64, newlines int) {
	q := m[maskQuote]
	in := q ^ q<<1
	in ^= in << 2
	in ^= in << 4
	in ^= in << 8
	in ^= in << 16
	in ^= in << 32
	in ^= p.inside // set from each opening quote up to the byte before its closing quote
	opens, closes := q&in, q&^in
	nl := m[maskNewline] &^ in
	structural = m[maskDelim]&^in | nl

	before := structural | closes&again // where a quote may follow
	behind := closes<<1 | p.closed
	cr := behind & m[maskCR] &^ structural
	p.doubled |= opens & behind
	p.bad |= opens&^(before<<1|p.structural) | // a quote within an unquoted field
		behind&^(structural|opens|cr) | // text behind a closing quote
		(cr<<1|p.closedCR)&^nl
	p.structural = before >> 63
	p.closed = closes >> 63
	p.closedCR = cr >> 63
	p.inside = uint64(int64(in) >> 63)
	return structural, bits.OnesCount64(nl)
}
