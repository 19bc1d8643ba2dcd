package excel

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// kind says what a token is.
type kind uint8

const (
	start kind = iota // of an element
	end
	chars
)

const (
	xmlWindow = 64 << 10
	maxToken  = 16 << 20 // bytes of a tag or a text
)

var (
	errXML   = errors.New("its XML is not valid")
	errToken = errors.New("its XML has a tag or a text that is too long")
)

// xmlReader reads the tokens of an XML document that is in UTF-8. It checks no more than it needs: that tags match is for
// who uses it. Namespaces are left out of names.
type xmlReader struct {
	r   io.Reader
	buf []byte
	at  int
	n   int64 // bytes read
	eof bool
	err error

	kind    kind
	name    []byte // of an element; valid until the next token
	attrs   []byte
	text    []byte // its entities replaced
	pending bool   // the element is empty: its end is the next token
	scratch []byte
}

// next reads the next token. It returns false at the end and after an error.
func (x *xmlReader) next() bool {
	if x.pending {
		x.pending, x.kind = false, end
		return true
	}
	for x.err == nil {
		if x.at == len(x.buf) && !x.more() {
			return false
		}
		if x.buf[x.at] != '<' {
			n := x.find(x.at, "<")
			x.text = x.unescape(x.buf[x.at:n])
			x.kind, x.at = chars, n
			return true
		}
		switch {
		case x.begins("<?"):
			x.pass("?>")
		case x.begins("<!--"):
			x.pass("-->")
		case x.begins("<![CDATA["):
			n := x.find(x.at, "]]>")
			if n == len(x.buf) {
				x.err = errXML
				return false
			}
			x.kind, x.text, x.at = chars, x.buf[x.at+len("<![CDATA["):n], n+len("]]>")
			return true
		case x.begins("<!"):
			x.err = errXML // a document type, which these files have not
		default:
			return x.tag()
		}
	}
	return false
}

// more reads on. It returns false at the end.
func (x *xmlReader) more() bool {
	if x.err != nil || x.eof {
		return false
	}
	if x.at > 0 {
		x.buf = x.buf[:copy(x.buf, x.buf[x.at:])]
		x.at = 0
	}
	if len(x.buf) > maxToken {
		x.err = errToken
		return false
	}
	n := len(x.buf)
	if cap(x.buf)-n < xmlWindow {
		x.buf = append(make([]byte, 0, 2*n+2*xmlWindow), x.buf...)
	}
	k, err := io.ReadFull(x.r, x.buf[n:n+xmlWindow])
	x.buf = x.buf[:n+k]
	x.n += int64(k)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		x.eof = true
	} else if err != nil {
		x.err = err
	}
	return k > 0
}

// find returns where a mark is at or behind from, reading on as it must; the end of the text if it is nowhere. The token
// at x.at stays in the buffer, but moves to its beginning.
func (x *xmlReader) find(from int, mark string) int {
	for {
		if i := bytes.Index(x.buf[from:], []byte(mark)); i >= 0 {
			return from + i
		}
		next := max(from, len(x.buf)-len(mark)+1) - x.at
		if !x.more() {
			return len(x.buf)
		}
		from = x.at + next
	}
}

// begins reports whether the next bytes are these.
func (x *xmlReader) begins(s string) bool {
	for len(x.buf)-x.at < len(s) {
		if !x.more() {
			return false
		}
	}
	return string(x.buf[x.at:x.at+len(s)]) == s
}

// pass goes behind a mark.
func (x *xmlReader) pass(mark string) {
	n := x.find(x.at, mark)
	if n == len(x.buf) {
		x.err = errXML
		return
	}
	x.at = n + len(mark)
}

// tag reads a tag.
func (x *xmlReader) tag() bool {
	n := x.tagEnd()
	if n == len(x.buf) {
		if x.err == nil {
			x.err = errXML
		}
		return false
	}
	t := x.buf[x.at+1 : n]
	x.at = n + 1
	x.kind = start
	if len(t) > 0 && t[0] == '/' {
		x.kind, t = end, t[1:]
	} else if len(t) > 0 && t[len(t)-1] == '/' {
		x.pending, t = true, t[:len(t)-1]
	}
	i := bytes.IndexAny(t, " \t\r\n")
	if i < 0 {
		i = len(t)
	}
	x.name, x.attrs = t[:i], t[i:]
	if k := bytes.IndexByte(x.name, ':'); k >= 0 {
		x.name = x.name[k+1:]
	}
	return true
}

// tagEnd returns where the tag at x.at ends, marks in quotes left out.
func (x *xmlReader) tagEnd() int {
	quote, i := byte(0), 1
	for {
		for ; x.at+i < len(x.buf); i++ {
			switch c := x.buf[x.at+i]; {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				return x.at + i
			}
		}
		if !x.more() {
			return len(x.buf)
		}
	}
}

// attr returns the value of an attribute of the element, nil if it has none of the name.
func (x *xmlReader) attr(name string) []byte {
	s := x.attrs
	for {
		i := bytes.IndexByte(s, '=')
		if i < 0 {
			return nil
		}
		key, rest := bytes.TrimSpace(s[:i]), bytes.TrimLeft(s[i+1:], " \t\r\n")
		if len(rest) == 0 {
			return nil
		}
		j := bytes.IndexByte(rest[1:], rest[0])
		if j < 0 {
			return nil
		}
		if k := bytes.IndexByte(key, ':'); k >= 0 {
			key = key[k+1:]
		}
		if string(key) == name {
			return x.unescape(rest[1 : 1+j])
		}
		s = rest[j+2:]
	}
}

// unescape replaces entities. The result is valid until the next call.
func (x *xmlReader) unescape(s []byte) []byte {
	if bytes.IndexByte(s, '&') < 0 {
		return s
	}
	out := x.scratch[:0]
	for {
		i := bytes.IndexByte(s, '&')
		if i < 0 {
			break
		}
		out = append(out, s[:i]...)
		s = s[i:]
		j := bytes.IndexByte(s[:min(len(s), 12)], ';')
		if j < 0 {
			out, s = append(out, '&'), s[1:]
			continue
		}
		out, s = appendEntity(out, s[:j+1]), s[j+1:]
	}
	x.scratch = append(out, s...)
	return x.scratch
}

var entities = map[string]byte{"&lt;": '<', "&gt;": '>', "&amp;": '&', "&quot;": '"', "&apos;": '\''}

// appendEntity appends what an entity stands for; what is none, as it is.
func appendEntity(out, s []byte) []byte {
	if c, ok := entities[string(s)]; ok {
		return append(out, c)
	}
	if s[1] != '#' {
		return append(out, s...)
	}
	digits, base := string(s[2:len(s)-1]), 10
	if len(digits) > 0 && (digits[0] == 'x' || digits[0] == 'X') {
		digits, base = digits[1:], 16
	}
	r, err := strconv.ParseUint(digits, base, 32)
	if err != nil || !utf8.ValidRune(rune(r)) {
		return append(out, s...)
	}
	return utf8.AppendRune(out, rune(r))
}

// element returns the text in the element that just began, up to its end.
func (x *xmlReader) element(dst []byte) []byte {
	for depth := 1; depth > 0 && x.next(); {
		switch x.kind {
		case start:
			depth++
		case end:
			depth--
		case chars:
			dst = append(dst, x.text...)
		}
	}
	return dst
}

// skip passes the element that just began.
func (x *xmlReader) skip() {
	for depth := 1; depth > 0 && x.next(); {
		switch x.kind {
		case start:
			depth++
		case end:
			depth--
		}
	}
}
