package types

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLabels adds labels at random places, and compares their order with that of their codes.
func TestLabels(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		var want []string
		for i := range r.IntN(5) {
			want = append(want, fmt.Sprint("first", i))
		}
		l := NewLabels(want)
		for i := range 100 {
			at, name := r.IntN(len(want)+1), fmt.Sprint("more", i)
			next, ok := l.With(name, at)
			if !ok {
				t.Fatalf("seed %d: no room for label %d", seed, i)
			}
			l, want = next, slices.Insert(want, at, name)
		}
		checkLabels(t, l, want)
	}
}

func checkLabels(t *testing.T, l *Labels, want []string) {
	t.Helper()
	last := int64(-1 << 40)
	for i, name := range want {
		got, code := l.At(i)
		back, ok := l.Code([]byte(name))
		if got != name || !ok || back != code || int64(code) <= last || l.Index(code) != i || l.Name(code) != name {
			t.Fatalf("label %d is %s with code %d (%d), behind %d; want %s", i, got, code, back, last, name)
		}
		last = int64(code)
	}
	if l.Len() != len(want) || l.Index(-3) >= 0 || l.Name(-3) != "" {
		t.Errorf("%d labels, want %d", l.Len(), len(want))
	}
}

// TestLabelsRoom: many labels may come to one place one after another, and where there is no room in the end, none comes.
func TestLabelsRoom(t *testing.T) {
	for name, place := range map[string]struct {
		at   func(l *Labels) int
		most int
	}{
		"first": {func(*Labels) int { return 0 }, 1500}, "last": {func(l *Labels) int { return l.Len() }, 1500},
		"behind the first": {func(*Labels) int { return 1 }, 500}, "before the last": {func(l *Labels) int { return l.Len() - 1 }, 500},
		"in the middle": {func(l *Labels) int { return l.Len() / 2 }, 15},
	} {
		l, want := NewLabels([]string{"a", "b"}), []string{"a", "b"}
		n := 0
		for ; n < place.most; n++ {
			at := place.at(l)
			next, ok := l.With(fmt.Sprint(n), at)
			if !ok {
				t.Errorf("%s: room for %d labels", name, n)
				break
			}
			l, want = next, slices.Insert(want, at, fmt.Sprint(n))
		}
		checkLabels(t, l, want)
	}
	l := NewLabels([]string{"a", "b"})
	for n, ok := 0, true; ok; n++ {
		var next *Labels
		if next, ok = l.With(fmt.Sprint(n), 1); ok {
			l = next
		}
		if n > 1<<15 {
			t.Fatal("there is always room")
		}
	}
}

// TestManyLabels: the more labels there are, the nearer are their codes.
func TestManyLabels(t *testing.T) {
	names := make([]string, MaxLabels)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	l := NewLabels(names)
	checkLabels(t, l, names)
	if _, ok := l.With("more", 5); ok {
		t.Error("too many labels")
	}
	if l = l.Renamed("7", "seven"); l.Name(l.codes[7]) != "seven" {
		t.Error(l.Name(l.codes[7]))
	}
	if _, ok := l.Code([]byte("7")); ok {
		t.Error("7 is still there")
	}
}

// TestDomains: what a domain is made of counts but for its identity.
func TestDomains(t *testing.T) {
	made := func(name string) *Named {
		return NewNamed(&NamedState{Schema: "public", Name: name, Labels: NewLabels([]string{"x"})})
	}
	enum := EnumOf(made("e"))
	over := DomainOf(made("d"), enum)
	twice := DomainOf(made("D2"), over)
	list := DomainOf(made("l"), ArrayOf(Of(Int32)))
	of := ArrayOf(DomainOf(made("n"), Of(Int32)))
	row := CompositeOf(made("r"), []Field{{"a", over}})
	for _, c := range []struct {
		t      Type
		name   string
		plain  Type
		domain bool // or has one
	}{
		{enum, "e", enum, false}, {over, "d", enum, true}, {twice, `"D2"`, enum, true}, {list, "l", ArrayOf(Of(Int32)), true},
		{of, "n[]", of, true}, {row, "r", row, true}, {ArrayOf(row), "r[]", ArrayOf(row), true}, {ArrayOf(enum), "e[]", ArrayOf(enum), false},
		{Of(Int32), "integer", Of(Int32), false},
	} {
		if c.t.String() != c.name || c.t.Plain() != c.plain || c.t.HasDomain() != c.domain {
			t.Errorf("%s: plain %s, %v", c.t, c.t.Plain(), c.t.HasDomain())
		}
	}
	if list.Element() != Of(Int32) || of.Element().Named() == nil || twice.Labels().Len() != 1 || of.IsDomain() || !list.IsDomain() {
		t.Error("elements or labels")
	}
	if !row.Uses(enum.Named()) || !twice.Uses(over.Named()) || enum.Uses(over.Named()) || string(enum.AppendKey(nil)) == string(over.AppendKey(nil)) {
		t.Error("uses")
	}
}
