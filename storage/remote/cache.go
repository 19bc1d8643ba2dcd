package remote

import (
	"container/list"
	"context"
	"io"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	blockBytes = 1 << 20
	maxRun     = 8 // blocks fetched at once
	attempts   = 5
)

// cache keeps blocks of files, the most recently used ones, up to a number of bytes.
type cache struct {
	mu     sync.Mutex
	limit  int64
	bytes  int64
	blocks map[blockKey]*list.Element // of *block
	recent *list.List                 // the most recently used in front
}

type blockKey struct {
	file string // URL and version
	n    int64
}

// block is a part of a file that is there, or will be when done is closed.
type block struct {
	key  blockKey
	done chan struct{}
	data []byte
	err  error
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, blocks: map[blockKey]*list.Element{}, recent: list.New()}
}

// get returns a block; nil if it is not known.
func (c *cache) get(k blockKey) *block {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.blocks[k]
	if e == nil {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*block)
}

// add adds a block that is being fetched, unless it is known; added tells which.
func (c *cache) add(k blockKey) (b *block, added bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.blocks[k]; e != nil {
		return e.Value.(*block), false
	}
	b = &block{key: k, done: make(chan struct{})}
	c.blocks[k] = c.recent.PushFront(b)
	c.bytes += blockBytes
	for e := c.recent.Back(); c.bytes > c.limit && e != nil; {
		old, before := e.Value.(*block), e.Prev()
		select {
		case <-old.done: // one that is being fetched is waited for
			c.remove(e)
		default:
		}
		e = before
	}
	return b, true
}

func (c *cache) remove(e *list.Element) {
	delete(c.blocks, e.Value.(*block).key)
	c.recent.Remove(e)
	c.bytes -= blockBytes
}

// fail ends a block that could not be fetched: who asks again tries again.
func (c *cache) fail(b *block, err error) {
	c.mu.Lock()
	if e := c.blocks[b.key]; e != nil && e.Value == b {
		c.remove(e)
	}
	c.mu.Unlock()
	b.err = err
	close(b.done)
}

// ranges opens a range of a file's bytes, from one offset up to, not with, another.
type ranges func(ctx context.Context, from, to int64) (io.ReadCloser, error)

// object is an open file that is read in ranges.
type object struct {
	cache *cache
	key   string
	size  int64
	open  ranges

	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu   sync.Mutex
	next int64 // the block behind the last range
	run  int64 // blocks of it
}

func newObject(c *cache, key string, size int64, open ranges) *object {
	o := &object{cache: c, key: key, size: size, open: open}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	return o
}

// Close ends what is being fetched.
func (o *object) Close() error {
	o.cancel()
	o.wait.Wait()
	return nil
}

// ReadAt is io.ReaderAt's.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < o.size {
		b := o.block(off / blockBytes)
		<-b.done
		if b.err != nil {
			return n, b.err
		}
		k := copy(p[n:], b.data[off%blockBytes:])
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// block returns a block, which it begins to fetch if it must, with those behind it if they seem to be wanted.
func (o *object) block(n int64) *block {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.cache.get(blockKey{o.key, n})
	if b == nil {
		if n == o.next {
			o.run = min(max(2*o.run, 1), maxRun)
		} else {
			o.run = 1
		}
		b = o.fetch(n, o.run)
		o.next = n + o.run
	}
	if o.run > 1 && n == o.next-(o.run+1)/2 { // in the middle of a range that is read from its start
		o.run = min(2*o.run, maxRun)
		o.fetch(o.next, o.run)
		o.next += o.run
	}
	return b
}

// fetch begins to fetch blocks from n on and returns the first of them; nil if it is behind the file's end.
func (o *object) fetch(n, count int64) (first *block) {
	var fresh []*block
	for i := n; i < n+count && i*blockBytes < o.size; i++ {
		b, added := o.cache.add(blockKey{o.key, i})
		if first == nil {
			first = b
		}
		if !added {
			break
		}
		fresh = append(fresh, b)
	}
	if len(fresh) > 0 {
		o.wait.Go(func() { o.fill(fresh) })
	}
	return first
}

// fill fetches blocks that lie one behind the other. After a failure it goes on where it came to.
func (o *object) fill(blocks []*block) {
	for try := 0; len(blocks) > 0; try++ {
		n, err := o.pass(blocks)
		if blocks = blocks[n:]; n > 0 {
			try = 0
		}
		if len(blocks) == 0 {
			return
		}
		if try+1 >= attempts || !retriable(err) || !pause(o.ctx, try) {
			for _, b := range blocks {
				o.cache.fail(b, err)
			}
			return
		}
	}
}

// pass fetches blocks in one request, and returns how many it got.
func (o *object) pass(blocks []*block) (n int, err error) {
	from := blocks[0].key.n * blockBytes
	to := min((blocks[len(blocks)-1].key.n+1)*blockBytes, o.size)
	ctx, cancel := context.WithCancel(o.ctx)
	defer cancel()
	in, err := o.open(ctx, from, to)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	idle := time.AfterFunc(idleTimeout, cancel) // a server that sends nothing more
	defer idle.Stop()
	for _, b := range blocks {
		data := make([]byte, min(blockBytes, o.size-b.key.n*blockBytes))
		if err := readFull(in, data, idle); err != nil {
			if o.ctx.Err() == nil && ctx.Err() != nil {
				err = errIdle
			}
			return n, err
		}
		b.data = data
		close(b.done)
		n++
	}
	return n, nil
}

func readFull(in io.Reader, p []byte, idle *time.Timer) error {
	for n := 0; n < len(p); {
		k, err := in.Read(p[n:])
		n += k
		idle.Reset(idleTimeout)
		if err != nil && n < len(p) {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// pause waits before the next of some tries, longer each time; false when ctx ends first.
func pause(ctx context.Context, try int) bool {
	d := firstPause << try
	d += rand.N(d)
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
