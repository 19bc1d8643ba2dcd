// Package xmltext checks that texts are well-formed XML, as values of PostgreSQL's type xml are: a document, or the content
// of an element. Namespaces are not looked at.
package xmltext

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"gsql/exec/sqlstate"
)

// maxDepth is how deep elements may lie within each other, as in PostgreSQL.
const maxDepth = 256

const (
	invalidContent  sqlstate.Code = "2200N"
	maxShownInError               = 64 // bytes of a name
)

// Check returns the error of a text that is no XML: 2200N, and 0A000 for document types that declare something.
func Check(s []byte) error {
	d, err := ReadDeclaration(s)
	if err != nil {
		return err
	}
	c := checker{s: s, i: d.Size}
	if c.content(); c.problem == "" {
		return nil
	}
	if c.unsupported {
		return sqlstate.Unsupported("Leave out what is in brackets.", "%s are not supported", c.problem)
	}
	line := 1 + bytes.Count(s[:min(c.i, len(s))], []byte("\n"))
	return sqlstate.New(invalidContent, "invalid XML content").WithDetail("%s", fmt.Sprintf("line %d: %s", line, c.problem))
}

// checker reads a text. After the first problem it stays where it is.
type checker struct {
	s           []byte
	i           int
	open        [][]byte // names of elements
	roots       int      // elements outside of others
	document    bool     // there is a document type, so there is one element
	problem     string
	unsupported bool
}

func (c *checker) fail(format string, args ...any) {
	if c.problem == "" {
		c.problem = fmt.Sprintf(format, args...)
	}
}

func (c *checker) failed() bool { return c.problem != "" }

// accept passes over what comes next if it is t.
func (c *checker) accept(t string) bool {
	if len(c.s)-c.i >= len(t) && string(c.s[c.i:c.i+len(t)]) == t {
		c.i += len(t)
		return true
	}
	return false
}

// until passes over everything to the end of t, and returns what is before it.
func (c *checker) until(t, what string) []byte {
	n := bytes.Index(c.s[c.i:], []byte(t))
	if n < 0 {
		c.fail("%s is not closed", what)
		return nil
	}
	b := c.s[c.i : c.i+n]
	c.characters(b)
	c.i += n + len(t)
	return b
}

func (c *checker) space() (some bool) {
	for c.i < len(c.s) && isSpace(c.s[c.i]) {
		c.i++
		some = true
	}
	return some
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// content reads everything.
func (c *checker) content() {
	for c.i < len(c.s) && !c.failed() {
		switch {
		case c.s[c.i] != '<':
			c.text()
		case c.accept("<!--"):
			if bytes.Contains(c.until("--", "a comment"), []byte("--")) || !c.failed() && !c.accept(">") {
				c.fail("a comment has a double hyphen")
			}
		case c.accept("<![CDATA["):
			c.nowhereOutside("a CDATA section")
			c.until("]]>", "a CDATA section")
		case c.accept("<!DOCTYPE"):
			c.documentType()
		case c.accept("<?"):
			c.instruction()
		case c.accept("</"):
			c.endTag()
		default:
			c.i++
			c.startTag()
		}
	}
	switch {
	case c.failed():
	case len(c.open) > 0:
		c.fail("element %s is not closed", shown(c.open[len(c.open)-1]))
	case c.document && c.roots == 0:
		c.fail("the document has no element")
	}
}

// nowhereOutside fails in a document where no element is open.
func (c *checker) nowhereOutside(what string) {
	if c.document && len(c.open) == 0 {
		c.fail("%s is outside of the document's element", what)
	}
}

// text reads characters and references.
func (c *checker) text() {
	n := bytes.IndexAny(c.s[c.i:], "<&")
	if n < 0 {
		n = len(c.s) - c.i
	}
	b := c.s[c.i : c.i+n]
	if len(bytes.Trim(b, " \t\r\n")) > 0 {
		c.nowhereOutside("text")
	}
	if bytes.Contains(b, []byte("]]>")) {
		c.fail("the sequence ]]> is in text")
	}
	c.characters(b)
	if c.i += n; c.i < len(c.s) && c.s[c.i] == '&' {
		c.nowhereOutside("a reference")
		c.reference()
	}
}

// characters fails where XML does not allow a character.
func (c *checker) characters(b []byte) {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if !isChar(r) {
			c.fail("the character U+%04X is not allowed", r)
			return
		}
		b = b[n:]
	}
}

func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
}

// reference reads &name; or &#number;.
func (c *checker) reference() {
	c.i++
	end := bytes.IndexByte(c.s[c.i:min(len(c.s), c.i+maxShownInError)], ';')
	if end < 0 {
		c.fail("an ampersand begins no reference")
		return
	}
	name := string(c.s[c.i : c.i+end])
	switch name {
	case "lt", "gt", "amp", "apos", "quot":
		c.i += end + 1
		return
	}
	if len(name) == 0 || name[0] != '#' {
		c.fail("there is no entity %s", name)
		return
	}
	digits, base := name[1:], 10
	if len(digits) > 0 && digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	r, err := strconv.ParseUint(digits, base, 32)
	if err != nil || r > utf8.MaxRune || !isChar(rune(r)) {
		c.fail("&%s; is no character", name)
		return
	}
	c.i += end + 1
}

// name reads the name of an element, an attribute or a target.
func (c *checker) name(what string) []byte {
	start := c.i
	for c.i < len(c.s) {
		r, n := utf8.DecodeRune(c.s[c.i:])
		if !isNameRune(r, c.i == start) {
			break
		}
		c.i += n
	}
	if c.i == start {
		c.fail("%s has no name", what)
	}
	return c.s[start:c.i]
}

