package fn

import (
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

func errNumericSum() error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "value overflows numeric format").
		WithDetail("A numeric has at most %d digits.", vec.MaxDigits).
		WithHint("Cast to double precision to compute with larger numbers of fewer digits.")
}

// exactSums adds integers and numerics of fixed scale without loss: in 64 bits until a sum overflows, from
// then on all sums in 128.
type exactSums struct {
	cells []sumCell
	wide  []wideCell // set once a sum does not fit in a sumCell
}

// sumCell has the sum and the count of one group's values.
type sumCell struct{ sum, n int64 }

type wideCell struct {
	sum vec.Int128
	n   int64
}

func (s *exactSums) Grow(n int) {
	if s.wide != nil {
		s.wide = grown(s.wide, n)
		return
	}
	s.cells = grown(s.cells, n)
}

func (s *exactSums) Bytes() int64 { return 16*int64(cap(s.cells)) + 32*int64(cap(s.wide)) }

// get returns a group's sum and count.
func (s *exactSums) get(g int) (vec.Int128, int64) {
	if s.wide != nil {
		return s.wide[g].sum, s.wide[g].n
	}
	return vec.Int128Of(s.cells[g].sum), s.cells[g].n
}

func (s *exactSums) widen() {
	s.wide = make([]wideCell, len(s.cells), cap(s.cells))
	for i, c := range s.cells {
		s.wide[i] = wideCell{vec.Int128Of(c.sum), c.n}
	}
	s.cells = nil
}

// Update adds the values of an integer or numeric column.
func (s *exactSums) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	switch v.Kind {
	case types.KInt16:
		return addExact(s, vec.Values[int16](v), v.Valid, groups)
	case types.KInt32:
		return addExact(s, vec.Values[int32](v), v.Valid, groups)
	case types.KInt64:
		return addExact(s, vec.Values[int64](v), v.Valid, groups)
	}
	return s.addWide(vec.Values[vec.Int128](v), v.Valid, nil, groups)
}

func addExact[T int16 | int32 | int64](s *exactSums, vals []T, valid vec.Bitmap, groups []uint32) error {
	done := 0
	if s.wide == nil {
		if done = addCells(s.cells, vals, valid, groups); done == len(groups) {
			return nil
		}
		s.widen()
	}
	for i := done; i < len(groups); i++ {
		if !valid.Get(i) {
			continue
		}
		c := &s.wide[groups[i]]
		sum, ok := vec.Add128(c.sum, vec.Int128Of(int64(vals[i])))
		if !ok {
			return errNumericSum()
		}
		c.sum = sum
		c.n++
	}
	return nil
}

// addCells adds rows until a sum would overflow and returns how many it added.
func addCells[T int16 | int32 | int64](cells []sumCell, vals []T, valid vec.Bitmap, groups []uint32) int {
	vals = vals[:len(groups)]
	if len(cells) == 1 && valid == nil {
		c := &cells[0]
		sum := c.sum
		for i, v := range vals {
			x := int64(v)
			t := sum + x
			if (t^sum)&(t^x) < 0 {
				c.sum, c.n = sum, c.n+int64(i)
				return i
			}
			sum = t
		}
		c.sum, c.n = sum, c.n+int64(len(vals))
		return len(vals)
	}
	for i, g := range groups {
		if valid != nil && valid[i>>6]>>(uint(i)&63)&1 == 0 {
			continue
		}
		c := &cells[g]
		x := int64(vals[i])
		t := c.sum + x
		if (t^c.sum)&(t^x) < 0 {
			return i
		}
		c.sum = t
		c.n++
	}
	return len(groups)
}

// addWide adds 128-bit values. counts says how many values each stands for; nil: one.
func (s *exactSums) addWide(vals []vec.Int128, valid vec.Bitmap, counts []int64, groups []uint32) error {
	if s.wide == nil {
		s.widen()
	}
	for i, g := range groups {
		if !valid.Get(i) {
			continue
		}
		c := &s.wide[g]
		sum, ok := vec.Add128(c.sum, vals[i])
		if !ok {
			return errNumericSum()
		}
		c.sum = sum
		if counts != nil {
			c.n += counts[i]
		} else {
			c.n++
		}
	}
	return nil
}

