package exec_test

import (
	"context"
	"io"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/vec"
)

// watched is a probe side that looks at a filter when its first batch is pulled.
type watched struct {
	exec.Plan
	see func(*exec.KeyFilter)
}

func (w *watched) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	s, err := w.Plan.Open(ctx, env, part)
	return &watchedStream{s, env, w.see}, err
}

type watchedStream struct {
	exec.Stream
	env *exec.Env
	see func(*exec.KeyFilter)
}

func (s *watchedStream) Next(ctx context.Context) (*vec.Batch, error) {
	s.see(s.env.Filter(7))
	return s.Stream.Next(ctx)
}

// published returns the filter that a join publishes before it pulls its probe side, nil when none.
func published(t *testing.T, build *exectest.Table, kind exec.JoinKind) *exec.KeyFilter {
	t.Helper()
	probe := &exectest.Table{Schema: exec.Schema{{ID: 50, Name: "p", Type: build.Schema[0].Type}}, Cols: []*vec.Vector{vec.NewNull(build.Schema[0].Type, 3)}, Rows: 3}
	var got *exec.KeyFilter
	j := &exec.HashJoin{Probe: &watched{exectest.Source(probe, 1), func(f *exec.KeyFilter) { got = f }},
		Build: exectest.Source(build, 2), Kind: kind, ProbeKeys: []expr.Expr{probe.Col("p")}, BuildKeys: []expr.Expr{build.Col("k")},
		Publish: []exec.PublishedKey{{ID: 7}}, Out: joinSchema(probe.Schema, build.Schema, kind)}
	env := exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, mem.NewPool(0), 100)
	defer env.Close()
	s, err := env.Open(context.Background(), j, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Next(context.Background()); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if got == nil {
		got = env.Filter(7)
	}
	return got
}

// TestPublish: the filter lets every build key through, in all encodings, and most others not.
func TestPublish(t *testing.T) {
	for _, typ := range []string{"bool", "int2", "int4", "int8", "float8", "numeric(20,2)", "numeric", "text", "date", "timestamp", "uuid", "interval"} {
		build := exectest.Random(1, "1:k:"+typ, 300, 400, 0.1)
		f := published(t, build, exec.Inner)
		if f == nil || f.Empty || f.Min == nil || f.Contains == nil {
			t.Fatalf("%s: filter %+v", typ, f)
		}
		keys := build.Cols[0]
		isKey := func(v *vec.Vector, i int) bool {
			for j := range keys.Len {
				if !v.IsNull(i) && !keys.IsNull(j) && vec.CompareRows(v, i, keys, j) == 0 {
					return true
				}
			}
			return false
		}
		probe := exectest.Random(2, "1:k:"+typ, 300, 2000, 0.1).Cols[0]
		all := vec.Concat([]*vec.Vector{keys, probe})
		sel := []uint32{0, 3, 4, 5, 100, 299, 301, 400, 599}
		codes := make([]uint32, all.Len)
		for i := range codes {
			codes[i] = uint32(i)
		}
		for name, v := range map[string]*vec.Vector{"flat": all, "dict": vec.NewDict(codes, nil, all)} {
			for _, sel := range [][]uint32{nil, sel} {
				got := map[uint32]bool{}
				for _, i := range f.Contains(v, sel, []uint32{12345})[1:] {
					got[i] = true
				}
				rows := sel
				if sel == nil {
					rows = codes
				}
				wrong := 0
				for _, i := range rows {
					switch key := isKey(v, int(i)); {
					case key && !got[i]:
						t.Fatalf("%s, %s: key in row %d does not pass", typ, name, i)
					case !key && got[i]:
						wrong++
						if v.IsNull(int(i)) {
							t.Fatalf("%s, %s: NULL passes", typ, name)
						}
					}
				}
				if wrong*10 > len(rows) {
					t.Errorf("%s, %s: %d of %d rows pass wrongly", typ, name, wrong, len(rows))
				}
				for _, i := range rows {
					if isKey(v, int(i)) && (vec.CompareRows(v, int(i), f.Min, 0) < 0 || vec.CompareRows(v, int(i), f.Max, 0) > 0) {
						t.Fatalf("%s: a key outside of the range", typ)
					}
				}
			}
		}
		one := vec.Slice(keys, 0, 1)
		c := *one
		c.Enc, c.Len = vec.Const, 50
		want := 50
		if keys.IsNull(0) {
			want = 0
		}
		if n := len(f.Contains(&c, nil, nil)); n != want {
			t.Errorf("%s: %d constant rows pass, want %d", typ, n, want)
		}
	}
}

// TestPublishNot: kinds that put out probe rows without match must not filter them.
func TestPublishNot(t *testing.T) {
	build := exectest.NewTable("1:k:int4", "1", "2")
	for _, kind := range joinKinds {
		want := kind == exec.Inner || kind == exec.Semi || kind == exec.BuildOuter || kind == exec.BuildSemi || kind == exec.BuildAnti
		if f := published(t, build, kind); (f != nil) != want {
			t.Errorf("%s: filter %+v", kind, f)
		}
	}
	if f := published(t, exectest.NewTable("1:k:int4", "NULL"), exec.Inner); f == nil || !f.Empty {
		t.Errorf("only NULL: filter %+v", f)
	}
	if f := published(t, exectest.NewTable("1:k:int4"), exec.Inner); f == nil || !f.Empty {
		t.Errorf("no rows: filter %+v", f)
	}
}
