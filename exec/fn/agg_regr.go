package fn

import (
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// regressionCell has the sums of pairs by the method of Youngs and Cramer, as in PostgreSQL.
type regressionCell struct{ n, sx, sxx, sy, syy, sxy float64 }

// regressionAcc is corr, covar_pop, covar_samp and regr_*: all are functions of one cell. The first argument
// is y, the second x, as in the standard.
type regressionAcc struct {
	cells []regressionCell
	of    func(c *regressionCell) (x float64, ok bool)
	count bool // regr_count: a bigint
}

func (a *regressionAcc) Grow(n int)   { a.cells = grown(a.cells, n) }
func (a *regressionAcc) Bytes() int64 { return 48 * int64(cap(a.cells)) }

func (a *regressionAcc) Update(args []*vec.Vector, groups []uint32) error {
	yv, xv := vec.Flatten(args[0]), vec.Flatten(args[1])
	ys, xs := vec.Values[float64](yv), vec.Values[float64](xv)
	valid := both(yv.Valid, xv.Valid, len(groups))
	for i, g := range groups {
		if valid != nil && !valid.Get(i) {
			continue
		}
		if !a.cells[g].add(xs[i], ys[i]) {
			return errOverflow()
		}
	}
	return nil
}

func (c *regressionCell) add(x, y float64) bool {
	old := *c
	c.n++
	c.sx += x
	c.sy += y
	if old.n == 0 {
		if !isFinite(x) {
			c.sxx, c.sxy = math.NaN(), math.NaN()
		}
		if !isFinite(y) {
			c.syy, c.sxy = math.NaN(), math.NaN()
		}
		return true
	}
	dx, dy := x*c.n-c.sx, y*c.n-c.sy
	scale := 1 / (c.n * old.n)
	c.sxx += dx * dx * scale
	c.syy += dy * dy * scale
	c.sxy += dx * dy * scale
	return c.check(math.IsInf(old.sx, 0) || math.IsInf(x, 0), math.IsInf(old.sy, 0) || math.IsInf(y, 0))
}

// check turns infinite sums into NaN, and returns false when they are so by overflow: when what was added up
// had no infinity.
func (c *regressionCell) check(infX, infY bool) bool {
	inf := math.IsInf
	if !inf(c.sx, 0) && !inf(c.sxx, 0) && !inf(c.sy, 0) && !inf(c.syy, 0) && !inf(c.sxy, 0) {
		return true
	}
	if (inf(c.sx, 0) || inf(c.sxx, 0)) && !infX || (inf(c.sy, 0) || inf(c.syy, 0)) && !infY || inf(c.sxy, 0) && !infX && !infY {
		return false
	}
	for _, s := range []*float64{&c.sxx, &c.syy, &c.sxy} {
		if inf(*s, 0) {
			*s = math.NaN()
		}
	}
	return true
}

func (c *regressionCell) merge(o regressionCell) bool {
	if o.n == 0 {
		return true
	}
	if c.n == 0 {
		*c = o
		return true
	}
	a := *c
	n := a.n + o.n
	dx, dy := a.sx/a.n-o.sx/o.n, a.sy/a.n-o.sy/o.n
	w := a.n * o.n / n
	*c = regressionCell{n, a.sx + o.sx, a.sxx + o.sxx + w*dx*dx, a.sy + o.sy, a.syy + o.syy + w*dy*dy, a.sxy + o.sxy + w*dx*dy}
	return c.check(!isFinite(a.sx) || !isFinite(o.sx), !isFinite(a.sy) || !isFinite(o.sy))
}

func (a *regressionAcc) Merge(state []*vec.Vector, groups []uint32) error {
	var cols [6][]float64
	for i := range cols {
		cols[i] = vec.Values[float64](vec.Flatten(state[i]))
	}
	for i, g := range groups {
		o := regressionCell{cols[0][i], cols[1][i], cols[2][i], cols[3][i], cols[4][i], cols[5][i]}
		if !a.cells[g].merge(o) {
			return errOverflow()
		}
	}
	return nil
}

func (a *regressionAcc) State(from, to int) ([]*vec.Vector, error) {
	var out []*vec.Vector
	for k := range 6 {
		out = append(out, results(types.Of(types.Float64), types.KFloat64, from, to, func(g int) (float64, bool) {
			c := &a.cells[g]
			return [...]float64{c.n, c.sx, c.sxx, c.sy, c.syy, c.sxy}[k], true
		}))
	}
	return out, nil
}

func (a *regressionAcc) Result(from, to int) (*vec.Vector, error) {
	if a.count {
		return results(types.Of(types.Int64), types.KInt64, from, to, func(g int) (int64, bool) { return int64(a.cells[g].n), true }), nil
	}
	return results(types.Of(types.Float64), types.KFloat64, from, to, func(g int) (float64, bool) {
		c := &a.cells[g]
		if c.n < 1 {
			return 0, false
		}
		return a.of(c)
	}), nil
}

func init() {
	f := types.Of(types.Float64)
	state := []types.Type{f, f, f, f, f, f}
	for name, of := range map[string]func(c *regressionCell) (float64, bool){
		"corr": func(c *regressionCell) (float64, bool) {
			return c.sxy / math.Sqrt(c.sxx*c.syy), c.sxx != 0 && c.syy != 0
		},
		"covar_pop":  func(c *regressionCell) (float64, bool) { return c.sxy / c.n, true },
		"covar_samp": func(c *regressionCell) (float64, bool) { return c.sxy / (c.n - 1), c.n >= 2 },
		"regr_avgx":  func(c *regressionCell) (float64, bool) { return c.sx / c.n, true },
		"regr_avgy":  func(c *regressionCell) (float64, bool) { return c.sy / c.n, true },
		"regr_sxx":   func(c *regressionCell) (float64, bool) { return c.sxx, true },
		"regr_syy":   func(c *regressionCell) (float64, bool) { return c.syy, true },
		"regr_sxy":   func(c *regressionCell) (float64, bool) { return c.sxy, true },
		"regr_slope": func(c *regressionCell) (float64, bool) { return c.sxy / c.sxx, c.sxx != 0 },
		"regr_intercept": func(c *regressionCell) (float64, bool) {
			return (c.sy - c.sx*c.sxy/c.sxx) / c.n, c.sxx != 0
		},
		"regr_r2": func(c *regressionCell) (float64, bool) {
			if c.syy == 0 {
				return 1, c.sxx != 0
			}
			return c.sxy * c.sxy / (c.sxx * c.syy), c.sxx != 0
		},
	} {
		RegisterAggregate(aggregate(name, types.Float64, state,
			func([]types.Type, types.Type) Accumulator { return &regressionAcc{of: of} }, types.Float64, types.Float64))
	}
	RegisterAggregate(aggregate("regr_count", types.Int64, state,
		func([]types.Type, types.Type) Accumulator { return &regressionAcc{count: true} }, types.Float64, types.Float64))
}
