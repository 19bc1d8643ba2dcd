package storage

import (
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// globChars are the characters that make a pattern of a path.
const globChars = "*?[{"

// maxAlternatives bounds the patterns that one with braces stands for.
const maxAlternatives = 1000

// part is what a pattern says of one name in a path.
type part struct {
	text string
	kind partKind
}

type partKind uint8

const (
	literal partKind = iota
	glob             // with * ? [..] and \
	deep             // **: any number of folders
	data             // a data file
)

// pattern is the names of a path as a query gives it.
type pattern struct {
	text   string
	alts   [][]part // one for each choice of alternatives in braces
	abs    bool     // it begins at the root
	folder bool     // it is a folder, which stands for the data files in it
	texts  bool     // of a folder: files of text are data
	// members are files in archives or elsewhere, which are all that the pattern names. They are known as they are.
	members []file.File
}

// parsePattern divides a glob into the parts of its alternatives.
func parsePattern(text string) (*pattern, error) {
	bad := func(why string) error {
		return sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" is not a valid glob: %s", text, why).
			WithHint("Patterns are *, **, ?, [a-z], [!a-z] and {a,b}; a backslash before such a character takes it as it is.")
	}
	slashed := filepath.ToSlash(text)
	p := &pattern{text: text, abs: filepath.IsAbs(text)}
	alts, err := expandBraces(slashed, nil)
	switch {
	case err != "":
		return nil, bad(err)
	case len(alts) > maxAlternatives:
		return nil, bad("it has too many alternatives")
	}
	for _, a := range alts {
		var parts []part
		for _, name := range strings.Split(a, "/") {
			switch {
			case name == "" || name == ".":
			case name == "**":
				if n := len(parts); n == 0 || parts[n-1].kind != deep {
					parts = append(parts, part{name, deep})
				}
			case !strings.ContainsAny(name, `*?[\`):
				parts = append(parts, part{name, literal})
			default:
				name = escapeBraces(name)
				if !doublestar.ValidatePattern(name) {
					return nil, bad("a bracket or a backslash is out of place in \"" + name + "\"")
				}
				parts = append(parts, part{name, glob})
			}
		}
		if n := len(parts); n > 0 && parts[n-1].kind == deep && !strings.HasSuffix(a, "/") {
			parts = append(parts, part{"*", glob})
		}
		p.alts = append(p.alts, parts)
	}
	if strings.HasSuffix(slashed, "/") { // it names folders
		p.folder = true
		for i := range p.alts {
			p.alts[i] = append(p.alts[i], part{"**", deep}, part{"", data})
		}
	}
	return p, nil
}

// expandBraces appends the texts that a pattern with alternatives in braces stands for; bad says what is wrong with it.
func expandBraces(s string, out []string) (_ []string, bad string) {
	open, depth := -1, 0
	var cuts []int // commas of the first braces
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '[':
			if end := strings.IndexByte(s[min(i+2, len(s)):], ']'); end >= 0 {
				i += 2 + end
			}
		case '{':
			if depth++; depth == 1 {
				open, cuts = i, []int{i}
			}
		case ',':
			if depth == 1 {
				cuts = append(cuts, i)
			}
		case '}':
			if depth == 0 {
				break
			}
			if depth--; depth > 0 {
				break
			}
			cuts = append(cuts, i)
			for k := 1; k < len(cuts); k++ {
				if out, bad = expandBraces(s[:open]+s[cuts[k-1]+1:cuts[k]]+s[i+1:], out); bad != "" || len(out) > maxAlternatives {
					return out, bad
				}
			}
			return out, ""
		}
	}
	if depth > 0 {
		return nil, "a brace has no end"
	}
	return append(out, s), ""
}

// escapeBraces writes a backslash before braces, which are none of alternatives, outside of brackets.
func escapeBraces(s string) string {
	if !strings.ContainsAny(s, "{}") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			b.WriteByte(c)
			i++
		case c == '[':
			if end := strings.IndexByte(s[min(i+2, len(s)):], ']'); end >= 0 {
				b.WriteString(s[i : i+2+end])
				i += 2 + end
			}
		case c == '{' || c == '}':
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// pathParts divides a path without patterns.
func pathParts(path string) []part {
	var parts []part
	for _, name := range strings.Split(filepath.ToSlash(path), "/") {
		if name != "" && name != "." {
			parts = append(parts, part{name, literal})
		}
	}
	return parts
}

// matches reports whether the part is one for a name.
func (p part) matches(name string) bool {
	switch p.kind {
	case literal:
		return p.text == name
	case data:
		return !hidden(name) && formatOf(name) != ""
	}
	if name[0] == '.' && p.text[0] != '.' {
		return false
	}
	ok, _ := doublestar.Match(p.text, name)
	return ok && (!temporary(name) || temporary(p.text))
}

// hidden reports whether a name is one that folders leave out: of what tells about the data or is not ready.
func hidden(name string) bool { return name[0] == '.' || name[0] == '_' }

// unfinished are the ends of names that programs give to files while they write them.
var unfinished = []string{"~", ".tmp", ".temp", ".part", ".partial", ".crdownload", ".inprogress", ".swp", "._COPYING_"}

// temporary reports whether a name is that of a file which is still being written, or tells of data as Spark does.
func temporary(name string) bool {
	for _, end := range unfinished {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return name[0] == '_' && formatOf(name) == ""
}
