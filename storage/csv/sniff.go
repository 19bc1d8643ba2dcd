package csv

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
)

// The dialect is the one of some candidates under which the sample is most like a table: the most rows have
// the same number of fields, and there are several.

// noDelim, the unit separator, stands for a delimiter where lines have no fields.
const noDelim = 0x1f

// sniffRows is the number of rows that candidates are tried on.
const sniffRows = 1000

// sniff fills in what the options leave open about the dialect of a sample that begins with the first row (or
// header). eof tells that the sample is the whole file.
func sniff(sample []byte, opt *Options, path string, eof bool) Dialect {
	base := Dialect{Newline: newlineOf(sample), Comment: opt.Comment, Delim: ',', Quote: '"'}
	delims, quotes := candidates(opt, path, sample)
	best, bestScore := base, score{}
	plain := map[byte]bool{} // delimiters with which all quotes are where they should be
	for _, q := range quotes {
		for _, d := range delims {
			if q == 0 && opt.Quote == nil && plain[d] {
				continue
			}
			x := base
			x.Delim, x.Quote, x.Escape = d, q, q
			if opt.Escape != nil {
				x.Escape = *opt.Escape
			}
			s := x.try(sample, eof)
			if opt.Escape == nil && q != 0 && s.broken {
				y := x
				y.Escape = '\\'
				if t := y.try(sample, eof); !t.broken {
					x, s = y, t
				}
			}
			if q != 0 && !opt.NoDetect && blanksAround(sample, d, q) {
				y := x
				y.Blanks = true
				if t := y.try(sample, eof); !t.broken && (s.broken || t.quoted > s.quoted && t.same >= s.same) {
					x, s = y, t
				}
			}
			plain[d] = plain[d] || q == '"' && !s.broken && s.quoted > 0
			if s.better(bestScore) {
				best, bestScore = x, s
			}
		}
	}
	switch {
	case bestScore.rows == 0: // nothing to judge by
		best.Delim, best.Quote = delims[0], quotes[0]
		if best.Escape = best.Quote; opt.Escape != nil {
			best.Escape = *opt.Escape
		}
	case !bestScore.tabular() && (bestScore.fields > 1 || bestScore.same < 1) && !opt.NullPadding && opt.Columns == nil:
		// Lines of text. Nothing divides or quotes them.
		if opt.Delim == nil {
			best.Delim = noDelim
		}
		if opt.Quote == nil {
			best.Quote, best.Escape = 0, 0
		}
	}
	if opt.Delim == nil && best.Delim == ',' && oneColumnOfDecimals(sample) {
		best.Delim = noDelim
	}
	return best
}

// oneColumnOfDecimals reports whether a text is a name and below it numbers with decimal commas.
func oneColumnOfDecimals(sample []byte) bool {
	lines := bytes.Split(bytes.TrimRight(sample, "\r\n"), []byte{'\n'})
	if len(lines) < 2 || bytes.IndexByte(lines[0], ',') >= 0 {
		return false
	}
	if lines = lines[1:min(len(lines), sniffRows)]; len(lines) > 1 {
		lines = lines[:len(lines)-1] // of which the sample may have a part only
	}
	for _, l := range lines {
		l = bytes.TrimPrefix(bytes.TrimSuffix(l, []byte{'\r'}), []byte{'-'})
		whole, fraction, ok := bytes.Cut(l, []byte{','})
		if !ok || len(whole) == 0 || len(fraction) == 0 || !allDigits(whole) || !allDigits(fraction) {
			return false
		}
	}
	return true
}

// blanksAround reports whether blanks stand between delimiters and quotes.
func blanksAround(sample []byte, delim, quote byte) bool {
	return delim != ' ' && (bytes.Contains(sample, []byte{delim, ' ', quote}) || bytes.Contains(sample, []byte{quote, ' ', delim}))
}

// newlineOf returns '\r' for text whose lines end in that alone.
func newlineOf(sample []byte) byte {
	if bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0 {
		return '\r'
	}
	return '\n'
}

