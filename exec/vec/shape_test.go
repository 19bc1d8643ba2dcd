package vec

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// randomDims returns dimensions of few elements, with lower bounds at all sorts of places.
func randomDims(r *rand.Rand) (d Dims) {
	for range 1 + r.IntN(MaxDims) {
		d.Add(int32(1+r.IntN(3)), []int32{1, 1, 0, -1, 7, math.MinInt32, math.MaxInt32 - 9, shapeFrom, shapeFrom - 1, -shapeFrom}[r.IntN(10)])
	}
	return d
}

// A shape is the one of its dimensions, which it gives back.
func TestShapes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[Dims]Shape{}
	for range 5000 {
		d := randomDims(r)
		s, err := d.Shape()
		if err != nil {
			t.Fatal(err)
		}
		l := List{Len: uint32(d.Elements()), Shape: s}
		if got := l.Dims(); got != d || l.NDims() != d.N {
			t.Fatalf("shape %x has dimensions %v, want %v", s, got, d)
		}
		if was, ok := seen[d]; ok && was != s {
			t.Fatalf("dimensions %v have the shapes %x and %x", d, was, s)
		}
		seen[d] = s
	}
	for a, s := range seen {
		for b, u := range seen {
			if same := a == b; same != (s == u && a.Elements() == b.Elements()) {
				t.Fatalf("dimensions %v and %v have the shapes %x and %x", a, b, s, u)
			}
		}
	}
}

func TestNoShape(t *testing.T) {
	none, one := Dims{}, OneDim(5, 1)
	for _, d := range []Dims{none, one, OneDim(0, 7)} {
		if s, err := d.Shape(); s != 0 || err != nil {
			t.Errorf("dimensions %v have the shape %x, %v", d, s, err)
		}
	}
	if d := (List{Len: 5}).Dims(); d != one {
		t.Errorf("a list has dimensions %v, want %v", d, one)
	}
	if d := (List{}).Dims(); d != none {
		t.Errorf("an empty list has dimensions %v", d)
	}
}

// Goroutines that ask for the same shapes at once get the same numbers.
func TestShapesAtOnce(t *testing.T) {
	var all [8]map[Dims]Shape
	var wg sync.WaitGroup
	for k := range all {
		all[k] = map[Dims]Shape{}
		wg.Add(1)
		go func() {
			defer wg.Done()
			r := rand.New(rand.NewPCG(3, 4))
			for range 2000 {
				d := randomDims(r)
				s, err := d.Shape()
				if l := (List{Len: uint32(d.Elements()), Shape: s}); err != nil || l.Dims() != d {
					t.Errorf("dimensions %v became %v, %v", d, l.Dims(), err)
				}
				all[k][d] = s
			}
		}()
	}
	wg.Wait()
	for _, m := range all[1:] {
		for d, s := range m {
			if all[0][d] != s {
				t.Fatalf("dimensions %v have the shapes %x and %x", d, s, all[0][d])
			}
		}
	}
}

// The table of shapes has an end, and what is in it stays.
func TestTooManyShapes(t *testing.T) {
	saved := shapes.numbers
	defer func() { shapes.numbers = saved }()
	known := Dims{N: 3, Len: [MaxDims]int32{1, 1, 1}, Lower: [MaxDims]int32{4, 4, 4}}
	want, err := known.Shape()
	if err != nil {
		t.Fatal(err)
	}
	shapes.numbers = map[Dims]uint32{}
	key := known
	key.Len[0] = 0
	shapes.numbers[key] = uint32(want &^ shapeTable)
	for k := range int32(shapesMax - 1) {
		shapes.numbers[Dims{N: 3, Lower: [MaxDims]int32{k, 9}}] = 0
	}
	d := Dims{N: 3, Len: [MaxDims]int32{1, 2, 3}, Lower: [MaxDims]int32{5, 5, 5}}
	if _, err := d.Shape(); sqlstate.Of(err) != sqlstate.ProgramLimitExceeded {
		t.Errorf("one shape too many: %v", err)
	}
	if s, err := known.Shape(); s != want || err != nil {
		t.Errorf("a known shape is %x, %v, want %x", s, err, want)
	}
	simple := OneDim(3, 1)
	simple.Add(4, 1)
	for _, d := range []Dims{simple, OneDim(3, -5)} {
		if _, err := d.Shape(); err != nil {
			t.Errorf("%v needs the table: %v", d, err)
		}
	}
}

func TestDimsCheck(t *testing.T) {
	big, high := OneDim(1<<20, 1), OneDim(2, math.MaxInt32-1)
	big.Add(1<<20, 1)
	many := OneDim(math.MaxInt32, 1)
	for range MaxDims - 1 {
		many.Add(math.MaxInt32, 1)
	}
	negative := OneDim(-1, 1)
	for _, d := range []Dims{big, high, many, negative} {
		if err := d.Check(); sqlstate.Of(err) != sqlstate.ProgramLimitExceeded {
			t.Errorf("%v: %v", d, err)
		}
	}
	last := OneDim(1, math.MaxInt32-1)
	for _, d := range []Dims{{}, last, OneDim(maxElements, 1)} {
		if err := d.Check(); err != nil {
			t.Errorf("%v: %v", d, err)
		}
	}
}

// Arrays of the same elements are ordered by the number of dimensions, their lengths and the lower bounds.
func TestCompareShapes(t *testing.T) {
	dims := func(pairs ...int32) (d Dims) {
		for k := 0; k < len(pairs); k += 2 {
			d.Add(pairs[k], pairs[k+1])
		}
		return d
	}
	order := []Dims{dims(6, 0), dims(6, 1), dims(1, 1, 6, 1), dims(2, 9, 3, 9), dims(3, 0, 2, 5), dims(3, 1, 2, 1), dims(1, 1, 1, 1, 6, 1)}
	for i, a := range order {
		for j, b := range order {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			v := NewBuilder(types.ArrayOf(types.Of(types.Int32)))
			for _, d := range []Dims{a, b} {
				s, err := d.Shape()
				if err != nil {
					t.Fatal(err)
				}
				v.AppendArray(s, func(c *Builder) {
					for range 6 {
						Append(c, int32(1))
					}
				})
			}
			rows := v.Finish()
			if got := CompareRows(rows, 0, rows, 1); got != want || EqualRows(rows, 0, rows, 1) != (want == 0) {
				t.Errorf("%v and %v compare as %d, want %d", a, b, got, want)
			}
		}
	}
}
