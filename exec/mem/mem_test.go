package mem

import (
	"strings"
	"testing"

	"gsql/exec/sqlstate"
)

func grow(t *testing.T, r *Reservation, n int64, ok bool) {
	t.Helper()
	err := r.Grow(n)
	if ok && err != nil {
		t.Fatal(err)
	}
	if !ok && sqlstate.Of(err) != sqlstate.OutOfMemory {
		t.Fatalf("error %v, want code %s", err, sqlstate.OutOfMemory)
	}
}

// What does not fit is an error that names the largest holders and changes nothing.
func TestLimit(t *testing.T) {
	p := NewPool(1000)
	a, b := p.Reserve("first"), p.Reserve("second")
	grow(t, a, 600, true)
	err := b.Grow(401)
	if err == nil || !strings.Contains(err.(*sqlstate.Error).Detail, "first 600 B") {
		t.Errorf("error %v does not name the holder", err)
	}
	grow(t, b, 400, true)
	a.Release()
	a.Release()
	grow(t, b, 600, true)
	b.Release()
	if p.Used() != 0 || p.Peak() != 1000 {
		t.Errorf("used %d, peak %d", p.Used(), p.Peak())
	}
}

// Holders that can spill leave room for others, and can always hold a little.
func TestSpillableHoldersShare(t *testing.T) {
	p := NewPool(1000 << 10)
	a, b := p.ReserveSpillable("a"), p.ReserveSpillable("b")
	grow(t, a, 700<<10, true)
	grow(t, a, 150<<10, false) // beyond its half, with less than a fifth free
	grow(t, b, 300<<10, true)
	grow(t, b, 15<<10, false)
	c := p.ReserveSpillable("c")
	grow(t, c, 64<<10, true) // the floor
	grow(t, c, 1, false)
	grow(t, p.Reserve("d"), 1, false)
	a.Release()
	a.Release()
	grow(t, b, 400<<10, true)
	var m Meter
	d := p.Reserve("e").Measure(&m)
	grow(t, d, 10, true)
	d.Release()
	if m.Now() != 0 || m.Peak() != 10 {
		t.Errorf("now %d, peak %d", m.Now(), m.Peak())
	}
}
