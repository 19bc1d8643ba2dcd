package fn

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// The operators of LIKE: ~~ and ~~*, and their negations.

func init() {
	for _, op := range []struct {
		name, negation string
		fold           bool
	}{{"~~", "!~~", false}, {"~~*", "!~~*", true}} {
		for _, id := range []types.ID{types.Text, types.Char} { // a char(n) is matched with its spaces
			like, unlike := likeOperator(op.name, id, op.fold, false), likeOperator(op.negation, id, op.fold, true)
			like.Negated, unlike.Negated = unlike, like
			RegisterScalar(like, unlike)
		}
	}
	RegisterScalar(
		scalar("like_escape", types.Text, Map2(likeEscape), types.Text, types.Text),
	)
}

func likeOperator(name string, id types.ID, fold, not bool) *Scalar {
	l := &likeOp{fold, not}
	return &Scalar{Name: name, Args: typesOf([]types.ID{id, types.Text}), Ret: types.Of(types.Bool), Eval: l.eval, Select: l.sel, Fresh: true}
}

type likeOp struct{ fold, not bool }

func (l *likeOp) eval(c *Call) (*vec.Vector, error) {
	out := make([]uint8, c.N)
	m, err := l.constant(c)
	switch {
	case err != nil:
		return nil, err
	case m == nil:
		err = l.each(c, func(i int, is bool) { out[i] = b2u(is) })
	default:
		for _, i := range m.rows(c.Args[0], c.N, nil, nil) {
			out[i] = 1
		}
		if l.not {
			for i := range out {
				out[i] ^= 1
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return vec.New(c.Ret, types.KBool, out, c.Valid), nil
}

func (l *likeOp) sel(c *Call, sel []uint32, dst []uint32) ([]uint32, error) {
	m, err := l.constant(c)
	if err != nil {
		return nil, err
	}
	if m == nil {
		v, err := l.eval(c)
		if err != nil {
			return nil, err
		}
		return selectBits(vec.Values[uint8](v), c, sel, dst), nil
	}
	if !l.not {
		from := len(dst)
		dst = m.rows(c.Args[0], c.N, sel, dst)
		return append(dst[:from], validRows(dst[from:], c.Valid)...), nil
	}
	match := m.rows(c.Args[0], c.N, sel, nil)
	n := c.N
	if sel != nil {
		n = len(sel)
	}
	for k := range n {
		i := uint32(k)
		if sel != nil {
			i = sel[k]
		}
		if len(match) > 0 && match[0] == i {
			match = match[1:]
		} else if c.Valid.Get(int(i)) {
			dst = append(dst, i)
		}
	}
	return dst, nil
}

// selectBits appends the members of sel whose bit is set and that are valid.
func selectBits(bits []uint8, c *Call, sel, dst []uint32) []uint32 {
	if sel == nil {
		for i, b := range bits {
			if b != 0 && c.Valid.Get(i) {
				dst = append(dst, uint32(i))
			}
		}
		return dst
	}
	for _, i := range sel {
		if bits[i] != 0 && c.Valid.Get(int(i)) {
			dst = append(dst, i)
		}
	}
	return dst
}

// validRows removes the rows that are NULL, in place.
func validRows(rows []uint32, valid vec.Bitmap) []uint32 {
	if valid == nil {
		return rows
	}
	k := 0
	for _, i := range rows {
		if valid.Get(int(i)) {
			rows[k] = i
			k++
		}
	}
	return rows[:k]
}

// constant returns the matcher of a constant pattern for strings that vary; nil: go row by row.
func (l *likeOp) constant(c *Call) (*likeMatcher, error) {
	if c.Args[1].Enc != vec.Const || c.Args[0].Enc == vec.Const || c.Valid != nil && c.Valid.Count(c.N) == 0 {
		return nil, nil
	}
	m, err := compileLike(c.Args[1].Bytes(0), l.fold)
	if err != nil || m.cut {
		return nil, err
	}
	return m, nil
}

// each matches row by row; what was compiled stays while the pattern does not change.
func (l *likeOp) each(c *Call, set func(i int, is bool)) error {
	text, pattern := Reader[[]byte](c.Args[0]), Reader[[]byte](c.Args[1])
	var m *likeMatcher
	var last []byte
	return c.Each(func(i int) error {
		if p := pattern(i); m == nil || !bytes.Equal(p, last) {
			var err error
			if m, err = compileLike(p, l.fold); err != nil {
				return err
			}
			last = p
		}
		if m.cut {
			set(i, l.not)
			return m.matchCut(text(i))
		}
		set(i, m.match(text(i)) != l.not)
		return nil
	})
}

// rows appends to dst the members of sel (nil: 0..n-1) whose string in v, which is flat, matches. What it does
// about NULLs is not settled.
func (m *likeMatcher) rows(v *vec.Vector, n int, sel, dst []uint32) []uint32 {
	views, bufs := vec.Values[vec.View](v), v.Bufs
	switch {
	case m.finder != nil && (sel == nil || len(sel) > n/8):
		from := len(dst)
		dst = m.scan(views[:n], bufs, dst)
		if sel != nil {
			dst = dst[:from+intersect(dst[from:], sel)]
		}
	case sel == nil:
		for i := range views[:n] {
			if m.match(views[i].In(bufs, &views[i])) {
				dst = append(dst, uint32(i))
			}
		}
	default:
		for _, i := range sel {
			if m.match(views[i].In(bufs, &views[i])) {
				dst = append(dst, i)
			}
		}
	}
	return dst
}

// intersect keeps the members of a that are in b, both increasing, in place, and returns their number.
func intersect(a, b []uint32) int {
	k := 0
	for _, x := range a {
		for len(b) > 0 && b[0] < x {
			b = b[1:]
		}
		if len(b) > 0 && b[0] == x {
			a[k] = x
			k++
		}
	}
	return k
}

// maxGap is how many bytes may lie between two strings that are searched together.
const maxGap = 32

// scan appends the rows that match, looking for the finder's bytes in whole stretches of a buffer: the strings
// of a column often lie there one after the other.
func (m *likeMatcher) scan(views []vec.View, bufs [][]byte, dst []uint32) []uint32 {
	for i := 0; i < len(views); {
		v := &views[i]
		if v.Len <= vec.ViewInline {
			if m.match(v.In(bufs, v)) {
				dst = append(dst, uint32(i))
			}
			i++
			continue
		}
		end, j := v.Off+v.Len, i+1
		for j < len(views) {
			next := &views[j]
			if next.Len <= vec.ViewInline || next.Buf != v.Buf || next.Off < end || next.Off-end > maxGap {
				break
			}
			end = next.Off + next.Len
			j++
		}
		dst = m.stretch(views[i:j], bufs[v.Buf][:end], uint32(i), dst)
		i = j
	}
	return dst
}

// stretch appends the rows that match among strings whose places in text increase; the first is row.
func (m *likeMatcher) stretch(views []vec.View, text []byte, row uint32, dst []uint32) []uint32 {
	size := uint32(m.finder.Len())
	at := views[0].Off
	for k := 0; ; {
		hit := m.finder.Find(text[at:])
		if hit < 0 {
			return dst
		}
		at += uint32(hit)
		for views[k].Off+views[k].Len < at+size { // the bytes do not lie within this string
			if k++; k == len(views) {
				return dst
			}
		}
		v := &views[k]
		switch {
		case at < v.Off: // they begin between strings
			at = v.Off
			continue
		case m.sure || m.match(text[v.Off:v.Off+v.Len]):
			dst = append(dst, row+uint32(k))
		}
		if k++; k == len(views) {
			return dst
		}
		at = views[k].Off
	}
}

// toLower folds to lower case; ASCII, the common case, without decoding.
func toLower(s []byte) []byte {
	for i, c := range s {
		if c >= utf8.RuneSelf {
			return bytes.Map(unicode.ToLower, s)
		}
		if c >= 'A' && c <= 'Z' {
			out := append([]byte(nil), s...)
			for k := i; k < len(out); k++ {
				if c := out[k]; c >= utf8.RuneSelf {
					return bytes.Map(unicode.ToLower, s)
				} else if c >= 'A' && c <= 'Z' {
					out[k] = c + 'a' - 'A'
				}
			}
			return out
		}
	}
	return s
}

// likeEscape rewrites a pattern with another escape character, or none, to one with a backslash.
func likeEscape(_ *Call, pattern, escape []byte) ([]byte, error) {
	var out []byte
	if len(escape) == 0 {
		return bytes.ReplaceAll(pattern, []byte{'\\'}, []byte(`\\`)), nil
	}
	if utf8.RuneCount(escape) != 1 {
		return nil, sqlstate.New(sqlstate.InvalidEscapeSequence, "invalid escape string").
			WithHint("Escape string must be empty or one character.")
	}
	if escape[0] == '\\' {
		return pattern, nil
	}
	for i := 0; i < len(pattern); {
		switch {
		case bytes.HasPrefix(pattern[i:], escape):
			i += len(escape)
			if i == len(pattern) {
				return append(out, '\\'), nil
			}
			_, w := utf8.DecodeRune(pattern[i:])
			out = append(append(out, '\\'), pattern[i:i+w]...)
			i += w
		case pattern[i] == '\\':
			out = append(out, `\\`...)
			i++
		default:
			out = append(out, pattern[i])
			i++
		}
	}
	return out, nil
}
