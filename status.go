package gsql

import "time"

// Status is what a DB holds and uses at one moment, for all its queries together.
type Status struct {
	Opened      time.Time `json:"opened"`
	MemoryHeld  int64     `json:"memory_held"`  // reserved for large state
	MemoryLimit int64     `json:"memory_limit"` // of that; 0: none
	SpillUsed   int64     `json:"spill_used"`   // bytes of the temporary files that exist
	SpillLimit  int64     `json:"spill_limit"`  // 0: none, or not settled before the first file
	Workers     int       `json:"workers"`
	WorkersBusy int       `json:"workers_busy"` // more than there are while short queries run besides
	TasksQueued int       `json:"tasks_queued"` // tasks that wait for a worker
}

// Status returns what the DB holds and uses now.
func (db *DB) Status() Status {
	return Status{Opened: db.opened, MemoryHeld: db.pool.Used(), MemoryLimit: db.pool.Limit(), SpillUsed: db.spill.Used(), SpillLimit: db.spill.Limit(),
		Workers: db.workers.Number(), WorkersBusy: db.workers.Busy(), TasksQueued: db.workers.Waiting()}
}
