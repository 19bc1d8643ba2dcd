package exec

import (
	"context"
	"sync"

	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/vec"
)

// spilledBuild is the build side of a hash join that does not fit in memory. Its rows lie in files by the hash of
// their keys, and every probe stream deals its own rows in the same way and then goes through the parts in order.
// The first stream to come to a part makes its table, which it shares with those that come while it is there; a part
// whose table does not fit is dealt out again by other bits of the hash, by the first stream for all. A part that
// cannot be divided, since most of its rows have one hash, is joined in chunks, by each stream for itself.
//
// No stream waits for what another one will only do in a later call.
type spilledBuild struct {
	plan  *HashJoin
	env   *Env
	shape *buildShape
	facts *buildFacts
	res   *mem.Reservation // for the bits of matched rows
	rows  int64            // with those in nulls; of NULL keys, only as many as were kept
	root  *joinPart        // its children are the parts
	// nulls has the rows with a NULL key that equals nothing, if the kind needs them. No probe row is joined with
	// it but those of mark joins whose keys have NULLs: for these it stands for all build rows.
	nulls *joinPart
}

// joinPart is the build rows of some hashes. Its first fields do not change once streams have it.
type joinPart struct {
	files []*spill.File
	rows  int64
	level int  // on which its children are dealt
	whole bool // cannot be divided

	mu       sync.Mutex    // held for moments only
	working  chan struct{} // while a stream makes the table or divides the part, for all: closed when it is done
	left     int           // streams that have not finished it
	side     *hashBuild    // its table, while a stream uses it
	users    int
	children []*joinPart // where it was divided
	matched  vec.Bitmap  // kinds that put out build rows: those with a match, by their place in the files
}

func newSpilledBuild(p *HashJoin, env *Env, shape *buildShape, facts *buildFacts) *spilledBuild {
	return &spilledBuild{plan: p, env: env, shape: shape, facts: facts, res: env.reserveSpillable(p, "hash join build"),
		root: &joinPart{}}
}

// begin makes parts of what was dealt.
func (b *spilledBuild) begin(dealers []*buildDealer) error {
	for range spillFanout {
		b.root.children = append(b.root.children, b.newPart(1))
	}
	b.nulls = b.newPart(spillLevels)
	for _, d := range dealers {
		files, err := d.parts.finish()
		if err != nil {
			return err
		}
		for i, f := range files {
			b.root.children[i].take(f, d.rows[i])
		}
		if files, err = d.nulls.finish(); err != nil {
			return err
		}
		b.nulls.take(files[0], d.nullRows)
	}
	for _, c := range append(b.root.children, b.nulls) {
		b.rows += c.rows
	}
	return b.ready(append(b.root.children, b.nulls), b.rows)
}

func (b *spilledBuild) newPart(level int) *joinPart {
	return &joinPart{level: level, left: b.plan.Probe.Partitioning().N}
}

func (p *joinPart) take(f *spill.File, rows int64) {
	p.rows += rows
	if f != nil {
		p.files = append(p.files, f)
	}
}

// ready completes parts that were dealt from so many rows.
func (b *spilledBuild) ready(parts []*joinPart, rows int64) error {
	for _, p := range parts {
		// Most rows in one part: dealing them again would hardly divide them, or not at all.
		p.whole = p.level >= spillLevels || p.rows > rows/2 || p.rows < b.nullRows()
		if !b.plan.Kind.keepsBuild() {
			continue
		}
		if err := b.res.Grow((p.rows + 63) / 64 * 8); err != nil {
			return err
		}
		m := vec.NewBitmap(int(p.rows))
		copy(m, p.matched)
		p.matched = m
	}
	return nil
}

// nullRows returns how many rows are joined with every part's.
func (b *spilledBuild) nullRows() int64 {
	if b.plan.marksNulls() {
		return b.nulls.rows
	}
	return 0
}

// filesOf returns the files that have what probe rows dealt to a part may match, or what their marks depend on.
func (b *spilledBuild) filesOf(p *joinPart) []*spill.File {
	switch {
	case !b.plan.marksNulls():
		return p.files
	case p != b.nulls:
		return append(p.files[:len(p.files):len(p.files)], b.nulls.files...)
	}
	files := b.nulls.files[:len(b.nulls.files):len(b.nulls.files)]
	for _, c := range b.root.children {
		files = append(files, c.files...)
	}
	return files
}

// keepsFiles says whether files stay until the end: they may be asked for by streams that are done with the part.
func (b *spilledBuild) keepsFiles() bool { return b.plan.marksNulls() }

// Close frees the memory and removes the files that are left.
func (b *spilledBuild) Close() error {
	b.res.Release()
	b.facts.close()
	b.root.remove()
	if b.nulls != nil {
		b.nulls.remove()
	}
	return nil
}

func (p *joinPart) remove() {
	for _, c := range p.children {
		c.remove()
	}
	removeFiles(p.files)
	p.files = nil
	if p.side != nil {
		p.side.Close()
	}
}

