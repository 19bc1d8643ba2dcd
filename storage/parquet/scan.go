package parquet

import (
	"context"
	"fmt"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/storage/file"
)

// Scan reads columns of Parquet files. Its partitions share a queue of row groups, so that all are busy until
// the last one.
type Scan struct {
	table   *table
	extra   *file.Scan
	out     exec.Schema // of the columns in the files
	columns []int       // ordinals in the table of out, and behind these of columns that tell which rows are deleted
	prune   expr.Expr
	limit   int64 // -1: none
	parts   int
	filters []runtimeFilter
}

// runtimeFilter is a filter that a join publishes, on column col of the output.
type runtimeFilter struct{ id, col int }

func (s *Scan) Schema() exec.Schema             { return s.extra.Out }
func (s *Scan) Note() string                    { return s.extra.Note() }
func (s *Scan) Partitioning() exec.Partitioning { return exec.Partitioning{N: s.parts} }
func (s *Scan) Inputs() []exec.Plan             { return nil }

func (s *Scan) InputSize() exec.InputSize {
	n := exec.InputSize{Files: len(s.table.files)}
	for _, f := range s.table.files {
		n.Bytes += f.Size
	}
	return n
}

// Fingerprint adds the files in their state, and what of them is read.
func (s *Scan) Fingerprint(d *exec.Digest) {
	d.Add(s.table.files, s.out, s.columns, s.prune, s.limit, s.parts, s.filters)
	s.extra.Fingerprint(d)
	if s.table.known != nil {
		d.Add(s.table.known.Identity())
	}
}

func (s *Scan) String() string {
	names := make([]string, len(s.extra.Out))
	for i, f := range s.extra.Out {
		names[i] = f.Name
	}
	var b strings.Builder
	fmt.Fprintf(&b, "ParquetScan %s [%s]", s.table.name, strings.Join(names, ", "))
	if s.prune != nil {
		b.WriteString(" prune " + s.prune.String())
	}
	for _, f := range s.filters {
		fmt.Fprintf(&b, " join filter %d on %s", f.id, s.out[f.col].Name)
	}
	if s.limit >= 0 {
		fmt.Fprintf(&b, " limit %d", s.limit)
	}
	return b.String()
}

// queueOf is the key of the queue of one partition, where splits are fixed.
type queueOf struct {
	scan *Scan
	part int
}

// Open starts a partition. Partitions that share an execution share its queue, unless splits are fixed.
func (s *Scan) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	var key any = s
	if _, _, fixed := env.FixedSplits(part, s.parts, 0); fixed {
		key = queueOf{s, part}
	}
	q, err := env.Shared(ctx, key, func(context.Context) (any, error) { return newQueue(s, env, part), nil })
	if err != nil {
		return nil, err
	}
	return newStream(s, env, q.(*queue), part), nil
}
