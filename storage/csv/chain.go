package csv

import (
	"context"
	"sync"
)

// border is the state of the text at the border of a split.
type border uint8

const (
	outside border = iota // a row begins here
	inside                // within quotes
)

// change is what a split makes of the state at its border: the state at the next one, by the state before.
type change [2]border

var (
	keeps     = change{outside, inside}
	toOutside = change{outside, outside}
	toInside  = change{inside, inside}
)

// chain finds the states of the borders of a file's splits in their order. It is safe for concurrent use.
type chain struct {
	mu      sync.Mutex
	changes []change
	told    []bool
	states  []border // at the border of each split, and at the end
	known   int      // the splits before it have told their changes: its border's state is known
	err     error    // of a split that could not be indexed
	news    chan struct{}
}

// newChain returns the chain of a file that is expected to have a number of splits; it may have more.
func newChain(splits int) *chain {
	return &chain{changes: make([]change, splits), told: make([]bool, splits), states: make([]border, splits+1)}
}

// grow makes room for split k.
func (c *chain) grow(k int) {
	for k >= len(c.told) {
		c.told, c.changes, c.states = append(c.told, false), append(c.changes, keeps), append(c.states, outside)
	}
}

// tell records what split k makes of the state. A later call for the same split does nothing.
func (c *chain) tell(k int, ch change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grow(k)
	if c.told[k] {
		return
	}
	c.told[k], c.changes[k] = true, ch
	if k != c.known {
		return
	}
	for c.known < len(c.told) && c.told[c.known] {
		c.states[c.known+1] = c.changes[c.known][c.states[c.known]]
		c.known++
	}
	c.wake()
}

// fail says that split k will not tell: who waits for a later one gets the error.
func (c *chain) fail(k int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.grow(k); c.told[k] || c.err != nil {
		return
	}
	c.err = err
	c.wake()
}

func (c *chain) wake() {
	if c.news != nil {
		close(c.news)
		c.news = nil
	}
}

// settled returns the first split whose change is not known.
func (c *chain) settled() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known
}

// at returns the state at the border of split k.
func (c *chain) at(ctx context.Context, k int) (border, error) {
	for {
		c.mu.Lock()
		if c.known >= k {
			s := c.states[k]
			c.mu.Unlock()
			return s, nil
		}
		if c.err != nil {
			c.mu.Unlock()
			return outside, c.err
		}
		if c.news == nil {
			c.news = make(chan struct{})
		}
		news := c.news
		c.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
			return outside, context.Cause(ctx)
		}
	}
}
