package exec

import (
	"context"
	"errors"
	"io"

	"gsql/exec/vec"
)

// exchangeBytes is how much an exchange buffers before it holds its inputs back. What it must take beyond
// that, because an output is empty, it reserves, and when it cannot, writes to disk.
const exchangeBytes = 8 << 20

var errExchangeClosed = errors.New("exec: the exchange is closed")

// outlet is the buffer before one output. Its fields belong to the exchange's mutex.
type outlet struct {
	gate   *gate
	queue  []buffered
	ready  chan struct{} // has an element when the queue or the end may have come
	closed bool

	// What came after the queue and has no room in memory: from the first such batch on, all go to disk, until those
	// have been read.
	spool   *spool // nil: none
	spooled int64  // rows on disk that are not read
	writing int    // batches that are being written
}

// hasRows reports whether there is something to yield.
func (o *outlet) hasRows() bool { return len(o.queue) > 0 || o.spooled > 0 }

type buffered struct {
	batch *vec.Batch
	bytes int64
}

// gate holds back the inputs of the outlets that share it. A Hash exchange has one, since every input feeds
// all outputs; a Merge has one per input, since it needs all inputs at any time.
type gate struct {
	outs         []*outlet
	inputs       int // that have not ended
	bytes, limit int64
	opened       chan struct{} // closed when inputs may go on; nil while nobody waits
}

func newGate(inputs int, limit int64) *gate { return &gate{inputs: inputs, limit: limit} }

func newOutlet(g *gate) *outlet {
	o := &outlet{gate: g, ready: make(chan struct{}, 1)}
	g.outs = append(g.outs, o)
	return o
}

// shut reports whether inputs have to wait: there is enough, and each open outlet has something to yield.
// Were one empty, its consumer might be what the others wait for.
func (g *gate) shut() bool {
	if g.bytes < g.limit {
		return false
	}
	for _, o := range g.outs {
		if !o.closed && !o.hasRows() {
			return false
		}
	}
	return true
}

// update lets inputs go on when they may.
func (g *gate) update() {
	if g.opened != nil && !g.shut() {
		close(g.opened)
		g.opened = nil
	}
}

