package catalog

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed postgres.tsv
var postgres string

// section is a part of postgres.tsv: rows of fields as COPY writes them.
type section struct {
	columns []string
	rows    [][]string
}

// index returns the place of a column, -1 when there is none.
func (s *section) index(column string) int {
	for i, c := range s.columns {
		if c == column {
			return i
		}
	}
	return -1
}

// sections reads postgres.tsv, once.
var sections = sync.OnceValue(func() map[string]*section {
	m := map[string]*section{}
	var s *section
	for line := range strings.Lines(postgres) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if name, ok := strings.CutPrefix(fields[0], "= "); ok {
			s = &section{columns: fields[1:]}
			m[name] = s
			continue
		}
		s.rows = append(s.rows, fields)
	}
	return m
})

// unescape returns what a field of COPY's text form stands for; null is true for \N.
func unescape(field string) (s string, null bool) {
	if field == `\N` {
		return "", true
	}
	if !strings.Contains(field, `\`) {
		return field, false
	}
	return strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r", `\b`, "\b", `\f`, "\f", `\v`, "\v").Replace(field), false
}
