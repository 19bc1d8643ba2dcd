package dashboard

import (
	"encoding/json"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"gsql"
	"gsql/planner"
)

// Bounds of what is sent at once.
const (
	maxRunning    = 100 // queries listed
	maxEnded      = 50
	maxListedText = 200 // bytes of a query's text in the list
	maxText       = 1000
	maxOperators  = 400
	maxTasks      = 256 // of a stage
)

// fresh is how long a sample serves all who ask, so that many pages cost no more than one.
const fresh = interval * 4 / 5

// sample is something encoded as JSON at one time.
type sample struct {
	at   time.Time
	json []byte
}

// status is what the header and the list show.
type status struct {
	Now     int64        `json:"now_ms"` // since 1970
	Process process      `json:"process"`
	Queries []gsql.Query `json:"queries"` // the latest first
	Left    int          `json:"left_off,omitempty"`
}

type process struct {
	gsql.Status
	Memory      uint64 `json:"process_memory"` // that the Go runtime has from the system
	Heap        uint64 `json:"heap"`           // of that, objects
	Uptime      int64  `json:"uptime_ms"`      // of the DB
	Connections *int   `json:"connections,omitempty"`
}

// sampleStatus returns the JSON form of status.
func (s *Server) sampleStatus() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(s.status.at) >= fresh {
		s.status = sample{now, encode(s.statusAt(now))}
	}
	return s.status.json
}

// sampleQuery returns the JSON form of a query's detail, nil for a query that is not known.
func (s *Server) sampleQuery(id int64) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for k, v := range s.details {
		if now.Sub(v.at) >= fresh {
			delete(s.details, k)
		}
	}
	if d, ok := s.details[id]; ok {
		return d.json
	}
	d := s.detailOf(id)
	if d == nil {
		return nil
	}
	s.details[id] = sample{now, encode(d)}
	return s.details[id].json
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // such as a number that is none
		b, _ = json.Marshal(map[string]string{"error": err.Error()})
	}
	return b
}

func (s *Server) statusAt(now time.Time) *status {
	m := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(m)
	db := s.DB.Status()
	st := &status{Now: now.UnixMilli(), Process: process{Status: db, Memory: m[0].Value.Uint64() - m[1].Value.Uint64(),
		Heap: m[2].Value.Uint64(), Uptime: now.Sub(db.Opened).Milliseconds()}, Queries: []gsql.Query{}}
	if s.Connections != nil {
		n := s.Connections()
		st.Process.Connections = &n
	}
	running, ended := 0, 0
	for _, q := range slices.Backward(s.DB.Queries()) {
		n, most := &ended, maxEnded
		if q.State == gsql.QueryQueued || q.State == gsql.QueryRunning {
			n, most = &running, maxRunning
		}
		if *n++; *n > most {
			st.Left++
			continue
		}
		q.SQL, q.Error = cut(strings.Join(strings.Fields(q.SQL[:min(len(q.SQL), 4*maxListedText)]), " "), maxListedText), cut(q.Error, maxText)
		q.User, q.Database, q.Application = cut(q.User, 64), cut(q.Database, 64), cut(q.Application, 64)
		st.Queries = append(st.Queries, q)
	}
	return st
}

// cut returns at most n bytes of a text, with a mark where something is left off.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// detail is what is shown of one query.
type detail struct {
	Query gsql.Query `json:"query"`
	Plan  *plan      `json:"plan"` // nil: not made yet
}

// plan is a planner.Report of bounded size, with the operators as a list.
type plan struct {
	Operators []operator    `json:"operators"` // each before its inputs
	Left      int           `json:"left_off,omitempty"`
	Stages    []stage       `json:"stages"` // those that others read come first
	Planning  time.Duration `json:"planning_ns"`
	Execution time.Duration `json:"execution_ns"`
}

type operator struct {
	planner.Operator
	Depth  int   `json:"depth"`
	Inputs []int `json:"inputs"` // instead of the Operator's
	Skew   *skew `json:"skew,omitempty"`
}

// skew is how the rows are spread over the partitions.
type skew struct {
	Least  int64 `json:"least"`
	Median int64 `json:"median"`
	Most   int64 `json:"most"`
	Skewed bool  `json:"skewed"`
}

type stage struct {
	planner.Stage
	Total  int            `json:"tasks_total"`
	States map[string]int `json:"task_states"`
}

func (s *Server) detailOf(id int64) *detail {
	queries := s.DB.Queries()
	i := slices.IndexFunc(queries, func(q gsql.Query) bool { return q.ID == id })
	if i < 0 {
		return nil
	}
	d := &detail{Query: queries[i]}
	d.Query.Error = cut(d.Query.Error, maxText)
	if r := s.DB.Report(id); r != nil {
		d.Plan = bounded(r)
	}
	return d
}

// bounded returns what is sent of a report, which it leaves as it is.
func bounded(r *planner.Report) *plan {
	p := &plan{Planning: r.Planning, Execution: r.Execution}
	var walk func(o *planner.Operator, depth int)
	walk = func(o *planner.Operator, depth int) {
		if len(p.Operators) < maxOperators {
			p.Operators = append(p.Operators, boundedOperator(o, depth))
		} else {
			p.Left++
		}
		for _, in := range o.Inputs {
			walk(in, depth+1)
		}
	}
	walk(r.Root, 0)
	for _, s := range r.Stages {
		t := stage{Stage: *s, Total: len(s.Tasks), States: map[string]int{}}
		for _, task := range s.Tasks {
			t.States[task.State]++
		}
		t.Tasks = s.Tasks[:min(len(s.Tasks), maxTasks)]
		p.Stages = append(p.Stages, t)
	}
	return p
}

func boundedOperator(o *planner.Operator, depth int) operator {
	out := operator{Operator: *o, Depth: depth, Inputs: []int{}}
	out.Title = cut(o.Title, maxText)
	out.Operator.Inputs, out.Output, out.Properties = nil, nil, nil
	for _, in := range o.Inputs {
		out.Inputs = append(out.Inputs, in.ID)
	}
	if o.Measured == nil {
		return out
	}
	m := *o.Measured
	if len(m.PartRows) > 1 {
		sk := &skew{Skewed: m.Skewed()}
		sk.Least, sk.Median, sk.Most = m.Skew()
		out.Skew = sk
	}
	m.PartRows = nil
	out.Measured = &m
	return out
}
