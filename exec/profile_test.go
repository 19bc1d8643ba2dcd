package exec_test

import (
	"context"
	"io"
	"testing"
	"time"
	"unsafe"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/vec"
)

// steady yields the same batch n times in each of its partitions, and takes a while for it.
type steady struct {
	n, parts int
	pause    time.Duration
	batch    *vec.Batch
}

func (p *steady) Schema() exec.Schema             { return exectest.ParseSchema("1:a:int8") }
func (p *steady) Partitioning() exec.Partitioning { return exec.Partitioning{N: p.parts} }
func (p *steady) Inputs() []exec.Plan             { return nil }
func (p *steady) String() string                  { return "steady" }
func (p *steady) Open(context.Context, *exec.Env, int) (exec.Stream, error) {
	return &steadyStream{p, p.n}, nil
}

type steadyStream struct {
	*steady
	left int
}

func (s *steadyStream) Next(context.Context) (*vec.Batch, error) {
	if s.left == 0 {
		return nil, io.EOF
	}
	s.left--
	time.Sleep(s.pause)
	return s.batch, nil
}

func (s *steadyStream) Close() error { return nil }

func steadyPlan(n, parts int, pause time.Duration) *steady {
	return &steady{n, parts, pause, &vec.Batch{Rows: 100, Cols: exectest.Random(1, "1:a:int8", 100, 5, 0).Cols}}
}

// TestWaitingIsNotWork: what an exchange waits for its inputs is their time, not its own.
func TestWaitingIsNotWork(t *testing.T) {
	in := steadyPlan(5, 2, 10*time.Millisecond)
	limit := &exec.Limit{Input: in, Count: -1}
	plan := &exec.Exchange{Input: limit, Kind: exec.Gather, N: 1}
	env := newEnv(t)
	env.Profile = exec.NewProfile()
	start := time.Now()
	if err := env.Pull(t.Context(), plan, 0, func(*vec.Batch) error { return nil }); err != nil {
		t.Fatal(err)
	}
	took := int64(time.Since(start))
	scan, pass, gather := env.Profile.Of(in), env.Profile.Of(limit), env.Profile.Of(plan)
	busy := func(s *exec.OpStats) int64 { return s.Sum(func(p *exec.PartStats) int64 { return p.Busy.Load() }) }
	if n := busy(scan); n < int64(2*50*time.Millisecond) || n > 2*took {
		t.Errorf("the inputs took %v of %v", time.Duration(n), time.Duration(took))
	}
	if n := busy(pass) + busy(gather); n > took/2 {
		t.Errorf("those that do nothing took %v of %v", time.Duration(n), time.Duration(took))
	}
	if n := gather.Part(0).Waited.Load(); n < int64(40*time.Millisecond) {
		t.Errorf("the exchange waited %v", time.Duration(n))
	}
	for i := range pass.Parts() {
		p := pass.Part(i)
		if p.Rows.Load() != 500 || p.Batches.Load() != 5 || p.State() != exec.Done || p.Inclusive.Load() < int64(50*time.Millisecond) {
			t.Errorf("partition %d: %d rows in %d batches, %v, %v", i, p.Rows.Load(), p.Batches.Load(), p.State(), time.Duration(p.Inclusive.Load()))
		}
		if began, first, last := p.Times(); began <= 0 || first < began || last < first {
			t.Errorf("partition %d: began at %v, first rows at %v, last at %v", i, began, first, last)
		}
	}
}

// TestCountersDoNotShareLines: partitions write to memory that is far enough apart.
func TestCountersDoNotShareLines(t *testing.T) {
	s := exec.NewProfile().Of(steadyPlan(1, 3, 0))
	if size := unsafe.Sizeof(*s.Part(0)); size != 128 {
		t.Errorf("the counters of a partition take %d bytes", size)
	}
	if uintptr(unsafe.Pointer(s.Part(0)))%64 != 0 {
		t.Error("they do not begin at a cache line")
	}
}

// BenchmarkMeasured is what counting costs for a batch and operator: the difference of the two.
func BenchmarkMeasured(b *testing.B) {
	for _, on := range []bool{false, true} {
		b.Run(map[bool]string{false: "off", true: "on"}[on], func(b *testing.B) {
			const operators = 10
			var plan exec.Plan = steadyPlan(b.N, 1, 0)
			for range operators {
				plan = &exec.Limit{Input: plan, Count: -1}
			}
			env := exec.NewEnv(b.Context(), &fn.Ctx{}, mem.NewPool(0), 8192)
			defer env.Close()
			if on {
				env.Profile = exec.NewProfile()
			}
			b.ResetTimer()
			if err := env.Pull(b.Context(), plan, 0, func(*vec.Batch) error { return nil }); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/operators, "ns/batch/operator")
		})
	}
}
