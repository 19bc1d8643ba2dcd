package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

func content(n int) []byte {
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	r.Read(b)
	return b
}

// faulty breaks answers now and then.
type faulty struct {
	http.Handler
	refuse, cut atomic.Int64 // the next so many answers
	requests    atomic.Int64
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.requests.Add(1)
	switch {
	case f.refuse.Add(-1) >= 0:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Method == http.MethodGet && f.cut.Add(-1) >= 0:
		f.Handler.ServeHTTP(&cutter{ResponseWriter: w, left: 1000}, r)
	default:
		f.Handler.ServeHTTP(w, r)
	}
}

// cutter breaks the connection after some bytes.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	return c.ResponseWriter.Write(p)
}

func quickly(t *testing.T) {
	pause, idle := firstPause, idleTimeout
	firstPause = time.Millisecond
	t.Cleanup(func() { firstPause, idleTimeout = pause, idle })
}

// readAll reads a file in pieces of random sizes, from several goroutines, and compares it.
func readAll(t *testing.T, f file.File, want []byte) {
	t.Helper()
	h, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var wg sync.WaitGroup
	for g := range 3 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(g)))
			for off := 0; off < len(want); {
				n := 1 + r.IntN(400_000)
				p := make([]byte, n)
				k, err := h.ReadAt(p, int64(off))
				if end := min(off+n, len(want)); k != end-off || err != nil && (err != io.EOF || k == n) || !bytes.Equal(p[:k], want[off:end]) {
					t.Errorf("%s at %d: %d of %d bytes, %v", f.Path, off, k, n, err)
					return
				}
				off += k
				if g == 2 {
					off += r.IntN(2_000_000) // here and there
				}
			}
		})
	}
	wg.Wait()
}

func TestWeb(t *testing.T) {
	quickly(t)
	data := content(5<<20 + 123)
	srv := &faulty{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		w.Header().Set("ETag", `"v1"`)
		switch {
		case strings.HasPrefix(name, "ranges"):
			http.ServeContent(w, r, name, time.Unix(1e9, 0), bytes.NewReader(data))
		case strings.HasPrefix(name, "whole"):
			w.Write(data)
		case name == "empty":
			http.ServeContent(w, r, name, time.Unix(1e9, 0), bytes.NewReader(nil))
		case name == "secret" && r.Header.Get("Authorization") != "Bearer open sesame":
			w.WriteHeader(http.StatusForbidden)
		case name == "secret":
			http.ServeContent(w, r, name, time.Unix(1e9, 0), bytes.NewReader(data))
		default:
			http.NotFound(w, r)
		}
	})}
	ts := httptest.NewServer(srv)
	defer ts.Close()
	s := New(Config{CacheBytes: 3 << 20, TempDir: t.TempDir()})
	defer s.Close()
	one := func(path string) file.File {
		t.Helper()
		list, err := s.Files(context.Background(), ts.URL+path)
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %v", path, err)
		}
		return list[0]
	}
	for _, path := range []string{"/ranges.csv?sig=x", "/whole.csv"} {
		f := one(path)
		if f.Size != int64(len(data)) {
			t.Errorf("%s: size %d", path, f.Size)
		}
		readAll(t, f, data)
	}
	if f := one("/empty"); f.Size != 0 {
		t.Errorf("empty: %d bytes", f.Size)
	}

	// Faults that pass.
	srv.refuse.Store(2)
	f := one("/ranges2.csv")
	srv.refuse.Store(1)
	srv.cut.Store(2)
	readAll(t, f, data)
	srv.refuse.Store(1)
	srv.cut.Store(1)
	readAll(t, one("/whole2.csv"), data)

	// Faults that do not.
	for path, code := range map[string]sqlstate.Code{"/none.csv": sqlstate.UndefinedFile, "/secret": sqlstate.InsufficientPrivilege} {
		if _, err := s.Files(context.Background(), ts.URL+path); sqlstate.Of(err) != code {
			t.Errorf("%s: %v", path, err)
		}
	}
	srv.refuse.Store(1000)
	if _, err := s.Files(context.Background(), ts.URL+"/ranges"); sqlstate.Of(err) != sqlstate.IOError || !strings.Contains(err.Error(), "503") {
		t.Errorf("a server that is down: %v", err)
	}
	srv.refuse.Store(0)

	s.SetSecret(Secret{Name: "a", Type: "http", Token: "wrong"})
	s.SetSecret(Secret{Name: "b", Type: "http", Scope: ts.URL + "/sec", Token: "open sesame"})
	readAll(t, one("/secret"), data)
}

// TestWebChanges reads a file that changes after it was looked at.
func TestWebChanges(t *testing.T) {
	quickly(t)
	var version atomic.Int64
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", fmt.Sprintf(`"v%d"`, version.Load()))
		http.ServeContent(w, r, "x", time.Time{}, bytes.NewReader(content(3<<20)))
	}))
	defer ts.Close()
	s := New(Config{})
	list, err := s.Files(context.Background(), ts.URL+"/x")
	if err != nil {
		t.Fatal(err)
	}
	version.Add(1)
	h, err := list[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := h.ReadAt(make([]byte, 10), 0); sqlstate.Of(err) != sqlstate.ObjectNotInPrerequisite {
		t.Errorf("changed: %v", err)
	}
}

