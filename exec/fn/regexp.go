package fn

import (
	"bytes"
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
		var re *compiled
		err := c.Each(func(i int) (err error) {
			if re == nil || !constant {
				if re, err = compileRegexp(string(pattern(i)), flags); err != nil {
					return err
				}
			}
			s := text(i)
			if err := re.sees(s); err != nil {
				return err
			}
			if re.Match(s) != not {
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
	regexps     sync.Map // flags + "/" + pattern -> *compiled
	regexpsKept struct {
		sync.Mutex
		n int
	}
)

// maxRegexps bounds the compiled patterns that are kept.
const maxRegexps = 1000

// compiled is an expression of Go's for one of PostgreSQL's.
type compiled struct {
	*regexp.Regexp
	words  bool // it looks for boundaries of words, which are ASCII's in Go
	places bool // it has parts that match places, not characters
}

// sees reports an error when the expression means something else for s than in PostgreSQL.
func (c *compiled) sees(s []byte) error {
	if !c.words {
		return nil
	}
	for _, b := range s {
		if b >= utf8.RuneSelf {
			return sqlstate.Unsupported(`Say what may stand there, such as (^|\W).`, "boundaries of words are not supported in texts beyond ASCII")
		}
	}
	return nil
}

// regexpFor compiles PostgreSQL's advanced regular expression for a text.
func regexpFor(pattern, flags string, s []byte) (*compiled, error) {
	re, err := compileRegexp(pattern, flags)
	if err != nil {
		return nil, err
	}
	return re, re.sees(s)
}

// compileRegexp compiles PostgreSQL's advanced regular expression.
func compileRegexp(pattern, flags string) (*compiled, error) {
	key := flags + "/" + pattern
	if re, ok := regexps.Load(key); ok {
		return re.(*compiled), nil
	}
	goPattern, err := translateRegexp(pattern, flags)
	if err != nil {
		return nil, err
	}
	tree, longest, err := preferred(goPattern, pattern)
	var goRegexp *regexp.Regexp
	if err == nil {
		goRegexp, err = regexp.Compile(tree.String())
	}
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
	if longest {
		goRegexp.Longest()
	}
	words := hasPart(tree, syntax.OpWordBoundary, syntax.OpNoWordBoundary)
	places := words || hasPart(tree, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText)
	re := &compiled{goRegexp, words, places}
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
			if !bracket && (p[i] == 'm' && !wordAhead(p[i+1:]) || p[i] == 'M' && !wordBehind(p[:i-1])) {
				return "", sqlstate.Unsupported(`Put it next to a letter or \w, or use \y.`, `\%c is not supported there in regular expressions`, p[i])
			}
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
			class, ok := charClasses[p[i+2:i+2+end]]
			if !ok {
				return "", sqlstate.New(sqlstate.InvalidRegularExpression, "invalid regular expression: invalid character class")
			}
			b.WriteString(class)
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

// charClasses are the members of PostgreSQL's classes of characters, which are Unicode's beyond ASCII, in Go's notation
// within brackets. Digits are those of ASCII; those of other scripts count as letters.
var charClasses = map[string]string{
	"alpha": letters, "alnum": "0-9" + letters, "word": "0-9_" + letters, "digit": "0-9", "xdigit": "0-9A-Fa-f",
	"upper": `\p{Lu}\p{Lt}`, "lower": `\p{Ll}`, "space": spaces, "blank": `\t\x{20}\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{205f}\x{3000}`,
	"punct": `\p{P}\p{S}`, "cntrl": `\p{Cc}\x{2028}\x{2029}`, "graph": `\p{L}\p{M}\p{N}\p{P}\p{S}`, "print": `\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}`,
}

const (
	letters = `A-Za-z\p{L}\p{Nl}\x{660}-\x{669}\x{6f0}-\x{6f9}\x{966}-\x{96f}\x{ff10}-\x{ff19}`
	spaces  = `\t-\r\x{20}\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}`
)

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// wordAhead reports whether what follows in a pattern begins with a character of a word: then \m is any boundary.
func wordAhead(rest string) bool {
	return rest != "" && isWordByte(rest[0]) && !(len(rest) > 1 && strings.IndexByte("*?{", rest[1]) >= 0) ||
		(strings.HasPrefix(rest, `\w`) || strings.HasPrefix(rest, `\d`)) && !(len(rest) > 2 && strings.IndexByte("*?{", rest[2]) >= 0)
}

// wordBehind reports whether what a pattern has before a place ends with a character of a word.
func wordBehind(before string) bool {
	before = strings.TrimSuffix(before, "+")
	n := len(before)
	return n > 0 && isWordByte(before[n-1]) && (n < 2 || before[n-2] != '\\' || before[n-1] == 'w' || before[n-1] == 'd')
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
	case c == 'B':
		return `\\`, nil
	case c == 's' && bracket:
		return charClasses["space"], nil
	case c == 's':
		return "[" + charClasses["space"] + "]", nil
	case c == 'S' && !bracket:
		return "[^" + charClasses["space"] + "]", nil
	case c == 'w' && bracket:
		return charClasses["word"], nil
	case c == 'w':
		return "[" + charClasses["word"] + "]", nil
	case c == 'W' && !bracket:
		return "[^" + charClasses["word"] + "]", nil
	case strings.IndexByte("DSW", c) >= 0 && bracket:
		return "", sqlstate.Unsupported("Exclude the characters: [^...].", `\%c within brackets is not supported in regular expressions`, c)
	case c == 'b': // a backspace
		return `\x08`, nil
	case strings.IndexByte("dDafnrtvx", c) >= 0:
		return `\` + string(c), nil
	case c >= utf8.RuneSelf:
		return string([]byte{c}), nil
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return "", sqlstate.New(sqlstate.InvalidRegularExpression, "invalid regular expression: invalid escape \\ sequence")
	}
	return `\` + string(c), nil
}

func regexpMatch(s, pattern, flags []byte) (bool, error) {
	if bytes.IndexByte(flags, 'g') >= 0 {
		return false, sqlstate.New(sqlstate.InvalidParameterValue, "regexp_like() does not support the \"global\" option")
	}
	re, err := regexpFor(string(pattern), string(flags), s)
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
	re, err := regexpFor(string(pattern), string(flags), s)
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
	re, err := regexpFor(string(pattern), "", s)
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
	re, err := regexpFor(string(pattern), "", s)
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