func (o *outlet) wake() {
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// push puts a batch into an outlet and returns when the next one may come. ctx is that of the input's goroutine.
func (x *exchange) push(ctx context.Context, out int, b *vec.Batch) error {
	x.mu.Lock()
	o := x.outs[out]
	if o.closed {
		x.mu.Unlock()
		return nil
	}
	kept, err := x.keep(o, b)
	if err == nil && !kept {
		o.writing++
		s := o.spool
		x.mu.Unlock()
		err = s.write(b)
		x.mu.Lock()
		o.writing--
		if err == nil {
			o.spooled += int64(b.Len())
		}
	}
	o.wake()
	var opened chan struct{}
	if g := o.gate; g.shut() {
		if g.opened == nil {
			g.opened = make(chan struct{})
		}
		opened = g.opened
	}
	x.mu.Unlock()
	if err != nil || opened == nil {
		return err
	}
	wait(ctx, func() {
		select {
		case <-opened:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	})
	return err
}

// keep puts a batch into an outlet's queue. It reports false when the batch must go to the outlet's spool.
func (x *exchange) keep(o *outlet, b *vec.Batch) (bool, error) {
	if o.spool != nil {
		return false, nil
	}
	bytes := batchBytes(b)
	o.gate.bytes += bytes
	// A batch that is likely to be taken at once is in flight.
	if err := x.reserve(); err != nil && len(o.queue) > 0 {
		o.gate.bytes -= bytes
		if !canSpill(x.env, err) {
			return false, err
		}
		o.spool = newSpool(x.env, x.plan)
		return false, nil
	}
	o.queue = append(o.queue, buffered{b, bytes})
	return true, nil
}

// reserve accounts for what is buffered beyond the usual.
func (x *exchange) reserve() error {
	var over int64
	var last *gate
	for _, o := range x.outs {
		if o.gate != last {
			last = o.gate
			over += max(0, last.bytes-2*last.limit)
		}
	}
	if over == x.res.Bytes() {
		return nil
	}
	if x.res == nil {
		x.res = x.env.reserveSpillable(x.plan, "exchange")
	}
	return x.res.Resize(over)
}

// next returns the next batch of an outlet. What was buffered before an input failed is still yielded.
func (x *exchange) next(ctx context.Context, out int) (*vec.Batch, error) {
	x.start.Do(x.run)
	o := x.outs[out]
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		x.mu.Lock()
		if len(o.queue) > 0 {
			b := o.queue[0]
			o.queue[0] = buffered{}
			o.queue = o.queue[1:]
			o.gate.bytes -= b.bytes
			o.gate.update()
			_ = x.reserve() // which has less to reserve than it had, if not all of it
			x.mu.Unlock()
			return b.batch, nil
		}
		if o.spooled > 0 {
			s := o.spool
			x.mu.Unlock()
			return x.nextSpooled(ctx, o, s)
		}
		ended, err := o.gate.inputs == 0 || o.closed, x.err
		x.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if ended {
			return nil, io.EOF
		}
		wait(ctx, func() {
			select {
			case <-o.ready:
			case <-ctx.Done():
			}
		})
	}
}

// nextSpooled returns the next batch of an outlet that is on disk.
func (x *exchange) nextSpooled(ctx context.Context, o *outlet, s *spool) (*vec.Batch, error) {
	b, err := s.next(ctx)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if o.spooled -= int64(b.Rows); o.spooled == 0 && o.writing == 0 {
		o.spool = nil
		s.close()
	}
	o.gate.update()
	return b, nil
}

// inputEnded notes the end of an input; the first error ends the others too.
func (x *exchange) inputEnded(part int, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err != nil && x.err == nil {
		x.err = err
		x.cancel(err)
	}
	if x.plan.Kind == Merge {
		x.outs[part].gate.inputs--
	} else {
		x.outs[0].gate.inputs--
	}
	for _, o := range x.outs {
		o.wake()
	}
}

// closeOut closes an outlet; rows that are dealt to it from then on are dropped. The last one ends the
// inputs and waits for them.
func (x *exchange) closeOut(out int) {
	x.mu.Lock()
	o := x.outs[out]
	if !o.closed {
		o.closed = true
		for _, b := range o.queue {
			o.gate.bytes -= b.bytes
		}
		o.queue = nil
		o.gate.update()
		x.open--
	}
	last := x.open == 0
	s := o.spool
	o.spool, o.spooled = nil, 0
	x.mu.Unlock()
	if s != nil {
		s.close()
	}
	if !last {
		return
	}
	x.cancel(errExchangeClosed)
	x.start.Do(func() {}) // when it has not run, it never will
	x.inputs.Wait()
	x.res.Release()
}

// batchBytes estimates the memory of a batch that it does not share with others.
func batchBytes(b *vec.Batch) int64 {
	n := int64(4 * len(b.Sel))
	for _, v := range b.Cols {
		n += vectorBytes(v)
	}
	return n
}

// vectorBytes is batchBytes of a column. Texts, the elements of lists and the fields of records may be shared by several batches; each is
// taken to have no more of them than its rows are likely to need.
func vectorBytes(v *vec.Vector) int64 {
	n := int64(len(v.Data) + 8*len(v.Valid))
	if len(v.Bufs) > 0 {
		var bufs int64
		for _, x := range v.Bufs {
			bufs += int64(cap(x))
		}
		n += min(bufs, 32*int64(v.Len))
	}
	if v.Child != nil && v.Enc == vec.Flat {
		n += min(listBytes(v, v.Len), v.Child.Size()) // rows may have the same elements
	}
	if len(v.Fields) > 0 && v.Enc == vec.Flat {
		n += recordBytes(v, v.Len)
	}
	return n
}
