package write

import (
	"context"
	"fmt"
	"io"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/commit"
)

// Plan writes the rows of its input to files. It yields one row, with the number of rows that were written.
type Plan struct {
	Input   exec.Plan
	Options *Options
	Target  commit.Target
	Path    string // the target as it was written
	columns exec.Schema
	workers int // goroutines that encode the rows of one partition
}

// NewPlan returns the plan that writes all columns of a plan, under their names. With PARTITION_BY it deals the rows out to
// so many partitions; id is that of a column that it needs, which the input does not have.
func NewPlan(input exec.Plan, o *Options, target commit.Target, path string, partitions int, id expr.ColID) (*Plan, error) {
	p := &Plan{Input: input, Options: o, Target: target, Path: path, columns: input.Schema(), workers: partitions}
	if len(o.PartitionBy) > 0 {
		f, err := newFolders(input, o.PartitionBy, o.KeepKeys, id)
		if err != nil {
			return nil, err
		}
		p.columns = f.out[:len(f.out)-1]
		p.Input = f
		if partitions > 1 {
			p.Input = &exec.Exchange{Input: f, Kind: exec.Hash, N: partitions, Hash: []expr.ColID{id}}
		}
		p.Input = &direct{Input: p.Input, of: p}
		key := f.out[len(f.out)-1]
		p.Input = &exec.Sort{Input: p.Input, Top: -1, Keys: []expr.SortKey{{Expr: &expr.Column{ID: id, Name: key.Name, Typ: key.Type}}}}
	}
	_, err := newFormat(o, p.columns, nil)
	return p, err
}

func (p *Plan) Schema() exec.Schema {
	return exec.Schema{{Name: "count", Type: types.Of(types.Int64)}}
}
func (p *Plan) Partitioning() exec.Partitioning { return exec.Partitioning{N: 1} }
func (p *Plan) Inputs() []exec.Plan             { return []exec.Plan{p.Input} }

func (p *Plan) String() string {
	s := fmt.Sprintf("Write %s \"%s\"", p.Options.Format, p.Path)
	if p.Options.Compression != "" {
		s += " " + p.Options.Compression
	}
	if len(p.Options.PartitionBy) > 0 {
		s += " partitioned by " + strings.Join(p.Options.PartitionBy, ", ")
	}
	switch p.Options.Mode {
	case commit.Overwrite:
		s += " overwrite"
	case commit.Append:
		s += " append"
	}
	return s
}

func (p *Plan) Open(_ context.Context, env *exec.Env, _ int) (exec.Stream, error) {
	return &stream{plan: p, env: env}, nil
}

type stream struct {
	plan *Plan
	env  *exec.Env
	done bool
}

func (s *stream) Next(ctx context.Context) (*vec.Batch, error) {
	if s.done {
		return nil, io.EOF
	}
	s.done = true
	n, err := s.plan.run(ctx, s.env)
	if err != nil {
		return nil, err
	}
	return &vec.Batch{Rows: 1, Cols: []*vec.Vector{vec.New(types.Of(types.Int64), types.KInt64, []int64{n}, nil)}}, nil
}

func (s *stream) Close() error {
	s.done = true
	return nil
}
