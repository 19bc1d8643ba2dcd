package gsql

import (
	"math"
	"runtime"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Config says how a DB works. The zero value reads files relative to the current folder, uses all cores,
// and keeps within 80 % of the memory that the process may use.
type Config struct {
	// Dir is the folder of the tables: each data file and each folder of data files in it is a table by
	// its name. Relative paths in queries start from it. "" is the current folder, without tables by name.
	Dir string
	// Partitions is how many partitions run at once; 0 is one per core.
	Partitions int
	// Workers is how many tasks of all queries run at once, a task being a partition of a part of a query; 0 is one
	// per core, or what the container's processor quota allows.
	Workers int
	// MemoryLimit is the memory that all queries together may take, in bytes; 0 is 80 % of the machine's or the
	// container's memory, negative is no limit. What does not fit goes to TempDir. See also LimitGoHeap.
	MemoryLimit int64
	// TempDir is where what does not fit in memory is written, into a directory of its own that is removed by
	// Close; "" is the system's directory for temporary files.
	TempDir string
	// TempLimit is how many bytes may lie in TempDir at a time; 0 is 90 % of what is free when the first are
	// written, negative is no limit.
	TempLimit int64
	// BatchRows is how many rows operators work on at once; 0 is 8192.
	BatchRows int
	// Restrict lets queries read only files below Dir and AllowPaths, with links resolved.
	Restrict   bool
	AllowPaths []string
	// AllowWrite lets COPY ... TO and INSERT write files: below WritePaths, with links resolved; if there are none, below
	// Dir with Restrict, and anywhere without.
	AllowWrite bool
	WritePaths []string
	// TimeZone of sessions, by name; "" is UTC.
	TimeZone string
	// NoOptimizer leaves out all rules that only make queries faster; results are the same. For tests.
	NoOptimizer bool
}

// defaultBatchRows keeps a few columns of a batch in a core's second-level cache.
const defaultBatchRows = 8192

func (c Config) withDefaults() Config {
	if c.Partitions <= 0 {
		c.Partitions = runtime.GOMAXPROCS(0)
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.BatchRows <= 0 {
		c.BatchRows = defaultBatchRows
	}
	if c.MemoryLimit == 0 {
		c.MemoryLimit = availableMemory() / 5 * 4
	}
	if c.TimeZone == "" {
		c.TimeZone = "UTC"
	}
	return c
}

// stateMemory is the part of the memory limit that large state (hash tables, sort buffers, collected rows) may take:
// the rest is for batches on their way, decoded pages, and what the garbage collector has not found yet.
func (c Config) stateMemory() int64 {
	if c.MemoryLimit <= 0 {
		return 0
	}
	return max(c.MemoryLimit/100*55, 1)
}

// availableMemory returns the memory limit of the control group, or else the machine's memory; 0 when neither is known.
func availableMemory() int64 {
	limit := uint64(math.MaxInt64)
	for _, from := range []memlimit.Provider{memlimit.FromCgroup, memlimit.FromSystem} {
		if n, err := from(); err == nil && n > 0 {
			limit = min(limit, n)
		}
	}
	if limit == math.MaxInt64 {
		return 0
	}
	return int64(limit)
}
