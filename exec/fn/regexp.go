package fn

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Regular expressions are PostgreSQL's, run by Go's linear-time engine. What that engine cannot do (back
// references, look-around) is refused with 0A000.

func init() {
	t := types.Text
	for _, op := range []struct {
		name      string
		fold, not bool
	}{{"~", false, false}, {"!~", false, true}, {"~*", true, false}, {"!~*", true, true}} {
		flags := ""
		if op.fold {
			flags = "i"
		}
		eval := regexpEval(flags, op.not)
		RegisterScalar(scalar(op.name, types.Bool, eval, t, t), scalar(op.name, types.Bool, eval, types.Char, t))
	}
	RegisterScalar(
		scalar("regexp_like", types.Bool, Map2(func(_ *Call, s, p []byte) (bool, error) { return regexpMatch(s, p, nil) }), t, t),
		scalar("regexp_like", types.Bool, Map3(func(_ *Call, s, p, f []byte) (bool, error) { return regexpMatch(s, p, f) }), t, t, t),
		scalar("regexp_replace", t, Map3(func(_ *Call, s, p, r []byte) ([]byte, error) { return regexpReplace(s, p, r, nil) }), t, t, t),
		scalar("regexp_replace", t, regexpReplace4, t, t, t, t),
		scalar("regexp_substr", t, MapNull2(regexpSubstring), t, t),
		scalar("substring", t, MapNull2(regexpSubstring), t, t),
		scalar("regexp_count", types.Int32, Map2(regexpCount), t, t),
		scalar("similar_to_escape", t, Map1(func(_ *Call, p []byte) ([]byte, error) { return similarTo(p, '\\') }), t),
		scalar("similar_to_escape", t, Map2(similarEscape), t, t),
	)
}

func regexpEval(flags string, not bool) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		out := make([]uint8, c.N)
		text, pattern := Reader[[]byte](c.Args[0]), Reader[[]byte](c.Args[1])
		constant := c.Args[1].Enc == vec.Const
		var re *regexp.Regexp
		err := c.Each(func(i int) error {
			if re == nil || !constant {
				var err error
				if re, err = compileRegexp(string(pattern(i)), flags); err != nil {
					return err
				}
			}
			if re.Match(text(i)) != not {
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

var (
	regexps     sync.Map // flags + "/" + pattern -> *regexp.Regexp
	regexpsKept struct {
		sync.Mutex
		n int
	}
)

// maxRegexps bounds the compiled patterns that are kept.
const maxRegexps = 1000

// compileRegexp compiles PostgreSQL's advanced regular expression.
func compileRegexp(pattern, flags string) (*regexp.Regexp, error) {
	key := flags + "/" + pattern
	if re, ok := regexps.Load(key); ok {
		return re.(*regexp.Regexp), nil
	}
	goPattern, err := translateRegexp(pattern, flags)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(goPattern)
	if err != nil {
		reason := err.Error()
		if e, ok := err.(*syntax.Error); ok {
			reason = e.Code.String()
		}
		return nil, sqlstate.New(sqlstate.InvalidRegularExpression, "invalid regular expression: %s", reason)
	}
	regexpsKept.Lock()
	if regexpsKept.n++; regexpsKept.n > maxRegexps {
		regexps.Clear()
		regexpsKept.n = 1
	}
	regexpsKept.Unlock()
	regexps.Store(key, re)
	return re, nil
}

// translateRegexp writes a pattern in Go's syntax. Unlike Go's, PostgreSQL's dot and negated brackets match
// newlines and ^ and $ match at the ends only, unless the flags n, p, w say otherwise.
func translateRegexp(pattern, flags string) (string, error) {
	if rest, ok := strings.CutPrefix(pattern, "***="); ok {
		return regexp.QuoteMeta(rest), nil
	}
	pattern = strings.TrimPrefix(pattern, "***:")
	if strings.HasPrefix(pattern, "(?") && len(pattern) > 2 && pattern[2] >= 'a' && pattern[2] <= 'z' {
		if end := strings.IndexByte(pattern, ')'); end > 0 && !strings.ContainsAny(pattern[2:end], ":<=!") {
			flags, pattern = flags+pattern[2:end], pattern[end+1:]
		}
	}
	mode := "s"
	for _, f := range flags {
		switch f {
		case 'i':
			mode += "i"
		case 'c', 'g', 'e', 't', 's':
		case 'n', 'm':
			mode = strings.Replace(mode, "s", "", 1) + "m"
		case 'w':
			mode += "m"
		case 'p':
			mode = strings.Replace(mode, "s", "", 1)
		case 'q':
			return regexp.QuoteMeta(pattern), nil
		default:
			return "", sqlstate.Unsupported("Flags are c, g, i, m, n, p, q, s and w.", "regular expression flag \"%c\" is not supported", f)
		}
	}
	body, err := translateAtoms(pattern)
	if err != nil {
		return "", err
	}
	return "(?" + dedupe(mode) + ":" + body + ")", nil
}

func dedupe(s string) string {
	out := ""
	for _, r := range s {
		if !strings.ContainsRune(out, r) {
			out += string(r)
		}
	}
	if out == "" {
		return "-s"
	}
	return out
}

func translateAtoms(p string) (string, error) {
	var b strings.Builder
	bracket := false
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch {
		case c == '\\' && i+1 < len(p):
			i++
			esc, err := translateEscape(p[i], bracket)
			if err != nil {
				return "", err
			}
			b.WriteString(esc)
		case bracket && c == '[' && i+1 < len(p) && strings.IndexByte(":.=", p[i+1]) >= 0:
			if p[i+1] != ':' {
				return "", sqlstate.Unsupported("", "collating elements in regular expressions are not supported")
			}
			end := strings.Index(p[i+2:], ":]")
			if end < 0 {
				return "", sqlstate.New(sqlstate.InvalidRegularExpression, "invalid regular expression: brackets [] not balanced")
			}
			b.WriteString(p[i : i+2+end+2])
			i += 2 + end + 1
		case bracket && c == '[':
			b.WriteString(`\[`)
		case bracket && c == ']':
			bracket = false
			b.WriteByte(c)
		case !bracket && c == '[':
			bracket = true
			b.WriteByte(c)
			if i+1 < len(p) && p[i+1] == '^' {
				i++
				b.WriteByte('^')
			}
			if i+1 < len(p) && p[i+1] == ']' { // a bracket that comes first is a member
				i++
				b.WriteString(`\]`)
			}
		case !bracket && c == '(' && i+2 < len(p) && p[i+1] == '?' && strings.IndexByte("=!<", p[i+2]) >= 0:
			return "", sqlstate.Unsupported("", "look-around in regular expressions is not supported")
		case !bracket && c == '$':
			b.WriteString(`$`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

func translateEscape(c byte, bracket bool) (string, error) {
	switch {
	case c >= '1' && c <= '9':
		return "", sqlstate.Unsupported("", "back references in regular expressions are not supported")
	case c == 'm' || c == 'M' || c == 'y':
		return `\b`, nil
	case c == 'Y':
		return `\B`, nil
	case c == 'A':
		return `\A`, nil
	case c == 'Z':
		return `\z`, nil
	case c == 'e':
		return `\x1b`, nil
	case c == 'd' && bracket:
		return `\d`, nil
	case strings.IndexByte("dDsSwWabfnrtvBx", c) >= 0:
		return `\` + string(c), nil
	case c >= utf8.RuneSelf:
		return string([]byte{c}), nil
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return "", sqlstate.New(sqlstate.InvalidRegularExpression, "invalid regular expression: invalid escape \\ sequence")
	}
	return `\` + string(c), nil
}

func regexpMatch(s, pattern, flags []byte) (bool, error) {
	re, err := compileRegexp(string(pattern), string(flags))
	if err != nil {
		return false, err
	}
	return re.Match(s), nil
}

func regexpReplace4(c *Call) (*vec.Vector, error) {
	s, p, r, f := Reader[[]byte](c.Args[0]), Reader[[]byte](c.Args[1]), Reader[[]byte](c.Args[2]), Reader[[]byte](c.Args[3])
	return run(c, func(i int) ([]byte, error) { return regexpReplace(s(i), p(i), r(i), f(i)) })
}

// regexpReplace replaces the first match, or with the flag g all. In the replacement \1..\9 are groups and
// \& is the match.
func regexpReplace(s, pattern, repl, flags []byte) ([]byte, error) {
	re, err := compileRegexp(string(pattern), string(flags))
	if err != nil {
		return nil, err
	}
	n := 1
	if strings.IndexByte(string(flags), 'g') >= 0 {
		n = -1
	}
	var out []byte
	last := 0
	for _, m := range re.FindAllSubmatchIndex(s, n) {
		out = append(out, s[last:m[0]]...)
		out = expand(out, repl, s, m)
		last = m[1]
	}
	return append(out, s[last:]...), nil
}

func expand(dst, repl, s []byte, m []int) []byte {
	for i := 0; i < len(repl); i++ {
		if repl[i] != '\\' || i+1 == len(repl) {
			dst = append(dst, repl[i])
			continue
		}
		i++
		g := -1
		switch c := repl[i]; {
		case c == '&':
			g = 0
		case c >= '1' && c <= '9':
			g = int(c - '0')
		case c == '\\':
			dst = append(dst, '\\')
		default:
			dst = append(dst, '\\', c)
		}
		if g >= 0 && 2*g+1 < len(m) && m[2*g] >= 0 {
			dst = append(dst, s[m[2*g]:m[2*g+1]]...)
		}
	}
	return dst
}

// regexpSubstring returns what the first group matched, or all when there is no group.
func regexpSubstring(_ *Call, s, pattern []byte) ([]byte, bool, error) {
	re, err := compileRegexp(string(pattern), "")
	if err != nil {
		return nil, false, err
	}
	m := re.FindSubmatch(s)
	switch {
	case m == nil:
		return nil, false, nil
	case len(m) > 1:
		return m[1], m[1] != nil, nil
	}
	return m[0], true, nil
}

func regexpCount(_ *Call, s, pattern []byte) (int32, error) {
	re, err := compileRegexp(string(pattern), "")
	if err != nil {
		return 0, err
	}
	n := int32(0)
	err = eachMatch(re, s, 0, func([]int) bool { n++; return true })
	return n, err
}

func similarEscape(_ *Call, pattern, escape []byte) ([]byte, error) {
	if utf8.RuneCount(escape) > 1 {
		return nil, sqlstate.New(sqlstate.InvalidEscapeSequence, "invalid escape string").
			WithHint("Escape string must be empty or one character.")
	}
	r, _ := utf8.DecodeRune(escape)
	if len(escape) == 0 {
		r = -1
	}
	return similarTo(pattern, r)
}

// similarTo writes a pattern of SIMILAR TO as a regular expression for ~.
func similarTo(pattern []byte, escape rune) ([]byte, error) {
	out := []byte("^(?:")
	bracket := false
	for i := 0; i < len(pattern); {
		r, w := utf8.DecodeRune(pattern[i:])
		i += w
		switch {
		case r == escape:
			if i < len(pattern) {
				r, w = utf8.DecodeRune(pattern[i:])
				i += w
				if r < utf8.RuneSelf { // also classes, such as \d
					out = append(out, '\\')
				}
				out = utf8.AppendRune(out, r)
			}
		case bracket:
			if r == ']' {
				bracket = false
			}
			if r == '\\' {
				out = append(out, '\\')
			}
			out = utf8.AppendRune(out, r)
		case r == '[':
			bracket = true
			out = append(out, '[')
		case r == '%':
			out = append(out, ".*"...)
		case r == '_':
			out = append(out, '.')
		case r == '(':
			out = append(out, "(?:"...)
		case r == '\\' || r == '.' || r == '^' || r == '$':
			out = utf8.AppendRune(append(out, '\\'), r)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, ")$"...), nil
}
