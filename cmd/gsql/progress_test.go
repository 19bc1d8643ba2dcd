package main

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gsql"
)

// TestPaceNeverFalls gives the model whatever a query may tell, in any order.
func TestPaceNeverFalls(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var m pace
		now := time.Unix(1_800_000_000, 0)
		before := 0.0
		q := gsql.Query{ID: 7}
		for range 50 {
			now = now.Add(time.Duration(r.Int64N(int64(300 * time.Millisecond))))
			q.BytesTotal = r.Int64N(3) * 500
			q.BytesDone, q.BytesRead, q.RowsRead = r.Int64N(2000), r.Int64N(1000), r.Int64N(1000)
			q.Duration += 100 * time.Millisecond
			m.update(&q, now)
			if m.share < before || m.share > 1 || m.rows < 0 || m.bytes < 0 || m.left < 0 {
				t.Fatalf("after %v of the input, %+v tells %+v", before, q, m)
			}
			before = m.share
			_ = m.String()
		}
		q.ID, q.BytesDone, q.BytesTotal = 8, 1, 100
		if m.update(&q, now); m.share != 0.01 {
			t.Fatalf("another query begins with %v", m.share)
		}
	}
}

func TestPaceText(t *testing.T) {
	var m pace
	start := time.Unix(1_800_000_000, 0)
	m.update(&gsql.Query{ID: 1, BytesTotal: 1000}, start)
	m.update(&gsql.Query{ID: 1, Duration: 2 * time.Second, BytesTotal: 4 << 30, BytesDone: 1 << 30, BytesRead: 1 << 30, RowsRead: 26_000_000,
		MemoryNow: 3 << 20, SpilledBytes: 5 << 30}, start.Add(2*time.Second))
	const want = " 25 %  13.0M rows/s  512.0 MiB/s  memory 3.0 MiB  spilled 5.0 GiB  6s left"
	if got := m.String(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	m = pace{}
	m.update(&gsql.Query{ID: 1, Duration: 3 * time.Second}, start) // reads no files
	if got := m.String(); got != " 3s" {
		t.Errorf("got %q", got)
	}
}

// TestProgressEnds begins and ends lines at any moment.
func TestProgressEnds(t *testing.T) {
	for _, d := range []time.Duration{0, 50 * time.Millisecond, 350 * time.Millisecond} {
		var asked atomic.Int64
		p := &progress{err: io.Discard, stop: make(chan struct{}), done: make(chan struct{}),
			query: func() (gsql.Query, bool) {
				return gsql.Query{ID: 1, Duration: time.Hour, BytesTotal: 100, BytesDone: 40 * asked.Add(1)}, true
			}}
		go p.watch()
		time.Sleep(d)
		p.end()
		p.end()
	}
	var none *progress
	none.end()
}

// TestNoProgressElsewhere: what takes long leaves nothing in a file or a pipe but its error.
func TestNoProgressElsewhere(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, w := range []io.Writer{file, null, new(bytes.Buffer)} {
		if isTerminal(w) {
			t.Errorf("%T is a terminal", w)
		}
	}
	var out bytes.Buffer
	code := oneShot(t.Context(), []string{"-c", "SET statement_timeout = '900ms'", "-c", "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range + b.range < 0"},
		strings.NewReader(""), &out, file)
	got, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	if want := "ERROR:  canceling statement due to statement timeout\n"; code != 1 || string(got) != want || out.String() != "SET\n" {
		t.Errorf("exit status %d, standard output %q, standard error %q", code, out.String(), got)
	}
}

func TestProfilePage(t *testing.T) {
	name := filepath.Join(t.TempDir(), "profile.html")
	var out, errs bytes.Buffer
	code := oneShot(t.Context(), []string{"-C", "../../testdata/files", "--profile", name, "--partitions", "2",
		"-c", "SET x.y = 1; SELECT city, count(*) AS \"<b>\" FROM sales WHERE city <> '</pre><script>' GROUP BY city ORDER BY 2",
		"-c", "EXPLAIN ANALYZE SELECT 1", "-c", "SELECT 1 / (quantity - quantity) FROM sales"}, strings.NewReader(""), &out, &errs)
	b, err := os.ReadFile(name)
	if err != nil || code != 1 {
		t.Fatal(err, code, errs.String())
	}
	page := string(b)
	for _, want := range []string{"&lt;/pre&gt;&lt;script&gt;", "HashAggregate", "Sort Key: &lt;b&gt;", "prefers-color-scheme: dark",
		"45.3 KiB of 45.3 KiB in 2 files", "division by zero (22012)", "EXPLAIN ANALYZE SELECT 1"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Count(page, "<section>") != 3 || strings.Count(page, "</section>") != 3 {
		t.Errorf("%d queries are on the page", strings.Count(page, "<section>"))
	}
	if m := regexp.MustCompile(`(?i)https?:|src=|url\(|@import|<script|<link|%!`).FindString(page); m != "" {
		t.Errorf("the page has %q", m)
	}
}
