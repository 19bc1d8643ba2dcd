package fn

import (
	"math"
	"math/bits"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// regression has what the functions of pairs are computed from: how many there are, the sums of x and y, and
// those of the squares and products of the distances from their averages.
type regression struct{ n, sx, sxx, sy, syy, sxy float64 }

// regressionAcc is corr, covar_pop, covar_samp and regr_*: all are functions of one regression. The first
// argument is y, the second x, as in the standard.
type regressionAcc struct {
	floatSums
	of func(r *regression) (x float64, ok bool)
}

func (a *regressionAcc) Update(args []*vec.Vector, groups []uint32) error {
	yv, xv := vec.Flatten(args[0]), vec.Flatten(args[1])
	ys, xs := vec.Values[float64](yv), vec.Values[float64](xv)
	valid := both(yv.Valid, xv.Valid, len(groups))
	a.inSteps(groups, func(from, to int) {
		for i := from; i < to; i++ {
			if i = addPairs(cellsOf[[pairWords]uint64](a.cells), xs[:to], ys[:to], valid, groups[:to], i); i < to {
				a.finish(groups[i], xs[i], ys[i])
			}
		}
	})
	return nil
}

// addPairs is addFloatCells for pairs.
func addPairs(cells [][pairWords]uint64, xs, ys []float64, valid vec.Bitmap, groups []uint32, first int) int {
	xs, ys = xs[:len(groups)], ys[:len(groups)]
	for i := first; i < len(groups); i++ {
		if valid != nil && valid[i>>6]>>(uint(i)&63)&1 == 0 {
			continue
		}
		c := &cells[groups[i]]
		x, y := math.Float64bits(xs[i]), math.Float64bits(ys[i])
		endX, endY := endFor(c[16]>>metaEnd, x), endFor(c[17], y)
		xh, xl, okX := inWindow(endX, x)
		yh, yl, okY := inWindow(endY, y)
		if !okX || !okY {
			return i
		}
		c[16] = c[16]&metaLow | endX<<metaEnd + 1
		c[17] = endY
		signX, signY := uint64(int64(x)>>63), uint64(int64(y)>>63)
		add128((*[2]uint64)(c[0:]), xh, xl, signX)
		add128((*[2]uint64)(c[2:]), yh, yl, signY)
		add256((*[4]uint64)(c[4:]), xh, xl, xh, xl, 0)
		add256((*[4]uint64)(c[8:]), yh, yl, yh, yl, 0)
		add256((*[4]uint64)(c[12:]), xh, xl, yh, yl, signX^signY)
		if pairIsFull(c) {
			return i
		}
	}
	return len(groups)
}

func pairIsFull(c *[pairWords]uint64) bool {
	return int64(c[1]^c[1]<<1|c[3]^c[3]<<1|c[7]^c[7]<<1|c[11]^c[11]<<1|c[15]^c[15]<<1) < 0
}

// add128 adds a magnitude, or with sign all ones its negative.
func add128(sum *[2]uint64, h, l, sign uint64) {
	lo, carry := bits.Add64(sum[0], l^sign, sign&1)
	sum[0] = lo
	sum[1], _ = bits.Add64(sum[1], h^sign, carry)
}

// add256 adds the product of two magnitudes, or with sign all ones its negative.
func add256(sum *[4]uint64, xh, xl, yh, yl, sign uint64) {
	q1, q0 := bits.Mul64(xl, yl)
	m1, m0 := bits.Mul64(xh, yl)
	n1, n0 := bits.Mul64(xl, yh)
	q3, q2 := bits.Mul64(xh, yh)
	q1, carry := bits.Add64(q1, m0, 0)
	q2, carry = bits.Add64(q2, m1, carry)
	q3 += carry
	q1, carry = bits.Add64(q1, n0, 0)
	q2, carry = bits.Add64(q2, n1, carry)
	q3 += carry
	sum[0], carry = bits.Add64(sum[0], q0^sign, sign&1)
	sum[1], carry = bits.Add64(sum[1], q1^sign, carry)
	sum[2], carry = bits.Add64(sum[2], q2^sign, carry)
	sum[3], _ = bits.Add64(sum[3], q3^sign, carry)
}

func (a *regressionAcc) Result(from, to int) (*vec.Vector, error) {
	return resultsErr(types.Of(types.Float64), types.KFloat64, from, to, func(g int) (float64, bool, error) {
		if a.count(g) == 0 {
			return 0, false, nil
		}
		r, ok := a.regression(g)
		if !ok {
			return 0, false, errOverflow()
		}
		x, ok := a.of(&r)
		return x, ok, nil
	})
}

// regression returns what is known of a group; ok is false when something overflows.
func (a *regressionAcc) regression(g int) (r regression, ok bool) {
	var fits [5]bool
	r.n = float64(a.count(g))
	r.sx, fits[0] = a.sum(g, 0)
	r.sy, fits[1] = a.sum(g, 1)
	r.sxx, fits[2] = a.moment(g, 2, 0, 0)
	r.syy, fits[3] = a.moment(g, 3, 1, 1)
	r.sxy, fits[4] = a.moment(g, 4, 0, 1)
	return r, fits == [5]bool{true, true, true, true, true}
}

// pairCountAcc is regr_count.
type pairCountAcc struct{ countAcc }

func (a *pairCountAcc) Update(args []*vec.Vector, groups []uint32) error {
	valid := both(validity(args[0]), validity(args[1]), len(groups))
	return a.countAcc.add(valid, groups)
}

func init() {
	for name, of := range map[string]func(c *regression) (float64, bool){
		"corr": func(c *regression) (float64, bool) {
			return c.sxy / math.Sqrt(c.sxx*c.syy), c.sxx != 0 && c.syy != 0
		},
		"covar_pop":  func(c *regression) (float64, bool) { return c.sxy / c.n, true },
		"covar_samp": func(c *regression) (float64, bool) { return c.sxy / (c.n - 1), c.n >= 2 },
		"regr_avgx":  func(c *regression) (float64, bool) { return c.sx / c.n, true },
		"regr_avgy":  func(c *regression) (float64, bool) { return c.sy / c.n, true },
		"regr_sxx":   func(c *regression) (float64, bool) { return c.sxx, true },
		"regr_syy":   func(c *regression) (float64, bool) { return c.syy, true },
		"regr_sxy":   func(c *regression) (float64, bool) { return c.sxy, true },
		"regr_slope": func(c *regression) (float64, bool) { return c.sxy / c.sxx, c.sxx != 0 },
		"regr_intercept": func(c *regression) (float64, bool) {
			return (c.sy - c.sx*c.sxy/c.sxx) / c.n, c.sxx != 0
		},
		"regr_r2": func(c *regression) (float64, bool) {
			if c.syy == 0 {
				return 1, c.sxx != 0
			}
			return c.sxy * c.sxy / (c.sxx * c.syy), c.sxx != 0
		},
	} {
		RegisterAggregate(aggregate(name, types.Float64, pairLayout.state(), func([]types.Type, types.Type) Accumulator {
			return &regressionAcc{floatSums{floatLayout: pairLayout}, of}
		}, types.Float64, types.Float64))
	}
	RegisterAggregate(aggregate("regr_count", types.Int64, []types.Type{types.Of(types.Int64)},
		func([]types.Type, types.Type) Accumulator { return &pairCountAcc{} }, types.Float64, types.Float64))
}
