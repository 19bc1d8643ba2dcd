package csv

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/mem"
	"gsql/exec/types"
	"gsql/storage/file"
)

// table is a table over files of one shape.
type table struct {
	name  string
	files []file.File
	shape *Shape
	extra *file.Extras // columns behind those of the shape; nil: none
	bytes int64
	split int64 // size of a split
	tail  int   // bytes read behind a split, for its last row
}

// NewTable returns the table with a name, for messages, over files of a shape. Columns that are not in the files have the
// ordinals behind those of the shape.
func NewTable(name string, files []file.File, shape *Shape, extra *file.Extras) exec.Table {
	t := &table{name: name, files: files, shape: shape, extra: extra, split: defaultSplit}
	t.tail = min(max(4*int(shape.rowBytes), 512), 64<<10)
	for _, f := range files {
		t.bytes += f.Size
	}
	return t
}

func (t *table) Schema() exec.Schema { return t.shape.Schema }

func (t *table) Stats() exec.Stats {
	s := exec.Stats{Bytes: t.bytes, Columns: t.shape.stats}
	if t.shape.rowBytes > 0 {
		s.Rows = max(1, float64(t.bytes)*t.shape.ratio/t.shape.rowBytes)
	}
	if more := s.Rows / t.shape.rows; t.shape.rows > 0 && more > 1.5 {
		// Of the files that were not looked at it is assumed that columns of many values have others there.
		s.Columns = slices.Clone(s.Columns)
		for i := range s.Columns {
			if c := &s.Columns[i]; c.Distinct > t.shape.rows/10 {
				c.Distinct *= more
			}
		}
	}
	return s
}

// repeats reports whether a column is one of texts that seem to be few and to come again and again.
func (t *table) repeats(c int) bool {
	f := t.shape.Schema[c]
	if f.Type.ID != types.Text && f.Type.ID != types.Varchar || c >= len(t.shape.stats) {
		return false
	}
	d := t.shape.stats[c].Distinct
	return d > 0 && d <= dictGuess && 4*d < t.Stats().Rows
}

// Scan returns a plan of at most req.Partitions streams. Prune and Filters are used when the caller sets them.
func (t *table) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	req, extra := t.extra.Split(req, t.shape.Schema)
	p := &scanPlan{table: t, extra: extra, columns: req.Columns, limit: req.Limit, prune: req.Prune, filters: req.Filters}
	if p.prune != nil || p.filters != nil {
		p.limit = -1 // it counts rows that pass, and here not all rows do
	}
	p.schema = req.Output(t.shape.Schema)
	p.parts = max(1, min(req.Partitions, file.Spread(t.files, t.split)))
	if p.limit >= 0 && p.limit <= smallLimit {
		p.parts = 1 // the first rows of the first file, as everybody expects, and no work for more
	}
	return p, nil
}

// smallLimit is the number of rows up to which a limit is served by one stream.
const smallLimit = 20_000

// scanPlan reads the columns of a table.
type scanPlan struct {
	table   *table
	extra   *file.Scan
	columns []int
	schema  exec.Schema // of the columns in the files
	limit   int64       // -1: none
	prune   expr.Expr
	filters []exec.RuntimeFilter
	parts   int
}

func (p *scanPlan) Schema() exec.Schema             { return p.extra.Out }
func (p *scanPlan) Note() string                    { return p.extra.Note() }
func (p *scanPlan) Partitioning() exec.Partitioning { return exec.Partitioning{N: p.parts} }
func (p *scanPlan) Inputs() []exec.Plan             { return nil }

func (p *scanPlan) InputSize() exec.InputSize {
	return exec.InputSize{Bytes: p.table.bytes, Files: len(p.table.files)}
}

// Fingerprint adds the files in their state, how they are read, and what of them.
func (p *scanPlan) Fingerprint(d *exec.Digest) {
	t, sh := p.table, p.table.shape
	d.Add(t.files, t.split, sh.layout, sh.Schema, sh.header, sh.check, sh.unnamed, sh.skip, sh.encoding, sh.ignore, sh.nulls, sh.inferred, sh.formNames())
	d.Add(p.columns, p.schema, p.limit, p.prune, p.filters, p.parts)
	p.extra.Fingerprint(d)
}

func (p *scanPlan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Scan %s", p.table.label())
	for i, f := range p.extra.Out {
		b.WriteString([]string{" (", ", "}[min(i, 1)] + f.Name)
	}
	if len(p.extra.Out) > 0 {
		b.WriteByte(')')
	}
	if p.prune != nil {
		fmt.Fprintf(&b, " prune=%s", p.prune)
	}
	if p.limit >= 0 {
		fmt.Fprintf(&b, " limit=%d", p.limit)
	}
	return b.String()
}

// label names the table and says what it is made of.
func (t *table) label() string {
	if len(t.files) == 1 {
		return fmt.Sprintf("%s csv %s", filepath.Base(t.files[0].Path), mem.Format(t.bytes))
	}
	return fmt.Sprintf("%s csv %d files %s", t.name, len(t.files), mem.Format(t.bytes))
}
