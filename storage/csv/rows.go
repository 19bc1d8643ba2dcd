package csv

// rowIndex says where the fields of a run of rows lie in a block: field c of row r is between
// pos[r*stride+c]+1 and pos[r*stride+c+1]. A field that its row lacks has a length of -1.
type rowIndex struct {
	pos    []uint32
	stride int
	rows   int
	cr     bool // a row ends in \r\n, not in \n
}

// layout is what rows of a file are expected to look like.
type layout struct {
	Dialect
	fields int
	pad    bool // rows may lack fields
	// lenient: rows that are ragged are left out. Samples are read so; the scan will name the row.
	lenient bool
}

// outcasts are rows that are left out since they cannot be read.
type outcasts struct {
	ragged []ragged
	// broken has where rows begin, in order, whose quotes are out of place. In the index each is one field up to the
	// newline that ends it.
	broken []int
}

// ragged is a row with too few or too many fields.
type ragged struct {
	start  int // of the row, in the block
	fields int
}

// rows arranges the structural positions pos[1:] of buf, newlines of which end rows; pos[0] is that before the
// first row. When each row has the expected fields, as nearly always, the positions are the index already.
// other is memory for the case that they are not. The last row must be complete. out takes rows that are ragged; without it
// the first one is returned.
func (l *layout) rows(buf []byte, pos []uint32, newlines int, other *[]uint32, out *outcasts) (rowIndex, *ragged) {
	n := len(pos) - 1
	if l.Comment == 0 && (out == nil || len(out.broken) == 0) && newlines > 0 && n%newlines == 0 {
		ix := rowIndex{pos: pos, stride: n / newlines, rows: newlines}
		switch {
		case ix.stride == l.fields && l.regular(buf, &ix):
			return ix, nil
		case ix.stride == l.fields+1 && l.regular(buf, &ix) && l.emptyLast(buf, &ix):
			return ix, nil
		}
	}
	return l.irregular(buf, pos, other, out)
}

// regular reports whether the last position of each row is a newline; as there are as many newlines as rows, no
// other is. It also sets cr.
func (l *layout) regular(buf []byte, ix *rowIndex) bool {
	var odd, cr byte
	for i := ix.stride; i <= ix.rows*ix.stride; i += ix.stride {
		p := ix.pos[i]
		odd |= buf[p] ^ l.Newline
		if p > 0 && buf[p-1] == '\r' {
			cr = 1
		}
	}
	ix.cr = cr != 0 && l.Newline == '\n'
	return odd == 0
}

// emptyLast reports whether the last field of each row is empty: rows that end with a delimiter, as dbgen
// writes them.
func (l *layout) emptyLast(buf []byte, ix *rowIndex) bool {
	for i := ix.stride; i <= ix.rows*ix.stride; i += ix.stride {
		if !l.isEmpty(buf, int(ix.pos[i-1]+1), int(ix.pos[i])) {
			return false
		}
	}
	return true
}

// isEmpty reports whether the last field of a row, between from and to, has no text.
func (l *layout) isEmpty(buf []byte, from, to int) bool {
	return from == to || l.Newline == '\n' && to == from+1 && buf[from] == '\r'
}

// irregular arranges rows one by one: it leaves out empty lines and comments and completes short rows.
func (l *layout) irregular(buf []byte, pos []uint32, other *[]uint32, cast *outcasts) (rowIndex, *ragged) {
	out := (*other)[:0]
	var broken []int
	if cast != nil {
		broken = cast.broken
	}
	ix := rowIndex{stride: l.fields + 1, cr: l.Newline == '\n'} // it is looked for in each row
	for i := 1; i < len(pos); {
		first := i
		for buf[pos[i]] != l.Newline {
			i++
		}
		i++
		start := int(pos[first-1] + 1)
		k := i - first // fields
		if len(broken) > 0 && broken[0] == start {
			broken = broken[1:]
			continue
		}
		if l.Comment != 0 && buf[start] == l.Comment {
			continue
		}
		if k == 1 && l.fields > 1 && l.isEmpty(buf, start, int(pos[first])) {
			continue
		}
		if k == l.fields+1 && l.isEmpty(buf, int(pos[i-2]+1), int(pos[i-1])) {
			k--
		}
		if k > l.fields || k < l.fields && !l.pad {
			if cast != nil {
				cast.ragged = append(cast.ragged, ragged{start, k})
			}
			if l.lenient || cast != nil {
				continue
			}
			return ix, &ragged{start, k}
		}
		out = append(out, pos[first-1:first+k]...)
		for range l.fields - k {
			out = append(out, out[len(out)-1])
		}
		ix.rows++
	}
	*other = out
	ix.pos = out
	return ix, nil
}
