package csv

import (
	"context"
	"sync"
)

// rowCounts finds how many rows of a file come before each of its splits, in the way in which a chain finds states: who has
// indexed a split tells. It is safe for concurrent use.
type rowCounts struct {
	mu     sync.Mutex
	told   []bool
	before []int64 // rows before each split; until it is known, entry k+1 has the rows of split k
	known  int     // the splits before it have told
	err    error
	news   chan struct{}
}

// newRowCounts returns the counts of a file that is expected to have a number of splits; it may have more.
func newRowCounts(splits int) *rowCounts {
	return &rowCounts{told: make([]bool, splits), before: make([]int64, splits+1)}
}

// grow makes room for split k.
func (c *rowCounts) grow(k int) {
	for k >= len(c.told) {
		c.told, c.before = append(c.told, false), append(c.before, 0)
	}
}

// tell records the rows of split k. A later call for the same split does nothing.
func (c *rowCounts) tell(k, rows int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grow(k)
	if c.told[k] {
		return
	}
	c.told[k], c.before[k+1] = true, int64(rows)
	for c.known < len(c.told) && c.told[c.known] {
		c.before[c.known+1] += c.before[c.known]
		c.known++
	}
	c.wake()
}

// fail says that split k will not tell.
func (c *rowCounts) fail(k int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grow(k)
	if c.told[k] || c.err != nil {
		return
	}
	c.err = err
	c.wake()
}

func (c *rowCounts) wake() {
	if c.news != nil {
		close(c.news)
		c.news = nil
	}
}

// settled returns the first split whose rows are not known.
func (c *rowCounts) settled() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known
}

// at returns the number of rows before split k, once it is known.
func (c *rowCounts) at(ctx context.Context, k int) (int64, error) {
	for {
		c.mu.Lock()
		if c.known >= k {
			n := c.before[k]
			c.mu.Unlock()
			return n, nil
		}
		if c.err != nil {
			c.mu.Unlock()
			return 0, c.err
		}
		if c.news == nil {
			c.news = make(chan struct{})
		}
		news := c.news
		c.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}
