package planner

import (
	"slices"
	"time"

	"gsql/exec"
)

// Report is a physical plan as data, with what was expected of its operators and what was measured: EXPLAIN prints
// it, and a dashboard can draw it.
type Report struct {
	Root   *Operator `json:"root"`
	Stages []*Stage  `json:"stages"` // those that others read come first

	// What was measured of the whole; zero when nothing was.
	Planning  time.Duration `json:"planning_ns"`
	Execution time.Duration `json:"execution_ns"`
	Totals    *Totals       `json:"totals,omitempty"`
}

// Operator is a node of a plan.
type Operator struct {
	ID         int         `json:"id"` // 1, 2, ... from the root down
	Stage      int         `json:"stage"`
	Kind       string      `json:"kind"`           // PostgreSQL's "Node Type" where it has one
	Title      string      `json:"title"`          // as EXPLAIN prints it
	Role       string      `json:"role,omitempty"` // "probe" or "build" of a join
	Properties []Property  `json:"properties,omitempty"`
	Output     []string    `json:"output,omitempty"` // names of the columns
	Partitions int         `json:"partitions"`
	PlanRows   float64     `json:"plan_rows,omitempty"` // expected
	Measured   *Measured   `json:"measured,omitempty"`
	Inputs     []*Operator `json:"inputs,omitempty"`
	Source     int         `json:"source,omitempty"` // for later readers of a WITH query: the operator whose input it is
}

// Each calls f with an operator and all below it.
func (o *Operator) Each(f func(*Operator)) {
	f(o)
	for _, in := range o.Inputs {
		in.Each(f)
	}
}

// Measured is what an operator has done so far, over all its partitions. Durations are nanoseconds.
type Measured struct {
	Rows    int64 `json:"rows"`
	Batches int64 `json:"batches"`
	// First and Last are when the first and the last batch came, since the execution began.
	First time.Duration `json:"first_ns"`
	Last  time.Duration `json:"last_ns"`
	// Self is the busy time of the operator's own work, Total that of its inputs too; Waited is what it waited for
	// others. See exec.Profile.
	Self   time.Duration `json:"self_ns"`
	Total  time.Duration `json:"total_ns"`
	Waited time.Duration `json:"waited_ns"`

	MemoryNow    int64 `json:"memory_now"`
	MemoryPeak   int64 `json:"memory_peak"`
	SpilledBytes int64 `json:"spilled_bytes"`
	SpilledFiles int64 `json:"spilled_files"`

	Input     *Input  `json:"input,omitempty"`          // of scans
	Removed   *int64  `json:"rows_removed,omitempty"`   // of filters: rows that did not pass
	PartRows  []int64 `json:"partition_rows,omitempty"` // rows of each partition
	PartSpans []Span  `json:"-"`
}

// Span is one partition's part of the work of an operator.
type Span struct {
	State              exec.PartState
	Rows               int64
	Began, First, Last time.Duration
	Busy               time.Duration // with the inputs of the same stage
}

// Input is what a scan reads.
type Input struct {
	BytesRead    int64 `json:"bytes_read"`
	BytesDone    int64 `json:"bytes_done"` // of the total; bytes that need not be read count too
	BytesTotal   int64 `json:"bytes_total"`
	Rows         int64 `json:"rows"` // before the scan's conditions
	Files        int64 `json:"files"`
	FilesRead    int64 `json:"files_read"`
	FilesPruned  int64 `json:"files_pruned"`
	GroupsRead   int64 `json:"groups_read"`
	GroupsPruned int64 `json:"groups_pruned"`
	PagesPruned  int64 `json:"pages_pruned"` // of the row groups that were read
}

// Totals are sums over all operators.
type Totals struct {
	Busy         time.Duration `json:"busy_ns"`
	Waited       time.Duration `json:"waited_ns"`
	BytesRead    int64         `json:"bytes_read"`
	BytesDone    int64         `json:"bytes_done"`
	BytesTotal   int64         `json:"bytes_total"`
	RowsRead     int64         `json:"rows_read"`
	MemoryNow    int64         `json:"memory_now"`
	MemoryPeak   int64         `json:"memory_peak"`
	SpilledBytes int64         `json:"spilled_bytes"`
	SpilledFiles int64         `json:"spilled_files"`
}

