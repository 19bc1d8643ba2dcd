package gsql

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gsql/exec"
	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/storage"
	"gsql/storage/memory"
)

// DB is a folder of files as a database. It is safe for concurrent use.
type DB struct {
	cfg     Config
	opened  time.Time
	catalog *storage.Catalog
	pool    *mem.Pool
	spill   *spill.Store
	workers *exec.Workers

	shared atomic.Pointer[relations] // of all sessions, as committed
	mu     sync.Mutex                // held while shared is changed
	locks  locks
	tables memory.Store // where rows of tables go

	sessions atomic.Int64 // opened so far
	backends struct {
		sync.Mutex
		list []*Backends
	}
	queries  queries
	channels channels

	statements *statementCache

	main *Session // of DB.Query

	// ballast is memory that nothing touches, so it takes address space alone. Without it the heap of a
	// program that does little else is so small that the garbage collector runs hundreds of times a second
	// while batches come and go.
	ballast []byte
}

// ballastBytes makes the collector wait for twice as many bytes.
const ballastBytes = 48 << 20

// Open opens a database. It reads nothing but checks that the folders are there.
func Open(cfg Config) (*DB, error) {
	cfg = cfg.withDefaults()
	catalog, err := storage.New(storage.Config{Dir: cfg.Dir, Restrict: cfg.Restrict, Allow: cfg.AllowPaths, TempDir: cfg.TempDir,
		Cache: cfg.cache(), Write: cfg.AllowWrite, WritePaths: cfg.WritePaths})
	if err != nil {
		return nil, err
	}
	db := &DB{cfg: cfg, opened: time.Now(), catalog: catalog, pool: mem.NewPool(cfg.stateMemory()), statements: newStatementCache(cfg.MemoryLimit),
		spill: spill.NewStore(cfg.TempDir, cfg.TempLimit)}
	db.shared.Store(noRelations())
	db.tables = memory.Store{Pool: db.pool, Space: db.spill.Space(0)}
	db.workers = exec.NewWorkers(cfg.Workers, db.memoryShort)
	if cfg.MemoryLimit <= 0 || cfg.MemoryLimit >= 8*ballastBytes {
		db.ballast = make([]byte, ballastBytes)
	}
	if _, err := checkSetting("TimeZone", cfg.TimeZone, ""); err != nil {
		return nil, err
	}
	db.main = db.Session()
	return db, nil
}

// cache is how much of the memory goes to what is known of files, at most; 0 for the default.
func (c *Config) cache() int64 {
	if c.MemoryLimit <= 0 {
		return 0
	}
	return min(256<<20, c.MemoryLimit/16)
}

// LimitGoHeap sets the Go runtime's soft memory limit to the DB's own, so that the whole process keeps to it, and
// lets the garbage collector run less often before it is near; a process that is nothing but gsql calls it once.
// An explicit GOMEMLIMIT or GOGC is left alone.
func (db *DB) LimitGoHeap(getenv func(string) string) {
	if getenv("GOMEMLIMIT") == "" && db.cfg.MemoryLimit > 0 {
		debug.SetMemoryLimit(db.cfg.MemoryLimit)
	}
	if getenv("GOGC") == "" {
		debug.SetGCPercent(400)
		db.ballast = nil
	}
}

// Query runs one statement with values for $1, $2 and so on. Settings changed by SET hold for all later calls.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	return db.main.Query(ctx, query, args...)
}

// Tables lists the names of the tables in the DB's folder, and of those in memory and the external ones that all sessions
// see, in order. Those in other schemas than public are written schema.name.
func (db *DB) Tables() ([]string, error) {
	entries, err := db.catalog.Entries()
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	if err != nil {
		return nil, err
	}
	schemas, err := db.catalog.Schemas()
	for _, s := range schemas {
		for _, e := range s.Entries {
			names = append(names, s.Name+"."+e.Name)
		}
	}
	for key, r := range db.shared.Load().byKey {
		if r.table != nil || r.external != nil {
			names = append(names, key.String())
		}
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// memoryShort reports whether queries that have not begun should wait for those that hold memory.
func (db *DB) memoryShort() bool {
	limit := db.pool.Limit()
	return limit > 0 && db.pool.Used() > limit/10*9
}

// MemoryHeld returns how many bytes running queries have reserved for their large state.
func (db *DB) MemoryHeld() int64 { return db.pool.Used() }

// Close closes the database, drops its tables in memory and removes its temporary files. Results and sessions must be
// closed before.
func (db *DB) Close() error {
	_ = db.main.Close() // cannot fail
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, r := range db.shared.Swap(noRelations()).byKey {
		if r.table != nil {
			r.table.Memory.Release()
		}
	}
	return errors.Join(db.tables.Space.Close(), db.spill.Close(), db.catalog.Close())
}
