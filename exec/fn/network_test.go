package fn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// randomAddresses returns n addresses of a few networks, some of them with masks, of both families.
func randomAddresses(n int) *vec.Vector {
	r := rand.New(rand.NewPCG(1, 2))
	b := vec.NewBuilder(types.Of(types.Text))
	for i := range n {
		switch {
		case i%17 == 5:
			b.AppendString(fmt.Sprintf("2001:db8::%x/%d", r.IntN(1<<16), 100+r.IntN(29)))
		case i%5 == 3:
			b.AppendString(fmt.Sprintf("10.%d.%d.%d/%d", r.IntN(4), r.IntN(256), r.IntN(4), 8+r.IntN(25)))
		default:
			b.AppendString(fmt.Sprintf("%d.%d.%d.%d", 9+r.IntN(3), r.IntN(256), r.IntN(256), r.IntN(256)))
		}
	}
	return b.Finish()
}

func operatorOf(name string, args ...types.ID) *Scalar {
	for _, s := range Scalars(name) {
		if slices.Equal(s.Args, typesOf(args)) {
			return s
		}
	}
	return nil
}

// TestSelectWithinIsItsEval compares the form for filters of << and <<= with the usual one.
func TestSelectWithinIsItsEval(t *testing.T) {
	const n = 2000
	texts := randomAddresses(n)
	in := types.Of(types.Inet)
	a, err := LookupCast(types.Text, types.Inet).Scalar.Eval(&Call{Args: []*vec.Vector{texts}, N: n, Ret: in})
	if err != nil {
		t.Fatal(err)
	}
	valid := vec.NewBitmapSet(n)
	valid.Clear(7)
	for _, op := range []string{"<<", "<<="} {
		f := operatorOf(op, types.Inet, types.Inet)
		for _, network := range []string{"10.0.0.0/8", "10.1.2.0/23", "0.0.0.0/0", "10.0.0.0/12", "10.1.2.3", "::/0", "2001:db8::/110"} {
			c, err := text.Const(in, network, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range []*vec.Vector{c.WithLen(n), vec.Flatten(c.WithLen(n))} {
				call := &Call{Args: []*vec.Vector{a, b}, N: n, Ret: types.Of(types.Bool), Valid: valid}
				v, err := f.Eval(call)
				if err != nil {
					t.Fatal(err)
				}
				var want []uint32
				for i, x := range vec.Values[uint8](v) {
					if x != 0 && valid.Get(i) {
						want = append(want, uint32(i))
					}
				}
				got, err := f.Select(call, nil, nil)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s %s: %d rows, not %d (%v)", op, network, len(got), len(want), err)
				}
			}
		}
	}
}

// BenchmarkInet measures what a filter ip::inet <<= '10.0.0.0/8' takes for a row of text.
func BenchmarkInet(b *testing.B) {
	const n = 8192
	texts := randomAddresses(n)
	in := types.Of(types.Inet)
	parse := LookupCast(types.Text, types.Inet).Scalar
	c := &Call{Args: []*vec.Vector{texts}, N: n, Ret: in}
	a, err := parse.Eval(c)
	if err != nil {
		b.Fatal(err)
	}
	perRow := func(b *testing.B) { b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row") }
	b.Run("cast", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := parse.Eval(c); err != nil {
				b.Fatal(err)
			}
		}
		perRow(b)
	})
	network, err := text.Const(in, "10.0.0.0/8", nil)
	if err != nil {
		b.Fatal(err)
	}
	within := operatorOf("<<=", types.Inet, types.Inet)
	call := &Call{Args: []*vec.Vector{a, network.WithLen(n)}, N: n, Ret: types.Of(types.Bool)}
	b.Run("within", func(b *testing.B) {
		b.ReportAllocs()
		var dst []uint32
		for b.Loop() {
			if dst, err = within.Select(call, nil, dst[:0]); err != nil {
				b.Fatal(err)
			}
		}
		perRow(b)
	})
}
