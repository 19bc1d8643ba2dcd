package excel

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/scan"
)

const (
	maxParts   = 100_000 // files in a workbook
	maxStrings = 1 << 30 // bytes of the texts that cells share
	maxStyles  = 1 << 20
	maxSheets  = 10_000
)

// book is an open workbook. It is safe for concurrent use.
type book struct {
	file   file.File
	h      file.Handle
	parts  map[string]*zip.File
	sheets []sheet
	epoch  int64 // days from 1970-01-01 to day 0 of dates
	styles []style
	text   []byte // texts that cells share, one behind the other
	ends   []int  // where each ends
}

// sheet is a sheet of a workbook.
type sheet struct{ name, part string }

func corrupt(f file.File, what string, args ...any) *sqlstate.Error {
	return scan.Corrupt("Excel", f, what, args...)
}

// openBook opens a workbook and reads all of it but the sheets.
func openBook(f file.File) (*book, error) {
	h, err := f.Open()
	if err != nil {
		return nil, err
	}
	b := &book{file: f, h: h}
	if err := b.load(); err != nil {
		h.Close()
		var e *sqlstate.Error
		if errors.As(err, &e) {
			return nil, err
		}
		return nil, corrupt(f, "%v", err)
	}
	return b, nil
}

func (b *book) Close() error { return b.h.Close() }

// oldMagic is what old Excel files begin with, and new ones that are encrypted.
const oldMagic = "\xd0\xcf\x11\xe0"

func (b *book) load() error {
	head := make([]byte, len(oldMagic))
	if _, err := b.h.ReadAt(head, 0); err == nil && string(head) == oldMagic {
		return sqlstate.Unsupported("Save it as .xlsx, without a password.", "file \"%s\" is of the format of Excel 97 (.xls), or encrypted", b.file.Path)
	}
	z, err := zip.NewReader(b.h, b.file.Size)
	if err != nil {
		return err
	}
	if len(z.File) > maxParts {
		return errors.New("it has too many parts")
	}
	z.RegisterDecompressor(zip.Deflate, flate.NewReader)
	b.parts = map[string]*zip.File{}
	for _, p := range z.File {
		b.parts[strings.ToLower(strings.TrimPrefix(path.Clean("/"+p.Name), "/"))] = p
	}
	main := "xl/workbook.xml"
	if rels, err := b.relations("_rels/.rels", ""); err == nil {
		for _, r := range rels {
			if strings.HasSuffix(r.kind, "/officeDocument") {
				main = r.part
			}
		}
	}
	return b.workbook(main)
}

// open returns a reader of a part.
func (b *book) open(part string) (io.ReadCloser, error) {
	p := b.parts[strings.ToLower(part)]
	if p == nil {
		return nil, fmt.Errorf("it has no part \"%s\"", part)
	}
	return p.Open()
}

// each calls f at the beginning of each element of a part.
func (b *book) each(part string, f func(x *xmlReader) error) error {
	r, err := b.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	x := &xmlReader{r: r}
	for x.next() {
		if x.kind == start {
			if err := f(x); err != nil {
				return err
			}
		}
	}
	if x.err != nil {
		return fmt.Errorf("part \"%s\": %w", part, x.err)
	}
	return nil
}

// relation says which part an id stands for.
type relation struct{ id, kind, part string }

// relations reads the relations of the part in a folder.
func (b *book) relations(part, folder string) (out []relation, err error) {
	err = b.each(part, func(x *xmlReader) error {
		if string(x.name) != "Relationship" || len(out) > maxSheets {
			return nil
		}
		r := relation{id: string(x.attr("Id")), kind: string(x.attr("Type")), part: string(x.attr("Target"))}
		if strings.HasPrefix(r.part, "/") {
			r.part = strings.TrimPrefix(path.Clean(r.part), "/")
		} else {
			r.part = path.Join(folder, r.part)
		}
		out = append(out, r)
		return nil
	})
	return out, err
}

