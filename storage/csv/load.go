package csv

import (
	"bytes"
	"context"
	"errors"

	"gsql/exec"
)

// loader reads and indexes splits for one stream.
type loader struct {
	table  *table
	splits *splits
	take   *exec.Splits
	block  block
	pos    []uint32
	other  []uint32
	sc     scratch

	source *source // of the split that fields shows; nil: none
	joined *source // a file that is decoded from its start, which the stream reads with others
	size   int64   // of the split, in the file
	begins bool    // the split is its file's first

	finished int // rows that finishRow found: 1, or 0 if it is left out
	fields   fields
	check    *checker // leaves rows out that cannot be read; nil: they are errors

	count  bool  // rows are to be numbered
	before int64 // with count: rows of the file before the split
}

// next takes a split and indexes it; false when there are no more. The split may have no rows.
func (l *loader) next(ctx context.Context) (bool, error) {
	l.release()
	l.size, l.begins = 0, false
	for {
		if l.joined != nil {
			if ok, err := l.nextBlock(ctx); ok || err != nil {
				return ok, err
			}
		}
		n, ok := l.take.Take()
		if !ok {
			return false, nil
		}
		s, k := l.splits.at(n)
		text, err := s.open(ctx, l.table)
		switch {
		case err != nil:
			s.Release()
			s.fail(k, err)
			return false, err
		case text == nil || text.Sequential() && k > 0 && l.take.Fixed():
			s.Release() // it is read already, or somewhere else
		case text.Sequential():
			l.joined = s
		default:
			return true, l.split(ctx, s, k)
		}
	}
}

// split indexes split k of a file.
func (l *loader) split(ctx context.Context, s *source, k int) error {
	l.source, l.begins = s, k == 0
	l.size = min(l.splits.size, s.File.Size-int64(k)*l.splits.size)
	if err := l.catchUp(ctx, s, k); err != nil {
		return err
	}
	err := l.load(ctx, s, k)
	if err != nil {
		s.fail(k, err)
		return err
	}
	return l.number(ctx, s, k)
}

// number finds the number of the first row of split k, which was indexed.
func (l *loader) number(ctx context.Context, s *source, k int) (err error) {
	if l.count {
		s.counts.tell(k, l.fields.ix.rows)
		l.before, err = s.counts.at(ctx, k)
	}
	return err
}

// nextBlock indexes the next split of the joined file, or leaves the file when there is none.
func (l *loader) nextBlock(ctx context.Context) (bool, error) {
	s := l.joined
	b, ok, err := s.Take()
	if l.size += b.Bytes; !ok || err != nil {
		l.leave()
		return false, err
	}
	l.source, l.begins = s, b.Number == 0
	err = l.load(ctx, s, b.Number)
	s.text.Done(b.Number)
	if err != nil {
		s.fail(b.Number, err)
		return false, err
	}
	return true, l.number(ctx, s, b.Number)
}

// leave ends the reading of the joined file.
func (l *loader) leave() {
	if l.joined != nil {
		l.joined.Release()
		l.joined = nil
	}
}

// catchUp indexes the splits before split k when nobody else may do so, for the state of its border and the number of its
// first row.
func (l *loader) catchUp(ctx context.Context, s *source, k int) error {
	if !l.take.Fixed() || l.table.shape.Quote == 0 && !l.count {
		return nil
	}
	if l.check != nil {
		l.check.mute = true
		defer func() { l.check.mute = false }()
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		before := s.chain.settled()
		if l.count {
			before = s.counts.settled()
		}
		if before >= k {
			return nil
		}
		if err := l.load(ctx, s, before); err != nil {
			return err
		}
		if l.count {
			s.counts.tell(before, l.fields.ix.rows)
		}
	}
}

// release is called when the rows of the current split are not needed any more.
func (l *loader) release() {
	if l.source != nil && l.joined == nil {
		l.source.Release()
	}
	l.source = nil
}

// close gives up the current split and file.
func (l *loader) close() {
	l.release()
	l.leave()
}

// load reads split k of s and indexes its rows. See the package comment for why it is right.
func (l *loader) load(ctx context.Context, s *source, k int) error {
	l.fields.ix = rowIndex{}
	if l.check != nil {
		l.check.reset()
	}
	d := &l.table.shape.Dialect
	size := l.splits.size
	begin, end := int64(k)*size, min(int64(k+1)*size, s.text.Size())
	if end <= s.first {
		s.chain.tell(k, keeps)
		return nil
	}
	// The byte before the border may be the newline that makes it one.
	from := max(begin-1, s.first)
	if err := l.block.read(s, from, int(end-from)+l.table.tail); err != nil {
		return err
	}
	end = min(end, s.text.Size()) // which of a text that is decoded is known now
	border := s.first
	if begin > s.first {
		var err error
		if border, err = l.block.newlineFrom(s, from, d.Newline); err != nil {
			return l.explain(s, k, err)
		}
	}
	if border >= end {
		s.chain.tell(k, keeps)
		return nil
	}
	stop, err := l.block.newlineFrom(s, end-1, d.Newline)
	if err != nil {
		return l.explain(s, k, err)
	}
	err = l.index(ctx, s, k, front+int(border-l.block.off), front+int(stop-l.block.off))
	return l.explain(s, k, err)
}

// explain gives an error the place in the file.
func (l *loader) explain(s *source, k int, err error) error {
	if errors.Is(err, errLongRow) {
		return l.table.longRow(s, int64(k)*l.splits.size)
	}
	return err
}

