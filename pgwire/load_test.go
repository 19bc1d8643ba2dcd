package pgwire

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gsql/exec/exectest"
)

// loadConfig is of a connection of pgx for load, without TLS.
func loadConfig(t *testing.T, addr string) *pgx.ConnConfig {
	t.Helper()
	host, port, _ := net.SplitHostPort(addr)
	cfg, err := pgx.ParseConfig(fmt.Sprintf("postgres://tester@%s:%s/files?sslmode=disable", host, port))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestManyConnections has many connections ask small questions at once.
func TestManyConnections(t *testing.T) {
	connections, each := 50, 20
	if exectest.Long() {
		connections, each = 500, 100
	}
	_, addr := serve(t, gsqlConfig(), func(s *Server) { s.MaxConnections = connections })
	cfg := loadConfig(t, addr)
	ctx := context.Background()
	var wg sync.WaitGroup
	var failed atomic.Int64
	begun := time.Now()
	for i := range connections {
		wg.Go(func() {
			c, err := pgx.ConnectConfig(ctx, cfg)
			if err != nil {
				failed.Add(1)
				t.Error(err)
				return
			}
			defer c.Close(ctx)
			for k := range each {
				var n int64
				switch k % 4 {
				case 0, 1:
					err = c.QueryRow(ctx, "SELECT $1::int + $2::int", i, k).Scan(&n)
					if err == nil && n != int64(i+k) {
						err = fmt.Errorf("%d + %d is %d", i, k, n)
					}
				case 2:
					err = c.QueryRow(ctx, "SELECT count(*) FROM cities WHERE population > $1", 1_000_000).Scan(&n)
				case 3:
					_, err = c.Exec(ctx, "BEGIN; SET LOCAL TimeZone = 'Asia/Tokyo'; SELECT now(); COMMIT")
				}
				if err != nil {
					failed.Add(1)
					t.Errorf("%d: %v", k, err)
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(begun)
	t.Logf("%d connections, %d queries in %v: %.0f queries/s, %d failed", connections, connections*each, took, float64(connections*each)/took.Seconds(), failed.Load())
}

// TestConnectionsLeaveNothing connects and disconnects in all manners, and counts what is left.
func TestConnectionsLeaveNothing(t *testing.T) {
	rounds := 100
	if exectest.Long() {
		rounds = 2000
	}
	s, addr := serve(t, gsqlConfig())
	cfg := loadConfig(t, addr)
	ctx := context.Background()
	round := func(i int) {
		switch i % 4 {
		case 0: // as one does
			c, err := pgx.ConnectConfig(ctx, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Exec(ctx, "SELECT 1"); err != nil {
				t.Fatal(err)
			}
			c.Close(ctx)
		case 1: // nothing is sent
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			nc.Close()
		case 2: // the client goes while rows come
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			msg, _ := encodeMessage([]string{"Query", "SELECT g FROM generate_series(1, 100000000) g"})
			_, _ = nc.Write(append(startup(3<<16, "user", "u"), msg...))
			var b [1000]byte
			_, _ = nc.Read(b[:])
			nc.Close()
		case 3: // with an open cursor and transaction
			c, err := pgx.ConnectConfig(ctx, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Exec(ctx, "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT * FROM sales; FETCH 3 FROM c"); err != nil {
				t.Fatal(err)
			}
			c.PgConn().Conn().Close()
		}
	}
	count := func() (goroutines, files int) {
		for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
			s.mu.Lock()
			open := len(s.open)
			s.mu.Unlock()
			if open == 0 {
				break
			}
		}
		time.Sleep(100 * time.Millisecond)
		entries, _ := os.ReadDir("/proc/self/fd") // nothing elsewhere
		return runtime.NumGoroutine(), len(entries)
	}
	for i := range 20 {
		round(i)
	}
	goroutines, files := count()
	for i := range rounds {
		round(i)
	}
	g, f := count()
	if g > goroutines+2 || f > files+2 {
		buf := make([]byte, 1<<20)
		t.Errorf("%d goroutines and %d files became %d and %d\n%s", goroutines, files, g, f, buf[:runtime.Stack(buf, true)])
	}
	if held := s.DB.MemoryHeld(); held != 0 {
		t.Errorf("%d bytes are held", held)
	}
	t.Logf("after %d connections %d goroutines and %d files became %d and %d", rounds, goroutines, files, g, f)
}

// TestLatency tells how long a small query takes when many ask.
func TestLatency(t *testing.T) {
	if !exectest.Long() {
		t.Skip("with -long")
	}
	const connections, each = 50, 400
	addr := startServer(t, gsqlConfig())
	cfg := loadConfig(t, addr)
	ctx := context.Background()
	var mu sync.Mutex
	var all []time.Duration
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			c, err := pgx.ConnectConfig(ctx, cfg)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close(ctx)
			var own []time.Duration
			for range each {
				begun := time.Now()
				var n int
				if err := c.QueryRow(ctx, "select 1").Scan(&n); err != nil {
					t.Error(err)
					return
				}
				own = append(own, time.Since(begun))
			}
			mu.Lock()
			all = append(all, own[each/10:]...)
			mu.Unlock()
		})
	}
	wg.Wait()
	slices.Sort(all)
	if len(all) > 0 {
		t.Logf("select 1 over %d connections: p50 %v, p99 %v, most %v", connections, all[len(all)/2], all[len(all)*99/100], all[len(all)-1])
	}
}
