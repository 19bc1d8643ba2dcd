package planner

import "gsql/exec/sqlstate"

func internal(format string, args ...any) error {
	return sqlstate.New(sqlstate.InternalError, "planner: "+format, args...)
}

// unknownNode is what a switch over all nodes says of one that it does not know: a broken invariant, since
// the set is closed.
func unknownNode(n any) error { return internal("unknown node %T", n) }
