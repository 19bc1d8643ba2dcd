package arrow

import "encoding/binary"

// A FlatBuffer is a tree of tables, in which a field's place is looked up. What lies outside of the buffer reads as
// zeros and marks it as bad, which is asked for once at the end.

type flat struct {
	b   []byte
	bad bool
}

// table is a table in a flat; without one, its fields have their default values.
type table struct {
	f      *flat
	pos    int
	fields []byte // the vtable: 16 bits for each field
}

func (f *flat) get(pos, n int) []byte {
	if pos < 0 || pos > len(f.b)-n {
		f.bad = true
		return make([]byte, n)
	}
	return f.b[pos : pos+n]
}

func (f *flat) uint16(pos int) int { return int(binary.LittleEndian.Uint16(f.get(pos, 2))) }
func (f *flat) int32(pos int) int  { return int(int32(binary.LittleEndian.Uint32(f.get(pos, 4)))) }
func (f *flat) int64(pos int) int64 {
	return int64(binary.LittleEndian.Uint64(f.get(pos, 8)))
}

// follow returns where an offset at pos leads.
func (f *flat) follow(pos int) int {
	off := int64(binary.LittleEndian.Uint32(f.get(pos, 4)))
	if off == 0 || off > int64(len(f.b)) {
		f.bad = true
		return len(f.b)
	}
	return pos + int(off)
}

func (f *flat) root() table { return f.table(f.follow(0)) }

func (f *flat) table(pos int) table {
	vt := pos - f.int32(pos)
	n := f.uint16(vt)
	if n < 4 {
		f.bad = true
		return table{f: f}
	}
	return table{f, pos, f.get(vt, n)[4:]}
}

// at returns where field k lies, 0 if it is not there.
func (t table) at(k int) int {
	if 2*k+2 > len(t.fields) {
		return 0
	}
	off := int(binary.LittleEndian.Uint16(t.fields[2*k:]))
	if off == 0 {
		return 0
	}
	return t.pos + off
}

func (t table) byte(k int) byte {
	if p := t.at(k); p > 0 {
		return t.f.get(p, 1)[0]
	}
	return 0
}

func (t table) bool(k int) bool { return t.byte(k) != 0 }

func (t table) int16(k, otherwise int) int {
	if p := t.at(k); p > 0 {
		return int(int16(t.f.uint16(p)))
	}
	return otherwise
}

func (t table) int32(k, otherwise int) int {
	if p := t.at(k); p > 0 {
		return t.f.int32(p)
	}
	return otherwise
}

func (t table) int64(k int) int64 {
	if p := t.at(k); p > 0 {
		return t.f.int64(p)
	}
	return 0
}

func (t table) text(k int) string {
	p := t.at(k)
	if p == 0 {
		return ""
	}
	p = t.f.follow(p)
	n := t.f.int32(p)
	if n < 0 || n > len(t.f.b) {
		t.f.bad = true
		return ""
	}
	return string(t.f.get(p+4, n))
}

// table returns the table of field k, and whether there is one.
func (t table) table(k int) (table, bool) {
	p := t.at(k)
	if p == 0 {
		return table{f: t.f}, false
	}
	return t.f.table(t.f.follow(p)), true
}

// vector returns where the elements of field k begin, and how many there are, each of size bytes.
func (t table) vector(k, size int) (pos, n int) {
	p := t.at(k)
	if p == 0 {
		return 0, 0
	}
	p = t.f.follow(p)
	n = t.f.int32(p)
	if n < 0 || n > (len(t.f.b)-p)/size {
		t.f.bad = true
		return 0, 0
	}
	return p + 4, n
}

// tables returns the tables of a vector of them.
func (t table) tables(k int) []table {
	pos, n := t.vector(k, 4)
	out := make([]table, n)
	for i := range out {
		out[i] = t.f.table(t.f.follow(pos + 4*i))
	}
	return out
}
