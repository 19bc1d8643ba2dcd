package gsql

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gsql/exec"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/planner"
)

// systemTables are the tables by name.
var systemTables = map[string]*systemRows{
	"gsql_queries": {
		name: "gsql_queries",
		columns: columnsOf("id bigint, session bigint, user_name text, database text, application_name text, state text, query text, " +
			"started_at timestamptz, duration_ms float, rows bigint, rows_read bigint, bytes_read bigint, bytes_done bigint, " +
			"bytes_total bigint, busy_ms float, memory bigint, memory_peak bigint, spilled_bytes bigint, spilled_files bigint, " +
			"error_code text, error text"),
		rows: queryRows,
	},
	"gsql_stages": {
		name: "gsql_stages",
		columns: columnsOf("query_id bigint, stage integer, operators text, inputs text, tasks integer, waiting integer, running integer, " +
			"done integer, rows bigint, busy_ms float"),
		rows: stageRows,
	},
	"gsql_tasks": {
		name: "gsql_tasks",
		columns: columnsOf("query_id bigint, stage integer, partition integer, state text, rows bigint, started_ms float, elapsed_ms float, " +
			"busy_ms float"),
		rows: taskRows,
	},
	"gsql_rejects": {
		name:    "gsql_rejects",
		columns: columnsOf("query_id bigint, file text, line bigint, column_name text, value text, reason text"),
		rows:    rejectRows,
	},
}

// columnsOf reads a list of names and types.
func columnsOf(list string) exec.Schema {
	ids := map[string]types.ID{"bigint": types.Int64, "integer": types.Int32, "text": types.Text, "float": types.Float64,
		"timestamptz": types.TimestampTZ, "boolean": types.Bool}
	var s exec.Schema
	for col := range strings.SplitSeq(list, ", ") {
		name, typ, _ := strings.Cut(col, " ")
		s = append(s, exec.Field{Name: name, Type: types.Of(ids[typ])})
	}
	return s
}

// systemRows makes the rows of a table.
type systemRows struct {
	name    string
	columns exec.Schema
	rows    func(db *DB, add func(values ...any))
}

type systemTable struct {
	*systemRows
	db *DB
}

func (t *systemTable) Schema() exec.Schema { return t.columns }
func (t *systemTable) Stats() exec.Stats   { return exec.Stats{Rows: keptQueries} }

func (t *systemTable) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	return &systemScan{table: t, columns: req.Columns, out: req.Output(t.columns)}, nil
}

// systemScan yields the rows as they are when it is opened.
type systemScan struct {
	table   *systemTable
	columns []int
	out     exec.Schema
}

func (p *systemScan) Schema() exec.Schema             { return p.out }
func (p *systemScan) Partitioning() exec.Partitioning { return exec.Partitioning{N: 1} }
func (p *systemScan) Inputs() []exec.Plan             { return nil }
func (p *systemScan) String() string                  { return "System Scan on " + p.table.name }

func (p *systemScan) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	builders := make([]*vec.Builder, len(p.out))
	for i, f := range p.out {
		builders[i] = vec.NewBuilder(f.Type)
	}
	b := &vec.Batch{}
	p.table.rows(p.table.db, func(values ...any) {
		for i, c := range p.columns {
			appendValue(builders[i], values[c])
		}
		b.Rows++
	})
	for _, x := range builders {
		b.Cols = append(b.Cols, x.Finish())
	}
	return (&exec.Values{Out: p.out, Batches: []*vec.Batch{b}}).Open(ctx, env, part)
}

// appendValue appends a value; "" is NULL, and durations are milliseconds.
func appendValue(b *vec.Builder, v any) {
	switch v := v.(type) {
	case int64:
		vec.Append(b, v)
	case bool:
		b.AppendBool(v)
	case int:
		vec.Append(b, int32(v))
	case time.Duration:
		vec.Append(b, float64(v)/float64(time.Millisecond))
	case time.Time:
		vec.Append(b, v.UnixMicro())
	case string:
		if v == "" {
			b.AppendNull()
		} else {
			b.AppendString(v)
		}
	default:
		panic(fmt.Sprintf("gsql: a value of type %T in a system table", v))
	}
}

func queryRows(db *DB, add func(values ...any)) {
	for _, q := range db.Queries() {
		add(q.ID, q.Session, q.User, q.Database, q.Application, string(q.State), q.SQL, q.Start, q.Duration, q.Rows, q.RowsRead,
			q.BytesRead, q.BytesDone, q.BytesTotal, q.Busy, q.MemoryNow, q.MemoryPeak, q.SpilledBytes, q.SpilledFiles, q.ErrorCode, q.Error)
	}
}

// eachReport calls f with the reports of all queries that have one.
func eachReport(db *DB, f func(id int64, r *planner.Report)) {
	for _, x := range db.queries.all() {
		if r := x.report(); r != nil {
			f(x.id, r)
		}
	}
}

func stageRows(db *DB, add func(values ...any)) {
	eachReport(db, func(id int64, r *planner.Report) {
		titles := map[int]string{}
		r.Root.Each(func(o *planner.Operator) { titles[o.ID] = o.Title })
		for _, s := range r.Stages {
			var operators, inputs []string
			for _, o := range s.Operators {
				operators = append(operators, titles[o])
			}
			for _, in := range s.Inputs {
				inputs = append(inputs, fmt.Sprint(in))
			}
			var rows int64
			var busy time.Duration
			counts := map[string]int{}
			for _, t := range s.Tasks {
				counts[t.State]++
				rows += t.Rows
				busy += t.Busy
			}
			add(id, s.ID, strings.Join(operators, ", "), strings.Join(inputs, ", "), len(s.Tasks), counts["waiting"], counts["running"],
				counts["done"], rows, busy)
		}
	})
}

func taskRows(db *DB, add func(values ...any)) {
	eachReport(db, func(id int64, r *planner.Report) {
		for _, s := range r.Stages {
			for _, t := range s.Tasks {
				add(id, t.Stage, t.Partition, t.State, t.Rows, t.Began, t.Elapsed, t.Busy)
			}
		}
	})
}
