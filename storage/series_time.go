package storage

import (
	"context"
	"fmt"
	"io"

	"gsql/exec"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// timeSeries is the table of generate_series(start, stop, step) over timestamps.
type timeSeries struct {
	typ         types.Type // timestamp or timestamptz
	start, stop string
	step        vec.Interval
	none        bool // an argument was NULL
}

// timeOf returns the type of a series between values of two types, unknown when they are not of time. Dates
// become timestamptz, as in PostgreSQL.
func timeOf(a, b types.Type) types.Type {
	var out types.Type
	for _, t := range []types.Type{a, b} {
		switch t.ID {
		case types.Timestamp:
			if out.ID == types.Unknown {
				out = t
			}
		case types.Date, types.TimestampTZ:
			out = types.Of(types.TimestampTZ)
		case types.Unknown:
		default:
			return types.Type{}
		}
	}
	return out
}

func newTimeSeries(t types.Type, args []exec.Arg) (exec.Table, error) {
	s := &timeSeries{typ: t}
	for _, a := range args {
		s.none = s.none || a.Value == nil
	}
	if s.none {
		return s, nil
	}
	step, ok := args[2].Value.(string)
	if !ok {
		return nil, noFunction("generate_series", args).WithHint("The step between timestamps is an interval.")
	}
	s.start, s.stop = args[0].Value.(string), args[1].Value.(string)
	var err error
	if s.step, err = text.ParseInterval([]byte(step)); err != nil {
		return nil, err
	}
	if s.sign() == 0 {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "step size cannot equal zero")
	}
	return s, nil
}

// sign compares the step with zero as intervals are compared: a month is 30 days.
func (s *timeSeries) sign() int {
	days := int64(s.step.Months)*30 + int64(s.step.Days) + s.step.Micros/text.Day
	switch rest := s.step.Micros % text.Day; {
	case days > 0 || days == 0 && rest > 0:
		return 1
	case days < 0 || rest < 0:
		return -1
	}
	return 0
}

func (s *timeSeries) Schema() exec.Schema { return exec.Schema{{Name: "generate_series", Type: s.typ}} }
func (s *timeSeries) Stats() exec.Stats {
	return exec.Stats{Rows: 1000, Columns: make([]exec.ColumnStats, 1)}
}

func (s *timeSeries) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	p := &timeSeriesScan{series: s}
	for _, id := range req.IDs {
		p.out = append(p.out, exec.Field{ID: id, Name: "generate_series", Type: s.typ})
	}
	return p, nil
}

type timeSeriesScan struct {
	series *timeSeries
	out    exec.Schema
}

func (p *timeSeriesScan) Schema() exec.Schema             { return p.out }
func (p *timeSeriesScan) Partitioning() exec.Partitioning { return exec.Partitioning{N: 1} }
func (p *timeSeriesScan) Inputs() []exec.Plan             { return nil }
func (p *timeSeriesScan) Fingerprint(d *exec.Digest)      { d.Add(*p.series, p.out) }
func (p *timeSeriesScan) String() string {
	return fmt.Sprintf("Function Scan on generate_series(%s, %s, %s)", p.series.start, p.series.stop, text.AppendInterval(nil, p.series.step))
}

func (p *timeSeriesScan) Open(_ context.Context, env *exec.Env, _ int) (exec.Stream, error) {
	s := &timeSeriesStream{plan: p, ctx: env.Fn, rows: max(env.BatchRows, 1), done: p.series.none}
	if s.done {
		return s, nil
	}
	style := &text.Style{Location: env.Fn.Location, Now: env.Fn.Now}
	for _, x := range []struct {
		to   *int64
		text string
	}{{&s.next, p.series.start}, {&s.stop, p.series.stop}} {
		v, err := text.Const(p.series.typ, x.text, style)
		if err != nil {
			return nil, err
		}
		*x.to = vec.At[int64](v, 0)
	}
	return s, nil
}

type timeSeriesStream struct {
	plan       *timeSeriesScan
	ctx        *fn.Ctx
	next, stop int64
	rows       int
	done       bool
}

// Next adds the step to the last timestamp, not a multiple of it to the first: as PostgreSQL, so that months
// may lose days for good.
func (s *timeSeriesStream) Next(ctx context.Context) (*vec.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var out []int64
	sign := s.plan.series.sign()
	for !s.done && len(out) < s.rows {
		if sign > 0 && s.next > s.stop || sign < 0 && s.next < s.stop {
			s.done = true
			break
		}
		out = append(out, s.next)
		var err error
		if s.next, err = fn.AddInterval(s.ctx, s.plan.series.typ.ID, s.next, s.plan.series.step); err != nil {
			return nil, err
		}
		// Infinity stays where it is.
		s.done = s.next == out[len(out)-1]
	}
	if len(out) == 0 {
		return nil, io.EOF
	}
	b := &vec.Batch{Rows: len(out)}
	for range s.plan.out {
		b.Cols = append(b.Cols, vec.New(s.plan.series.typ, types.KInt64, out, nil))
	}
	return b, nil
}

func (s *timeSeriesStream) Close() error { s.done = true; return nil }
