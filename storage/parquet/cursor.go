package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// decoder makes vectors of the values of a chunk's pages. A vector is made by begin, any number of append
// and pad, and finish.
type decoder interface {
	// keeps reports whether vectors refer to the bytes of pages with this encoding.
	keeps(encoding int) bool
	// dictionary decodes a dictionary page of n values; it returns what shareDictionary takes.
	dictionary(data []byte, n int) (any, error)
	shareDictionary(any)
	// page starts the values of a data page, which are rows at most.
	page(data []byte, encoding, rows int) error
	skip(values int) error
	// begin starts a vector of some rows. A passing vector lives until the next begin: its memory is used
	// again.
	begin(rows int, passing bool)
	// append adds the next k rows, of which values are not NULL: those with a bit in valid from row at on.
	append(k, values int, valid vec.Bitmap, at int) error
	finish(valid vec.Bitmap) *vec.Vector
}

// dictCache holds the dictionary of a chunk for the tasks that share the chunk, so that all their vectors
// point to one.
type dictCache struct {
	mu    sync.Mutex
	value any
}

// cursor reads the rows of one column chunk in order.
type cursor struct {
	col   *column
	pages *pages
	dec   decoder
	rows  int64 // of the chunk, not yet passed by the current page

	hdr    pageHeader
	left   int  // rows left in the current page
	loaded bool // its body is decompressed
	levels hybrid

	dictHdr pageHeader
	dictAt  int64 // where the body of the dictionary page is; 0: there was none
	shared  *dictCache
	hasDict bool

	index  *offsetIndex // where the pages are; nil: unknown
	ranges []rowRange   // of the row group that will be read; nil: unknown

	nest     *nestedCursor // of a nested column, which reads it all
	levelsOf *leafCursor   // of which the cursor walks the pages
}

// newCursor starts at the first row of a chunk of a row group with a number of rows.
func newCursor(c *column, p *pages, rows int64, shared *dictCache) *cursor {
	return &cursor{col: c, pages: p, dec: newDecoder(c), rows: rows, shared: shared}
}

// inherit takes over the memory of a cursor that is not used any more, before the first read.
func (c *cursor) inherit(old *cursor) {
	if c.nest != nil || old.nest != nil {
		return
	}
	c.pages.page = old.pages.page
	if !old.pages.kept {
		c.pages.win = old.pages.win[:0]
	}
	if c.col == old.col {
		c.dec = old.dec
	}
}

// read returns the next n rows; a passing vector is valid until the next read.
func (c *cursor) read(n int, passing bool) (*vec.Vector, error) {
	if c.nest != nil {
		return c.nest.read(n)
	}
	if c.col.conv == convertNull {
		if c.col.value != nil {
			return c.col.value.WithLen(n), nil
		}
		return vec.NewNull(c.col.typ, n), nil
	}
	var valid vec.Bitmap
	if c.col.optional {
		valid = vec.NewBitmap(n)
	}
	c.dec.begin(n, passing)
	for at := 0; at < n; {
		if err := c.load(); err != nil {
			return nil, err
		}
		k := min(n-at, c.left)
		values := k
		if valid != nil {
			var err error
			if values, err = c.levels.readBits(valid, at, k); err != nil {
				return nil, c.damaged(err)
			}
		}
		if err := c.dec.append(k, values, valid, at); err != nil {
			return nil, c.damaged(err)
		}
		c.left -= k
		at += k
	}
	if valid.Count(n) == n {
		valid = nil
	}
	return c.dec.finish(valid), nil
}

// skip passes over n rows. Pages that lie within them are not decompressed.
func (c *cursor) skip(n int64) error {
	if c.nest != nil {
		return c.nest.skip(n)
	}
	if c.col.conv == convertNull {
		return nil
	}
	for n > 0 {
		if c.index != nil && n > int64(c.left) {
			passed, err := c.jump(n)
			if err != nil {
				return err
			}
			if n -= passed; n == 0 {
				return nil
			}
		}
		if err := c.header(false); err != nil {
			return err
		}
		k := int(min(n, int64(c.left)))
		switch {
		case k < c.left:
			if err := c.skipWithin(k); err != nil {
				return err
			}
		case !c.loaded:
			c.pages.skip(&c.hdr)
		}
		c.left -= k
		n -= int64(k)
	}
	return nil
}

func (c *cursor) skipWithin(k int) error {
	if err := c.load(); err != nil {
		return err
	}
	for k > 0 {
		n := min(k, 64<<10)
		values := n
		if c.col.optional {
			var err error
			if values, err = c.levels.countBits(n); err != nil {
				return c.damaged(err)
			}
		}
		if err := c.dec.skip(values); err != nil {
			return c.damaged(err)
		}
		k -= n
	}
	return nil
}