// Stage is the operators between two exchanges, or other places where partitions are read by goroutines of their
// own: the build side of a join, a WITH query. Its tasks run in parallel, one for each partition.
type Stage struct {
	ID        int    `json:"id"`
	Operators []int  `json:"operators"` // their IDs, the last in the flow of rows first
	Inputs    []int  `json:"inputs"`    // stages whose rows it reads
	Tasks     []Task `json:"tasks,omitempty"`
}

// Task is a partition of a stage.
type Task struct {
	Stage     int           `json:"stage"`
	Partition int           `json:"partition"`
	State     string        `json:"state"` // waiting, running, done or failed
	Rows      int64         `json:"rows"`  // put out
	Began     time.Duration `json:"began_ns"`
	Elapsed   time.Duration `json:"elapsed_ns"` // from its begin to its latest batch
	Busy      time.Duration `json:"busy_ns"`    // without what it waited for others
}

// NewReport makes the report of a plan. estimates and profile may be nil.
func NewReport(plan exec.Plan, estimates map[exec.Plan]float64, profile *exec.Profile) *Report {
	r := &reporter{report: &Report{}, estimates: estimates, profile: profile, sources: map[*exec.Source]*Operator{}}
	stage := r.stage()
	r.report.Root = r.operator(plan, "", stage)
	r.number()
	if profile != nil {
		r.report.Totals = TotalsOf(plan, profile)
	}
	return r.report
}

type reporter struct {
	report    *Report
	estimates map[exec.Plan]float64
	profile   *exec.Profile
	operators []*Operator
	heads     []*Operator // of the stages: the operator whose partitions are the tasks
	sources   map[*exec.Source]*Operator
}

func (r *reporter) stage() *Stage {
	s := &Stage{ID: len(r.report.Stages), Inputs: []int{}}
	r.report.Stages = append(r.report.Stages, s)
	return s
}

func (r *reporter) operator(p exec.Plan, role string, stage *Stage) *Operator {
	d := describe(p)
	o := &Operator{ID: len(r.operators) + 1, Stage: stage.ID, Kind: d.kind, Title: d.title, Role: role, Properties: d.props,
		Partitions: p.Partitioning().N, PlanRows: r.estimates[p]}
	for _, f := range p.Schema() {
		o.Output = append(o.Output, f.Name)
	}
	r.operators = append(r.operators, o)
	if len(stage.Operators) == 0 {
		r.heads = append(r.heads, o)
	}
	stage.Operators = append(stage.Operators, o.ID)
	r.inputs(o, p, stage)
	r.measure(o, p)
	return o
}

func (r *reporter) inputs(o *Operator, p exec.Plan, stage *Stage) {
	m, shared := p.(*exec.Materialize)
	if shared {
		if first := r.sources[m.Source]; first != nil {
			o.Source = first.ID
			stage.Inputs = append(stage.Inputs, first.Inputs[0].Stage)
			return
		}
		r.sources[m.Source] = o
	}
	for i, in := range p.Inputs() {
		role, below := "", stage
		apart := shared
		switch p.(type) {
		case *exec.Exchange:
			apart = true
		case *exec.HashJoin, *exec.LoopJoin:
			role = [...]string{"probe", "build"}[i]
			apart = i == 1
		}
		if apart {
			below = r.stage()
			stage.Inputs = append(stage.Inputs, below.ID)
		}
		o.Inputs = append(o.Inputs, r.operator(in, role, below))
	}
}

func (r *reporter) measure(o *Operator, p exec.Plan) {
	if r.profile == nil {
		return
	}
	s := r.profile.Of(p)
	m := &Measured{MemoryNow: s.Memory.Now(), MemoryPeak: s.Memory.Peak(),
		SpilledBytes: s.Spilled.Bytes.Load(), SpilledFiles: s.Spilled.Files.Load()}
	o.Measured = m
	for i := range s.Parts() {
		x := s.Part(i)
		m.Batches += x.Batches.Load()
		m.Self += time.Duration(x.Busy.Load())
		m.Waited += time.Duration(x.Waited.Load())
		span := Span{State: x.State(), Rows: x.Rows.Load(), Busy: time.Duration(x.Inclusive.Load())}
		span.Began, span.First, span.Last = x.Times()
		m.Rows += span.Rows
		m.PartRows = append(m.PartRows, span.Rows)
		if span.First > 0 && (m.First == 0 || span.First < m.First) {
			m.First = span.First
		}
		m.Last = max(m.Last, span.Last)
		m.PartSpans = append(m.PartSpans, span)
	}
	if m.First == 0 {
		m.First = m.Last
	}
	m.Total = m.Self
	for _, in := range o.Inputs {
		m.Total += in.Measured.Total
	}
	switch p := p.(type) {
	case exec.Reader:
		m.Input = inputOf(p, s)
		if n := m.Input.Rows - m.Rows; n > 0 {
			m.Removed = &n
		}
	case *exec.Filter:
		n := o.Inputs[0].Measured.Rows - m.Rows
		m.Removed = &n
	}
}

