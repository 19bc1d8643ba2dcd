package file

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"sort"
	"strings"
	"sync/atomic"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"gsql/exec/sqlstate"
)

// decoder reads a file's text from its start.
type decoder struct {
	io.Reader
	file   File
	kind   string       // what is decoded, for messages
	read   atomic.Int64 // bytes of the file
	units  *units       // what of the file is decompressed in parts, nil: nothing
	closes []io.Closer
}

func (d *decoder) Close() error {
	for _, c := range d.closes {
		c.Close()
	}
	d.closes = nil
	return nil
}

func (d *decoder) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = unreadable(d.file, d.kind, err)
	}
	return n, err
}

// counted counts what is read of a file.
type counted struct {
	r io.Reader
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

const readAhead = 32 << 10

// decoder returns what decodes the file's text from its start; nil when the file is its text.
func (t *Text) decoder(h Handle) (*decoder, error) {
	d := &decoder{file: t.file, kind: "compressed"}
	raw := counted{io.NewSectionReader(h, 0, math.MaxInt64), &d.read}
	in := bufio.NewReaderSize(raw, magicBytes)
	plain := true
	if m := t.file.Member; m != nil && m.Packed {
		r, err := d.unpack(bufio.NewReaderSize(raw, readAhead), m)
		if err != nil {
			return nil, err
		}
		in, plain = bufio.NewReaderSize(r, magicBytes), false
	}
	head, err := in.Peek(magicBytes)
	if err != nil && err != io.EOF {
		if plain {
			return nil, Error(t.file.Path, err)
		}
		return nil, unreadable(t.file, d.kind, err)
	}
	if c := codecFor(t.file, head); c != nil {
		d.kind = string(c.name)
		r, err := d.decompress(c, h, in)
		if err != nil {
			return nil, unreadable(t.file, d.kind, err)
		}
		d.closes = append(d.closes, r)
		in, plain = bufio.NewReaderSize(r, magicBytes), false
		if head, err = in.Peek(magicBytes); err != nil && err != io.EOF {
			d.Close()
			return nil, unreadable(t.file, d.kind, err)
		}
	}
	enc, mark, err := encodingOf(t.encoding, head)
	if err != nil {
		d.Close()
		return nil, err
	}
	in.Discard(mark)
	switch {
	case enc != nil:
		d.Reader = transform.NewReader(in, &faithful{dec: enc.NewDecoder(), enc: enc.NewEncoder(), file: t.file, name: t.encoding})
	case plain:
		return nil, nil
	default:
		d.Reader = in
	}
	return d, nil
}

// decompress returns the text of a compressed file, whose bytes in reads, too.
func (d *decoder) decompress(c *codec, h Handle, in io.Reader) (io.ReadCloser, error) {
	if d.file.Member == nil && d.file.Store == nil { // only there looking around in a file costs nothing
		if cut := newCutter(c.name, h, d.file.Size, &d.read); cut != nil {
			d.read.Store(0) // what was looked at is read again
			d.units = newUnits(cut, &d.read)
			return d.units, nil
		}
	}
	return c.open(bufio.NewReaderSize(in, readAhead))
}

var utf16LE, utf16BE = []byte("\xff\xfe"), []byte("\xfe\xff")

// encodingOf returns the encoding of a name, or, where none is given, of a text that begins with head; nil is UTF-8. mark
// is the length of the byte order mark in front of the text.
func encodingOf(name string, head []byte) (enc encoding.Encoding, mark int, err error) {
	name = plainName(name)
	if name == "" || name == "utf16" {
		switch {
		case bytes.HasPrefix(head, utf16LE):
			return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), len(utf16LE), nil
		case bytes.HasPrefix(head, utf16BE):
			return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), len(utf16BE), nil
		}
	}
	if enc := zeros(head); enc != nil && name == "" {
		return enc, 0, nil
	}
	switch name {
	case "", "utf8":
		return nil, 0, nil
	case "utf16", "utf16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), 0, nil
	case "utf16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), 0, nil
	case "latin-1", "latin1", "iso-8859-1", "iso8859-1", "iso88591":
		return charmap.ISO8859_1, 0, nil // which browsers take for windows-1252
	}
	enc, err = lookUp(name)
	return enc, 0, err
}

// zeros returns the UTF-16 of a text without a byte order mark that begins with Latin letters: every second byte is zero, as
// in no other text.
func zeros(head []byte) encoding.Encoding {
	if len(head) < 4 {
		return nil
	}
	zero := 1 // of each two bytes
	if head[0] == 0 {
		zero = 0
	}
	for i, c := range head {
		if (c == 0) != (i%2 == zero) {
			return nil
		}
	}
	if zero == 0 {
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
}

// plainName writes utf-8, UTF_8 and the like in one way.
func plainName(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if strings.HasPrefix(name, "utf") {
		name = strings.NewReplacer("-", "", "_", "", " ", "").Replace(name)
	}
	return strings.ReplaceAll(name, "_", "-")
}

// names that people and other programs use beside those of the WHATWG's list.
var otherNames = map[string]string{
	"cp1252": "windows-1252", "ansi": "windows-1252",
	"iso8859-15": "iso-8859-15", "latin9": "iso-8859-15", "latin-9": "iso-8859-15", "cp1251": "windows-1251", "cp1250": "windows-1250",
	"win1252": "windows-1252", "win1251": "windows-1251", "win1250": "windows-1250", "mac": "macintosh",
}

func lookUp(name string) (encoding.Encoding, error) {
	if n, ok := otherNames[name]; ok {
		name = n
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "encoding \"%s\" is not known", name).
			WithHint("Encodings are %s and others by the names that browsers know.", strings.Join(commonEncodings(), ", "))
	}
	return enc, nil
}

func commonEncodings() []string {
	names := []string{"utf-8", "utf-16", "utf-16be", "latin-1", "windows-1252", "iso-8859-15", "windows-1251", "shift_jis", "gbk", "big5", "euc-kr"}
	sort.Strings(names)
	return names
}

// KnownEncoding returns the error of an encoding that OpenText does not know.
func KnownEncoding(name string) error {
	_, _, err := encodingOf(name, nil)
	return err
}

// faithful decodes text and fails where a decoder would write a replacement character for what it does not know.
type faithful struct {
	dec  *encoding.Decoder
	enc  *encoding.Encoder
	file File
	name string
}

var replacement = []byte("\uFFFD")

func (f *faithful) Reset() { f.dec.Reset() }

func (f *faithful) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	nDst, nSrc, err = f.dec.Transform(dst, src, atEOF)
	if !bytes.Contains(dst[:nDst], replacement) {
		return nDst, nSrc, err
	}
	// The text may have had one itself.
	again, bad := f.enc.Bytes(dst[:nDst])
	if bad != nil || !bytes.Equal(again, src[:nSrc]) {
		name := f.name
		if name == "" {
			name = "utf-16"
		}
		return 0, 0, sqlstate.New(sqlstate.InvalidEncoding, "file \"%s\" has bytes that are no text in encoding \"%s\"", f.file.Path, name).
			WithHint("Say which encoding it is in: encoding => 'latin-1', or whichever it is.")
	}
	return nDst, nSrc, err
}