// index finds the rows that begin in buf[from:to], which lies between the borders of split k and of the next.
func (l *loader) index(ctx context.Context, s *source, k, from, to int) error {
	d := &l.table.shape.Dialect
	to = l.terminate(s, to)
	l.pos = append(l.pos[:0], uint32(from-1))
	r := d.scanPlain(l.block.buf, from, to, l.pos)
	l.pos = r.pos
	l.fields.high, l.fields.quotes = r.high, false
	if r.stop == to { // no quotes
		if d.Quote != 0 {
			s.chain.tell(k, keeps)
			if state, err := s.chain.at(ctx, k); err != nil || state == inside {
				return err
			}
		}
		return l.arrange(s, r.newlines)
	}
	state, err := s.chain.at(ctx, k)
	if err != nil {
		return err
	}
	return l.indexQuoted(s, k, from, to, state, r)
}

// terminate puts a newline behind a last row that lacks it and returns the new end of the text.
func (l *loader) terminate(s *source, to int) int {
	d := &l.table.shape.Dialect
	if l.block.off+int64(to-front) == s.text.Size() && l.block.buf[to-1] != d.Newline {
		l.block.buf[to] = d.Newline
		to++
	}
	return to
}

// indexQuoted goes on where scanPlain met a quote; state is that of the border at from.
func (l *loader) indexQuoted(s *source, k, from, to int, state border, r plainResult) error {
	d := &l.table.shape.Dialect
	start, at, newlines := from, r.stop, r.newlines
	if state == inside {
		next, _, bad := d.skipRow(l.block.buf[:to], from)
		switch {
		case bad >= 0 && l.check != nil: // the split in which the row begins leaves it out
			next = d.lineEnd(l.block.buf[:to], bad)
		case bad >= 0:
			return l.malformed(s, bad)
		}
		if next < 0 {
			s.chain.tell(k, toInside)
			return nil
		}
		start, at, newlines = next, next, 0
		l.pos = append(l.pos[:0], uint32(start-1))
	}
	p, ok := d.parity(l.block.buf, at, to, l.pos, &l.sc)
	p.newlines += newlines
	if !ok {
		l.pos = append(l.pos[:0], uint32(start-1))
		x := d.exact(l.block.buf, start, to, l.pos, to)
		for x.bad >= 0 && l.check != nil {
			x = l.check.passOver(l, s, x, to)
		}
		if x.bad >= 0 {
			return l.malformed(s, x.bad)
		}
		p = parityResult{pos: x.pos, newlines: x.rows, inside: x.inside, high: true, doubled: true}
	}
	l.pos = p.pos
	l.fields.high, l.fields.quotes, l.fields.escapes = r.high || p.high, true, p.doubled || d.Escape != d.Quote
	if !p.inside {
		s.chain.tell(k, toOutside)
		return l.arrange(s, p.newlines)
	}
	s.chain.tell(k, toInside)
	n := len(l.pos)
	for n > 1 && l.block.buf[l.pos[n-1]] != d.Newline {
		n--
	}
	l.pos = l.pos[:n]
	if err := l.finishRow(s, int(l.pos[n-1])+1, to); err != nil {
		return err
	}
	return l.arrange(s, p.newlines+l.finished)
}

// finishRow indexes the row that begins at start and does not end before to, reading on as far as it needs.
func (l *loader) finishRow(s *source, start, to int) error {
	d := &l.table.shape.Dialect
	l.fields.high, l.fields.escapes = true, true
	l.finished = 0
	for n := max(to-start, 16<<10); ; n *= 2 {
		if front+l.block.n <= to {
			if l.block.end() == s.text.Size() {
				if l.check != nil {
					l.check.rejectRow(l, s, start, reasonOpen)
					return nil
				}
				return l.unterminated(s, start)
			}
			if l.block.n > maxRow {
				return l.table.longRow(s, l.block.off+int64(start-front))
			}
			if err := l.block.more(s, n); err != nil {
				return err
			}
		}
		text := l.block.buf[to : front+l.block.n]
		if l.block.end() == s.text.Size() {
			to = l.terminate(s, front+l.block.n)
		} else if i := bytes.LastIndexByte(text, d.Newline); i >= 0 {
			to += i + 1
		} else {
			to = front + l.block.n
			continue
		}
		x := d.exact(l.block.buf, start, to, l.pos, 1)
		l.pos = x.pos
		switch {
		case x.rows == 1:
			l.finished = 1
			return nil
		case x.bad >= 0 && l.check != nil:
			l.check.rejectRow(l, s, start, reasonQuote)
			return nil
		case x.bad >= 0:
			return l.malformed(s, x.bad)
		}
	}
}

// arrange sets fields to the rows that were indexed.
func (l *loader) arrange(s *source, newlines int) error {
	f := &l.fields
	f.layout = s.layout
	f.buf = l.block.buf
	f.nulls = l.table.shape.nulls
	if l.check != nil {
		l.check.arrange(l, s, newlines)
		return nil
	}
	ix, bad := f.layout.rows(f.buf, l.pos, newlines, &l.other, nil)
	if bad != nil {
		return l.raggedRow(s, bad)
	}
	f.ix = ix
	return nil
}

// fileOffset returns where buf[i] lies in the file.
func (l *loader) fileOffset(i int) int64 { return l.block.off + int64(i-front) }