func inputOf(p exec.Reader, s *exec.OpStats) *Input {
	size := p.InputSize()
	in := &Input{BytesTotal: size.Bytes, Files: int64(size.Files), FilesRead: s.FilesRead.Load(), FilesPruned: s.FilesPruned.Load(),
		GroupsRead: s.GroupsRead.Load(), GroupsPruned: s.GroupsPruned.Load(), PagesPruned: s.PagesPruned.Load()}
	for i := range s.Parts() {
		x := s.Part(i)
		in.BytesRead += x.BytesRead.Load()
		in.BytesDone += x.BytesDone.Load()
		in.Rows += x.RowsRead.Load()
	}
	in.BytesDone = min(in.BytesDone, in.BytesTotal)
	return in
}

// number numbers the stages anew, so that those that are read come before their readers.
func (r *reporter) number() {
	old := r.report.Stages
	to := make([]int, len(old))
	var ordered []*Stage
	var heads []*Operator
	var visit func(i int)
	visit = func(i int) {
		if to[i] > 0 {
			return
		}
		for _, in := range old[i].Inputs {
			visit(in)
		}
		if to[i] == 0 {
			ordered, heads = append(ordered, old[i]), append(heads, r.heads[i])
			to[i] = len(ordered)
		}
	}
	visit(0)
	for i, s := range ordered {
		s.ID = i + 1
		for k, in := range s.Inputs {
			s.Inputs[k] = to[in]
		}
		s.Tasks = tasks(s.ID, heads[i])
	}
	for _, o := range r.operators {
		o.Stage = to[o.Stage]
	}
	r.report.Stages = ordered
}

func tasks(stage int, head *Operator) []Task {
	if head.Measured == nil {
		return nil
	}
	var out []Task
	for i, s := range head.Measured.PartSpans {
		t := Task{Stage: stage, Partition: i, State: s.State.String(), Rows: s.Rows, Began: s.Began, Busy: s.Busy}
		if s.Began > 0 {
			t.Elapsed = max(0, s.Last-s.Began)
		}
		out = append(out, t)
	}
	return out
}

// TotalsOf adds up what has been measured so far of all operators of a plan, also those that have not begun.
func TotalsOf(plan exec.Plan, profile *exec.Profile) *Totals {
	t := &Totals{MemoryNow: profile.Memory.Now(), MemoryPeak: profile.Memory.Peak(),
		SpilledBytes: profile.Spilled.Bytes.Load(), SpilledFiles: profile.Spilled.Files.Load()}
	seen := map[exec.Plan]bool{}
	var walk func(exec.Plan)
	walk = func(p exec.Plan) {
		if seen[p] {
			return
		}
		seen[p] = true
		s := profile.Of(p)
		for i := range s.Parts() {
			t.Busy += time.Duration(s.Part(i).Busy.Load())
			t.Waited += time.Duration(s.Part(i).Waited.Load())
		}
		if r, ok := p.(exec.Reader); ok {
			in := inputOf(r, s)
			t.BytesRead += in.BytesRead
			t.BytesDone += in.BytesDone
			t.BytesTotal += in.BytesTotal
			t.RowsRead += in.Rows
		}
		for _, in := range p.Inputs() {
			walk(in)
		}
	}
	walk(plan)
	return t
}

// Skew returns the least, the middle and the most rows of a partition.
func (m *Measured) Skew() (least, median, most int64) {
	if len(m.PartRows) == 0 {
		return 0, 0, 0
	}
	rows := slices.Clone(m.PartRows)
	slices.Sort(rows)
	return rows[0], rows[len(rows)/2], rows[len(rows)-1]
}

// skewedRows is how many rows a partition has at least that is worth to be told of as a large one.
const skewedRows = 10_000

// Skewed reports whether a partition has at least twice as many rows as its share.
func (m *Measured) Skewed() bool {
	_, _, most := m.Skew()
	n := int64(len(m.PartRows))
	return n > 1 && most >= skewedRows && most*n >= 2*m.Rows
}
