package fn

import (
	"strings"
	"unicode/utf8"

	"gsql/exec/vec"
)

// This file reads the templates of to_char, to_number, to_date and to_timestamp.

// templateItem is a field of a template, or one character that is none.
type templateItem struct {
	kind    itemKind
	word    *templateWord // of a field
	char    string        // of all others
	fill    bool          // FM before the field: no padding
	local   bool          // TM before the field: names in the language of the session, which is English
	ordinal string        // th or TH behind the field
}

type itemKind uint8

const (
	itemField itemKind = iota
	itemText
	itemSeparator // ASCII, neither a letter nor a digit
	itemSpace
)

// templateWord is a word that means a field. Words may be written in capitals and in small letters, and names of
// months and days also with one capital.
type templateWord struct {
	name     string
	id       templateField
	width    int  // digits it reads
	digits   bool // it reads and writes digits only
	calendar calendar
}

// templateField is what a word means, whatever letters it is written in.
type templateField uint8

// calendar is the way a field counts, of which a template must not mix two.
type calendar uint8

const (
	anyCalendar calendar = iota
	gregorian
	isoWeeks
)

// templateReader splits templates into items.
type templateReader struct {
	words    [256][]*templateWord // by their first bytes; of two that match, the first counts
	datetime bool                 // FM, TM, TH and SP belong to the field beside them
}

// read splits a template. Unknown characters stand for themselves, as everything between double quotes does.
func (r *templateReader) read(s string) []templateItem {
	items := make([]templateItem, 0, len(s))
	for s != "" {
		var it templateItem
		if r.datetime {
			s = it.prefix(s)
		}
		if s == "" {
			break
		}
		if it.word = r.find(s); it.word != nil {
			s = s[len(it.word.name):]
			if r.datetime {
				s = it.suffix(s)
			}
			items = append(items, it)
			continue
		}
		if s[0] == '"' {
			items, s = quotedItems(items, s[1:])
			continue
		}
		if strings.HasPrefix(s, `\"`) {
			s = s[1:]
		}
		_, w := utf8.DecodeRuneInString(s)
		kind := itemText
		switch {
		case r.datetime && isSeparator(s[0]):
			kind = itemSeparator
		case isSpace(s[0]):
			kind = itemSpace
		}
		items = append(items, templateItem{kind: kind, char: s[:w]})
		s = s[w:]
	}
	return items
}

func (it *templateItem) prefix(s string) string {
	switch {
	case strings.HasPrefix(s, "FM"), strings.HasPrefix(s, "fm"):
		it.fill = true
	case strings.HasPrefix(s, "TM"), strings.HasPrefix(s, "tm"):
		it.local = true
	default:
		return s
	}
	return s[2:]
}

func (it *templateItem) suffix(s string) string {
	switch {
	case strings.HasPrefix(s, "TH"), strings.HasPrefix(s, "th"):
		it.ordinal = s[:2]
	case !strings.HasPrefix(s, "SP"): // spelled numbers, which PostgreSQL accepts and does not write
		return s
	}
	return s[2:]
}

// quotedItems reads up to the closing quote. A backslash quotes the next character.
func quotedItems(items []templateItem, s string) ([]templateItem, string) {
	for s != "" {
		if s[0] == '"' {
			return items, s[1:]
		}
		if s[0] == '\\' && len(s) > 1 {
			s = s[1:]
		}
		_, w := utf8.DecodeRuneInString(s)
		items = append(items, templateItem{kind: itemText, char: s[:w]})
		s = s[w:]
	}
	return items, s
}

func (r *templateReader) find(s string) *templateWord {
	for _, w := range r.words[s[0]] {
		if strings.HasPrefix(s, w.name) {
			return w
		}
	}
	return nil
}

// add makes words known. Longer ones must come before their beginnings.
func (r *templateReader) add(w templateWord, spellings ...string) {
	for _, name := range spellings {
		w := w
		w.name = name
		r.words[name[0]] = append(r.words[name[0]], &w)
	}
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSeparator(c byte) bool {
	return c > ' ' && c < 0x7f && !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'z')
}

// templatesOf returns a function that compiles the template of a row: once per batch when it is a constant, and
// otherwise when it is not the row before's.
func templatesOf[T any](arg *vec.Vector, compile func(string) (T, error)) func(i int) (T, error) {
	get := Reader[[]byte](arg)
	var last string
	var compiled T
	known := false
	return func(i int) (T, error) {
		s := get(i)
		if known && string(s) == last {
			return compiled, nil
		}
		known = false
		x, err := compile(string(s))
		if err != nil {
			return x, err
		}
		last, compiled, known = string(s), x, true
		return x, nil
	}
}

// appendTexts calls f for each row to append its text, or to return false for NULL.
func appendTexts(c *Call, f func(i int, dst []byte) ([]byte, bool, error)) (*vec.Vector, error) {
	out, valid := NewStrings(c.N, nil), vec.NewBitmap(c.N)
	err := c.Each(func(i int) error {
		dst, ok, err := f(i, out.Begin())
		if err != nil || !ok {
			return err
		}
		if len(dst)-out.start > maxString {
			return tooLong()
		}
		out.End(i, dst)
		valid.Set(i)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out.Finish(c.Ret, valid), nil
}

// ordinalEnding returns st, nd, rd or th for a number, in capitals if like is.
func ordinalEnding(number []byte, like string) string {
	n := len(number)
	end := 0
	if last := number[n-1]; (n < 2 || number[n-2] != '1') && last >= '1' && last <= '3' {
		end = int(last - '0')
	}
	if like == "TH" {
		return [...]string{"TH", "ST", "ND", "RD"}[end]
	}
	return [...]string{"th", "st", "nd", "rd"}[end]
}
