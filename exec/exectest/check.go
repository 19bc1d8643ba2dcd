package exectest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// Case is a plan to test.
type Case struct {
	Inputs []*Table
	// Plan builds the plan over the inputs; it is called once per run. For parts > 1 the rows lie in
	// the inputs' partitions at random (but in order within each).
	Plan func(in []exec.Plan, parts int) exec.Plan
	// Want has the rows of the result. nil: those of the plainest run (one partition, flat columns in
	// one batch), which the caller gets from Check.
	Want    []string
	Ordered bool          // Want's order matters, for the rows of partition 0
	Code    sqlstate.Code // the error that is expected instead of rows
	Parts   []int         // partitions of the inputs; nil: 1 and 3
	// MayStopEarly: the operator may leave input unread, so a fault of an input may go unseen.
	MayStopEarly bool
	RowsOnly     bool // only compare rows: no faults, no early Close
	// Spills: with little memory, what does not fit must go to disk and the result be the same. Else 53200 is
	// accepted. The inputs should be of more than mem's least share, 64 KB for each holder.
	Spills bool

	temp string // parent of spill directories
}

var long = flag.Bool("long", false, "run all configurations and repetitions, and the longer tests")

// Long reports whether all is to be done.
func Long() bool { return *long }

// Sample reports whether to do the i-th of several runs that are alike: all with -long, else one of n, which depends on
// the test, so that the tests of an operator do them all together.
func Sample(t testing.TB, i, n int) bool {
	return *long || (crc32.ChecksumIEEE([]byte(t.Name()))+uint32(i))%uint32(n) == 0
}

// variant is one way to run a case.
type variant struct {
	parts, batch int
	enc          Encoding
	sel, collide bool
	limit        int64 // of memory; 0: none
}

func (v variant) String() string {
	return fmt.Sprintf("parts=%d batch=%d enc=%d sel=%v collide=%v", v.parts, v.batch, v.enc, v.sel, v.collide)
}

var plain = variant{parts: 1, batch: 1 << 20}

// Check runs a case in all variants, or in a sample of them, and returns the rows of the plainest run.
func Check(t *testing.T, c Case) []string {
	t.Helper()
	parts := c.Parts
	if parts == nil {
		parts = []int{1, 3}
	}
	c.temp = t.TempDir()
	first := plain
	first.parts = parts[0]
	rows, err := c.run(t, first)
	c.judge(t, first, rows, err)
	if c.Want == nil {
		c.Want = rows
	}
	for k, p := range parts {
		for i, v := range []variant{
			{parts: p, batch: 1, enc: Mixed},
			{parts: p, batch: 3, enc: Dict, sel: true},
			{parts: p, batch: 3, enc: Flat, collide: true},
			{parts: p, batch: 8192, enc: Flat, sel: true},
			{parts: p, batch: 8192, enc: SloppyDict},
			{parts: p, batch: 8192, enc: Dict, collide: true},
			{parts: p, batch: 100, enc: Mixed, sel: true},
		} {
			if !Sample(t, i+k, 3) {
				continue
			}
			rows, err := c.run(t, v)
			c.judge(t, v, rows, err)
		}
		if c.RowsOnly {
			continue
		}
		c.checkMemoryLimit(t, p)
		c.checkFaults(t, p)
		c.checkEarlyClose(t, p)
	}
	c.checkTasks(t, parts[len(parts)-1])
	return rows
}

func (c Case) judge(t *testing.T, v variant, rows []string, err error) {
	t.Helper()
	if c.Code != "" {
		if err == nil || sqlstate.Of(err) != c.Code {
			t.Fatalf("%s: error %v, want code %s", v, err, c.Code)
		}
		return
	}
	if err != nil {
		t.Fatalf("%s: %v%s", v, err, detail(err))
	}
	if c.Want == nil {
		return
	}
	want := c.Want
	if !c.Ordered {
		want = sorted(want)
		rows = sorted(rows)
	}
	if a, b := strings.Join(rows, "\n"), strings.Join(want, "\n"); a != b {
		t.Fatalf("%s: rows\n%s\nwant\n%s", v, clip(a), clip(b))
	}
}

func clip(s string) string {
	if len(s) > 4000 {
		return s[:4000] + " ..."
	}
	return s
}

func detail(err error) string {
	var e *sqlstate.Error
	if errors.As(err, &e) && e.Detail != "" {
		return "\n" + e.Detail
	}
	return ""
}

