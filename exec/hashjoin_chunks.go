package exec

import (
	"context"
	"io"

	"gsql/exec/mem"
	"gsql/exec/vec"
)

// buildChunks makes tables of the build rows of a part, of as many at a time as there is memory for.
type buildChunks struct {
	build  *spilledBuild
	res    *mem.Reservation
	bits   *mem.Reservation // of a verdict
	reader *filesReader
	carry  *vec.Batch // the rows that come next
	side   *hashBuild // the current chunk
	from   int64      // the number of its first row
	rows   int64      // read so far
	last   bool       // there are no more after it
}

func newBuildChunks(b *spilledBuild, p *joinPart) *buildChunks {
	return &buildChunks{build: b, reader: &filesReader{files: b.filesOf(p)}, res: b.env.reserveSpillable(b.plan, "hash join build"),
		bits: b.env.reserveSpillable(b.plan, "hash join build")}
}

// close frees what is held. It may be called on nil.
func (c *buildChunks) close() {
	if c != nil {
		c.reader.close()
		c.res.Release()
		c.bits.Release()
	}
}

// next returns the table of the next chunk, the first of which may be empty, or io.EOF. The one before must not be in
// use any more.
func (c *buildChunks) next(ctx context.Context) (*hashBuild, error) {
	if c.last {
		return nil, io.EOF
	}
	c.side = nil
	if err := c.res.Resize(0); err != nil {
		return nil, err
	}
	rows := c.build.plan.newCollector(c.build.shape, c.res)
	for {
		if c.carry == nil {
			b, err := c.reader.next(ctx)
			if err == io.EOF {
				c.last = true
				break
			}
			if err != nil {
				return nil, err
			}
			c.carry = b
		}
		full, err := c.add(rows)
		if err != nil {
			return nil, err
		}
		if full {
			break
		}
	}
	c.from, c.rows = c.rows, c.rows+int64(rows.rows)
	var err error
	c.side, err = c.build.plan.index(ctx, c.build.env, c.build.shape, rows, false)
	return c.side, err
}

// add puts the carried rows into a collector, and reports whether no more fit. A chunk has at least one row.
func (c *buildChunks) add(to *collector) (full bool, err error) {
	b := c.carry
	for n := b.Rows; ; n /= 2 {
		err := to.add(sliceAll(b.Cols, 0, n), n)
		switch {
		case err == nil:
			if c.carry = nil; n < b.Rows {
				c.carry = &vec.Batch{Cols: sliceAll(b.Cols, n, b.Rows), Rows: b.Rows - n}
			}
			return n < b.Rows, nil
		case !tooMuch(c.build.env, err):
			return false, err
		case to.rows > 0:
			return true, nil
		case n == 1:
			return false, err
		}
	}
}

// verdict gathers what is known about probe rows while they are joined with one chunk of the build rows after the
// other; their batches come in the same order each time.
type verdict struct {
	matched, unknown vec.Bitmap // by the number of the probe row; unknown: a NULL condition or comparison
	next             int        // the number of the next batch's first row
	last             bool       // this is the last chunk
}

// newVerdict returns nil for kinds that need no verdict.
func newVerdict(k JoinKind, c *buildChunks, rows int64) (*verdict, error) {
	v := &verdict{}
	switch k {
	case Outer, FullOuter, Semi, Anti, Mark, Singular:
	default:
		return nil, nil
	}
	bytes := (rows + 63) / 64 * 8
	if k == Mark {
		bytes *= 2
	}
	if err := c.bits.Grow(bytes); err != nil {
		return nil, err
	}
	v.matched = vec.NewBitmap(int(rows))
	if k == Mark {
		v.unknown = vec.NewBitmap(int(rows))
	}
	return v, nil
}

// begin starts with a chunk. It may be called on nil.
func (v *verdict) begin(last bool) {
	if v != nil {
		v.next, v.last = 0, last
	}
}

// add takes the rows of the next batch that have a match in the current chunk, and those that may have one. With the
// last chunk, it returns those of all chunks. A second match is an error where single is set.
func (v *verdict) add(b *vec.Batch, matched, unknown []uint32, single bool) (all, may []uint32, err error) {
	for _, i := range matched {
		if single && v.matched.Get(v.next+int(i)) {
			return nil, nil, errSecondRow()
		}
		v.matched.Set(v.next + int(i))
	}
	for _, i := range unknown {
		v.unknown.Set(v.next + int(i))
	}
	if v.last {
		for i := range b.Rows {
			switch {
			case v.matched.Get(v.next + i):
				all = append(all, uint32(i))
			case v.unknown != nil && v.unknown.Get(v.next+i):
				may = append(may, uint32(i))
			}
		}
	}
	v.next += b.Rows
	return all, may, nil
}