// workbook reads what sheets there are, and what they share.
func (b *book) workbook(part string) error {
	if b.parts[strings.ToLower(part)] == nil || strings.HasSuffix(part, ".bin") {
		return sqlstate.Unsupported("Save it as .xlsx.", "file \"%s\" is no Excel workbook of the format .xlsx", b.file.Path)
	}
	folder, base := path.Split(part)
	rels, err := b.relations(folder+"_rels/"+base+".rels", folder)
	if err != nil {
		return err
	}
	parts := map[string]string{}
	for _, r := range rels {
		parts[r.id] = r.part
	}
	b.epoch = daysTo1900
	err = b.each(part, func(x *xmlReader) error {
		switch string(x.name) {
		case "workbookPr":
			if v := string(x.attr("date1904")); v == "1" || v == "true" {
				b.epoch = daysTo1904
			}
		case "sheet":
			s := sheet{name: string(x.attr("name"))}
			if s.part = parts[string(x.attr("id"))]; s.part != "" && len(b.sheets) < maxSheets {
				b.sheets = append(b.sheets, s)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.shared(rels)
}

// shared reads styles and texts.
func (b *book) shared(rels []relation) error {
	for _, r := range rels {
		var err error
		switch {
		case strings.HasSuffix(r.kind, "/styles"):
			err = b.readStyles(r.part)
		case strings.HasSuffix(r.kind, "/sharedStrings"):
			err = b.readStrings(r.part)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readStyles finds which styles of cells show numbers as dates and times.
func (b *book) readStyles(part string) error {
	formats, inCells := map[int]style{}, false
	return b.each(part, func(x *xmlReader) error {
		switch string(x.name) {
		case "numFmt":
			if id, err := strconv.Atoi(string(x.attr("numFmtId"))); err == nil && len(formats) < maxStyles {
				formats[id] = styleOf(string(x.attr("formatCode")))
			}
		case "cellXfs":
			inCells = true
		case "cellStyles", "dxfs", "cellStyleXfs":
			inCells = false
		case "xf":
			if !inCells || len(b.styles) >= maxStyles {
				return nil
			}
			id, _ := strconv.Atoi(string(x.attr("numFmtId")))
			s, ok := formats[id]
			if !ok {
				s = builtin(id)
			}
			b.styles = append(b.styles, s)
		}
		return nil
	})
}

// readStrings reads the texts that cells share.
func (b *book) readStrings(part string) error {
	return b.each(part, func(x *xmlReader) error {
		if string(x.name) != "si" {
			return nil
		}
		from := len(b.text)
		b.text = richText(x, b.text)
		b.text = append(b.text[:from], plainText(b.text[from:])...)
		b.ends = append(b.ends, len(b.text))
		switch {
		case len(b.text) > maxStrings || len(b.ends) > maxStrings/16:
			return sqlstate.New(sqlstate.ProgramLimitExceeded, "the texts of file \"%s\" have more than %d bytes", b.file.Path, maxStrings)
		case !utf8.Valid(b.text[from:]):
			return errors.New("a text is not in UTF-8")
		}
		return nil
	})
}

// richText appends the text of the element that just began: of its t, but not of what tells how to speak it.
func richText(x *xmlReader, dst []byte) []byte {
	for depth := 1; depth > 0 && x.next(); {
		switch {
		case x.kind == end:
			depth--
		case x.kind == chars:
		case string(x.name) == "rPh":
			x.skip()
		case string(x.name) == "t":
			dst = x.element(dst)
		default:
			depth++
		}
	}
	return dst
}

// plainText replaces _x000D_ and the like, which stand for characters that XML has not.
func plainText(s []byte) []byte {
	out := s[:0]
	for i := 0; i < len(s); i++ {
		if c, ok := escaped(s[i:]); ok {
			out = utf8.AppendRune(out, c) // not longer than what it replaces
			i += len("_x000D_") - 1
			continue
		}
		out = append(out, s[i])
	}
	return out
}

func escaped(s []byte) (rune, bool) {
	if len(s) < 7 || s[0] != '_' || s[1] != 'x' || s[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return rune(n), err == nil && n != 0 && utf8.ValidRune(rune(n))
}

// sharedText returns text number n.
func (b *book) sharedText(n int) ([]byte, bool) {
	if n < 0 || n >= len(b.ends) {
		return nil, false
	}
	from := 0
	if n > 0 {
		from = b.ends[n-1]
	}
	return b.text[from:b.ends[n]:b.ends[n]], true
}

// sheet returns the sheet with a name, in any case of letters; the first if name is "".
func (b *book) sheet(name string) (sheet, error) {
	var names []string
	for _, s := range b.sheets {
		if name == "" || strings.EqualFold(s.name, name) {
			return s, nil
		}
		names = append(names, s.name)
	}
	if name == "" {
		return sheet{}, corrupt(b.file, "it has no sheets")
	}
	const most = 20
	return sheet{}, sqlstate.New(sqlstate.InvalidParameterValue, "file \"%s\" has no sheet \"%s\"", b.file.Path, name).
		WithHint("Its sheets are %s.", strings.Join(names[:min(len(names), most)], ", "))
}
