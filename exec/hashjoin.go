package exec

import (
	"context"

	"gsql/exec/expr"
)

// JoinKind is the kind of a join seen from the probe side.
type JoinKind uint8

const (
	Inner      JoinKind = iota
	Outer               // probe rows without match too, with NULLs for the build side
	BuildOuter          // build rows without match too
	FullOuter           // both
	Semi                // probe rows with a match; probe columns only
	Anti                // probe rows without; probe columns only
	Mark                // probe rows, and a boolean: matched, or NULL where that is unknown (x IN ...)
	Singular            // Outer, and 21000 where a probe row has two matches
	BuildSemi           // build rows with a match; build columns only
	BuildAnti           // build rows without; build columns only
)

// HashJoin joins every probe partition with the whole of Build: the first stream that needs it collects all
// build partitions in parallel into one table, which all share. Columns of the output are the probe's, then
// the build's, then the mark. Rows match when the keys are equal (NULL equals nothing, or NULL when
// NullEqual) and Residual is true. In a Mark join without residual, keys that are NULL on either side make
// NULL marks as x IN (...) does; with more than one key, the same by three-valued AND.
type HashJoin struct {
	Probe, Build         Plan
	Kind                 JoinKind
	ProbeKeys, BuildKeys []expr.Expr // pairs of the same type
	NullEqual            []bool      // nil: none
	Residual             expr.Expr   // over probe and build columns; nil: true
	MarkID               expr.ColID
	Publish              []PublishedKey // runtime filters for scans below Probe
	Out                  Schema
}

// PublishedKey says that the build side's values of BuildKeys[Key] make the filter with an ID.
type PublishedKey struct{ ID, Key int }

func (p *HashJoin) Schema() Schema             { return p.Out }
func (p *HashJoin) Partitioning() Partitioning { return p.Probe.Partitioning() }
func (p *HashJoin) Inputs() []Plan             { return []Plan{p.Probe, p.Build} }

func (p *HashJoin) String() string { return "HashJoin" }

func (p *HashJoin) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
