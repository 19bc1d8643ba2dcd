package csv

import (
	"bytes"
	"context"

	"gsql/exec"
	"gsql/storage/file"
)

// sample looks at values: those of the first file's beginning, and unless the options say how many, of a few
// other places, since files are often sorted and the first rows then are not like the others.
func (in *inference) sample(ctx context.Context, files []file.File, first int, h *file.Text, hd head) error {
	for _, f := range files {
		in.size += f.Size
	}
	in.size = int64(float64(in.size) * in.shape.ratio)
	if in.opt.SampleSize < 0 {
		return in.sampleAll(ctx, files)
	}
	in.sampleHead(hd)
	if in.opt.SampleSize > 0 || len(in.opt.Columns) > 0 {
		return nil
	}
	if f := files[first]; !h.Sequential() && f.Size > 8*sampleBytes {
		for _, at := range []int64{f.Size / 3, f.Size / 3 * 2, f.Size - pieceBytes} {
			if err := in.samplePiece(f, h, at); err != nil {
				return err
			}
		}
	}
	return in.sampleFiles(ctx, files[first+1:])
}

// view shows rows to the guesses.
func (in *inference) view(buf []byte, pos []uint32, newlines int, order columnOrder) {
	sh := in.shape
	lay := sh.layout
	lay.lenient, lay.fields = true, order.fields
	f := fields{layout: &lay, buf: buf, quotes: sh.Quote != 0, escapes: true, nulls: sh.nulls}
	var other []uint32
	f.ix, _ = lay.rows(buf, pos, newlines, &other, nil)
	var s cells
	for i := range in.guess {
		if field := order.field(i); field >= 0 {
			f.cells(&s, field, 0, f.ix.rows, nil)
			in.guess[i].add(&f, &s)
		}
	}
}

// sampleHead looks at the beginning of the first file, behind the header.
func (in *inference) sampleHead(hd head) {
	sh := in.shape
	start, pos, rows := hd.at, in.index.pos, in.index.rows
	if sh.header != nil {
		_, next, ok := sh.firstRow(in.head, hd.at, false)
		if !ok {
			return
		}
		for len(pos) > 0 && int(pos[0]) < next {
			if in.head[pos[0]] == sh.Newline {
				rows--
			}
			pos = pos[1:]
		}
		start = next
	}
	if len(pos) == 0 {
		return
	}
	in.rows = rows
	in.bytes = in.index.end - start
	in.view(in.head, append([]uint32{uint32(start) - 1}, pos...), in.newlines(pos), in.order)
}

func (in *inference) newlines(pos []uint32) int {
	n := 0
	for _, p := range pos {
		if in.head[p] == in.shape.Newline {
			n++
		}
	}
	return n
}

// samplePiece looks at rows somewhere in a file, if there is no quote near: whether the place is within quotes
// is not known.
func (in *inference) samplePiece(f file.File, h *file.Text, at int64) error {
	sh := in.shape
	buf := make([]byte, pieceBytes+back)[:pieceBytes]
	if n, err := h.ReadAt(buf, at); n < len(buf) {
		return shortRead(f, err)
	}
	if sh.Quote != 0 && bytes.IndexByte(buf, sh.Quote) >= 0 {
		return nil
	}
	from, to := bytes.IndexByte(buf, sh.Newline)+1, bytes.LastIndexByte(buf, sh.Newline)+1
	if from >= to {
		return nil
	}
	r := sh.scanPlain(buf, from, to, []uint32{uint32(from - 1)})
	in.view(buf, r.pos, r.newlines, in.order)
	return nil
}

// sampleFiles looks at the beginnings of other files.
func (in *inference) sampleFiles(ctx context.Context, files []file.File) error {
	for _, f := range files {
		if err := in.sampleFile(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

func (in *inference) sampleFile(ctx context.Context, f file.File) error {
	if f.Size == 0 {
		return nil
	}
	t, err := f.OpenText(in.opt.Encoding, 0)
	if err != nil {
		return err
	}
	defer t.Close()
	sh := in.shape
	first, order, err := sh.begin(ctx, f, t)
	if err != nil {
		return err
	}
	buf, err := readText(f, t, first, pieceBytes)
	if err != nil {
		return err
	}
	x := sh.exact(buf, 0, len(buf), []uint32{^uint32(0)}, sampleRows)
	in.view(buf, x.pos, x.rows, order)
	return nil
}

// sampleAll reads all rows of all files.
func (in *inference) sampleAll(ctx context.Context, files []file.File) error {
	t := NewTable("", files, in.shape, nil).(*table)
	l := loader{table: t, splits: newSplits(files, t.split, 1, in.shape.encoding)}
	l.take = exec.NewSplits(0, l.splits.Count())
	defer l.splits.Close()
	defer l.close()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		ok, err := l.next(ctx)
		if !ok || err != nil {
			return err
		}
		in.rows += l.fields.ix.rows
		in.bytes = int(in.size)
		var s cells
		for i := range in.guess {
			if field := l.field(i); field >= 0 {
				l.fields.cells(&s, field, 0, l.fields.ix.rows, nil)
				in.guess[i].add(&l.fields, &s)
			}
		}
	}
}