// header makes sure that the current page has rows left, without reading its body. A dictionary page on the
// way is read at once when the body will be wanted, since going back to it costs reading it twice.
func (c *cursor) header(body bool) error {
	for c.left == 0 {
		h, err := c.next()
		if errors.Is(err, io.EOF) && c.levelsOf != nil {
			return io.EOF // which ends the last row
		}
		if errors.Is(err, io.EOF) {
			return c.pages.corrupt("a column chunk has fewer rows than its row group")
		}
		if err != nil {
			return err
		}
		c.hdr, c.loaded = h, false
		switch h.typ {
		case pageData, pageDataV2:
			if int64(h.values) > c.rows {
				return c.pages.corrupt("a column chunk has more rows than its row group")
			}
			c.left = h.values
			c.rows -= int64(h.values)
			if c.left == 0 {
				c.pages.skip(&h)
			}
		case pageDict:
			c.dictHdr, c.dictAt = h, c.pages.pos
			if body && !c.hasDict {
				if err := c.loadDictionary(); err != nil {
					return err
				}
			}
			c.pages.pos = c.dictAt
			c.pages.skip(&h)
		default:
			c.pages.skip(&h)
		}
	}
	return nil
}

// load makes sure that the current page has rows left and is decompressed.
func (c *cursor) load() error {
	if err := c.header(true); err != nil || c.loaded {
		return err
	}
	h := &c.hdr
	if h.isDict() && !c.hasDict {
		if err := c.loadDictionary(); err != nil {
			return err
		}
	}
	body, err := c.pages.body(h, c.dec.keeps(h.encoding))
	if err != nil {
		return err
	}
	switch {
	case c.levelsOf != nil:
		body, err = c.levelsOf.start(h, body)
	case h.typ == pageDataV2:
		body, err = c.levelsV2(body)
	default:
		body, err = c.levelsV1(body)
	}
	if err == nil {
		err = c.dec.page(body, h.encoding, h.values)
	}
	if err != nil {
		return c.damaged(err)
	}
	c.loaded = true
	return nil
}

// levelsV1 starts the definition levels in front of a page's values and returns the values.
func (c *cursor) levelsV1(b []byte) ([]byte, error) {
	if !c.col.optional {
		return b, nil
	}
	if c.hdr.defEnc == encBitPacked {
		return c.bitPackedLevels(b)
	}
	if len(b) < 4 {
		return nil, errShort
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, errShort
	}
	return b[4+n:], c.levels.reset(b[4:4+n], 1)
}

// bitPackedLevels brings the deprecated BIT_PACKED levels, most significant bit first, to the usual form.
func (c *cursor) bitPackedLevels(b []byte) ([]byte, error) {
	n := (c.hdr.values + 7) / 8
	if n > len(b) {
		return nil, errShort
	}
	lev := binary.AppendUvarint(nil, uint64(n)<<1|1)
	for _, x := range b[:n] {
		x = x&0x0f<<4 | x>>4
		x = x&0x33<<2 | x>>2&0x33
		x = x&0x55<<1 | x>>1&0x55
		lev = append(lev, x)
	}
	return b[n:], c.levels.reset(lev, 1)
}

func (c *cursor) levelsV2(b []byte) ([]byte, error) {
	h := &c.hdr
	if h.defLen+h.repLen > len(b) {
		return nil, errShort
	}
	if !c.col.optional {
		return b[h.repLen+h.defLen:], nil
	}
	return b[h.repLen+h.defLen:], c.levels.reset(b[h.repLen:h.repLen+h.defLen], 1)
}

// loadDictionary decodes the dictionary page, or takes it from a task that did.
func (c *cursor) loadDictionary() error {
	if c.shared != nil {
		c.shared.mu.Lock()
		defer c.shared.mu.Unlock()
		if c.shared.value != nil {
			c.dec.shareDictionary(c.shared.value)
			c.hasDict = true
			return nil
		}
	}
	if c.dictAt == 0 {
		// Pages of NULLs only can do without.
		d, err := c.dec.dictionary(nil, 0)
		if err != nil {
			return c.damaged(err)
		}
		c.dec.shareDictionary(d)
		c.hasDict = true
		return nil
	}
	if e := c.dictHdr.encoding; e != encPlain && e != encPlainDict {
		return c.pages.corrupt("a dictionary has encoding %s", encodingName(e))
	}
	at := c.pages.pos
	c.pages.pos = c.dictAt
	body, err := c.pages.body(&c.dictHdr, true)
	c.pages.pos = at
	if err != nil {
		return err
	}
	d, err := c.dec.dictionary(body, c.dictHdr.values)
	if err != nil {
		return c.damaged(err)
	}
	if c.shared != nil {
		c.shared.value = d
	}
	c.dec.shareDictionary(d)
	c.hasDict = true
	return nil
}

// damaged wraps what a decoder found wrong.
func (c *cursor) damaged(err error) error {
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return e
	}
	if errors.Is(err, errTimestamp) {
		return sqlstate.New(sqlstate.DatetimeOverflow, "%v", err).WithDetail("Column %q of file %q.", c.col.name, c.pages.path)
	}
	return c.pages.corrupt("%v", err)
}

var errTimestamp = errors.New("timestamp out of range")

// encodingError says that a column's pages have an encoding that its type cannot have.
func encodingError(encoding int) error {
	return fmt.Errorf("unexpected encoding %s", encodingName(encoding))
}

func encodingName(e int) string {
	if s, ok := encodingNames[e]; ok {
		return s
	}
	return fmt.Sprintf("number %d", e)
}
