package ranges

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"gsql/exec/types"
)

// The tests compare ranges of numbers with the sets of places that are in them: a number n is the place 2n, and what lies
// between it and the next one is 2n+1. Bounds lie between 1 and 6.
const places = 16

type set [places]bool

func (r *Range) set() (s set) {
	for p := range s {
		value := AppendInt32(nil, int32(p/2))
		if p%2 == 0 {
			at := At(value)
			s[p] = r.Contains(&at)
		} else { // as all that is behind the number and before the next one
			at := New(Lower(value, 0, false), Upper(AppendInt32(nil, int32(p/2+1)), 0, false))
			s[p] = r.ContainsRange(&at)
		}
	}
	return s
}

func (m *Multi) places() (s set) {
	for i := range m.Len() {
		r := m.At(i)
		for p, in := range r.set() {
			s[p] = s[p] || in
		}
	}
	return s
}

func (s set) with(o set, f func(a, b bool) bool) (out set) {
	for p := range s {
		out[p] = f(s[p], o[p])
	}
	return out
}

func and(a, b bool) bool    { return a && b }
func or(a, b bool) bool     { return a || b }
func andNot(a, b bool) bool { return a && !b }

func randomRange(r *rand.Rand) Range {
	if r.IntN(10) == 0 {
		return Empty
	}
	a, b := 1+r.IntN(6), 1+r.IntN(6)
	lower := Lower(AppendInt32(nil, int32(min(a, b))), 0, r.IntN(2) == 0)
	upper := Upper(AppendInt32(nil, int32(max(a, b))), 0, r.IntN(2) == 0)
	if r.IntN(8) == 0 {
		lower = NoLower
	}
	if r.IntN(8) == 0 {
		upper = NoUpper
	}
	return New(lower, upper)
}

func randomMulti(r *rand.Rand) Multi {
	rs := make([]Range, r.IntN(5))
	for i := range rs {
		rs[i] = randomRange(r)
	}
	return MultiOf(AppendMulti(nil, Four, Normalize(rs)), Four)
}

// TestRangesAreSets compares relations and operations of two ranges with those of sets.
func TestRangesAreSets(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		r, s := randomRange(random), randomRange(random)
		a, b := r.set(), s.set()
		both, only := a.with(b, and), a.with(b, andNot)
		if r.Overlaps(&s) != (both != set{}) || s.ContainsRange(&r) != (only == set{}) || r.Empty != (a == set{}) {
			t.Fatalf("%v and %v overlap: %v, are contained: %v", a, b, r.Overlaps(&s), s.ContainsRange(&r))
		}
		if x := r.Intersect(&s); x.set() != both {
			t.Fatalf("%v and %v have %v in common", a, b, x.set())
		}
		if u, ok := r.Union(&s); ok && u.set() != a.with(b, or) || !ok && (r.Overlaps(&s) || r.Adjacent(&s)) {
			t.Fatalf("%v and %v make %v", a, b, u.set())
		}
		if d, ok := r.Minus(&s); ok && d.set() != only || ok != contiguous(only) {
			t.Fatalf("%v without %v is %v, %v", a, b, d.set(), ok)
		}
		if back := Of(r.Append(nil, Four), Four); back.set() != a {
			t.Fatalf("%v comes back as %v", a, back.set())
		}
	}
}

// contiguous reports whether the places of a set follow on each other.
func contiguous(s set) bool {
	runs := 0
	for p, in := range s {
		if in && (p == 0 || !s[p-1]) {
			runs++
		}
	}
	return runs < 2
}

