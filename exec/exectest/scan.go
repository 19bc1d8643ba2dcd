package exectest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// scanRequest asks for columns of a table.
func scanRequest(columns []int, parts int, limit int64) exec.ScanRequest {
	req := exec.ScanRequest{Limit: limit, Partitions: parts, Columns: columns}
	for i := range columns {
		req.IDs = append(req.IDs, expr.ColID(i+1))
	}
	return req
}

func allColumns(t exec.Table) []int {
	var out []int
	for i := range t.Schema() {
		out = append(out, i)
	}
	return out
}

func scanEnv(batch int) *exec.Env {
	return exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, mem.NewPool(0), batch)
}

// ScanRows returns the rows of a table as AppendRows writes them, partition by partition. Limit -1 is none.
func ScanRows(t exec.Table, parts, batch int, limit int64) ([]string, error) {
	return ScanColumns(t, allColumns(t), parts, batch, limit)
}

// ScanColumns is ScanRows of some columns.
func ScanColumns(t exec.Table, columns []int, parts, batch int, limit int64) ([]string, error) {
	p, err := t.Scan(context.Background(), scanRequest(columns, parts, limit))
	if err != nil {
		return nil, err
	}
	env := scanEnv(batch)
	defer env.Close()
	out := make([][]string, p.Partitioning().N)
	err = env.PullAll(context.Background(), p, func(part int, b *vec.Batch) error {
		if b.Rows > batch {
			return fmt.Errorf("a batch of %d rows, not %d", b.Rows, batch)
		}
		if err := wellFormed(p, b); err != nil {
			return err
		}
		out[part] = AppendRows(out[part], b)
		return nil
	})
	return slices.Concat(out...), err
}

// CheckScan reads a table in all ways, which must yield the rows wanted: with one and several partitions, batches of
// several sizes, partitions in executions of their own, a limit, and each column alone.
func CheckScan(t *testing.T, tab exec.Table, want []string) {
	t.Helper()
	inOrder := sorted(want)
	for _, parts := range []int{1, 2, 7} {
		for _, batch := range []int{1, 3, 8192} {
			got, err := ScanRows(tab, parts, batch, -1)
			if parts > 1 {
				got = sorted(got)
			}
			if err != nil || parts == 1 && !slices.Equal(got, want) || parts > 1 && !slices.Equal(got, inOrder) {
				t.Fatalf("%d partitions, batches of %d: %s: got %s\nwant %s", parts, batch, detail(err), clip(fmt.Sprintf("%q", got)), clip(fmt.Sprintf("%q", want)))
			}
		}
		checkApart(t, tab, parts, inOrder)
	}
	for limit := range min(len(want), 3) {
		got, err := ScanRows(tab, 2, 8192, int64(limit))
		if err != nil || !slices.Equal(got, want[:limit]) {
			t.Fatalf("limit %d: %s: got %q", limit, detail(err), got)
		}
	}
	checkColumns(t, tab, len(want))
}

func checkApart(t *testing.T, tab exec.Table, parts int, want []string) {
	t.Helper()
	p, err := tab.Scan(context.Background(), scanRequest(allColumns(tab), parts, -1))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = PullApart(func() *exec.Env { return scanEnv(100) }, p, func(b *vec.Batch) error {
		got = AppendRows(got, b)
		return nil
	})
	if got = sorted(got); err != nil || !slices.Equal(got, want) {
		t.Fatalf("%d partitions apart: %s: got %d rows, want %d", parts, detail(err), len(got), len(want))
	}
}

// checkColumns compares each column alone with the same column beside all others, and none.
func checkColumns(t *testing.T, tab exec.Table, rows int) {
	t.Helper()
	if got, err := ScanColumns(tab, nil, 2, 8192, -1); err != nil || len(got) != rows {
		t.Fatalf("no columns: %s: got %d rows, want %d", detail(err), len(got), rows)
	}
	for c := range tab.Schema() {
		alone, err := ScanColumns(tab, []int{c}, 1, 8192, -1)
		if err != nil {
			t.Fatalf("column %d: %s", c, detail(err))
		}
		together, err := ScanColumns(tab, []int{c, c}, 1, 3, -1)
		if err != nil || len(together) != len(alone) {
			t.Fatalf("column %d twice: %s", c, detail(err))
		}
		for i := range alone {
			if together[i] != alone[i]+"|"+alone[i] {
				t.Fatalf("column %d twice: got %q for %q", c, together[i], alone[i])
			}
		}
	}
}

// CheckDamage reads files that open makes tables of, with bytes of data changed and left out: each gives rows or an error
// with a code, and takes no more memory than allowed.
func CheckDamage(t *testing.T, data []byte, rounds int, allowed uint64, open func(b []byte) (exec.Table, error)) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		b := bytes.Clone(data)
		for range 1 + r.IntN(3) {
			b[r.IntN(len(b))] = byte(r.Uint32()) >> r.IntN(8)
		}
		switch r.IntN(4) {
		case 0:
			from := r.IntN(len(b))
			b = append(b[:from:from], b[min(from+1+r.IntN(50), len(b)):]...)
		case 1:
			b = b[:r.IntN(len(b))]
		}
		CheckAny(t, b, allowed, open)
	}
}

// CheckAny reads any bytes as CheckDamage does.
func CheckAny(t *testing.T, b []byte, allowed uint64, open func(b []byte) (exec.Table, error)) {
	t.Helper()
	const maxRows = 10_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tab, err := open(b)
	if err == nil {
		_, err = ScanRows(tab, 1, 100, maxRows)
	}
	runtime.ReadMemStats(&after)
	var e *sqlstate.Error
	if err != nil && (!errors.As(err, &e) || e.Code == sqlstate.InternalError) {
		t.Errorf("%q: %v", clip(string(b)), err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > allowed {
		t.Errorf("%q: %d bytes allocated for a file of %d", clip(string(b)), n, len(b))
	}
}
