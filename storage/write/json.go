package write

import (
	"gsql/exec"
	"gsql/exec/fn"
	"gsql/exec/jsontext"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// newJSONFormat returns the format of an object a line, or of one array of objects.
func newJSONFormat(o *Options, columns exec.Schema, style *text.Style) (format, error) {
	var keys [][]byte
	for i, c := range columns {
		key := []byte{','}
		if i == 0 {
			key[0] = '{'
		}
		keys = append(keys, append(jsontext.Quote(key, []byte(c.Name)), ':'))
	}
	return compressed(o, &textFormat{array: o.Array, lines: func() lines { return &jsonLines{keys, o.Array, style} }})
}

type jsonLines struct {
	keys  [][]byte // with what stands in front of them
	array bool
	style *text.Style
}

func (l *jsonLines) header(dst []byte) []byte { return dst }

func (l *jsonLines) rows(dst []byte, b *vec.Batch) (_ []byte, err error) {
	for i := range b.Rows {
		if l.array {
			dst = append(dst, ",\n"...)
		}
		if len(l.keys) == 0 {
			dst = append(dst, '{')
		}
		for c, v := range b.Cols {
			dst = append(dst, l.keys[c]...)
			from := len(dst)
			if dst, err = fn.AppendJSON(dst, v, i, l.style); err != nil {
				return nil, err
			}
			if hasDocuments(v.Type) {
				oneLine(dst[from:])
			}
		}
		dst = append(dst, '}')
		if !l.array {
			dst = append(dst, '\n')
		}
	}
	return dst, nil
}

// hasDocuments reports whether values of a type have JSON as somebody wrote it.
func hasDocuments(t types.Type) bool {
	switch t.ID {
	case types.JSON:
		return true
	case types.Array:
		return hasDocuments(t.Element())
	case types.Record:
		for _, f := range t.Fields() {
			if hasDocuments(f.Type) {
				return true
			}
		}
	}
	return false
}

// oneLine takes the line ends out of a document: within strings there are none.
func oneLine(doc []byte) {
	for i, c := range doc {
		if c == '\n' || c == '\r' {
			doc[i] = ' '
		}
	}
}
