package csv

import (
	"bytes"
	"context"
	"unicode"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/storage/file"
)

const (
	sampleBytes = 256 << 10 // of the first file's beginning
	pieceBytes  = 32 << 10  // of other places
	sampleRows  = 20_480    // looked at, unless sample_size says otherwise
)

// Infer finds the shape of files: dialect, header, names and types, from a sample of the first file that is not
// empty, and for types from a few small samples of other places. Only with sample_size => -1 it reads everything.
func Infer(ctx context.Context, files []file.File, opt Options) (*Shape, error) {
	if len(files) == 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "no CSV files")
	}
	first := 0
	for first < len(files)-1 && files[first].Size == 0 {
		first++
	}
	f := files[first]
	h, err := f.OpenText(opt.Encoding, 0)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	size := sampleBytes
	if opt.SampleSize > sampleRows {
		size = min(opt.SampleSize, 1<<20) * 128
	}
	hd, err := readHead(f, h, size, opt.Skip, 0)
	if err != nil {
		return nil, err
	}
	in := &inference{opt: &opt, shape: &Shape{skip: opt.Skip, encoding: opt.Encoding, ignore: opt.IgnoreErrors}}
	in.shape.ratio = h.Ratio()
	in.shape.Dialect = sniff(hd.text[hd.at:], &opt, f.Path, hd.eof)
	in.shape.setNulls(&opt)
	if err := in.columns(hd, f); err != nil {
		return nil, err
	}
	if in.needTypes() {
		if err := in.sample(ctx, files, first, h, hd); err != nil {
			return nil, err
		}
	}
	if err := in.settle(); err != nil {
		return nil, err
	}
	return in.shape, nil
}

func (sh *Shape) setNulls(opt *Options) {
	sh.nulls.empty = opt.NullStr == nil
	for _, s := range opt.NullStr {
		if s == "" {
			sh.nulls.empty = true
		} else {
			sh.nulls.words = append(sh.nulls.words, []byte(s))
		}
	}
}

// inference is the work of finding a shape.
type inference struct {
	opt   *Options
	shape *Shape
	names []string
	guess []guess // by column
	head  []byte  // the sample of the first file's beginning
	index scan    // of head
	rows  int     // sampled
	bytes int     // that they fill
	size  int64   // of all files
}

// columns settles the number of columns, whether there is a header, and the names.
func (in *inference) columns(hd head, f file.File) error {
	sh, opt := in.shape, in.opt
	sh.pad = opt.NullPadding
	text := hd.text
	if hd.eof && len(text) > hd.at && text[len(text)-1] != sh.Newline {
		text = append(text[:len(text):len(text)], sh.Newline)
	}
	x := sh.exact(text, hd.at, len(text), []uint32{uint32(hd.at) - 1}, in.limit())
	x.pos = x.pos[1:]
	in.head, in.index = text, x
	if x.rows == 0 && !hd.eof {
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "the first row of file \"%s\" is longer than %d bytes", f.Path, len(text)).
			WithHint("Look at the options quote, escape and skip.")
	}
	if x.bad >= 0 && x.rows == 0 || x.inside && hd.eof && x.rows == 0 {
		return sqlstate.New(sqlstate.BadCopyFormat, "the first row of file \"%s\" cannot be read: quotes are out of place", f.Path).
			WithHint("Look at the options quote and escape (quote => '' if values are not quoted).")
	}
	rows := splitRows(sh, text, hd.at, x.pos)
	sh.fields = in.fieldCount(rows)
	in.guess = make([]guess, sh.fields)
	header := in.hasHeader(rows)
	if opt.Header != nil {
		header = *opt.Header
	}
	var names []string
	if header {
		sh.header = []string{}
		if len(rows) > 0 {
			names = rows[0]
			sh.header = columnNames(names, len(names))
		}
		sh.check = opt.Columns == nil
	}
	in.names = columnNames(names, sh.fields)
	for i, n := range opt.Names {
		if i >= sh.fields {
			return sqlstate.New(sqlstate.InvalidParameterValue, "option \"names\" has %d names, but there are %d columns", len(opt.Names), sh.fields)
		}
		in.names[i] = n
	}
	for i, c := range opt.Columns {
		in.names[i] = c.Name
	}
	for _, n := range in.names { // the types come later
		sh.Schema = append(sh.Schema, exec.Field{Name: n, Type: types.Of(types.Text)})
	}
	return nil
}

