package fn

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// The operators of LIKE: ~~ and ~~*, and their negations. A pattern that is a constant is compiled once a
// batch; most patterns are a string to be found at the start, at the end, or anywhere.

func init() {
	for _, op := range []struct {
		name      string
		fold, not bool
	}{{"~~", false, false}, {"!~~", false, true}, {"~~*", true, false}, {"!~~*", true, true}} {
		RegisterScalar(&Scalar{
			Name: op.name, Args: typesOf([]types.ID{types.Text, types.Text}), Ret: types.Of(types.Bool),
			Eval: likeEval(op.fold, op.not),
		})
	}
	RegisterScalar(
		scalar("like_escape", types.Text, Map2(likeEscape), types.Text, types.Text),
	)
}

func likeEval(fold, not bool) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		out := make([]uint8, c.N)
		text, pattern := Reader[[]byte](c.Args[0]), Reader[[]byte](c.Args[1])
		constant := c.Args[1].Enc == vec.Const
		var m *likeMatcher
		err := c.Each(func(i int) error {
			if m == nil || !constant {
				var err error
				if m, err = compileLike(pattern(i), fold); err != nil {
					return err
				}
			}
			s := text(i)
			if m.cut {
				if not {
					out[i] = 1
				}
				return m.matchCut(s)
			}
			if m.match(s) != not {
				out[i] = 1
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		return vec.New(c.Ret, types.KBool, out, c.Valid), nil
	}
}

// likeMatcher is a compiled pattern: literal parts with single-character wildcards in them, which stand one
// after the other with anything between.
type likeMatcher struct {
	fold     bool
	parts    []likePart
	head     bool // the first part is at the start
	tail     bool // the last part is at the end
	anything bool // the pattern is only %
	// cut: the pattern ends with an escape character, which is an error where a string gets that far.
	cut bool
}

// likePart is a run of characters without %; wild marks the places of _.
type likePart struct {
	lit  []byte // when there is no _: the bytes themselves
	seq  []rune // otherwise the characters, anyChar for _
	wild bool
}

const anyChar rune = -1

func compileLike(pattern []byte, fold bool) (*likeMatcher, error) {
	if fold {
		pattern = bytes.ToLower(pattern)
	}
	m := &likeMatcher{fold: fold, head: true, tail: true}
	var cur likePart
	flush := func() {
		if !cur.wild {
			cur.lit = []byte(string(cur.seq))
		}
		m.parts = append(m.parts, cur)
		cur = likePart{}
	}
	sawAny, endAny := false, false
	for i := 0; i < len(pattern); {
		r, w := utf8.DecodeRune(pattern[i:])
		endAny = false
		switch r {
		case '%':
			endAny = true
			if i == 0 {
				m.head = false
			}
			if len(cur.seq) > 0 {
				flush()
			}
			sawAny = true
			i += w
			continue
		case '_':
			cur.seq, cur.wild = append(cur.seq, anyChar), true
		case '\\':
			if i += w; i >= len(pattern) {
				if sawAny {
					return nil, cutPattern()
				}
				m.cut = true
				continue
			}
			r, w = utf8.DecodeRune(pattern[i:])
			cur.seq = append(cur.seq, r)
		default:
			cur.seq = append(cur.seq, r)
		}
		i += w
	}
	if len(cur.seq) > 0 || !sawAny {
		flush()
	}
	m.tail = !endAny
	m.anything = len(m.parts) == 0
	if m.anything {
		m.head, m.tail = false, false
	}
	return m, nil
}

func (m *likeMatcher) match(s []byte) bool {
	if m.anything {
		return true
	}
	if m.fold {
		s = toLower(s)
	}
	parts := m.parts
	if m.head {
		n, ok := parts[0].at(s)
		if !ok {
			return false
		}
		s, parts = s[n:], parts[1:]
		if len(parts) == 0 {
			return !m.tail || len(s) == 0
		}
	}
	var last *likePart
	if m.tail {
		last, parts = &parts[len(parts)-1], parts[:len(parts)-1]
	}
	for i := range parts {
		from, n := parts[i].find(s)
		if from < 0 {
			return false
		}
		s = s[from+n:]
	}
	return last == nil || last.ends(s)
}

func cutPattern() error {
	return sqlstate.New(sqlstate.InvalidEscapeSequence, "LIKE pattern must not end with escape character")
}

// matchCut fails where a string goes on behind what stands before the last escape character of a pattern;
// other strings do not match.
func (m *likeMatcher) matchCut(s []byte) error {
	if m.fold {
		s = toLower(s)
	}
	if n, ok := m.parts[0].at(s); ok && n < len(s) {
		return cutPattern()
	}
	return nil
}

// at reports whether s begins with the part, and how many bytes that takes.
func (p *likePart) at(s []byte) (n int, ok bool) {
	if !p.wild {
		return len(p.lit), bytes.HasPrefix(s, p.lit)
	}
	for _, want := range p.seq {
		r, w := utf8.DecodeRune(s[n:])
		if w == 0 || want != anyChar && r != want {
			return 0, false
		}
		n += w
	}
	return n, true
}

// find returns where the part is first in s and its length there, or -1.
func (p *likePart) find(s []byte) (from, n int) {
	if !p.wild {
		return bytes.Index(s, p.lit), len(p.lit)
	}
	for from = 0; from <= len(s); {
		if n, ok := p.at(s[from:]); ok {
			return from, n
		}
		_, w := utf8.DecodeRune(s[from:])
		from += max(w, 1)
	}
	return -1, 0
}

// ends reports whether s ends with the part.
func (p *likePart) ends(s []byte) bool {
	if !p.wild {
		return bytes.HasSuffix(s, p.lit)
	}
	from := len(s)
	for range p.seq {
		if from == 0 {
			return false
		}
		_, w := utf8.DecodeLastRune(s[:from])
		from -= w
	}
	n, ok := p.at(s[from:])
	return ok && from+n == len(s)
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
