package fn

import (
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the arrays of the values of further set returning functions.

func init() {
	num, step := types.Of(types.Numeric), types.Of(types.Interval)
	for _, args := range [][]types.Type{{num, num}, {num, num, num}} {
		RegisterScalar(&Scalar{Name: "generate_series[]", Args: args, Ret: types.ArrayOf(num), Eval: numericSeries})
	}
	for _, id := range []types.ID{types.Timestamp, types.TimestampTZ} {
		t := types.Of(id)
		RegisterScalar(&Scalar{Name: "generate_series[]", Args: []types.Type{t, t, step}, Ret: types.ArrayOf(t), Volatility: Stable, Eval: timeSeries})
	}
	n, s := types.Of(types.Int32), types.Of(types.Text)
	for _, args := range [][]types.Type{{s, s}, {s, s, s}} {
		RegisterScalar(
			&Scalar{Name: "regexp_matches[]", Args: args, Ret: types.ArrayOf(n), Eval: matchNumbers},
			&Scalar{Name: "regexp_matches[n]", Args: append(args[:len(args):len(args)], n), Ret: types.ArrayOf(s), Eval: matchNumber},
		)
	}
}

// numericSeries is generate_series of numeric.
func numericSeries(c *Call) (*vec.Vector, error) {
	from, to, step := Reader[vec.Num](c.Args[0]), Reader[vec.Num](c.Args[1]), func(int) vec.Num { return vec.NumOf(1) }
	if len(c.Args) > 2 {
		step = Reader[vec.Num](c.Args[2])
	}
	var all []vec.Num
	lists, err := c.series(func(i int) (int, error) {
		before := len(all)
		x, last, by := from(i), to(i), step(i)
		for _, v := range []struct {
			name string
			x    vec.Num
		}{{"start", x}, {"stop", last}, {"step", by}} {
			switch {
			case v.x.Special == vec.NumNaN:
				return 0, sqlstate.New(sqlstate.InvalidParameterValue, "%s value cannot be NaN", v.name)
			case v.x.Special != vec.NumFinite:
				return 0, sqlstate.New(sqlstate.InvalidParameterValue, "%s value cannot be infinity", v.name)
			}
		}
		if by.IsZero() {
			return 0, stepZero()
		}
		for {
			left, err := vec.SubNum(last, x)
			if err != nil {
				return 0, err
			}
			if left.Sign()*by.Sign() < 0 {
				return len(all) - before, nil
			}
			if len(all) == maxElements {
				return 0, tooManyElements()
			}
			all = append(all, x)
			if x, err = vec.AddNum(x, by); err != nil {
				return 0, err
			}
		}
	})
	if err != nil {
		return nil, err
	}
	child, err := numsTo(all, c.Ret.Element(), nil)
	lists.Child = child
	return lists, err
}

func stepZero() error {
	return sqlstate.New(sqlstate.InvalidParameterValue, "step size cannot equal zero")
}

// series makes the lists of a set returning function: f appends the elements of a row and returns how many.
func (c *Call) series(f func(i int) (int, error)) (*vec.Vector, error) {
	lists, valid, off := make([]vec.List, c.N), vec.NewBitmap(c.N), uint32(0)
	err := c.Each(func(i int) error {
		n, err := f(i)
		lists[i] = vec.List{Off: off, Len: uint32(n)}
		off += uint32(n)
		valid.Set(i)
		return err
	})
	return vec.New(c.Ret, types.KList, lists, valid), err
}

// timeSeries is generate_series of timestamps. The step is added to the last timestamp, not a multiple of it to the first,
// so that months may lose days for good, as in PostgreSQL.
func timeSeries(c *Call) (*vec.Vector, error) {
	from, to, step := Reader[int64](c.Args[0]), Reader[int64](c.Args[1]), Reader[vec.Interval](c.Args[2])
	t := c.Ret.Element()
	var all []int64
	lists, err := c.series(func(i int) (int, error) {
		before := len(all)
		x, last, by := from(i), to(i), step(i)
		sign := intervalSign(by)
		if sign == 0 {
			return 0, stepZero()
		}
		for sign > 0 && x <= last || sign < 0 && x >= last {
			if len(all) == maxElements {
				return 0, tooManyElements()
			}
			all = append(all, x)
			next, err := AddInterval(c.Ctx, t.ID, x, by)
			if err != nil {
				return 0, err
			}
			if next == x { // infinity stays where it is
				break
			}
			x = next
		}
		return len(all) - before, nil
	})
	lists.Child = vec.New(t, types.KInt64, all, nil)
	return lists, err
}

// intervalSign compares an interval with zero as intervals are compared: a month is 30 days.
func intervalSign(iv vec.Interval) int {
	days := int64(iv.Months)*30 + int64(iv.Days) + iv.Micros/text.Day
	switch rest := iv.Micros % text.Day; {
	case days > 0 || days == 0 && rest > 0:
		return 1
	case days < 0 || rest < 0:
		return -1
	}
	return 0
}

// matchesOf compiles the pattern of regexp_matches in a row, and says how many matches are wanted: -1 for all.
func matchesOf(c *Call, i int) (re *compiled, limit int, err error) {
	flags := ""
	if len(c.Args) > 2 && c.Args[2].Type.IsString() {
		flags = string(c.Args[2].Bytes(i))
	}
	limit = 1
	if strings.Contains(flags, "g") {
		flags, limit = strings.ReplaceAll(flags, "g", ""), -1
	}
	re, err = regexpFor(string(c.Args[1].Bytes(i)), flags, c.Args[0].Bytes(i))
	return re, limit, err
}

// matchNumbers returns the numbers of the matches that regexp_matches finds.
func matchNumbers(c *Call) (*vec.Vector, error) {
	return numberArrays(c, func(i int, out []int64) ([]int64, bool, error) {
		re, limit, err := matchesOf(c, i)
		if err != nil {
			return nil, false, err
		}
		for k := range re.FindAllIndex(c.Args[0].Bytes(i), limit) {
			out = append(out, int64(k)+1)
		}
		return out, true, nil
	})
}

// matchNumber returns what the groups of a match, the number of which is the last argument, took; the match where there are
// no groups.
func matchNumber(c *Call) (*vec.Vector, error) {
	number := Reader[int32](c.Args[len(c.Args)-1])
	return makeTextLists(c, func(i int, out *textList) (bool, error) {
		re, _, err := matchesOf(c, i)
		if err != nil {
			return false, err
		}
		s := c.Args[0].Bytes(i)
		all := re.FindAllSubmatchIndex(s, int(number(i)))
		if len(all) < int(number(i)) {
			return false, nil
		}
		out.addGroups(s, all[number(i)-1])
		return true, nil
	})
}
