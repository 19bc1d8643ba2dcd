package gsql

import (
	"slices"

	"gsql/exec"
	"gsql/exec/sqlstate"
)

// keptRejects bounds the rows that queries left out of files and that are remembered, those of older queries first to
// go.
const keptRejects = 10 * exec.MaxRejects

// keepRejects remembers what the query left out of the files it read, and tells of it.
func (r *Rows) keepRejects() {
	rows, total := r.env.Rejects.All()
	if total == 0 || r.query == nil {
		return
	}
	r.query.queries.keepRejects(r.query, rows)
	what := "rows of files were left out because they could not be read"
	if total == 1 {
		what = "row of a file was left out because it could not be read"
	}
	n := sqlstate.New("00000", "%d %s", total, what)
	first := rows[0]
	if first.Column == "" {
		n.Detail = sqlstate.New("", "The first is line %d of \"%s\": %s.", first.Line, first.File, first.Reason).Message
	} else {
		n.Detail = sqlstate.New("", "The first is line %d of \"%s\", column %s: %s.", first.Line, first.File, first.Column, first.Reason).Message
	}
	r.session.tellOf("NOTICE", n.WithHint("SELECT * FROM gsql_rejects WHERE query_id = %d lists them.", r.query.id))
}

func (q *queries) keepRejects(x *execution, rows []exec.Reject) {
	q.mu.Lock()
	defer q.mu.Unlock()
	left := keptRejects - len(rows)
	for _, old := range slices.Backward(q.ended) {
		if left -= len(old.rejects); left < 0 {
			old.rejects = nil
		}
	}
	x.rejects = rows
}

func rejectRows(db *DB, add func(values ...any)) {
	db.queries.mu.Lock()
	defer db.queries.mu.Unlock()
	for _, x := range db.queries.ended {
		for _, r := range x.rejects {
			add(x.id, r.File, r.Line, r.Column, r.Value, r.Reason)
		}
	}
}
