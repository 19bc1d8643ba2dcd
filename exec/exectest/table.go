// Package exectest tests operators: it runs a plan over literal or random tables in every way that the
// contract of package exec allows (batch sizes, encodings, selections, partitions, equal hashes, errors,
// cancellation, early Close) and checks the rows, the memory and the goroutines afterwards.
package exectest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Table is an input: a schema and flat columns.
type Table struct {
	Schema exec.Schema
	Cols   []*vec.Vector
	Rows   int
}

// NewTable returns a table of literal rows. cols describes the columns as "1:k:int4 2:s:text" (ID, name,
// type); a row is "7|abc", with NULL or nothing for NULL ("” is the empty string").
func NewTable(cols string, rows ...string) *Table {
	t := &Table{Schema: ParseSchema(cols), Rows: len(rows)}
	b := builders(t.Schema)
	for _, r := range rows {
		cells := strings.Split(r, "|")
		if len(cells) != len(b) {
			panic(fmt.Sprintf("row %q has not %d cells", r, len(b)))
		}
		for i, c := range cells {
			appendCell(b[i], t.Schema[i].Type, strings.TrimSpace(c))
		}
	}
	t.Cols = finish(b)
	return t
}

func appendCell(b *vec.Builder, t types.Type, cell string) {
	switch cell {
	case "NULL", "":
		b.AppendNull()
		return
	case "''":
		cell = ""
	}
	if err := text.Parse(b, t, []byte(cell), nil); err != nil {
		panic(err)
	}
}

// ParseSchema reads "1:k:int4 2:s:text". Types have no blanks in this form.
func ParseSchema(cols string) exec.Schema {
	var s exec.Schema
	for _, c := range strings.Fields(cols) {
		p := strings.SplitN(c, ":", 3)
		id, err := strconv.Atoi(p[0])
		if err != nil || len(p) != 3 {
			panic("exectest: not a column: " + c)
		}
		s = append(s, exec.Field{ID: expr.ColID(id), Name: p[1], Type: parseType(p[2])})
	}
	return s
}

// parseType reads the name of a type, or row(int,text) for records.
func parseType(s string) types.Type {
	if args, ok := strings.CutPrefix(s, "row("); ok {
		var fields []types.Field
		for i, name := range strings.Split(strings.TrimSuffix(args, ")"), ",") {
			fields = append(fields, types.Field{Name: "f" + strconv.Itoa(i+1), Type: parseType(name)})
		}
		return types.RecordOf("r", fields)
	}
	t, err := text.ParseType(s)
	if err != nil {
		panic(err)
	}
	return t
}

// Random returns a table of n random rows. Each column takes at most distinct values, a share nulls of
// them NULL (1: all). The same arguments give the same table.
func Random(seed uint64, cols string, n, distinct int, nulls float64) *Table {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := &Table{Schema: ParseSchema(cols), Rows: n}
	b := builders(t.Schema)
	for range n {
		for i, f := range t.Schema {
			if rng.Float64() < nulls {
				b[i].AppendNull()
				continue
			}
			appendCell(b[i], f.Type, literal(f.Type, rng.IntN(max(distinct, 1))))
		}
	}
	t.Cols = finish(b)
	return t
}

// literal returns the k-th value of a type: some negative, some long, equal for equal k only (but for
// booleans).
func literal(t types.Type, k int) string {
	signed := k
	if k%3 == 1 {
		signed = -k
	}
	switch t.ID {
	case types.Bool:
		return [...]string{"t", "f"}[k&1]
	case types.Int16, types.Int32:
		return strconv.Itoa(signed)
	case types.Int64:
		if k%5 == 4 {
			signed *= 1_000_000_000_000
		}
		return strconv.Itoa(signed)
	case types.Float32, types.Float64:
		if k%17 == 16 {
			return "NaN"
		}
		return strconv.FormatFloat(float64(signed)/4, 'g', -1, 64)
	case types.Numeric:
		return fmt.Sprintf("%d.%02d", signed, k%100)
	case types.Date:
		return fmt.Sprintf("%04d-%02d-%02d", 1990+k/336, k/28%12+1, k%28+1)
	case types.Timestamp, types.TimestampTZ:
		return fmt.Sprintf("%04d-%02d-%02d 12:34:%02d", 1990+k/336, k/28%12+1, k%28+1, k%60)
	case types.Time:
		return fmt.Sprintf("%02d:%02d:%02d", k/3600%24, k/60%60, k%60)
	case types.Interval:
		return fmt.Sprintf("%d days %d seconds", signed, k)
	case types.UUID:
		return fmt.Sprintf("%032x", uint64(k)*0x9e3779b97f4a7c15)
	case types.Record:
		fields := make([]string, len(t.Fields()))
		for i, f := range t.Fields() {
			if i == 0 || (k+i)%3 != 2 {
				fields[i] = strconv.Quote(literal(f.Type, k))
			}
		}
		return "(" + strings.Join(fields, ",") + ")"
	case types.Array:
		form := []string{"{%s,%s}", "{%s,%s}", "{{%s},{%s}}", "[0:1]={%s,%s}", "[2:2][7:8]={{%s,%s}}"}[k%5]
		return fmt.Sprintf(form, strconv.Quote(literal(t.Element(), k)), strconv.Quote(literal(t.Element(), k/2)))
	}
	if k%4 == 3 {
		return "a value too long for a view, number " + strconv.Itoa(k)
	}
	if k == 0 {
		return "''"
	}
	return "v" + strconv.Itoa(k)
}

// Row returns row i as text: cells divided by |.
func (t *Table) Row(i int) string { return rowText(t.Cols, i) }

// Col returns a column expression by name.
func (t *Table) Col(name string) *expr.Column {
	for _, f := range t.Schema {
		if f.Name == name {
			return &expr.Column{ID: f.ID, Name: f.Name, Typ: f.Type}
		}
	}
	panic("exectest: no column " + name)
}

// AppendRows appends the rows of a dense batch as text, as Row gives them.
func AppendRows(rows []string, b *vec.Batch) []string {
	for i := range b.Rows {
		rows = append(rows, rowText(b.Cols, i))
	}
	return rows
}

func rowText(cols []*vec.Vector, i int) string {
	var b strings.Builder
	for c, v := range cols {
		if c > 0 {
			b.WriteByte('|')
		}
		b.WriteString(text.String(v, i, nil))
	}
	return b.String()
}

func builders(s exec.Schema) []*vec.Builder {
	b := make([]*vec.Builder, len(s))
	for i, f := range s {
		b[i] = vec.NewBuilder(f.Type)
	}
	return b
}

func finish(b []*vec.Builder) []*vec.Vector {
	v := make([]*vec.Vector, len(b))
	for i := range b {
		v[i] = b[i].Finish()
	}
	return v
}
