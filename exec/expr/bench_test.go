package expr

import (
	"math/rand/v2"
	"testing"

	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// benchBatch has columns like TPC-H's lineitem: date, discount, quantity, price, and a dictionary.
func benchBatch(n int) *vec.Batch {
	r := rand.New(rand.NewPCG(1, 1))
	money := types.NumericOf(15, 2)
	date, discount, quantity, price := make([]int32, n), make([]int64, n), make([]int64, n), make([]int64, n)
	codes := make([]uint32, n)
	for i := range n {
		date[i], discount[i], quantity[i], price[i] = int32(8000+r.IntN(2500)), r.Int64N(11), (1+r.Int64N(50))*100, r.Int64N(10_000_000)
		codes[i] = uint32(r.IntN(7))
	}
	d := vec.NewBuilder(tText)
	for _, s := range []string{"AIR", "MAIL", "SHIP", "TRUCK", "RAIL", "REG AIR", "FOB"} {
		d.AppendString(s)
	}
	return &vec.Batch{Rows: n, Cols: []*vec.Vector{vec.New(tDate, types.KInt32, date, nil), vec.New(money, types.KInt64, discount, nil),
		vec.New(money, types.KInt64, quantity, nil), vec.New(money, types.KInt64, price, nil), vec.NewDict(codes, nil, d.Finish())}}
}

func benchConst(ty types.Type, x int64) *Const {
	if ty.Kind() == types.KInt32 {
		return &Const{vec.NewConst(ty, types.KInt32, int32(x), 1)}
	}
	return &Const{vec.NewConst(ty, types.KInt64, x, 1)}
}

func BenchmarkSelect(b *testing.B) {
	const n = 8192
	batch := benchBatch(n)
	m := types.NumericOf(15, 2)
	date, discount, quantity := col(0, tDate), col(1, m), col(2, m)
	text := func(s string) *Const { return &Const{vec.NewText(tText, s, 1)} }
	q6 := NewAnd(call(">=", date, benchConst(tDate, 8766)), call("<", date, benchConst(tDate, 9131)),
		call(">=", discount, benchConst(m, 5)), call("<=", discount, benchConst(m, 7)),
		call("<", quantity, benchConst(types.NumericOf(0, 0), 24)))
	for name, e := range map[string]Expr{"q6": q6, "dictionary": call("=", col(4, tText), text("SHIP")),
		"in": &In{col(4, tText), []*Const{text("SHIP"), text("MAIL")}, nil}, "or": NewOr(call("=", date, benchConst(tDate, 9000)), q6)} {
		p, err := Compile(e, index)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(n)
			for b.Loop() {
				c := *batch
				if _, err := p.Select(&fn.Ctx{}, &c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEval(b *testing.B) {
	const n = 8192
	batch := benchBatch(n)
	m := types.NumericOf(15, 2)
	one := benchConst(types.NumericOf(0, 0), 1)
	net := call("*", col(3, m), call("-", one, col(1, m)))
	gross := call("*", net, call("+", one, col(2, m)))
	when := &Case{[]When{{call("=", col(4, tText), &Const{vec.NewText(tText, "SHIP", 1)}), col(3, m)}}, benchConst(m, 0), m}
	for name, e := range map[string]Expr{"net": net, "gross": gross, "case": when} {
		p, err := Compile(e, index)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(n)
			for b.Loop() {
				c := *batch
				if _, err := p.EvalTemp(&fn.Ctx{}, &c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
