package file

import (
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// A unit is a part of a compressed file that can be decompressed by itself: some members of a gzip file that say how long they
// are (BGZF), a frame of zstd, a block of bzip2. units reads the units of a file in their order, as one text. Whoever waits for that
// text decompresses units that come later (help), so that there are as many at work as wait, and no others.
type units struct {
	cutter
	read *atomic.Int64 // bytes of the file whose text was read

	mu     sync.Mutex
	done   sync.Cond // some unit is decompressed
	queue  []*unit   // cut, and not read to their end
	cut    error     // why there is nothing more to cut; io.EOF at the end
	closed bool
	at     int // what was read of the first unit's text
	spare  [][]byte
}

// cutter finds the units of a file. It is asked by one goroutine at a time.
type cutter interface {
	// next returns the next unit, io.EOF behind the last.
	next() (*unit, error)
}

// unit is a part of the file.
type unit struct {
	size   int64 // of the file
	expect int   // bytes of text, about
	// decode appends the text. It may run in any goroutine.
	decode func(dst []byte) ([]byte, error)
	// check is called in the units' order before the text is read; it may mend what decode could not do.
	check func(u *unit, text []byte, err error) ([]byte, error)
	// stream, if decode is nil, has the text, to be read in its order.
	stream func() (io.ReadCloser, error)

	begun, ready bool
	text         []byte
	err          error
	open         io.ReadCloser
}

const (
	// maxAhead is the bytes of text that are decompressed before they are read.
	maxAhead = 32 << 20
	// unitBytes is what parts of a file that are smaller are put together to.
	unitBytes = 256 << 10
	// maxUnit is how large a part of a file may be to be a unit.
	maxUnit = 8 << 20
	// maxUnitText is how long the text of one may be. What has more is read as a stream.
	maxUnitText = 32 << 20
)

func newUnits(c cutter, read *atomic.Int64) *units {
	u := &units{cutter: c, read: read}
	u.done.L = &u.mu
	return u
}

// Close keeps others from going on. Those that are decompressing a unit finish it.
func (p *units) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, u := range p.queue {
		if u.open != nil {
			u.open.Close()
		}
	}
	p.queue, p.spare = nil, nil
	p.done.Broadcast()
	return nil
}

// help decompresses a unit if there is one that nobody has begun and that may be begun yet, and reports whether there was.
func (p *units) help() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.begin()
	if u == nil {
		return false
	}
	p.run(u)
	return true
}

// begin returns a unit to be decompressed, nil if there is none.
func (p *units) begin() *unit {
	ahead := 0
	for _, u := range p.queue {
		if !u.begun {
			return p.take(u)
		}
		ahead += max(u.expect, len(u.text))
	}
	if p.closed || p.cut != nil || len(p.queue) > 0 && (ahead >= maxAhead || len(p.queue) > 2*runtime.GOMAXPROCS(0)) {
		return nil
	}
	if n := len(p.queue); n > 0 && p.queue[n-1].decode == nil {
		return nil // a stream, behind which comes what it leaves
	}
	u, err := p.next()
	if err != nil {
		p.cut = err
		return nil
	}
	p.queue = append(p.queue, u)
	return p.take(u)
}

func (p *units) take(u *unit) *unit {
	u.begun = true
	if u.decode == nil {
		u.ready = true
		return nil
	}
	return u
}

// run decompresses a unit. It gives up the lock while it does.
func (p *units) run(u *unit) {
	var buf []byte
	if n := len(p.spare); n > 0 {
		buf, p.spare = p.spare[n-1], p.spare[:n-1]
	}
	p.mu.Unlock()
	text, err := u.decode(buf[:0])
	p.mu.Lock()
	u.text, u.err, u.ready = text, err, true
	p.done.Broadcast()
}

// Read returns the text in its order. It is for one goroutine at a time.
func (p *units) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		u, err := p.first()
		if err != nil {
			return 0, err
		}
		if u.decode == nil {
			n, err := p.readStream(u, b)
			if n > 0 || err != nil {
				return n, err
			}
			continue
		}
		if n := copy(b, u.text[p.at:]); n > 0 {
			p.at += n
			return n, nil
		}
		if u.err != nil {
			return 0, u.err
		}
		p.finish(u)
	}
}

// first returns the first unit when it is decompressed and checked.
func (p *units) first() (*unit, error) {
	for {
		if p.closed {
			return nil, io.ErrClosedPipe
		}
		if len(p.queue) > 0 && p.queue[0].ready {
			u := p.queue[0]
			if u.check != nil {
				u.text, u.err = u.check(u, u.text, u.err)
				u.check = nil
			}
			return u, nil
		}
		if u := p.begin(); u != nil {
			p.run(u)
			continue
		}
		switch {
		case len(p.queue) == 0 && p.cut != nil:
			return nil, p.cut
		case len(p.queue) > 0 && !p.queue[0].ready:
			p.done.Wait()
		}
	}
}

// finish gives up the first unit, whose text was read.
func (p *units) finish(u *unit) {
	p.read.Add(u.size)
	if cap(u.text) > 0 && len(p.spare) < 2*runtime.GOMAXPROCS(0) {
		p.spare = append(p.spare, u.text)
	}
	p.queue, p.at = p.queue[1:], 0
}

// readStream reads a unit that is a stream; it comes to its end without a byte.
func (p *units) readStream(u *unit, b []byte) (int, error) {
	if u.open == nil {
		r, err := u.stream()
		if err != nil {
			if err == io.EOF {
				err = nil
				p.finish(u)
			}
			return 0, err
		}
		u.open = r
	}
	n, err := u.open.Read(b)
	if err == io.EOF {
		u.open.Close()
		p.finish(u)
		err = nil
	}
	return n, err
}
