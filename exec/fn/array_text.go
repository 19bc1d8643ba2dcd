package fn

import (
	"bytes"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions between arrays and texts.

func init() {
	array, t, texts := types.Of(types.AnyArray), types.Of(types.Text), types.ArrayOf(types.Of(types.Text))
	RegisterScalar(
		&Scalar{Name: "array_to_string", Args: []types.Type{array, t}, Ret: t, Volatility: Stable, Eval: arrayToString},
		&Scalar{Name: "array_to_string", Args: []types.Type{array, t, t}, Ret: t, NotStrict: true, Volatility: Stable, Eval: arrayToString},
		&Scalar{Name: "string_to_array", Args: []types.Type{t, t}, Ret: texts, NotStrict: true, Eval: stringToArray},
		&Scalar{Name: "string_to_array", Args: []types.Type{t, t, t}, Ret: texts, NotStrict: true, Eval: stringToArray},
		&Scalar{Name: "regexp_match", Args: []types.Type{t, t}, Ret: texts, Eval: textLists(matchGroups)},
		&Scalar{Name: "regexp_match", Args: []types.Type{t, t, t}, Ret: texts, Eval: textLists(matchGroups)},
		&Scalar{Name: "regexp_split_to_array", Args: []types.Type{t, t}, Ret: texts, Eval: textLists(splitByRegexp)},
		&Scalar{Name: "regexp_split_to_array", Args: []types.Type{t, t, t}, Ret: texts, Eval: textLists(splitByRegexp)},
	)
}

// arrayToString joins the texts of elements; NULLs are left out, unless a text for them is given.
func arrayToString(c *Call) (*vec.Vector, error) {
	st := styleOf(c.Ctx)
	array, lists := c.Args[0], vec.Values[vec.List](c.Args[0])
	out, valid := NewStrings(c.N, nil), vec.NewBitmap(c.N)
	err := c.Each(func(i int) error {
		if array.IsNull(i) || c.Args[1].IsNull(i) {
			return nil
		}
		valid.Set(i)
		sep := c.Args[1].Bytes(i)
		var null []byte
		if len(c.Args) > 2 && !c.Args[2].IsNull(i) {
			null = c.Args[2].Bytes(i)
		}
		l := lists[Row(array, i)]
		dst, first := out.Begin(), true
		for k := range l.Len {
			at := int(l.Off + k)
			absent := array.Child.IsNull(at)
			if absent && (len(c.Args) < 3 || c.Args[2].IsNull(i)) {
				continue
			}
			if !first {
				dst = append(dst, sep...)
			}
			if first = false; absent {
				dst = append(dst, null...)
			} else {
				dst = text.Append(dst, array.Child, at, st)
			}
		}
		if len(dst)-out.start > maxString {
			return tooLong()
		}
		out.End(i, dst)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out.Finish(c.Ret, valid), nil
}

// textList collects arrays of texts, one per row.
type textList struct {
	child *vec.Builder
	n     int // elements of the row
}

func (l *textList) add(s []byte) {
	l.child.AppendBytes(s)
	l.n++
}

func (l *textList) addNull() {
	l.child.AppendNull()
	l.n++
}

// makeTextLists calls f for each row; a row for which it returns false is NULL.
func makeTextLists(c *Call, f func(i int, out *textList) (bool, error)) (*vec.Vector, error) {
	lists, valid := make([]vec.List, c.N), vec.NewBitmap(c.N)
	out := &textList{child: vec.NewBuilder(c.Ret.Element())}
	total := 0
	err := c.Each(func(i int) error {
		out.n = 0
		ok, err := f(i, out)
		if err != nil {
			return err
		}
		if ok {
			valid.Set(i)
		}
		lists[i] = vec.List{Off: uint32(total), Len: uint32(out.n)}
		if total += out.n; total > maxElements {
			return tooManyElements()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	v := vec.New(c.Ret, types.KList, lists, valid)
	v.Child = out.child.Finish()
	return v, nil
}

// stringToArray splits at a separator; without one (NULL) into characters. What equals a third argument is NULL.
func stringToArray(c *Call) (*vec.Vector, error) {
	return makeTextLists(c, func(i int, out *textList) (bool, error) {
		if c.Args[0].IsNull(i) {
			return false, nil
		}
		s := c.Args[0].Bytes(i)
		add := func(part []byte) {
			if len(c.Args) > 2 && !c.Args[2].IsNull(i) && bytes.Equal(part, c.Args[2].Bytes(i)) {
				out.addNull()
			} else {
				out.add(part)
			}
		}
		switch {
		case len(s) == 0:
		case c.Args[1].IsNull(i):
			for len(s) > 0 {
				_, w := utf8.DecodeRune(s)
				add(s[:w])
				s = s[w:]
			}
		case len(c.Args[1].Bytes(i)) == 0:
			add(s)
		default:
			sep := c.Args[1].Bytes(i)
			for {
				part, rest, more := bytes.Cut(s, sep)
				add(part)
				if s = rest; !more {
					break
				}
			}
		}
		return true, nil
	})
}

// textLists is a function of a text, a regular expression and perhaps flags.
func textLists(f func(re *compiled, s []byte, out *textList) bool) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		text, pattern := Reader[[]byte](c.Args[0]), Reader[[]byte](c.Args[1])
		flags := func(int) []byte { return nil }
		if len(c.Args) > 2 {
			flags = Reader[[]byte](c.Args[2])
		}
		return makeTextLists(c, func(i int, out *textList) (bool, error) {
			if bytes.IndexByte(flags(i), 'g') >= 0 {
				return false, sqlstate.New(sqlstate.InvalidParameterValue, "this function does not support the \"global\" option")
			}
			re, err := regexpFor(string(pattern(i)), string(flags(i)), text(i))
			if err != nil {
				return false, err
			}
			return f(re, text(i), out), nil
		})
	}
}

// matchGroups is regexp_match: what the first match's groups took, or the match when there are none.
func matchGroups(re *compiled, s []byte, out *textList) bool {
	m := re.FindSubmatchIndex(s)
	if m == nil {
		return false
	}
	out.addGroups(s, m)
	return true
}

// addGroups adds what a match's groups took of s, or the match when there are none.
func (l *textList) addGroups(s []byte, m []int) {
	if len(m) > 2 {
		m = m[2:]
	}
	for k := 0; k < len(m); k += 2 {
		if m[k] < 0 {
			l.addNull()
		} else {
			l.add(s[m[k]:m[k+1]])
		}
	}
}

// splitByRegexp is regexp_split_to_array. As in PostgreSQL, an empty match at the start, at the end or right behind
// another match does not split.
func splitByRegexp(re *compiled, s []byte, out *textList) bool {
	at := 0
	for _, m := range re.FindAllIndex(s, -1) {
		if m[0] == m[1] && (m[0] == at || m[0] == len(s)) {
			continue
		}
		out.add(s[at:m[0]])
		at = m[1]
	}
	out.add(s[at:])
	return true
}