func (in *inference) limit() int {
	switch {
	case in.opt.SampleSize > 0:
		return in.opt.SampleSize
	case in.opt.SampleSize < 0:
		return 1 << 30
	}
	return sampleRows
}

const headerRows = 200 // rows that are looked at to tell a header

// splitRows returns the values of the first rows, comments and empty lines left out.
func splitRows(sh *Shape, text []byte, at int, pos []uint32) [][]string {
	var rows [][]string
	for i := 0; i < len(pos) && len(rows) < headerRows; {
		first := i
		for text[pos[i]] != sh.Newline {
			i++
		}
		i++
		end := int(pos[i-1])
		line := bytes.TrimSuffix(text[at:end], []byte{'\r'})
		if len(line) > 0 && (sh.Comment == 0 || line[0] != sh.Comment) {
			rows = append(rows, sh.rowValues(text, at, pos[first:i]))
		}
		at = end + 1
	}
	return rows
}

// fieldCount returns the number of columns: what most rows have. Rows that lack fields must not be many, or
// the rows are lines of text.
func (in *inference) fieldCount(rows [][]string) int {
	if n := len(in.opt.Columns); n > 0 {
		return n
	}
	counts, widest := map[int]int{}, 0
	best := 1
	for _, r := range rows {
		counts[len(r)]++
		widest = max(widest, len(r))
		if c := counts[len(r)]; c > counts[best] || c == counts[best] && len(r) == len(rows[0]) {
			best = len(r)
		}
	}
	if in.opt.NullPadding {
		return max(widest, 1)
	}
	return best
}

// hasHeader reports whether the first row is one: a value of it is none of the type that the other values of
// its column have; or all columns are text, and it could be one.
func (in *inference) hasHeader(rows [][]string) bool {
	if len(rows) == 0 {
		return false
	}
	if len(in.opt.Columns) > 0 {
		same := len(rows[0]) == len(in.opt.Columns)
		for i := 0; same && i < len(rows[0]); i++ {
			same = rows[0][i] == in.opt.Columns[i].Name
		}
		return same
	}
	allText, evidence := true, false
	seen := map[string]bool{}
	for i, v := range rows[0] {
		own := classify([]byte(v))
		if v == "" || seen[v] || own != isText {
			allText = false
		}
		seen[v] = true
		var rest class
		for _, r := range rows[1:] {
			if i < len(r) && r[i] != "" {
				rest |= classify([]byte(r[i]))
			}
		}
		t := rest.typeOf()
		if rest != 0 && t.ID != types.Text {
			evidence = evidence || (rest|own).typeOf().ID == types.Text && hasLetter(v)
			allText = allText && own == isText
		}
	}
	return evidence || allText
}

// hasLetter tells a name from a number in an odd form, which does not make a header.
func hasLetter(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) {
			return true
		}
	}
	return false
}

// needTypes reports whether a column's type must be found.
func (in *inference) needTypes() bool {
	return len(in.opt.Columns) == 0 && !in.opt.NoDetect || in.shape.rowBytes == 0
}

// settle puts names and types together.
func (in *inference) settle() error {
	sh, opt := in.shape, in.opt
	sh.inferred = make([]bool, sh.fields)
	for i := range sh.Schema {
		t := in.guess[i].class.typeOf()
		sh.inferred[i] = t.ID != types.Text
		if opt.AllVarchar {
			t, sh.inferred[i] = types.Of(types.Text), false
		}
		sh.Schema[i].Type = t
	}
	set := func(i int, t types.Type) { sh.Schema[i].Type, sh.inferred[i] = t, false }
	for i, c := range opt.Columns {
		set(i, c.Type)
	}
	for i, c := range opt.Types {
		at := i
		if c.Name != "" {
			at = in.find(c.Name)
		}
		if at < 0 || at >= sh.fields {
			e := sqlstate.New(sqlstate.UndefinedColumn, "option \"types\" names column \"%s\", which does not exist", c.Name).
				WithHint("Columns are %s.", listed(in.names))
			if c.Name == "" {
				e = sqlstate.New(sqlstate.InvalidParameterValue, "option \"types\" has %d types, but there are %d columns", len(opt.Types), sh.fields)
			}
			return e.At(opt.typesPos)
		}
		set(at, c.Type)
	}
	in.estimate()
	return nil
}

func (in *inference) find(name string) int {
	for i, n := range in.names {
		if n == name {
			return i
		}
	}
	return -1
}
