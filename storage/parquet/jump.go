package parquet

import "io"

// jump passes over pages by the offset index, when less than the next n rows end in the current page. It returns how many
// rows were passed: the rest lies in the page that comes next.
func (c *cursor) jump(n int64) (passed int64, err error) {
	next := c.index.rows - c.rows // the row that the next page begins with
	at := next - int64(c.left)
	if at+n >= c.index.rows {
		c.left, c.rows, c.pages.pos = 0, 0, c.pages.end
		return n, nil
	}
	page := c.index.page(at + n)
	row := c.index.pages[page].row
	if row <= next {
		return 0, nil
	}
	if err := c.goTo(page); err != nil {
		return 0, err
	}
	c.rows = c.index.rows - row
	return row - at, nil
}

// goTo makes a page the next one. A dictionary in front of the first page is not left behind unseen.
func (c *cursor) goTo(page int) error {
	first := c.index.pages[0].at
	if p := c.pages; c.dictAt == 0 && !c.hasDict && p.pos < first {
		p.until = first
		h, err := p.next()
		if err != nil {
			return err
		}
		if h.typ == pageDict {
			c.dictHdr, c.dictAt = h, p.pos
		}
	}
	c.pages.pos, c.left, c.loaded = c.index.pages[page].at, 0, false
	return nil
}

// next reads the header of the next page, which is to be what the offset index says.
func (c *cursor) next() (pageHeader, error) {
	x, p := c.index, c.pages
	if x == nil {
		return p.next()
	}
	at := p.pos
	if at < x.pages[0].at { // a dictionary
		p.until = c.until(0)
		return p.next()
	}
	if at >= p.end {
		return pageHeader{}, io.EOF
	}
	row := x.rows - c.rows
	if c.levelsOf != nil {
		row = c.levelsOf.row
	}
	page := x.page(row)
	p.until = c.until(page)
	if p.until > at {
		p.ahead = max(p.ahead, firstRead)
	}
	h, err := p.next()
	if err != nil {
		return h, err
	}
	want := x.pages[page]
	data := h.typ == pageData || h.typ == pageDataV2
	if !data || want.at != at || want.row != row || want.size != p.pos-at+int64(h.size) || c.levelsOf == nil && int64(h.values) != x.end(page)-row {
		return h, p.corrupt("the page at offset %d is not what the page index says", at)
	}
	return h, nil
}

// until returns where what will be read without a gap ends, from a page on; 0 when that is not known.
func (c *cursor) until(page int) int64 {
	if c.ranges == nil {
		return 0
	}
	return c.index.runEnd(c.ranges, page)
}

// jump passes over pages by the offset index, and returns how many of the next n rows are left to pass over.
func (l *leafCursor) jump(n int) (int, error) {
	x := l.cur.index
	if x == nil || n == 0 {
		return n, nil
	}
	to := l.row + int64(n)
	if to >= x.rows {
		l.forget()
		l.row, l.cur.pages.pos = x.rows, l.cur.pages.end
		return int(to - x.rows), nil
	}
	page := x.page(to)
	if x.pages[page].row <= l.row || page <= l.page {
		return n, nil
	}
	l.forget()
	if err := l.cur.goTo(page); err != nil {
		return 0, err
	}
	l.row, l.jumped = x.pages[page].row, true
	return int(to - l.row), nil
}

// forget gives up the rest of the page.
func (l *leafCursor) forget() {
	l.rep, l.def, l.unread, l.cur.left = nil, nil, 0, 0
}
