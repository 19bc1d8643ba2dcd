package xmltext

import (
	"bytes"

	"gsql/exec/sqlstate"
)

// Declaration is what a text begins with that says of itself that it is XML.
type Declaration struct {
	Size       int    // of its text; 0: there is none
	Version    string // as it stands there
	Standalone string // "yes", "no" or nothing
}

// ReadDeclaration reads the declaration of a text, if there is one. What it says of the encoding is nothing that counts:
// texts are UTF-8.
func ReadDeclaration(s []byte) (d Declaration, err error) {
	const begin = "<?xml"
	if !bytes.HasPrefix(s, []byte(begin)) || len(s) == len(begin) || isNameRune(rune(s[len(begin)]), false) {
		return d, nil
	}
	c := checker{s: s, i: len(begin)}
	bad := func(what string) (Declaration, error) {
		return Declaration{}, sqlstate.New(invalidContent, "invalid XML content: invalid XML declaration").WithDetail("%s", what)
	}
	part := func(name string) (value []byte, there, ok bool) {
		from := c.i
		if !c.space() || !c.accept(name) {
			c.i = from
			return nil, false, true
		}
		c.space()
		if !c.accept("=") {
			return nil, true, false
		}
		c.space()
		if c.i == len(s) || s[c.i] != '"' && s[c.i] != '\'' {
			return nil, true, false
		}
		quote := s[c.i : c.i+1]
		c.i++
		value = c.until(string(quote), name)
		return value, true, !c.failed()
	}
	version, there, ok := part("version")
	if !there || !ok {
		return bad("Malformed declaration: missing version.")
	}
	if _, _, ok = part("encoding"); !ok {
		return bad("Missing encoding in text declaration.")
	}
	standalone, there, ok := part("standalone")
	if !ok || there && string(standalone) != "yes" && string(standalone) != "no" {
		return bad("standalone accepts only 'yes' or 'no'.")
	}
	if c.space(); !c.accept("?>") {
		return bad("Parsing XML declaration: '?>' expected.")
	}
	return Declaration{Size: c.i, Version: string(version), Standalone: string(standalone)}, nil
}

// Append appends a value of xml as it is written: its declaration without the encoding, and none if there is nothing left in
// it that is not so anyway.
func Append(dst, s []byte) []byte {
	d, err := ReadDeclaration(s)
	if err != nil {
		return append(dst, s...)
	}
	s = s[d.Size:]
	if d.Size > 0 && (d.Version != "1.0" || d.Standalone != "") {
		dst = append(append(append(dst, `<?xml version="`...), d.Version...), '"')
		if d.Standalone != "" {
			dst = append(append(append(dst, ` standalone="`...), d.Standalone...), '"')
		}
		dst = append(dst, "?>"...)
	} else {
		s = bytes.TrimPrefix(s, []byte("\n"))
	}
	return append(dst, s...)
}
