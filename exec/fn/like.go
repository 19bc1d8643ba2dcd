package fn

import (
	"bytes"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// likeMatcher is a compiled pattern of LIKE: parts that stand one after the other with anything between. It
// is for one goroutine.
type likeMatcher struct {
	fold   bool
	shape  likeShape
	parts  []likePart
	head   bool        // the first part is at the start
	tail   bool        // the last part is at the end
	finder *vec.Finder // of bytes that every match has; nil: there are none worth looking for
	sure   bool        // and what has them matches
	// cut: the pattern ends with an escape character, which is an error where a string gets that far.
	cut bool
	buf []byte // a string in lower case
}

// likeShape tells the patterns that are matched by one comparison.
type likeShape uint8

const (
	likeParts likeShape = iota
	likeAnything
	likeExact
	likePrefix
	likeSuffix
	likeContains
)

// likePart is a run of characters without %.
type likePart struct {
	lit  []byte // when there is no _: the bytes themselves
	seq  []rune // otherwise the characters, anyChar for _
	wild bool
}

const anyChar rune = -1

// compileLike compiles a pattern whose escape character is the backslash.
func compileLike(pattern []byte, fold bool) (*likeMatcher, error) {
	if fold {
		pattern = toLower(pattern)
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
	m.settle()
	return m, nil
}

// settle finds the shape and what to look for.
func (m *likeMatcher) settle() {
	if len(m.parts) == 0 {
		m.shape = likeAnything
		return
	}
	if p := &m.parts[0]; len(m.parts) == 1 && !p.wild {
		switch {
		case m.head && m.tail:
			m.shape = likeExact
		case m.head:
			m.shape = likePrefix
		case m.tail:
			m.shape = likeSuffix
		default:
			m.shape = likeContains
		}
	}
	if m.shape != likeParts && m.shape != likeContains || m.cut {
		return
	}
	var needle []byte
	for i := range m.parts {
		if n := m.parts[i].needle(m.fold); len(n) > len(needle) {
			needle = n
		}
	}
	if len(needle) >= 2 {
		m.finder = vec.NewFinder(needle, m.fold)
		m.sure = m.shape == likeContains && len(needle) == len(m.parts[0].lit)
	}
}

// needle returns the longest run of bytes that a match of the part has. To be found in any case of letters it
// must be ASCII without i and k, which other letters than I and K have for lower case.
func (p *likePart) needle(fold bool) []byte {
	var best, run []byte
	take := func() {
		if len(run) > len(best) {
			best = run
		}
		run = nil
	}
	for _, r := range p.seq {
		if r == anyChar || fold && (r >= utf8.RuneSelf || r == 'i' || r == 'k') {
			take()
			continue
		}
		run = utf8.AppendRune(run, r)
	}
	take()
	return best
}

// match reports whether s matches; the pattern is not a cut one.
func (m *likeMatcher) match(s []byte) bool {
	if m.fold {
		s = m.lower(s)
	}
	switch m.shape {
	case likeAnything:
		return true
	case likeExact:
		return bytes.Equal(s, m.parts[0].lit)
	case likePrefix:
		return bytes.HasPrefix(s, m.parts[0].lit)
	case likeSuffix:
		return bytes.HasSuffix(s, m.parts[0].lit)
	case likeContains:
		return bytes.Contains(s, m.parts[0].lit)
	}
	return m.matchParts(s)
}

func (m *likeMatcher) matchParts(s []byte) bool {
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

// lower returns s in lower case, in the matcher's buffer if it was not.
func (m *likeMatcher) lower(s []byte) []byte {
	for i, c := range s {
		if c >= utf8.RuneSelf {
			return toLower(s)
		}
		if c >= 'A' && c <= 'Z' {
			m.buf = append(m.buf[:0], s...)
			for k, c := range m.buf[i:] {
				if c >= utf8.RuneSelf {
					return toLower(s)
				}
				if c >= 'A' && c <= 'Z' {
					m.buf[i+k] = c | 0x20
				}
			}
			return m.buf
		}
	}
	return s
}

func cutPattern() error {
	return sqlstate.New(sqlstate.InvalidEscapeSequence, "LIKE pattern must not end with escape character")
}

// matchCut fails where a string goes on behind what stands before the last escape character of a pattern;
// other strings do not match.
func (m *likeMatcher) matchCut(s []byte) error {
	if m.fold {
		s = m.lower(s)
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
		if n >= len(s) {
			return 0, false
		}
		if c := s[n]; c < utf8.RuneSelf {
			if rune(c) != want && want != anyChar {
				return 0, false
			}
			n++
			continue
		}
		r, w := utf8.DecodeRune(s[n:])
		if want != anyChar && r != want {
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
		if first := p.seq[0]; first >= 0 && first < utf8.RuneSelf {
			k := bytes.IndexByte(s[from:], byte(first))
			if k < 0 {
				return -1, 0
			}
			from += k
		}
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
