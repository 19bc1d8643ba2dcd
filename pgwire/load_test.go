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

	"gsql"
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

// TestManyConnections has many connections ask small questions at once, for a minute with -long.
func TestManyConnections(t *testing.T) {
	connections, least, length := 50, 20, time.Duration(0)
	if exectest.Long() {
		connections, least, length = 500, 100, time.Minute
	}
	_, addr := serve(t, gsqlConfig(), func(s *Server) { s.MaxConnections = connections })
	cfg := loadConfig(t, addr)
	ctx := context.Background()
	var wg sync.WaitGroup
	var failed, asked atomic.Int64
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
			for k := 0; k < least || time.Since(begun) < length; k++ {
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
				asked.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(begun)
	t.Logf("%d connections, %d queries in %v: %.0f queries/s, %d failed", connections, asked.Load(), took, float64(asked.Load())/took.Seconds(), failed.Load())
}

// TestConnectionsLeaveNothing connects and disconnects in all manners, and counts what is left.
func TestConnectionsLeaveNothing(t *testing.T) {
	rounds := 100
	if exectest.Long() {
		rounds = 10_000
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
	count := func() (goroutines, files int, heap uint64) {
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
		return runtime.NumGoroutine(), len(entries), heapInUse()
	}
	for i := range 200 { // as many as there are queries that are remembered
		round(i)
	}
	goroutines, files, heap := count()
	for i := range rounds {
		round(i)
	}
	g, f, h := count()
	if g > goroutines+2 || f > files+2 {
		buf := make([]byte, 1<<20)
		t.Errorf("%d goroutines and %d files became %d and %d\n%s", goroutines, files, g, f, buf[:runtime.Stack(buf, true)])
	}
	if held := s.DB.MemoryHeld(); held != 0 {
		t.Errorf("%d bytes are held", held)
	}
	if h > heap+2<<20 { // what a byte for each connection is not
		t.Errorf("%d KB of the heap became %d", heap>>10, h>>10)
	}
	t.Logf("after %d connections %d goroutines, %d files and %d KB became %d, %d and %d", rounds, goroutines, files, heap>>10, g, f, h>>10)
}

// heapInUse returns the bytes of the heap that are needed.
func heapInUse() uint64 {
	var m runtime.MemStats
	for range 3 { // pools give back what they have after the second
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestIdleConnections tells how much memory a connection takes that has asked something large and waits.
func TestIdleConnections(t *testing.T) {
	const connections, most = 50, 60 << 10
	addr := startServer(t, gsqlConfig())
	ask := func(c *rawClient) {
		c.ask(t, messageOf("Query", "SELECT repeat('x', 100) FROM generate_series(1, 10000)"))
	}
	ask(newRawClient(t, addr))
	var before, after runtime.MemStats
	heap := heapInUse()
	runtime.ReadMemStats(&before)
	clients := make([]*rawClient, connections)
	for i := range clients {
		clients[i] = newRawClient(t, addr)
		ask(clients[i])
		clients[i].r.Reset(nil) // whose buffer is the test's
		clients[i].r = nil
	}
	time.Sleep(50 * time.Millisecond)
	grown := int64(heapInUse()-heap) / connections
	runtime.ReadMemStats(&after)
	stack := int64(after.StackInuse-before.StackInuse) / connections
	t.Logf("an idle connection takes %d KB of the heap and %d KB of stacks", grown>>10, stack>>10)
	if grown+stack > most {
		t.Errorf("an idle connection takes %d bytes", grown+stack)
	}
}

// TestClientsThatDoNotRead has clients that ask for much and do not read; others must not wait for them.
func TestClientsThatDoNotRead(t *testing.T) {
	cfg := gsqlConfig()
	cfg.Workers, cfg.Partitions = 1, 2
	s, addr := serve(t, cfg)
	for _, query := range []string{"SELECT * FROM sales a, sales b", "SELECT * FROM sales a JOIN sales b ON a.city = b.city ORDER BY a.price, b.price",
		"SELECT g FROM generate_series(1, 1000000000) g", "COPY (SELECT * FROM sales a, sales b) TO STDOUT"} {
		for range 3 {
			nc := dial(t, addr)
			if _, err := nc.Write(concat(startup(3<<16, "user", "slow"), messageOf("Query", query))); err != nil {
				t.Fatal(err)
			}
		}
	}
	blocked := func() (n int) { // queries that have begun to send and get no further
		sent := s.metrics.sent.Load()
		time.Sleep(200 * time.Millisecond)
		for _, a := range s.Activities() {
			if a.User == "slow" && a.State == gsql.ActivityActive {
				n++
			}
		}
		if s.metrics.sent.Load() != sent {
			return 0
		}
		return n
	}
	for begun := time.Now(); blocked() < 12; {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("the clients that do not read have not blocked")
		}
	}
	c := newRawClient(t, addr)
	begun := time.Now()
	for range 20 {
		c.ask(t, messageOf("Query", "SELECT 1"))
		c.ask(t, messageOf("Query", "SELECT city, count(*), sum(price) FROM sales GROUP BY city ORDER BY city"))
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("40 queries beside clients that do not read took %v", took)
	}
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
