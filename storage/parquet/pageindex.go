package parquet

import (
	"io"
	"sort"

	"gsql/exec/types"
)

// The page index of a column chunk stands before the footer: the offset index says where the pages are and with which row each
// begins, the column index between which bounds their values lie. It is foreign bytes like everything else. An index
// that does not fit the chunk is not used, and where a page that is read is not what the offset index says, the file is
// damaged. What is said of pages that are not read has to be trusted, as row groups' statistics have to.

// offsetIndex is where the pages of a chunk are.
type offsetIndex struct {
	pages []pageLocation
	rows  int64 // of the chunk
}

type pageLocation struct {
	at   int64
	size int64 // with the header
	row  int64 // the first one, in the row group
}

// maxIndexBytes is how large an index may be to be used.
const maxIndexBytes = 16 << 20

// readOffsetIndex decodes an offset index of a chunk of some rows; nil if the pages are not one behind the other from the
// chunk's first to its end.
func readOffsetIndex(b []byte, k *chunkMeta, rows int64) *offsetIndex {
	x := &offsetIndex{rows: rows}
	c := &compact{b: b}
	c.fields(func(id int, typ byte) bool {
		if id != 1 || typ != tList {
			return false
		}
		c.list(tStruct, nil, func() { x.pages = append(x.pages, readPageLocation(c)) })
		return true
	})
	if c.err != nil || len(x.pages) == 0 {
		return nil
	}
	at, row := k.dataAt, int64(-1)
	for _, p := range x.pages {
		if p.at != at || p.size <= 0 || p.row <= row || row < 0 && p.row != 0 {
			return nil
		}
		at, row = at+p.size, p.row
	}
	begin := k.dataAt
	if k.dictAt > 0 && k.dictAt < begin {
		begin = k.dictAt
	}
	if row >= rows || at != begin+k.size {
		return nil
	}
	return x
}

func readPageLocation(c *compact) pageLocation {
	var p pageLocation
	c.fields(func(id int, typ byte) bool {
		switch {
		case id == 1 && typ == tI64:
			p.at = c.int()
		case id == 2 && typ == tI32:
			p.size = c.int()
		case id == 3 && typ == tI64:
			p.row = c.int()
		default:
			return false
		}
		return true
	})
	return p
}

// page returns the number of the page that has a row.
func (x *offsetIndex) page(row int64) int {
	return sort.Search(len(x.pages), func(i int) bool { return x.pages[i].row > row }) - 1
}

// end returns the row behind the last one of a page.
func (x *offsetIndex) end(page int) int64 {
	if page+1 < len(x.pages) {
		return x.pages[page+1].row
	}
	return x.rows
}

// columnIndex is what is known of the values of a chunk's pages.
type columnIndex struct {
	column   *column
	offsets  *offsetIndex
	empty    []bool // pages of nothing but NULL
	min, max [][]byte
	nulls    []int64 // nil: unknown
	known    []bounds
	decoded  []bool
}

// readColumnIndex decodes a column index of pages that the offset index has; nil if it does not have as many.
func readColumnIndex(b []byte, col *column, offsets *offsetIndex) *columnIndex {
	x := &columnIndex{column: col, offsets: offsets}
	c := &compact{b: b}
	c.fields(func(id int, typ byte) bool {
		switch {
		case typ != tList:
			return false
		case id == 1:
			x.empty = c.bools()
		case id == 2:
			c.list(tBinary, nil, func() { x.min = append(x.min, c.bytes()) })
		case id == 3:
			c.list(tBinary, nil, func() { x.max = append(x.max, c.bytes()) })
		case id == 5:
			c.list(tI64, nil, func() { x.nulls = append(x.nulls, c.int()) })
		default:
			return false
		}
		return true
	})
	n := len(offsets.pages)
	if c.err != nil || len(x.empty) != n || len(x.min) != n || len(x.max) != n || x.nulls != nil && len(x.nulls) != n {
		return nil
	}
	x.known, x.decoded = make([]bounds, n), make([]bool, n)
	return x
}

// fits reports whether the index says of NULLs what the chunk's statistics say.
func (x *columnIndex) fits(k *chunkMeta) bool {
	if x.nulls == nil || k.stats.nulls < 0 {
		return true
	}
	var sum int64
	for _, n := range x.nulls {
		sum += n
	}
	return sum == k.stats.nulls
}

// bools reads a list of booleans, whose elements take a byte each.
func (c *compact) bools() []bool {
	typ, n := c.listHeader()
	if typ != tTrue && typ != tFalse {
		c.fail(errThrift)
		return nil
	}
	var out []bool
	for range n {
		out = append(out, c.byte() == tTrue)
	}
	return out
}

// bounds returns what is known of a page.
func (x *columnIndex) bounds(page int) bounds {
	if !x.decoded[page] {
		x.known[page], x.decoded[page] = x.decode(page), true
	}
	return x.known[page]
}

func (x *columnIndex) decode(page int) bounds {
	rows := x.offsets.end(page) - x.offsets.pages[page].row
	if x.empty[page] {
		if !x.column.optional {
			return bounds{nulls: -1, rows: rows} // which cannot be
		}
		return bounds{nulls: rows, rows: rows}
	}
	k := chunkMeta{stats: statistics{min: notNil(x.min[page]), max: notNil(x.max[page]), nulls: -1}}
	if x.nulls != nil {
		k.stats.nulls = x.nulls[page]
	}
	return boundsOf(x.column, &k, rows)
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// indexed reports whether a column's bounds of pages can be used: it is there, not nested, and has the type that it has in the
// table.
func (c *column) indexed() bool {
	return !c.missing && c.refuse == "" && c.root == nil && c.conv != convertNull && c.to.ID == types.Unknown
}

// region is a part of a file.
type region struct {
	at int64
	n  int32
}

// readRegions reads some parts of a file, at once where they lie close to each other. A part that cannot be read is nil.
func readRegions(r io.ReaderAt, fileSize int64, parts []region) [][]byte {
	out := make([][]byte, len(parts))
	order := make([]int, 0, len(parts))
	for i, p := range parts {
		if p.at > 0 && p.n > 0 && p.n <= maxIndexBytes && p.at <= fileSize-int64(p.n) {
			order = append(order, i)
		}
	}
	sort.Slice(order, func(a, b int) bool { return parts[order[a]].at < parts[order[b]].at })
	for len(order) > 0 {
		from := parts[order[0]].at
		k, end := 0, from
		for ; k < len(order); k++ {
			p := parts[order[k]]
			if k > 0 && (p.at > end+maxIndexGap || p.at+int64(p.n) > from+maxIndexBytes) {
				break
			}
			end = max(end, p.at+int64(p.n))
		}
		buf := make([]byte, end-from)
		if n, _ := r.ReadAt(buf, from); n == len(buf) {
			for _, i := range order[:k] {
				p := parts[i]
				out[i] = buf[p.at-from : p.at-from+int64(p.n) : p.at-from+int64(p.n)]
			}
		}
		order = order[k:]
	}
	return out
}

// maxIndexGap is how many bytes between two indexes are read for nothing.
const maxIndexGap = 64 << 10