// TestMultirangesAreSets does the same for multiranges, and for a range beside one.
func TestMultirangesAreSets(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 20000 {
		m, o, s := randomMulti(random), randomMulti(random), randomRange(random)
		a, b, c := m.places(), o.places(), s.set()
		if m.OverlapsMulti(&o) != (a.with(b, and) != set{}) || o.ContainsMulti(&m) != (a.with(b, andNot) == set{}) {
			t.Fatalf("%v and %v overlap: %v, are contained: %v", a, b, m.OverlapsMulti(&o), o.ContainsMulti(&m))
		}
		if m.Overlaps(&s) != (a.with(c, and) != set{}) || m.ContainsRange(&s) != (c.with(a, andNot) == set{}) {
			t.Fatalf("%v and %v overlap: %v, are contained: %v", a, c, m.Overlaps(&s), m.ContainsRange(&s))
		}
		for name, x := range map[string]struct {
			got  []Range
			want set
		}{"union": {m.Union(&o, nil), a.with(b, or)}, "common": {m.Intersect(&o, nil), a.with(b, and)}, "difference": {m.Minus(&o, nil), a.with(b, andNot)}} {
			got := MultiOf(AppendMulti(nil, Four, x.got), Four)
			if got.places() != x.want {
				t.Fatalf("the %s of %v and %v is %v", name, a, b, got.places())
			}
			again := AppendMulti(nil, Four, Normalize(got.appendTo(nil)))
			if !bytes.Equal(again, got.keys) {
				t.Fatalf("the %s of %v and %v is not in normal form", name, a, b)
			}
		}
	}
}

// TestKeysAreOrdered: ranges are ordered by their lower bounds, then by the upper ones, and the empty one is the first.
func TestKeysAreOrdered(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 20000 {
		r, s := randomRange(random), randomRange(random)
		want := 0
		switch {
		case r.Empty || s.Empty:
			want = int(b2i(s.Empty)) - int(b2i(r.Empty))
		case Compare(&r.Lower, &s.Lower) != 0:
			want = Compare(&r.Lower, &s.Lower)
		default:
			want = Compare(&r.Upper, &s.Upper)
		}
		if got := bytes.Compare(r.Append(nil, Four), s.Append(nil, Four)); got != min(max(want, -1), 1) {
			t.Fatalf("%v and %v are ordered %d, not %d", r.set(), s.set(), got, want)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestScalesFollowKeys: ranges of numerics that differ in their scales have one key, and the scales come back.
func TestScalesFollowKeys(t *testing.T) {
	value := func(c byte) []byte { return append([]byte{c}, make([]byte, Decimal-1)...) }
	for _, rs := range [][]Range{
		{New(Lower(value(1), 3, true), Upper(value(2), 7, false))},
		{New(NoLower, Upper(value(2), 7, false)), New(Lower(value(3), 1, true), NoUpper)},
		{New(NoLower, NoUpper)},
		{New(Lower(value(1), 300, true), Upper(value(2), 0, false)), New(Lower(value(3), 2, true), Upper(value(4), 5, true)), New(Lower(value(5), 9, false), NoUpper)},
	} {
		b := AppendMulti(nil, Decimal, rs)
		m := MultiOf(b, Decimal)
		plain := append([]Range(nil), rs...)
		for i := range plain {
			plain[i].Lower.Scale, plain[i].Upper.Scale = 0, 0
			if got := m.At(i); got.Lower.Scale != rs[i].Lower.Scale || got.Upper.Scale != rs[i].Upper.Scale {
				t.Errorf("range %d of %x has the scales %d and %d", i, b, got.Lower.Scale, got.Upper.Scale)
			}
		}
		if o := AppendMulti(nil, Decimal, plain); !bytes.Equal(Key(b, Decimal), Key(o, Decimal)) || m.Len() != len(rs) {
			t.Errorf("%x and %x have different keys, or not %d ranges", b, o, len(rs))
		}
	}
}

// TestMakeIsCanonical: ranges of numbers without others between them have their lower bound in them and not the upper one.
func TestMakeIsCanonical(t *testing.T) {
	number := func(x int32) []byte { return AppendInt32(nil, x) }
	r, err := Make(types.Of(types.Int4Range), Lower(number(1), 0, false), Upper(number(4), 0, true))
	if err != nil || Int32(r.Lower.Value) != 2 || Int32(r.Upper.Value) != 5 || !r.Lower.Inclusive() || r.Upper.Inclusive() {
		t.Errorf("(1,4] is %v, %v", r, err)
	}
	if r, err = Make(types.Of(types.Int4Range), Lower(number(1), 0, false), Upper(number(2), 0, false)); err != nil || !r.Empty {
		t.Errorf("(1,2) is %v, %v", r, err)
	}
	if _, err = Make(types.Of(types.Int4Range), Lower(number(2), 0, true), Upper(number(1), 0, true)); err == nil {
		t.Error("[2,1] is a range")
	}
}