func sorted(s []string) []string {
	s = append([]string(nil), s...)
	sort.Strings(s)
	return s
}

// execution is one execution of a case.
type execution struct {
	t       *testing.T
	v       variant
	sources []*source
	plan    exec.Plan
	pool    *mem.Pool
	store   *spill.Store
	env     *exec.Env
	ctx     context.Context
	cancel  context.CancelFunc
	before  int // goroutines
}

func (c Case) start(t *testing.T, v variant, prepare func(*execution)) *execution {
	if c.Spills { // inputs are large
		v.batch = max(v.batch, 50)
	}
	vec.ConstantHash = v.collide
	e := &execution{t: t, v: v, pool: mem.NewPool(v.limit), before: runtime.NumGoroutine()}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	var in []exec.Plan
	for i, tab := range c.Inputs {
		s := newSource(tab, v.parts, v.batch, v.enc, v.sel, uint64(i)+uint64(v.batch))
		e.sources = append(e.sources, s)
		in = append(in, s)
	}
	e.plan = c.Plan(in, v.parts)
	e.env = exec.NewEnv(e.ctx, &fn.Ctx{Location: time.UTC}, e.pool, min(v.batch, 8192))
	e.env.Profile = exec.NewProfile() // as every query has one
	e.env.Schedule(exec.NewWorkers(1, nil))
	e.store = spill.NewStore(filepath.Join(c.temp, "spill"), 0)
	e.env.Spill = e.store.Space(0)
	if prepare != nil {
		prepare(e)
	}
	return e
}

