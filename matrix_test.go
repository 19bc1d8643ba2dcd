package gsql_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gsql"
	"gsql/exec/exectest"
	"gsql/exec/sqlstate"
)

// setup is one way to run queries; the results of all setups must be the same.
type setup struct {
	gsql.Config
	// spill lets each operator that can spill have only so much memory as it cannot do without.
	spill bool
}

const (
	tinyMemory  = 1       // operators that can spill have the least that they are promised, the others nothing
	spillMemory = 4 << 20 // with spill: for the operators that cannot
	// leastRoom is what an operator that can spill may always hold.
	leastRoom = 64 << 10
)

// matrix returns the setups that all queries run under.
func matrix() []setup {
	var all []setup
	add := func(workers, rows int, noRules bool, memory int64, spill bool) {
		all = append(all, setup{gsql.Config{Partitions: workers, Workers: workers, BatchRows: rows, NoOptimizer: noRules, MemoryLimit: memory}, spill})
	}
	if !exectest.Long() {
		add(1, 0, false, 0, false)
		add(2, 3, false, 0, false)
		add(7, 1, true, 0, false)
		add(2, 0, false, spillMemory, true)
		return all
	}
	for i, workers := range []int{1, 2, 7, 16} {
		for k, rows := range []int{1, 3, 8192} {
			add(workers, rows, false, 0, false)
			if (i+k)%3 == 0 { // each count of workers and each size of batches, without the product of all with all
				add(workers, rows, true, 0, false)
			}
		}
	}
	for _, workers := range []int{1, 7, 16} {
		add(workers, 8192, false, tinyMemory, false)
	}
	add(1, 8192, false, spillMemory, true)
	add(2, 3, false, spillMemory, true)
	add(7, 8192, true, spillMemory, true)
	add(16, 8192, false, spillMemory, true)
	return all
}

func (s setup) String() string {
	name := fmt.Sprintf("p%d-b%d-rules=%v", s.Partitions, s.BatchRows, !s.NoOptimizer)
	switch {
	case s.spill:
		name += "-spill"
	case s.MemoryLimit > 0:
		name += "-tiny"
	}
	return name
}

func (s setup) open(t *testing.T) *gsql.DB {
	t.Helper()
	return openDB(t, s.Config)
}

// run returns the rows of a query. With spill, operators that can spill get room for as many bytes first, and for more
// when a query cannot do with that.
func (s setup) run(db *gsql.DB, query string, room int64) ([]string, error) {
	rows, _, err := s.runTagged(db, query, room)
	return rows, err
}

// runTagged is run that returns the command tag, too.
func (s setup) runTagged(db *gsql.DB, query string, room int64) (rows []string, tag string, err error) {
	if !s.spill {
		return runTagged(context.Background(), db, query)
	}
	for ; ; room *= 4 {
		db.SpillBeyond(room)
		rows, tag, err := runTagged(context.Background(), db, query)
		if room >= leastRoom || sqlstate.Of(err) != sqlstate.OutOfMemory {
			return rows, tag, err
		}
	}
}

// cannotSpill are the names under which operators reserve memory that they cannot do without, each with the reason. A
// query that has one fails with 53200 when there is no memory at all.
var cannotSpill = map[string]string{
	"loop join build":         "every row of the other side is compared with all of these",
	"recursive union":         "every new row is looked up among all that there have been",
	"group of an aggregation": "such as the sketch of approx_quantile, which is one for all rows of the group",
}

// failsInTinyMemory reports whether an error is that there is no memory for what cannot be spilled.
func (s setup) failsInTinyMemory(err error) bool {
	var e *sqlstate.Error
	if s.MemoryLimit != tinyMemory || !errors.As(err, &e) || e.Code != sqlstate.OutOfMemory {
		return false
	}
	holder, _, _ := strings.Cut(e.Detail, " asked for")
	_, ok := cannotSpill[holder]
	return ok
}