// merge adds partial sums; those without values are NULL.
func (s *exactSums) merge(sums *vec.Vector, counts []int64, groups []uint32) error {
	sums = vec.Flatten(sums)
	if sums.Kind == types.KInt128 {
		return s.addWide(vec.Values[vec.Int128](sums), sums.Valid, counts, groups)
	}
	vals := vec.Values[int64](sums)
	for i, g := range groups {
		if !sums.Valid.Get(i) {
			continue
		}
		n := int64(1)
		if counts != nil {
			n = counts[i]
		}
		if s.wide == nil {
			c := &s.cells[g]
			t := c.sum + vals[i]
			if (t^c.sum)&(t^vals[i]) >= 0 {
				c.sum = t
				c.n += n
				continue
			}
			s.widen()
		}
		sum, ok := vec.Add128(s.wide[g].sum, vec.Int128Of(vals[i]))
		if !ok {
			return errNumericSum()
		}
		s.wide[g].sum = sum
		s.wide[g].n += n
	}
	return nil
}

// sums returns the sums of groups that have values, NULL for others.
func (s *exactSums) sums(t types.Type, from, to int) (*vec.Vector, error) {
	if s.wide == nil {
		return results(t, types.KInt64, from, to, func(g int) (int64, bool) { return s.cells[g].sum, s.cells[g].n > 0 }), nil
	}
	return exactVector(t, from, to, func(g int) (vec.Int128, bool) { return s.wide[g].sum, s.wide[g].n > 0 })
}

func (s *exactSums) counts(from, to int) *vec.Vector {
	return results(types.Of(types.Int64), types.KInt64, from, to, func(g int) (int64, bool) {
		_, n := s.get(g)
		return n, true
	})
}

// exactSumAcc is sum of integers and of numerics of fixed scale.
type exactSumAcc struct {
	exactSums
	ret types.Type
}

func (a *exactSumAcc) Merge(state []*vec.Vector, groups []uint32) error {
	return a.merge(state[0], nil, groups)
}

func (a *exactSumAcc) stateType() types.Type {
	if a.ret.ID == types.Numeric {
		return a.ret
	}
	return types.NumericOf(0, 0)
}

func (a *exactSumAcc) State(from, to int) ([]*vec.Vector, error) {
	v, err := a.sums(a.stateType(), from, to)
	return []*vec.Vector{v}, err
}

func (a *exactSumAcc) Result(from, to int) (*vec.Vector, error) {
	v, err := a.sums(a.stateType(), from, to)
	if err != nil || a.ret.ID == types.Numeric {
		return v, err
	}
	if v.Kind != types.KInt64 {
		return nil, errOutOfRange(a.ret.ID)
	}
	return v.WithType(a.ret), nil
}

// exactAvgAcc is avg of integers and of numerics of fixed scale: a numeric with the scale of a division.
type exactAvgAcc struct {
	exactSums
	scale int
}

func (a *exactAvgAcc) Merge(state []*vec.Vector, groups []uint32) error {
	return a.merge(state[0], vec.Values[int64](vec.Flatten(state[1])), groups)
}

func (a *exactAvgAcc) State(from, to int) ([]*vec.Vector, error) {
	v, err := a.sums(types.NumericOf(0, a.scale), from, to)
	return []*vec.Vector{v, a.counts(from, to)}, err
}

func (a *exactAvgAcc) Result(from, to int) (*vec.Vector, error) {
	return resultsErr(types.Of(types.Numeric), types.KNum, from, to, func(g int) (vec.Num, bool, error) {
		sum, n := a.get(g)
		if n == 0 {
			return vec.Num{}, false, nil
		}
		x, err := vec.DivNum(vec.Num{Coef: sum, Scale: int32(a.scale)}, vec.NumOf(n))
		return x, true, err
	})
}
