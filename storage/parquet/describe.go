package parquet

import (
	"fmt"
	"strings"

	"gsql/exec/text"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// Chunk is what a footer says of one column of one row group. Numbers are -1 where it does not say, Min and Max nil.
type Chunk struct {
	Group                    int
	GroupRows, GroupBytes    int64
	GroupColumns             int
	Column                   int // number of the leaf
	Path                     string
	Type, Codec              string
	Values, Nulls            int64
	Min, Max                 *string
	DictOffset, DataOffset   int64
	Compressed, Uncompressed int64
}

// Element is a node of a file's schema, as it stands in the footer. Numbers are -1 where there is none.
type Element struct {
	Name               string
	Type               string // physical, "" for a group
	Length             int64
	Repetition         string
	Children           int64
	Converted, Logical string
	Scale, Precision   int64
	SQL                string // type of a column, "" for what is no column of the table
}

var physicalNames = [...]string{"BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}

var repetitionNames = [...]string{"REQUIRED", "OPTIONAL", "REPEATED"}

var convertedNames = [...]string{"UTF8", "MAP", "MAP_KEY_VALUE", "LIST", "ENUM", "DECIMAL", "DATE", "TIME_MILLIS", "TIME_MICROS", "TIMESTAMP_MILLIS",
	"TIMESTAMP_MICROS", "UINT_8", "UINT_16", "UINT_32", "UINT_64", "INT_8", "INT_16", "INT_32", "INT_64", "JSON", "BSON", "INTERVAL"}

var logicalNames = [...]string{"", "STRING", "MAP", "LIST", "ENUM", "DECIMAL", "DATE", "TIME", "TIMESTAMP", "", "INTEGER", "UNKNOWN", "JSON", "BSON", "UUID", "FLOAT16"}

func nameOf(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return ""
	}
	return names[i]
}

// Chunks returns what the footer of a file says of its column chunks.
func (c *Footers) Chunks(f file.File) ([]Chunk, error) {
	m, err := c.meta(f)
	if err != nil {
		return nil, err
	}
	paths, top := leafPaths(m.schema)
	var out []Chunk
	for g := range m.groups {
		group := &m.groups[g]
		var bytes int64
		for i := range group.cols {
			bytes += group.cols[i].raw
		}
		for i := range group.cols {
			k := &group.cols[i]
			x := Chunk{Group: g, GroupRows: group.rows, GroupBytes: bytes, GroupColumns: len(group.cols), Column: i, Type: nameOf(physicalNames[:], int(k.typ)),
				Codec: nameOf(codecNames[:], int(k.codec)), Values: k.values, Nulls: k.stats.nulls, DictOffset: -1, DataOffset: k.dataAt,
				Compressed: k.size, Uncompressed: k.raw}
			if k.dictAt > 0 {
				x.DictOffset = k.dictAt
			}
			if i < len(paths) {
				x.Path = paths[i]
				if col := top[i]; col != nil {
					b := boundsOf(col, k, group.rows)
					x.Min, x.Max = boundText(b.min), boundText(b.max)
				}
			}
			out = append(out, x)
		}
	}
	return out, nil
}

func boundText(v *vec.Vector) *string {
	if v == nil {
		return nil
	}
	s := text.String(v, 0, nil)
	return &s
}

// meta returns a footer and leaves no file open.
func (c *Footers) meta(f file.File) (*fileMeta, error) {
	m, h, err := c.get(f)
	if h != nil {
		h.Close()
	}
	return m, err
}

// leafPaths returns the paths of the leaves of a schema, and the columns of those that are columns themselves.
func leafPaths(s *fileSchema) (paths []string, top []*column) {
	at := 1
	var walk func(prefix string, col *column)
	walk = func(prefix string, col *column) {
		e := &s.elements[at]
		at++
		name := prefix + e.name
		if e.children <= 0 {
			paths, top = append(paths, name), append(top, col)
			return
		}
		for range e.children {
			walk(name+".", nil)
		}
	}
	for i := range s.cols {
		c := &s.cols[i]
		if c.root != nil || c.refuse != "" {
			c = nil
		}
		walk("", c)
	}
	return paths, top
}

// Elements returns the schema of a file, the root first and each node before its children.
func (c *Footers) Elements(f file.File) ([]Element, error) {
	m, err := c.meta(f)
	if err != nil {
		return nil, err
	}
	sql := map[int]string{}
	t := tree{schema: m.schema.elements, at: 1}
	for i := range m.schema.cols {
		sql[t.at] = m.schema.cols[i].typ.String()
		if m.schema.cols[i].refuse != "" {
			sql[t.at] = ""
		}
		t.skip(0)
	}
	out := make([]Element, len(m.schema.elements))
	for i, e := range m.schema.elements {
		x := Element{Name: e.name, Length: -1, Children: -1, Scale: -1, Precision: -1, Repetition: nameOf(repetitionNames[:], int(e.rep)),
			Converted: nameOf(convertedNames[:], int(e.converted)), Logical: e.logical.String(), SQL: sql[i]}
		if e.children > 0 {
			x.Children = int64(e.children)
		} else {
			x.Type = nameOf(physicalNames[:], int(e.typ))
		}
		if e.typ == physFixed {
			x.Length = int64(e.typeLen)
		}
		if e.converted == convDecimal || e.logical.kind == logDecimal {
			x.Scale, x.Precision = int64(e.scale), int64(e.prec)
		}
		out[i] = x
	}
	return out, nil
}

// String writes the annotation of a leaf, "" for none.
func (l logicalType) String() string {
	name := nameOf(logicalNames[:], l.kind)
	unit := nameOf([]string{"", "MILLIS", "MICROS", "NANOS"}, l.unit)
	switch l.kind {
	case logDecimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", l.prec, l.scale)
	case logTime, logTimestamp:
		return fmt.Sprintf("%s(%s,utc=%t)", name, unit, l.utc)
	case logInteger:
		if l.signed {
			return fmt.Sprintf("INT(%d)", l.bits)
		}
		return fmt.Sprintf("UINT(%d)", l.bits)
	}
	return strings.TrimSpace(name)
}
