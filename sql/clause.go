package sql

import (
	"gsql/exec/sqlstate"
)

// clause is the part of a SELECT that is being bound; it decides where aggregates and window functions may
// stand.
type clause uint8

const (
	inTargets clause = iota
	inFrom
	inFromFunction
	inJoinOn
	inWhere
	inGroupBy
	inHaving
	inQualify
	inOrderBy
	inDistinctOn
	inLimit
	inOffset
	inFilter
	inPartitionBy
	inWindowOrder
	inFrameRange
	inFrameRows
	inFrameGroups
	inValues
	inExecute
	inUpdate
	inReturning
	inDefault
	inCheck
	inTransform
)

var clauseNames = [...]string{inTargets: "SELECT", inFrom: "FROM", inFromFunction: "FROM", inJoinOn: "JOIN/ON",
	inWhere: "WHERE", inGroupBy: "GROUP BY", inHaving: "HAVING", inQualify: "QUALIFY", inOrderBy: "ORDER BY",
	inDistinctOn: "DISTINCT ON", inLimit: "LIMIT", inOffset: "OFFSET", inFilter: "FILTER",
	inPartitionBy: "PARTITION BY", inWindowOrder: "ORDER BY", inFrameRange: "window RANGE",
	inFrameRows: "window ROWS", inFrameGroups: "window GROUPS", inValues: "VALUES", inExecute: "EXECUTE parameters",
	inUpdate: "UPDATE", inReturning: "RETURNING", inDefault: "DEFAULT expressions", inCheck: "check constraints",
	inTransform: "transform expressions"}

func (c clause) String() string { return clauseNames[c] }

// in binds with blk in a clause and restores the one it was in.
func (s *block) in(c clause, bind func() error) error {
	saved := s.clause
	s.clause = c
	err := bind()
	s.clause = saved
	return err
}

// allowAggregate returns the error for an aggregate in the clause, nil where it is allowed.
func (c clause) allowAggregate(pos int) error { return c.allowGrouped("aggregate functions", pos) }

// allowGrouping returns the error for GROUPING in the clause, nil where it is allowed.
func (c clause) allowGrouping(pos int) error { return c.allowGrouped("grouping operations", pos) }

func (c clause) allowGrouped(what string, pos int) error {
	var where string
	switch c {
	case inTargets, inHaving, inQualify, inOrderBy, inDistinctOn, inPartitionBy, inWindowOrder:
		return nil
	case inJoinOn:
		where = "JOIN conditions"
	case inFrom:
		where = "FROM clause of their own query level"
	case inFromFunction:
		where = "functions in FROM"
	default:
		where = c.String()
	}
	return sqlstate.New(sqlstate.GroupingError, "%s are not allowed in %s", what, where).At(pos)
}

// allowWindow returns the error for a window function in the clause, nil where it is allowed.
func (c clause) allowWindow(pos int) error {
	var where string
	switch c {
	case inTargets, inQualify, inOrderBy, inDistinctOn:
		return nil
	case inJoinOn:
		where = "JOIN conditions"
	case inFromFunction, inFrom:
		where = "functions in FROM"
	case inPartitionBy, inWindowOrder, inFrameRange, inFrameRows, inFrameGroups:
		where = "window definitions"
	default:
		where = c.String()
	}
	return sqlstate.New(sqlstate.WindowingError, "window functions are not allowed in %s", where).At(pos)
}
