package fn

import (
	"gsql/exec/ranges"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// This file has the operators of ranges and multiranges.

func init() {
	r, m := types.AnyRange, types.AnyMultirange
	for _, id := range []types.ID{r, m} {
		registerComparisons(types.Of(id), types.Of(id))
	}
	registerRangeContainment()
	RegisterScalar(
		rangePredicate("&&", r, r, readRange, readRange, (*ranges.Range).Overlaps),
		rangePredicate("&&", r, m, readRange, readMulti, func(a *ranges.Range, b *ranges.Multi) bool { return b.Overlaps(a) }),
		rangePredicate("&&", m, r, readMulti, readRange, (*ranges.Multi).Overlaps),
		rangePredicate("&&", m, m, readMulti, readMulti, (*ranges.Multi).OverlapsMulti),
	)
	for name, test := range map[string]func(a, b *ranges.Range) bool{
		"<<": (*ranges.Range).Before, ">>": func(a, b *ranges.Range) bool { return b.Before(a) },
		"&<": (*ranges.Range).NotRight, "&>": (*ranges.Range).NotLeft, "-|-": (*ranges.Range).Adjacent,
	} {
		for _, a := range []types.ID{r, m} {
			for _, b := range []types.ID{r, m} {
				RegisterScalar(rangePredicate(name, a, b, readHull, readHull, test))
			}
		}
	}
	contiguous := func(what string, f func(a, b *ranges.Range) (ranges.Range, bool)) func(*Call) func(int) (ranges.Range, error) {
		return func(c *Call) func(int) (ranges.Range, error) {
			a, b := readRange(c.Args[0]), readRange(c.Args[1])
			return func(i int) (ranges.Range, error) {
				x, ok := f(a(i), b(i))
				if !ok {
					return x, sqlstate.New(sqlstate.DataException, "result of range %s would not be contiguous", what)
				}
				return x, nil
			}
		}
	}
	intersect := func(a, b *ranges.Range) (ranges.Range, bool) { return a.Intersect(b), true }
	many := func(f func(a, b *ranges.Multi, rs []ranges.Range) []ranges.Range) func(*Call) func(int, []ranges.Range) ([]ranges.Range, error) {
		return func(c *Call) func(int, []ranges.Range) ([]ranges.Range, error) {
			a, b := readMulti(c.Args[0]), readMulti(c.Args[1])
			return func(i int, rs []ranges.Range) ([]ranges.Range, error) { return f(a(i), b(i), rs), nil }
		}
	}
	RegisterScalar(
		scalar("+", 0, rangeResult(contiguous("union", (*ranges.Range).Union)), r, r).retOf(rangeTypeOf),
		scalar("-", 0, rangeResult(contiguous("difference", (*ranges.Range).Minus)), r, r).retOf(rangeTypeOf),
		scalar("*", 0, rangeResult(contiguous("", intersect)), r, r).retOf(rangeTypeOf),
		scalar("+", 0, multiResult(many((*ranges.Multi).Union)), m, m).retOf(multiTypeOf),
		scalar("-", 0, multiResult(many((*ranges.Multi).Minus)), m, m).retOf(multiTypeOf),
		scalar("*", 0, multiResult(many((*ranges.Multi).Intersect)), m, m).retOf(multiTypeOf),
	)
}

// registerRangeContainment adds @> and <@ of ranges, multiranges and values.
func registerRangeContainment() {
	r, m, e := types.AnyRange, types.AnyMultirange, types.AnyElement
	RegisterScalar(
		rangePredicate("@>", r, e, readRange, readPlace, (*ranges.Range).Contains),
		rangePredicate("@>", r, r, readRange, readRange, (*ranges.Range).ContainsRange),
		rangePredicate("@>", r, m, readRange, readHull, (*ranges.Range).ContainsRange),
		rangePredicate("@>", m, e, readMulti, readPlace, (*ranges.Multi).Contains),
		rangePredicate("@>", m, r, readMulti, readRange, (*ranges.Multi).ContainsRange),
		rangePredicate("@>", m, m, readMulti, readMulti, (*ranges.Multi).ContainsMulti),
		rangePredicate("<@", e, r, readPlace, readRange, turned((*ranges.Range).Contains)),
		rangePredicate("<@", r, r, readRange, readRange, turned((*ranges.Range).ContainsRange)),
		rangePredicate("<@", m, r, readHull, readRange, turned((*ranges.Range).ContainsRange)),
		rangePredicate("<@", e, m, readPlace, readMulti, turned((*ranges.Multi).Contains)),
		rangePredicate("<@", r, m, readRange, readMulti, turned((*ranges.Multi).ContainsRange)),
		rangePredicate("<@", m, m, readMulti, readMulti, turned((*ranges.Multi).ContainsMulti)),
	)
}

// turned returns test with its arguments the other way round.
func turned[A, B any](test func(*A, *B) bool) func(*B, *A) bool {
	return func(b *B, a *A) bool { return test(a, b) }
}