// nameStarts are the ranges of characters beyond ASCII that names may begin with.
var nameStarts = [][2]rune{{0xc0, 0xd6}, {0xd8, 0xf6}, {0xf8, 0x2ff}, {0x370, 0x37d}, {0x37f, 0x1fff}, {0x200c, 0x200d}, {0x2070, 0x218f},
	{0x2c00, 0x2fef}, {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffc}, {0x10000, 0xeffff}}

func isNameRune(r rune, first bool) bool {
	switch {
	case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == ':':
		return true
	case r < 0x80:
		return !first && (r >= '0' && r <= '9' || r == '-' || r == '.')
	case !first && (r == 0xb7 || r >= 0x300 && r <= 0x36f || r == 0x203f || r == 0x2040):
		return true
	}
	for _, x := range nameStarts {
		if r >= x[0] && r <= x[1] {
			return true
		}
	}
	return false
}

func (c *checker) startTag() {
	name := c.name("an element")
	attributes := map[string]bool{}
	for !c.failed() {
		some := c.space()
		switch {
		case c.accept("/>"):
			c.element()
			return
		case c.accept(">"):
			c.element()
			if c.open = append(c.open, name); len(c.open) > maxDepth {
				c.fail("elements lie deeper within each other than %d", maxDepth)
			}
			return
		case c.i == len(c.s):
			c.fail("the start tag of %s is not closed", shown(name))
		case !some:
			c.fail("a space is missing in the start tag of %s", shown(name))
		default:
			c.attribute(attributes)
		}
	}
}

// element counts one that begins.
func (c *checker) element() {
	if len(c.open) > 0 {
		return
	}
	if c.roots++; c.document && c.roots > 1 {
		c.fail("the document has a second element")
	}
}

func (c *checker) attribute(seen map[string]bool) {
	name := string(c.name("an attribute"))
	c.space()
	if !c.failed() && !c.accept("=") {
		c.fail("attribute %s has no value", shown([]byte(name)))
		return
	}
	c.space()
	if c.failed() || c.i == len(c.s) || c.s[c.i] != '"' && c.s[c.i] != '\'' {
		c.fail("the value of attribute %s is not in quotes", shown([]byte(name)))
		return
	}
	if seen[name] {
		c.fail("attribute %s is there twice", shown([]byte(name)))
		return
	}
	seen[name] = true
	quote := c.s[c.i]
	c.i++
	start := c.i
	for ; c.i < len(c.s) && !c.failed(); c.i++ {
		switch c.s[c.i] {
		case quote:
			c.characters(c.s[start:c.i])
			c.i++
			return
		case '<':
			c.fail("the value of attribute %s has a <", shown([]byte(name)))
		case '&':
			c.reference()
			c.i--
		}
	}
	c.fail("the value of attribute %s is not closed", shown([]byte(name)))
}

func (c *checker) endTag() {
	name := c.name("an end tag")
	c.space()
	switch {
	case c.failed():
	case !c.accept(">"):
		c.fail("the end tag of %s is not closed", shown(name))
	case len(c.open) == 0:
		c.fail("there is no element %s to end", shown(name))
	case !bytes.Equal(c.open[len(c.open)-1], name):
		c.fail("the end tag of %s is that of %s", shown(c.open[len(c.open)-1]), shown(name))
	default:
		c.open = c.open[:len(c.open)-1]
	}
}

// instruction reads a processing instruction.
func (c *checker) instruction() {
	target := c.name("a processing instruction")
	switch {
	case c.failed():
	case bytes.EqualFold(target, []byte("xml")):
		c.fail("an XML declaration is not at the start")
	case c.accept("?>"):
	case c.i == len(c.s) || !isSpace(c.s[c.i]):
		c.fail("a space is missing behind the target of a processing instruction")
	default:
		c.until("?>", "a processing instruction")
	}
}

// documentType reads <!DOCTYPE, which comes before the only element.
func (c *checker) documentType() {
	if c.document || c.roots > 0 {
		c.fail("a document type is not before the element")
		return
	}
	c.document = true
	if len(bytes.Trim(withoutMarkup(c.s[:c.i-len("<!DOCTYPE")]), " \t\r\n")) > 0 {
		c.fail("a document type is not before the text")
		return
	}
	if !c.space() {
		c.fail("a document type has no name")
	}
	c.name("a document type")
	for c.i < len(c.s) && !c.failed() {
		switch b := c.s[c.i]; b {
		case '>':
			c.i++
			return
		case '[':
			c.unsupported = true
			c.fail("document types with declarations of their own")
		case '"', '\'':
			c.i++
			c.until(string(b), "an identifier of a document type")
		default:
			c.i++
		}
	}
	c.fail("a document type is not closed")
}

// withoutMarkup returns a text that is well-formed and has no elements without its comments, instructions and declaration.
func withoutMarkup(s []byte) []byte {
	var out []byte
	for len(s) > 0 {
		end := "?>"
		switch {
		case bytes.HasPrefix(s, []byte("<!--")):
			end = "-->"
		case !bytes.HasPrefix(s, []byte("<?")):
			out, s = append(out, s[0]), s[1:]
			continue
		}
		s = s[bytes.Index(s, []byte(end))+len(end):]
	}
	return out
}

// shown cuts names that are too long for a message.
func shown(name []byte) string {
	if len(name) > maxShownInError {
		name = append(bytes.ToValidUTF8(name[:maxShownInError:maxShownInError], nil), "..."...)
	}
	return string(name)
}