// TestSilentServer reads from a server that stops in the middle, and closes the file while it waits.
func TestSilentServer(t *testing.T) {
	quickly(t)
	stop := make(chan struct{})
	var silent atomic.Bool
	data := content(100)
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !silent.Load() {
			http.ServeContent(w, r, "x", time.Unix(1, 0), bytes.NewReader(data))
			return
		}
		w.Header().Set("Content-Range", "bytes 0-99/100")
		w.Header().Set("Content-Length", "100")
		w.Header().Set("Last-Modified", time.Unix(1, 0).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(data[:10])
		w.(http.Flusher).Flush()
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	defer ts.Close()
	defer close(stop)
	s := New(Config{})
	list, err := s.Files(context.Background(), ts.URL+"/x")
	if err != nil {
		t.Fatal(err)
	}
	silent.Store(true)
	idleTimeout = 20 * time.Millisecond
	h, _ := list[0].Open()
	if _, err := h.ReadAt(make([]byte, 100), 0); !errors.Is(err, errIdle) {
		t.Errorf("silent: %v", err)
	}
	h.Close()
	idleTimeout = time.Hour
	h, _ = list[0].Open()
	time.AfterFunc(20*time.Millisecond, func() { h.Close() })
	begun := time.Now()
	if _, err := h.ReadAt(make([]byte, 100), 0); err == nil || time.Since(begun) > 10*time.Second {
		t.Errorf("closed: %v after %v", err, time.Since(begun))
	}
}

func TestS3(t *testing.T) {
	quickly(t)
	backend := s3mem.New()
	srv := &faulty{Handler: gofakes3.New(backend).Server()}
	ts := httptest.NewServer(srv)
	defer ts.Close()
	files := map[string][]byte{
		"a.csv": []byte("x\n1\n"), "big.bin": content(4<<20 + 5), "year=2024/m=1/a.parquet": []byte("1"), "year=2024/m=2/b.parquet": []byte("2"),
		"year=2025/m=1/c.csv": []byte("3"), "year=2024/_SUCCESS": []byte("ok"), "year=2024/.tmp/d.parquet": []byte("4"), "odd name [1].csv": []byte("5"),
	}
	if err := backend.CreateBucket("data"); err != nil {
		t.Fatal(err)
	}
	s := New(Config{CacheBytes: 2 << 20})
	s.SetSecret(Secret{Name: "s", Type: "s3", ID: "id", Key: "key", Region: "us-east-1", Endpoint: ts.URL})
	c, err := s.s3.client("s3", "s3://data/x")
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range files {
		if _, err := c.Client.PutObject(context.Background(), "data", k, bytes.NewReader(v), int64(len(v)), minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string]string{
		"s3://data/a.csv":                 "a.csv",
		"s3://data/year=2024/":            "year=2024/m=1/a.parquet year=2024/m=2/b.parquet",
		"s3://data/year=2024":             "year=2024/m=1/a.parquet year=2024/m=2/b.parquet",
		"s3://data/*/m=1/*":               "year=2024/m=1/a.parquet year=2025/m=1/c.csv",
		"s3://data/**/*.parquet":          "year=2024/m=1/a.parquet year=2024/m=2/b.parquet",
		"s3://data/year=202[5-9]/**":      "year=2025/m=1/c.csv",
		"s3://data/year={2024,2025}/*/c*": "year=2025/m=1/c.csv",
		`s3://data/odd name \[1\].csv`:    "odd name [1].csv",
		"s3://data/none.csv":              "!58P01",
		"s3://data/none/*.csv":            "!58P01",
		"s3://other/a.csv":                "!58P01",
		"s3:///a.csv":                     "!22023",
		"ftp://host/a.csv":                "!0A000",
	} {
		list, err := s.Files(context.Background(), pattern)
		var names []string
		for _, f := range list {
			names = append(names, strings.TrimPrefix(f.Path, "s3://data/"))
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = "!" + string(sqlstate.Of(err))
		}
		if got != want {
			t.Errorf("%s: %s (%v), want %s", pattern, got, err, want)
		}
	}
	srv.refuse.Store(2)
	list, err := s.Files(context.Background(), "s3://data/big.bin")
	if err != nil {
		t.Fatal(err)
	}
	srv.cut.Store(3)
	srv.refuse.Store(1)
	readAll(t, list[0], files["big.bin"])
}

// TestReadsAhead counts the requests of reading a file from its start to its end.
func TestReadsAhead(t *testing.T) {
	data := content(64 << 20)
	srv := &faulty{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x", time.Unix(1, 0), bytes.NewReader(data))
	})}
	ts := httptest.NewServer(srv)
	defer ts.Close()
	s := New(Config{})
	list, err := s.Files(context.Background(), ts.URL+"/x")
	if err != nil {
		t.Fatal(err)
	}
	h, _ := list[0].Open()
	defer h.Close()
	if got, err := io.ReadAll(io.NewSectionReader(h, 0, list[0].Size)); err != nil || !bytes.Equal(got, data) {
		t.Fatal(err)
	}
	if n := srv.requests.Load(); n > 20 {
		t.Errorf("%d requests for 64 MiB", n)
	}
}
