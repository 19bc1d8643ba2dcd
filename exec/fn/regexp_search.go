package fn

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that look for the n-th match of a pattern from some character on.

func init() {
	t, n := types.Text, types.Int32
	all := []types.ID{t, t, n, n, n, t, n}
	for k := 2; k <= len(all); k++ {
		RegisterScalar(scalar("regexp_instr", n, regexpInstr, all[:k]...))
	}
	all = []types.ID{t, t, n, n, t, n}
	for k := 2; k <= len(all); k++ {
		RegisterScalar(scalar("regexp_substr", t, regexpSubstr, all[:k]...))
	}
	RegisterScalar(
		scalar("regexp_count", n, regexpCounts, t, t, n), scalar("regexp_count", n, regexpCounts, t, t, n, t),
		scalar("regexp_replace", t, regexpReplaceAt, t, t, t, n), scalar("regexp_replace", t, regexpReplaceAt, t, t, t, n, n),
		scalar("regexp_replace", t, regexpReplaceAt, t, t, t, n, n, t),
	)
}

// searchArgs reads the arguments of a search; those that are left out have their defaults.
type searchArgs struct {
	name              string
	text, pattern     func(i int) []byte
	start, nth, group func(i int) int32
	flags             func(i int) []byte
}

func newSearchArgs(c *Call, name string) *searchArgs {
	one, none := func(int) int32 { return 1 }, func(int) int32 { return 0 }
	return &searchArgs{name: name, text: Reader[[]byte](c.Args[0]), pattern: Reader[[]byte](c.Args[1]), start: one, nth: one, group: none,
		flags: func(int) []byte { return nil }}
}

// given calls set with the k-th argument if there is one.
func given[T any](c *Call, k int, to *func(i int) T) {
	if k < len(c.Args) {
		*to = Reader[T](c.Args[k])
	}
}

func badValue(name string, x int32) error {
	return sqlstate.New(sqlstate.InvalidParameterValue, "invalid value for parameter \"%s\": %d", name, x)
}

// compile returns the pattern of a row, and where in the text the search begins; ok is false behind the end.
func (a *searchArgs) compile(i int) (re *compiled, from int, ok bool, err error) {
	flags := string(a.flags(i))
	if strings.Contains(flags, "g") {
		return nil, 0, false, sqlstate.New(sqlstate.InvalidParameterValue, "%s() does not support the \"global\" option", a.name)
	}
	start := a.start(i)
	if start <= 0 {
		return nil, 0, false, badValue("start", start)
	}
	if re, err = regexpFor(string(a.pattern(i)), flags, a.text(i)); err != nil {
		return nil, 0, false, err
	}
	s := a.text(i)
	chars := int32(0)
	for chars < start-1 && from < len(s) {
		_, n := utf8.DecodeRune(s[from:])
		from += n
		chars++
	}
	return re, from, chars == start-1, nil
}

// eachMatch calls f with the matches in s from a place on, until it returns false. Behind an empty match the search goes
// on one character later, and behind others where they end, so that an empty match may follow them.
func eachMatch(re *compiled, s []byte, from int, f func(m []int) bool) error {
	if re.places {
		// Only a search of the whole text sees what is before a match.
		if from > 0 {
			return sqlstate.Unsupported("Search in a substring.", "a start is not supported for patterns with anchors or word boundaries")
		}
		for _, m := range re.FindAllSubmatchIndex(s, -1) {
			if !f(m) {
				return nil
			}
		}
		return nil
	}
	for from <= len(s) {
		m := re.FindSubmatchIndex(s[from:])
		if m == nil {
			return nil
		}
		for k := range m {
			if m[k] >= 0 {
				m[k] += from
			}
		}
		if !f(m) {
			return nil
		}
		if from = m[1]; m[0] == m[1] {
			_, n := utf8.DecodeRune(s[from:])
			from += max(n, 1)
		}
	}
	return nil
}

// find returns the n-th match in row i, nil when there are not as many.
func (a *searchArgs) find(i int) ([]int, error) {
	re, from, ok, err := a.compile(i)
	if err != nil {
		return nil, err
	}
	n, group := a.nth(i), a.group(i)
	if group == 1 && err == nil && re.NumSubexp() == 0 {
		group = 0 // the whole pattern stands for a group where there is none
	}
	switch {
	case n <= 0:
		return nil, badValue("n", n)
	case group < 0:
		return nil, badValue("subexpr", group)
	case !ok || int(group) > re.NumSubexp():
		return nil, nil
	}
	var found []int
	err = eachMatch(re, a.text(i), from, func(m []int) bool {
		if n--; n == 0 {
			found = m[2*group : 2*group+2]
		}
		return n > 0
	})
	if len(found) > 0 && found[0] < 0 {
		found = nil
	}
	return found, err
}

// regexpInstr returns the place of a match in characters, or that behind its end.
func regexpInstr(c *Call) (*vec.Vector, error) {
	a := newSearchArgs(c, "regexp_instr")
	end := func(int) int32 { return 0 }
	given(c, 2, &a.start)
	given(c, 3, &a.nth)
	given(c, 4, &end)
	given(c, 5, &a.flags)
	given(c, 6, &a.group)
	return run(c, func(i int) (int32, error) {
		if e := end(i); e != 0 && e != 1 {
			return 0, badValue("endoption", e)
		}
		m, err := a.find(i)
		if m == nil || err != nil {
			return 0, err
		}
		return int32(utf8.RuneCount(a.text(i)[:m[end(i)]])) + 1, nil
	})
}

func regexpSubstr(c *Call) (*vec.Vector, error) {
	a := newSearchArgs(c, "regexp_substr")
	given(c, 2, &a.start)
	given(c, 3, &a.nth)
	given(c, 4, &a.flags)
	given(c, 5, &a.group)
	return runNull(c, func(i int) ([]byte, bool, error) {
		m, err := a.find(i)
		if m == nil || err != nil {
			return nil, false, err
		}
		return a.text(i)[m[0]:m[1]], true, nil
	})
}

func regexpCounts(c *Call) (*vec.Vector, error) {
	a := newSearchArgs(c, "regexp_count")
	given(c, 2, &a.start)
	given(c, 3, &a.flags)
	return run(c, func(i int) (n int32, err error) {
		re, from, ok, err := a.compile(i)
		if err != nil || !ok {
			return 0, err
		}
		err = eachMatch(re, a.text(i), from, func([]int) bool { n++; return true })
		return n, err
	})
}

// regexpReplaceAt replaces the n-th match from a place on, or with 0 all.
func regexpReplaceAt(c *Call) (*vec.Vector, error) {
	a := newSearchArgs(c, "regexp_replace")
	with := Reader[[]byte](c.Args[2])
	given(c, 3, &a.start)
	given(c, 4, &a.nth)
	given(c, 5, &a.flags)
	flags := a.flags
	a.flags = func(i int) []byte { return bytes.ReplaceAll(flags(i), []byte("g"), nil) } // how many is said already
	return appendTexts(c, func(i int, dst []byte) ([]byte, bool, error) {
		n := a.nth(i)
		if n < 0 {
			return dst, false, badValue("n", n)
		}
		all := n == 0
		re, from, ok, err := a.compile(i)
		s, last := a.text(i), 0
		if err == nil && ok {
			err = eachMatch(re, s, from, func(m []int) bool {
				if n--; all || n == 0 {
					dst = append(dst, s[last:m[0]]...)
					dst, last = expand(dst, with(i), s, m), m[1]
				}
				return all || n > 0
			})
		}
		return append(dst, s[last:]...), true, err
	})
}