// acquire returns the table of a part, which the stream must release; or where the part was or must be divided, its
// children; or neither where it must be joined in chunks.
func (b *spilledBuild) acquire(ctx context.Context, p *joinPart) (*hashBuild, []*joinPart, error) {
	for {
		p.mu.Lock()
		side, children, working := p.side, p.children, p.working
		switch {
		case side != nil:
			p.users++
		case children == nil && working == nil:
			p.working = make(chan struct{})
		}
		p.mu.Unlock()
		switch {
		case side != nil || children != nil:
			return side, children, nil
		case working == nil:
			return b.open(ctx, p)
		}
		var err error
		wait(ctx, func() {
			select {
			case <-working:
			case <-ctx.Done():
				err = context.Cause(ctx)
			}
		})
		if err != nil {
			return nil, nil, err
		}
	}
}

// open makes the table of a part for its first user, or divides the part. Others wait meanwhile.
func (b *spilledBuild) open(ctx context.Context, p *joinPart) (side *hashBuild, children []*joinPart, err error) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.side = side; side != nil {
			p.users++
		}
		if p.children = children; children != nil {
			for _, c := range children {
				c.left = p.left
			}
			b.drop(p)
			_ = b.res.Grow(-8 * int64(len(p.matched)))
			p.matched = nil
		}
		close(p.working)
		p.working = nil
	}()
	side, err = b.load(ctx, p)
	if err == nil || !tooMuch(b.env, err) {
		return side, nil, err
	}
	if p.whole {
		return nil, nil, nil
	}
	children, err = b.divide(ctx, p)
	return nil, children, err
}

// release takes over the match bits of a stream that has joined all its rows with the table of p. With a nil bitmap
// it only gives the table back.
func (b *spilledBuild) release(p *joinPart, matched vec.Bitmap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, w := range matched {
		p.matched[i] |= w
	}
	if p.users--; p.users == 0 {
		p.side.Close()
		p.side = nil
	}
}

// merge takes over the match bits of rows from a place on.
func (p *joinPart) merge(at int64, matched vec.Bitmap, rows int) {
	if matched == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range rows {
		if matched.Get(i) {
			p.matched.Set(int(at) + i)
		}
	}
}

// finish says that a stream is done with a part. It returns the parts that no other stream is to come to, whose rows
// are to be put out now; the files of others that nobody needs any more are removed.
func (b *spilledBuild) finish(p *joinPart) (last []*joinPart) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.children {
		last = append(last, b.finish(c)...)
	}
	p.left--
	switch {
	case p.left > 0 || p.children != nil:
	case b.plan.Kind.keepsBuild() && p.rows > 0:
		last = append(last, p)
	default:
		b.drop(p)
	}
	return last
}

// drop removes the files of a part.
func (b *spilledBuild) drop(p *joinPart) {
	if !b.keepsFiles() {
		removeFiles(p.files)
		p.files = nil
	}
}

// load makes the table of a part.
func (b *spilledBuild) load(ctx context.Context, p *joinPart) (side *hashBuild, err error) {
	res := b.env.reserveSpillable(b.plan, "hash join build")
	defer func() {
		if err != nil {
			res.Release()
		}
	}()
	c := b.plan.newCollector(b.shape, res)
	// Do not begin where the end is beyond what may be held.
	least := b.plan.indexBytes()
	for _, t := range b.shape.types {
		least += int64(t.Kind().Width())
	}
	least *= p.rows
	if err := res.Grow(least); err != nil {
		return nil, err
	}
	if err := res.Grow(-least); err != nil {
		return nil, err
	}
	err = readFiles(ctx, b.filesOf(p), func(batch *vec.Batch) error { return c.add(batch.Cols, batch.Rows) })
	if err != nil {
		return nil, err
	}
	if side, err = b.plan.index(ctx, b.env, b.shape, c, false); err != nil {
		return nil, err
	}
	side.reserved = append(side.reserved, res)
	return side, nil
}

// divide deals the rows of a part to children, and what is known of their matches: nobody has its table meanwhile.
func (b *spilledBuild) divide(ctx context.Context, p *joinPart) ([]*joinPart, error) {
	d := &buildDealer{plan: b.plan, shape: b.shape, parts: newSpillParts(b.env, b.plan, b.shape.types, spillFanout, p.level)}
	defer d.parts.close()
	children := make([]*joinPart, spillFanout)
	for i := range children {
		children[i] = b.newPart(p.level + 1)
	}
	known := p.matched != nil && p.matched.Count(int(p.rows)) > 0
	at := 0
	err := readFiles(ctx, p.files, func(batch *vec.Batch) error {
		before := d.rows
		if err := d.deal(ctx, batch.Cols, batch.Rows); err != nil {
			return err
		}
		for i, h := range d.hashes {
			if c := d.parts.partOf(h); known {
				if p.matched.Get(at + i) {
					children[c].setMatched(int(before[c]))
				}
				before[c]++
			}
		}
		at += batch.Rows
		return nil
	})
	if err != nil {
		return nil, err
	}
	files, err := d.parts.finish()
	if err != nil {
		return nil, err
	}
	for i, c := range children {
		c.take(files[i], d.rows[i])
	}
	if err := b.ready(children, p.rows); err != nil {
		removeFiles(files)
		return nil, err
	}
	return children, nil
}

// setMatched sets the bit of a row of a part that is being filled.
func (p *joinPart) setMatched(row int) {
	for len(p.matched) <= row>>6 {
		p.matched = append(p.matched, 0)
	}
	p.matched.Set(row)
}
