package exec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// dictionary returns distinct strings, some of them twice, some long, and a NULL.
func dictionary(rng *rand.Rand, n int) *vec.Vector {
	b := vec.NewBuilder(types.Of(types.Text))
	for range n {
		switch k := rng.IntN(2 * n); {
		case k == 0:
			b.AppendNull()
		case k%2 == 0:
			b.AppendString(fmt.Sprintf("a string of more than twelve bytes, number %d", k))
		default:
			b.AppendString(fmt.Sprint(k))
		}
	}
	return b.Finish()
}

// TestNumberedTexts looks up keys of strings that come with dictionaries of several sizes, flat and as constants, in turn:
// the groups are those of a map, whatever the table makes of the strings.
func TestNumberedTexts(t *testing.T) {
	for _, c := range []struct {
		sizes   []int // of the dictionaries of two columns
		collide bool
		codes   bool
	}{
		{[]int{3, 5}, false, true}, {[]int{300, 400}, false, true}, {[]int{2000, 2}, false, false}, {[]int{20, 30}, true, false},
		{[]int{fewTexts + 1, 40}, false, false},
	} {
		t.Run(fmt.Sprint(c.sizes, c.collide), func(t *testing.T) {
			vec.ConstantHash = c.collide
			defer func() { vec.ConstantHash = false }()
			testNumberedTexts(t, c.sizes, c.codes)
		})
	}
}

func testNumberedTexts(t *testing.T, sizes []int, codes bool) {
	rng := rand.New(rand.NewPCG(uint64(sizes[0]), uint64(sizes[1])))
	ts := []types.Type{types.Of(types.Text), types.Of(types.Text), types.Of(types.Int32)}
	table := newGroupTable(ts)
	table.codes.off = !codes
	want := map[string]uint32{}
	var keys []string
	dicts := make([]*vec.Vector, 10)
	for batch := range 24 {
		n := []int{1, 700, 12000}[batch%3]
		cols := make([]*vec.Vector, 3)
		for c, size := range sizes {
			d := rng.IntN(len(dicts) / 2 * (1 + batch%2))
			if at := d/2*2 + c; dicts[at] == nil {
				dicts[at] = dictionary(rng, size)
			}
			cols[c] = texts(rng, dicts[d/2*2+c], n, min(size, 10+batch))
		}
		cols[2] = intColumn(rng, n, 3)
		groups := make([]uint32, n)
		if err := table.find(cols, n, groups); err != nil {
			t.Fatal(err)
		}
		for i, g := range groups {
			k := keyText(cols, i)
			if w, ok := want[k]; !ok {
				want[k] = g
				if int(g) != len(keys) {
					t.Fatalf("batch %d, row %d: a new key has group %d of %d", batch, i, g, len(keys))
				}
				keys = append(keys, k)
			} else if w != g {
				t.Fatalf("batch %d, row %d: %s has group %d, not %d", batch, i, k, g, w)
			}
		}
	}
	if checkKeys(t, table, keys); table.layout.texts != 2 {
		t.Errorf("strings of %d columns were numbered", table.layout.texts)
	}
}

// TestNumberedTextsOfCodes gives a table first so many rows that it finds groups by the codes of two dictionaries at once,
// and has steps of codes in use when it numbers the strings.
func TestNumberedTextsOfCodes(t *testing.T) {
	ts := []types.Type{types.Of(types.Text), types.Of(types.Text)}
	table := newGroupTable(ts)
	dicts := make([]*vec.Vector, 2)
	for c := range dicts {
		b := vec.NewBuilder(ts[c])
		for i := range 400 {
			b.AppendString(fmt.Sprintf("%d of %d", i, c))
		}
		dicts[c] = b.Finish()
	}
	var keys []string
	want := map[string]uint32{}
	for batch := range 2 {
		n := 100_000
		cols := make([]*vec.Vector, 2)
		for c := range cols {
			codes := make([]uint32, n)
			for i := range codes { // the first column has others in every batch
				codes[i] = uint32(i*(c+3)%5*7 + 90*batch*(1-c))
			}
			cols[c] = vec.NewDict(codes, nil, dicts[c])
		}
		groups := make([]uint32, n)
		if err := table.find(cols, n, groups); err != nil {
			t.Fatal(err)
		}
		for i, g := range groups[:200] {
			k := keyText(cols, i)
			if w, ok := want[k]; ok && w != g {
				t.Fatalf("batch %d, row %d: %s has group %d, not %d", batch, i, k, g, w)
			} else if !ok {
				want[k] = g
				keys = append(keys, k)
			}
		}
	}
	if checkKeys(t, table, keys); table.codes.off || len(table.codes.levels) < 2 || table.layout.texts != 2 {
		t.Errorf("the table did not work as the test means it to: off %v, %d levels, %d texts", table.codes.off, len(table.codes.levels), table.layout.texts)
	}
}

// texts returns n rows of some of a dictionary's strings, in one of the encodings.
func texts(rng *rand.Rand, dict *vec.Vector, n, some int) *vec.Vector {
	codes := make([]uint32, n)
	valid := vec.NewBitmapSet(n)
	for i := range codes {
		if codes[i] = uint32(rng.IntN(some)); rng.IntN(20) == 0 {
			codes[i] = 0
			valid.Clear(i)
		}
	}
	v := vec.NewDict(codes, valid, dict)
	switch rng.IntN(8) {
	case 0:
		return vec.Flatten(v)
	case 1:
		return vec.NewText(v.Type, fmt.Sprint(rng.IntN(9)), n)
	case 2:
		return vec.NewNull(v.Type, n)
	}
	return v
}

func keyText(cols []*vec.Vector, i int) string {
	s := ""
	for _, v := range cols {
		switch {
		case v.IsNull(i):
			s += "NULL|"
		case v.Kind == types.KView:
			s += fmt.Sprintf("%q|", v.Bytes(i))
		default:
			s += fmt.Sprint(vec.At[int32](v, i))
		}
	}
	return s
}

// checkKeys compares the keys that a table gives back.
func checkKeys(t *testing.T, table *groupTable, want []string) {
	t.Helper()
	if table.groups != len(want) {
		t.Fatalf("%d groups, not %d", table.groups, len(want))
	}
	cols := table.columns(0, table.groups)
	for g := range want {
		if got := keyText(cols, g); got != want[g] {
			t.Fatalf("group %d is %s, not %s", g, got, want[g])
		}
	}
}