func candidates(opt *Options, path string, sample []byte) (delims, quotes []byte) {
	delims = []byte{',', '\t', '|', ';'}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".tsv", ".tab":
		delims = []byte{'\t', ',', '|', ';'}
	case ".psv", ".tbl":
		delims = []byte{'|', ',', '\t', ';'}
	}
	quotes = []byte{'"'}
	if bytes.IndexByte(sample, '\'') >= 0 {
		quotes = append(quotes, '\'')
	}
	if bytes.IndexByte(sample, '"') >= 0 {
		quotes = append(quotes, 0)
	}
	if opt.Delim != nil {
		delims = []byte{*opt.Delim}
	} else if opt.NoDetect {
		delims = []byte{','}
	}
	if opt.Quote != nil {
		quotes = []byte{*opt.Quote}
	} else if opt.NoDetect {
		quotes = []byte{'"'}
	}
	taken := func(c byte) bool { return c == opt.Comment || opt.Quote != nil && c == *opt.Quote }
	if opt.Delim == nil {
		delims = slices.DeleteFunc(delims, taken)
	}
	if opt.Quote == nil {
		quotes = slices.DeleteFunc(quotes, func(c byte) bool { return c != 0 && (c == opt.Comment || opt.Delim != nil && c == *opt.Delim) })
	}
	if len(quotes) == 0 {
		quotes = []byte{0}
	}
	return delims, quotes
}

// score says how much a sample is like a table under a dialect.
type score struct {
	rows   int
	same   float64 // share of the rows that have as many fields as most
	fields int
	quoted int  // values that are quoted
	broken bool // a quote is out of place
	bad    bool // and it is the first one: quotes seem to be no quotes
}

// try reads a sample.
func (d *Dialect) try(sample []byte, eof bool) score {
	buf := sample
	if eof && len(buf) > 0 && buf[len(buf)-1] != d.Newline {
		buf = append(append(make([]byte, 0, len(buf)+1), buf...), d.Newline)
	}
	x := d.exact(buf, 0, len(buf), make([]uint32, 0, 256), sniffRows)
	// A quote that is not closed in most of the sample is none.
	s := score{broken: x.bad >= 0 || x.inside && (eof || x.end < len(buf)/2)}
	counts := map[int]int{}
	start, fields, firstRow := 0, 0, 0
	for _, p := range x.pos {
		if k := d.skipBlanks(buf, start); d.Quote != 0 && k < len(buf) && buf[k] == d.Quote {
			s.quoted++
		}
		fields++
		if buf[p] == d.Newline {
			first := int(p)
			empty := fields == 1 && (start == first || start == first-1 && buf[start] == '\r' || d.Comment != 0 && buf[start] == d.Comment)
			if !empty {
				counts[fields]++
				if s.rows++; s.rows == 1 {
					firstRow = fields
				}
			}
			fields = 0
		}
		start = int(p) + 1
	}
	most := 0
	for n, c := range counts {
		if c > most || c == most && n > s.fields {
			most, s.fields = c, n
		}
	}
	if s.rows == 2 && most == 1 { // the first is more likely to be whole
		s.fields = firstRow
	}
	if s.rows > 0 {
		s.same = float64(most) / float64(s.rows)
	}
	s.bad = s.broken && s.quoted == 0
	return s
}

// tabular reports whether the sample may be a table of several columns.
func (s score) tabular() bool { return s.fields > 1 && s.same >= 0.5 }

// better reports whether s is to be preferred to t, which was tried before.
func (s score) better(t score) bool {
	switch {
	case s.rows == 0:
		return false
	case t.rows == 0:
		return true
	case s.tabular() != t.tabular():
		return s.tabular()
	case s.bad != t.bad:
		return t.bad
	case !s.tabular():
		return false
	case s.same != t.same && (s.same == 1 || t.same == 1 || s.same > t.same+0.1 || t.same > s.same+0.1):
		return s.same > t.same
	case (s.quoted > 0) != (t.quoted > 0):
		return s.quoted > 0
	}
	return s.fields > t.fields
}