// finish closes the execution and checks that nothing is left of it.
func (e *execution) finish() {
	e.t.Helper()
	e.cancel()
	if err := e.env.Close(); err != nil {
		e.t.Errorf("%s: Close of the environment: %v", e.v, err)
	}
	vec.ConstantHash = false
	if n := e.env.Spill.Used(); n != 0 {
		e.t.Errorf("%s: %d bytes of spill files are left", e.v, n)
	}
	if err := e.env.Spill.Close(); err != nil {
		e.t.Errorf("%s: Close of the spill files: %v", e.v, err)
	}
	if err := e.store.Close(); err != nil {
		e.t.Errorf("%s: Close of the spill directory: %v", e.v, err)
	}
	if n := e.pool.Used(); n != 0 {
		e.t.Fatalf("%s: %d bytes are still reserved", e.v, n)
	}
	for _, s := range e.sources {
		if n := s.open.Load(); n != 0 {
			e.t.Fatalf("%s: %d streams of an input were not closed", e.v, n)
		}
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > e.before {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			e.t.Fatalf("%s: goroutines are left\n%s", e.v, buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(time.Millisecond)
	}
}

// PullApart gives f the batches of all partitions of a plan, one after the other. Each partition runs in an execution of
// its own, which knows nothing of the others.
func PullApart(newEnv func() *exec.Env, p exec.Plan, f func(b *vec.Batch) error) error {
	for part := range p.Partitioning().N {
		env := newEnv()
		env.FixSplits()
		err := env.Pull(context.Background(), p, part, f)
		if cerr := env.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Collect runs a plan and returns its rows as text, partition by partition.
func Collect(env *exec.Env, p exec.Plan) ([]string, error) {
	return collect(context.Background(), env, p)
}

func collect(ctx context.Context, env *exec.Env, p exec.Plan) ([]string, error) {
	out := make([][]string, p.Partitioning().N)
	err := env.PullAll(ctx, p, func(part int, b *vec.Batch) error {
		if err := wellFormed(p, b); err != nil {
			return err
		}
		for i := range b.Rows {
			if b.Sel == nil {
				out[part] = append(out[part], rowText(b.Cols, i))
			}
		}
		for _, i := range b.Sel {
			out[part] = append(out[part], rowText(b.Cols, int(i)))
		}
		return nil
	})
	all := []string{}
	for _, o := range out {
		all = append(all, o...)
	}
	return all, err
}

func wellFormed(p exec.Plan, b *vec.Batch) error {
	if b.Len() == 0 {
		return errors.New("an empty batch")
	}
	if len(b.Cols) != len(p.Schema()) {
		return fmt.Errorf("%d columns for %d of the schema", len(b.Cols), len(p.Schema()))
	}
	for i, v := range b.Cols {
		f := p.Schema()[i]
		if v.Len != b.Rows {
			return fmt.Errorf("column %d has %d rows, the batch %d", i, v.Len, b.Rows)
		}
		if v.Type != f.Type {
			return fmt.Errorf("column %d has type %v, the schema %v", i, v.Type, f.Type)
		}
	}
	for i, r := range b.Sel {
		if int(r) >= b.Rows || i > 0 && r <= b.Sel[i-1] {
			return fmt.Errorf("a selection with row %d of %d at %d", r, b.Rows, i)
		}
	}
	return nil
}

func (c Case) run(t *testing.T, v variant) ([]string, error) {
	t.Helper()
	e := c.start(t, v, nil)
	defer e.finish()
	return collect(e.ctx, e.env, e.plan)
}

// checkMemoryLimit: with little memory the result is right or, when the operator does not spill, the error is
// 53200.
func (c Case) checkMemoryLimit(t *testing.T, parts int) {
	t.Helper()
	for i, limit := range []int64{1, 1 << 16, 1 << 20} {
		if !Sample(t, i+parts, 2) {
			continue
		}
		v := variant{parts: parts, batch: 100, limit: limit}
		rows, err := c.run(t, v)
		if !c.Spills && err != nil && sqlstate.Of(err) == sqlstate.OutOfMemory {
			continue
		}
		c.judge(t, v, rows, err)
	}
}

// checkFaults: an input's error is the result's, a crash becomes XX000, and a cancelled query ends soon.
func (c Case) checkFaults(t *testing.T, parts int) {
	t.Helper()
	for i := range c.Inputs {
		for k, f := range []fault{fail, crash, halt, alert} {
			for _, after := range []int{0, 2} {
				if Sample(t, i+k+after/2+parts/2, 2) {
					c.checkFault(t, variant{parts: parts, batch: 3}, i, f, after)
				}
			}
			if c.Spills && Sample(t, i+k+parts/2, 2) { // once there are files
				c.checkFault(t, variant{parts: parts, batch: 100, limit: 1}, i, f, c.Inputs[i].Rows/100/parts*3/4)
			}
		}
	}
}

func (c Case) checkFault(t *testing.T, v variant, input int, f fault, after int) {
	t.Helper()
	var hit atomic.Bool
	e := c.start(t, v, func(e *execution) {
		s := e.sources[input]
		s.fault, s.after = f, after
		s.onFault = func() {
			hit.Store(true)
			e.cancel()
		}
	})
	defer e.finish()
	start := time.Now()
	_, err := collect(e.ctx, e.env, e.plan)
	if d := time.Since(start); d > 5*time.Second {
		t.Fatalf("%s: fault %d took %v", v, f, d)
	}
	reached := int(e.sources[input].served.Load()) > after
	if !reached || c.MayStopEarly || c.Code != "" {
		return
	}
	switch f {
	case fail:
		if !errors.Is(err, errSource) {
			t.Fatalf("%s: error %v, want the source's", v, err)
		}
	case crash:
		if sqlstate.Of(err) != sqlstate.InternalError || err == nil {
			t.Fatalf("%s: error %v, want that of a panic", v, err)
		}
	case halt:
		if hit.Load() && !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: error %v, want %v", v, err, context.Canceled)
		}
	}
}

// checkEarlyClose closes streams without reading, and after one batch, while inputs go on or are stuck.
func (c Case) checkEarlyClose(t *testing.T, parts int) {
	t.Helper()
	for _, batches := range []int{0, 1} {
		v := variant{parts: parts, batch: 3}
		e := c.start(t, v, nil)
		e.closeAfter(batches)
		e.finish()

		e = c.start(t, v, func(e *execution) {
			for _, s := range e.sources {
				s.fault, s.after, s.onFault = halt, 2, func() { time.AfterFunc(10*time.Millisecond, e.cancel) }
			}
		})
		e.closeAfter(batches)
		e.finish()
	}
	if c.Spills {
		for _, batches := range []int{1, 10} {
			e := c.start(t, variant{parts: parts, batch: 100, limit: 1}, nil)
			e.closeAfter(batches)
			e.finish()
		}
	}
}

func (e *execution) closeAfter(batches int) {
	_ = e.env.Run(e.ctx, e.plan.Partitioning().N, func(ctx context.Context, part int) error {
		s, err := e.env.Open(ctx, e.plan, part)
		if err != nil {
			return err
		}
		for range batches {
			if _, err := s.Next(ctx); err != nil {
				break
			}
		}
		err = s.Close()
		if again := s.Close(); err == nil {
			err = again
		}
		if err != nil {
			e.t.Errorf("%s: Close: %v", e.v, err)
		}
		return nil
	})
}
