package csv

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
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
	in, hd, err := begin(f, h, &opt, size)
	if err != nil {
		return nil, err
	}
	if err := in.unite(ctx, files[first+1:]); err != nil {
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

// begin finds the columns in size bytes of a file's beginning, or more where that has not even a header and a row.
func begin(f file.File, h *file.Text, opt *Options, size int) (*inference, head, error) {
	for ; ; size *= 8 {
		hd, err := readHead(f, h, size, opt.Skip, 0)
		if err != nil {
			return nil, hd, err
		}
		in := &inference{opt: opt, shape: &Shape{skip: opt.Skip, encoding: opt.Encoding, ignore: opt.IgnoreErrors}}
		in.shape.ratio = h.Ratio()
		in.shape.Dialect = sniff(hd.text[hd.at:], opt, f.Path, hd.eof)
		in.shape.setNulls(opt)
		err = in.columns(&hd, f)
		if hd.eof || in.index.rows > 1 || size > maxRow {
			return in, hd, err
		}
	}
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
	opt    *Options
	shape  *Shape
	names  []string
	order  columnOrder // of the first file
	guess  []guess     // by column
	number numberForm  // that the file's numbers have
	head   []byte      // the sample of the first file's beginning
	index  scan        // of head
	rows   int         // sampled
	bytes  int         // that they fill
	size   int64       // of all files
}

// columns settles the number of columns, whether there is a header, and the names.
func (in *inference) columns(hd *head, f file.File) error {
	sh, opt := in.shape, in.opt
	sh.pad = opt.NullPadding
	text := hd.text
	if hd.eof && len(text) > hd.at && text[len(text)-1] != sh.Newline {
		text = append(text[:len(text):len(text)], sh.Newline)
	}
	if opt.Skip == 0 && len(opt.Columns) == 0 && !opt.NullPadding && (opt.Header == nil || *opt.Header) {
		hd.at = in.preamble(text, hd.at)
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
	rows, _ := rowsFrom(sh, text, hd.at, x.pos, headerRows)
	sh.fields = in.fieldCount(rows)
	in.guess = make([]guess, sh.fields)
	in.numbers(rows)
	in.shortHeader(rows)
	header := in.hasHeader(rows)
	if opt.Header != nil {
		header = *opt.Header
	}
	var names []string
	if header {
		sh.header = []string{}
		if len(rows) > 0 {
			names = rows[0]
			if err := validHeader(f, names); err != nil {
				return err
			}
			if sh.unnamed {
				names = append([]string{""}, names...)
			}
			sh.header = columnNames(names, len(names))
			sh.own = len(sh.header)
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

// shortHeader sees to a first row that has one field less than all others. They end with a delimiter where the last field
// is empty; else their first one has no name, as R writes the names of rows.
func (in *inference) shortHeader(rows [][]string) {
	n := in.shape.fields
	if len(rows) < 2 || len(rows[0]) != n-1 || len(in.opt.Columns) > 0 || in.opt.NullPadding {
		return
	}
	last := false
	for _, r := range rows[1:] {
		if len(r) != n {
			return
		}
		last = last || r[n-1] != ""
	}
	if !last {
		in.shape.fields--
		in.guess = in.guess[:n-1]
		return
	}
	in.shape.unnamed = true
}

// unite adds the columns that only the headers of other files have.
func (in *inference) unite(ctx context.Context, files []file.File) error {
	sh := in.shape
	in.order = columnOrder{fields: sh.fields}
	if !in.opt.ByName || sh.header == nil || !sh.check || sh.own != sh.fields {
		return nil
	}
	have := map[string]bool{}
	for _, n := range sh.header {
		have[n] = true
	}
	for _, f := range files {
		names, err := sh.names(ctx, f)
		if err != nil {
			return err
		}
		if !in.opt.Disjoint && !slices.ContainsFunc(names, func(n string) bool { return slices.Contains(sh.header[:sh.own], n) }) {
			continue // match will say what is wrong
		}
		for _, n := range names {
			if have[n] {
				continue
			}
			have[n] = true
			sh.header, in.names, in.guess = append(sh.header, n), append(in.names, n), append(in.guess, guess{number: in.number})
			sh.Schema = append(sh.Schema, exec.Field{Name: n, Type: types.Of(types.Text)})
		}
	}
	if len(sh.header) > sh.own {
		for i := range sh.header {
			at := i
			if i >= sh.own {
				at = -1
			}
			in.order.at = append(in.order.at, at)
		}
	}
	return nil
}

// names returns the names in the header of a file; none for an empty file.
func (sh *Shape) names(ctx context.Context, f file.File) ([]string, error) {
	if f.Size == 0 {
		return nil, nil
	}
	t, err := f.OpenText(sh.encoding, 0)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	look := *sh
	look.check = false
	for size := 16 << 10; ; size *= 8 {
		hd, err := readHead(f, t, size, sh.skip, sh.Newline)
		if err == nil {
			err = sh.sameLines(f, &hd)
		}
		if err != nil {
			return nil, err
		}
		if names, _, ok := look.firstRow(hd.text, hd.at, hd.eof); ok {
			return sh.headerNames(names), nil
		}
		if hd.eof || size > maxRow || ctx.Err() != nil {
			return nil, ctx.Err() // begin will say what is wrong
		}
	}
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

// preamble moves over lines in front of the table: a title, an export's remarks, empty rows. They have less fields than
// the table, or nothing in most of them; behind them stands a header that names every column, and rows of its length.
func (in *inference) preamble(text []byte, at int) int {
	sh := in.shape
	x := sh.exact(text, at, len(text), []uint32{uint32(at) - 1}, headerRows)
	rows, starts := rowsFrom(sh, text, at, x.pos[1:], headerRows)
	withoutLast(rows)
	n := widerCount(rows)
	if n < 2 || len(rows) < 3 {
		return at
	}
	first := 0
	for first < len(rows) && (len(rows[first]) < n || filled(rows[first]) <= n/2) {
		first++
	}
	if first == 0 || len(rows)-first < 2 || len(rows[first]) != n || filled(rows[first]) < n || !in.isHeader(rows[first:]) {
		return at
	}
	for _, r := range rows[first+1:] {
		if len(r) != n {
			return at
		}
	}
	sh.skip = bytes.Count(text[at:starts[first]], []byte{sh.Newline})
	return starts[first]
}

// withoutLast takes the last field off all rows where it is empty in each: rows end with a delimiter.
func withoutLast(rows [][]string) {
	for _, r := range rows {
		if len(r) > 1 && r[len(r)-1] != "" {
			return
		}
	}
	for i, r := range rows {
		if len(r) > 1 {
			rows[i] = r[:len(r)-1]
		}
	}
}

// widerCount returns the number of fields that most rows have; of two numbers as frequent the greater one.
func widerCount(rows [][]string) int {
	counts, best := map[int]int{}, 0
	for _, r := range rows {
		counts[len(r)]++
	}
	for n, c := range counts {
		if c > counts[best] || c == counts[best] && n > best {
			best = n
		}
	}
	return best
}

// filled counts the values that are not empty.
func filled(row []string) (n int) {
	for _, v := range row {
		if v != "" {
			n++
		}
	}
	return n
}

const headerRows = 200 // rows that are looked at to tell a header

// rowsFrom returns the values of up to most rows, comments and empty lines left out, and where each begins.
func rowsFrom(sh *Shape, text []byte, at int, pos []uint32, most int) (rows [][]string, starts []int) {
	for i := 0; i < len(pos) && len(rows) < most; {
		first := i
		for text[pos[i]] != sh.Newline {
			i++
		}
		i++
		end := int(pos[i-1])
		line := bytes.TrimSuffix(text[at:end], []byte{'\r'})
		if len(line) > 0 && (sh.Comment == 0 || line[0] != sh.Comment) {
			rows, starts = append(rows, sh.rowValues(text, at, pos[first:i])), append(starts, at)
		}
		at = end + 1
	}
	return rows, starts
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
	return in.isHeader(rows)
}

// isHeader reports whether the first row may be a header by what stands in it and below.
func (in *inference) isHeader(rows [][]string) bool {
	allText, evidence := true, false
	seen := map[string]bool{}
	first := 0
	if in.shape.unnamed {
		first = 1
	}
	for i, v := range rows[0] {
		i += first
		g := guess{number: in.number}
		own := g.classify([]byte(v))
		if strings.TrimSpace(v) == "" || seen[v] || own != isText {
			allText = false
		}
		seen[v] = true
		var rest class
		for _, r := range rows[1:] {
			if i < len(r) && strings.Trim(r[i], " ") != "" && !in.shape.nulls.has(r[i]) {
				rest |= g.classify([]byte(r[i]))
			}
		}
		t := rest.typeOf()
		if rest != 0 && t.ID != types.Text {
			evidence = evidence || (rest|own).typeOf().ID == types.Text && hasLetter(v)
			allText = allText && own == isText
		}
	}
	return evidence || allText || in.namesBehindIndex(rows) || yearNames(rows)
}

// yearNames reports whether the first row has names and years that follow each other, as tables have that grow by a column
// a year, and no other row has.
func yearNames(rows [][]string) bool {
	if !endsInYears(rows[0]) {
		return false
	}
	for _, r := range rows[1:] {
		if endsInYears(r) {
			return false
		}
	}
	return len(rows) > 1
}

func endsInYears(row []string) bool {
	years, last, step := 0, 0, 0
	for _, v := range row {
		y, err := strconv.Atoi(v)
		switch isYear := err == nil && y >= 1900 && y <= 2100; {
		case v == "":
		case !isYear && (years > 0 || !hasLetter(v)):
			return false
		case !isYear:
		case years > 0 && (y-last)*(y-last) != 1 || years > 1 && y-last != step:
			return false
		default:
			step, last = y-last, y
			years++
		}
	}
	return years > 1 && row[0] != "" && hasLetter(row[0])
}

// namesBehindIndex reports whether the first row has no name for a column of integers, and names for all others.
func (in *inference) namesBehindIndex(rows [][]string) bool {
	names := rows[0]
	if len(rows) < 2 || len(names) < 2 || names[0] != "" {
		return false
	}
	seen := map[string]bool{}
	for _, n := range names[1:] {
		if seen[n] || !hasLetter(n) {
			return false
		}
		seen[n] = true
	}
	for _, r := range rows[1:] {
		if classify([]byte(r[0])) != isInt {
			return false
		}
	}
	return true
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
	sh.inferred = make([]bool, len(sh.Schema))
	for i := range sh.Schema {
		t, form := in.typeOf(&in.guess[i])
		if form != nil {
			sh.setForm(i, form)
		}
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
		if at < 0 || at >= len(sh.Schema) {
			e := sqlstate.New(sqlstate.UndefinedColumn, "option \"types\" names column \"%s\", which does not exist", c.Name).
				WithHint("Columns are %s.", listed(in.names))
			if c.Name == "" {
				e = sqlstate.New(sqlstate.InvalidParameterValue, "option \"types\" has %d types, but there are %d columns", len(opt.Types), len(sh.Schema))
			}
			return e.At(opt.typesPos)
		}
		set(at, c.Type)
	}
	in.asked()
	in.estimate()
	return nil
}

// numbers settles the form of the file's numbers.
func (in *inference) numbers(rows [][]string) {
	opt := in.opt
	in.number = numberForm{opt.Decimal, opt.Thousands}
	if in.number == (numberForm{}) && !opt.NoDetect && !opt.AllVarchar {
		var e numberEvidence
		for _, r := range rows {
			for _, v := range r {
				e.add([]byte(v))
			}
		}
		in.number = e.form(in.shape.Delim)
	}
	for i := range in.guess {
		in.guess[i].number = in.number
	}
}

// typeOf returns the type that a column's values have in common, and how they are written if it is not SQL's way.
func (in *inference) typeOf(g *guess) (types.Type, *form) {
	switch {
	case g.class == isFormedDate:
		o := g.dates.order()
		if o == anyOrder {
			o = in.dateOrder(g.dates.shape.sep)
		}
		if o != dayFirst && o != monthFirst {
			return types.Of(types.Text), nil
		}
		f := g.dates.form(o)
		if f.time {
			return types.Of(types.Timestamp), &form{date: f}
		}
		return types.Of(types.Date), &form{date: f}
	case g.formed:
		return g.class.typeOf(), &form{number: in.number}
	}
	return g.class.typeOf(), nil
}

// dateOrder returns the order that other columns of the file tell of dates that a column does not tell it of.
func (in *inference) dateOrder(sep byte) dateOrder {
	found := anyOrder
	for i := range in.guess {
		g := &in.guess[i]
		if g.class != isFormedDate || g.dates.shape.sep != sep || g.dates.shape.yearFirst {
			continue
		}
		switch o := g.dates.order(); {
		case o == anyOrder:
		case found != anyOrder && found != o:
			return noOrder
		default:
			found = o
		}
	}
	return found
}

// asked sets the forms that the options ask for, of columns of types that they concern.
func (in *inference) asked() {
	sh, opt := in.shape, in.opt
	for i := range sh.Schema {
		var date *dateForm
		switch t := sh.Schema[i].Type; {
		case t.ID == types.Date:
			date = opt.DateForm
		case t.ID == types.Timestamp:
			date = opt.TimestampForm
		}
		number := numberForm{opt.Decimal, opt.Thousands}
		switch {
		case date != nil:
			sh.setForm(i, &form{date: date})
		case number != (numberForm{}) && sh.Schema[i].Type.IsNumber():
			sh.setForm(i, &form{number: number})
		case sh.forms != nil && sh.forms[i] != nil && !sh.forms[i].fits(sh.Schema[i].Type): // the type is not that found
			sh.forms[i] = nil
		}
	}
}

func (sh *Shape) setForm(i int, f *form) {
	if sh.forms == nil {
		sh.forms = make([]*form, len(sh.Schema))
	}
	sh.forms[i] = f
}

func (in *inference) find(name string) int {
	for i, n := range in.names {
		if n == name {
			return i
		}
	}
	return -1
}
