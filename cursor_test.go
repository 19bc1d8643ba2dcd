package gsql

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestCursorScrolls moves a cursor at random, with rows in memory and in a file, and compares with a slice.
func TestCursorScrolls(t *testing.T) {
	for _, limit := range []int64{0, 1} {
		db, err := Open(Config{MemoryLimit: limit, BatchRows: 7, Partitions: 1, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		s := db.Session()
		ctx := context.Background()
		run := func(query string) (rows []string, tag string) {
			t.Helper()
			r, err := s.Query(ctx, query)
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			defer r.Close()
			for r.Next() {
				rows = append(rows, fmt.Sprint(r.Values()[0]))
			}
			if r.Err() != nil {
				t.Fatalf("%s: %v", query, r.Err())
			}
			return rows, r.Tag()
		}
		const total = 100
		run("BEGIN")
		run("DECLARE c SCROLL CURSOR FOR SELECT g FROM generate_series(1, 100) g")
		pos := 0 // 0 before the first row, total+1 behind the last
		random := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			n := random.IntN(30)
			var want []string
			step := func(d int) {
				for range n {
					pos = min(max(pos+d, 0), total+1)
					if pos > 0 && pos <= total {
						want = append(want, fmt.Sprint(pos))
					}
				}
			}
			query := ""
			switch random.IntN(4) {
			case 0:
				n++
				query = fmt.Sprintf("FETCH FORWARD %d FROM c", n)
				step(1)
			case 1:
				n++
				query = fmt.Sprintf("FETCH BACKWARD %d FROM c", n)
				step(-1)
			case 2:
				at := random.IntN(120) - 10
				query = fmt.Sprintf("FETCH ABSOLUTE %d FROM c", at)
				if at < 0 {
					at += total + 1
				}
				pos = min(max(at, 0), total+1)
				if pos > 0 && pos <= total {
					want = append(want, fmt.Sprint(pos))
				}
			case 3:
				n++
				query = fmt.Sprintf("MOVE FORWARD %d FROM c", n)
				step(1)
				rows, tag := run(query)
				if len(rows) > 0 || tag != fmt.Sprintf("MOVE %d", len(want)) {
					t.Fatalf("%s: %v %s; want %d", query, rows, tag, len(want))
				}
				continue
			}
			got, tag := run(query)
			if strings.Join(got, " ") != strings.Join(want, " ") || tag != fmt.Sprintf("FETCH %d", len(want)) {
				t.Fatalf("%s: got %v %s; want %v", query, got, tag, want)
			}
		}
		run("ROLLBACK")
		if held := db.MemoryHeld(); held != 0 {
			t.Errorf("%d bytes are held", held)
		}
		s.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestCursorIsLazy fetches a few rows of a result that would never end, in and after a transaction.
func TestCursorIsLazy(t *testing.T) {
	db, err := Open(Config{Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	ctx := context.Background()
	for _, query := range []string{"BEGIN", "DECLARE h CURSOR WITH HOLD FOR SELECT * FROM generate_series(1, 9000000000000000) g", "FETCH 10 FROM h", "COMMIT", "MOVE 100000 IN h", "FETCH h"} {
		r, err := s.Query(ctx, query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		for r.Next() {
			if query == "FETCH h" && fmt.Sprint(r.Values()[0]) != "100011" {
				t.Errorf("%v", r.Values())
			}
		}
		if err := r.Err(); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		r.Close()
	}
}
