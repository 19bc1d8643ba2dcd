package exec

import (
	"context"
	"fmt"
	"strings"

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

var joinKindNames = [...]string{Inner: "inner", Outer: "outer", BuildOuter: "build outer", FullOuter: "full outer", Semi: "semi",
	Anti: "anti", Mark: "mark", Singular: "singular", BuildSemi: "build semi", BuildAnti: "build anti"}

func (k JoinKind) String() string { return joinKindNames[k] }

// keepsBuild says whether build rows are put out at the end, by whether they had a match.
func (k JoinKind) keepsBuild() bool {
	return k == BuildOuter || k == FullOuter || k == BuildSemi || k == BuildAnti
}

// dropsProbe says whether a probe row without match leaves no trace in the output.
func (k JoinKind) dropsProbe() bool {
	return k == Inner || k == Semi || k == BuildOuter || k == BuildSemi || k == BuildAnti
}

// dropsNulls says whether a build row whose key is NULL leaves no trace in the output, when NULL equals nothing.
func (k JoinKind) dropsNulls() bool { return !k.keepsBuild() || k == BuildSemi }

// putsBuild says whether output rows have build columns.
func (k JoinKind) putsBuild() bool { return k != Semi && k != Anti && k != Mark }

// HashJoin joins every probe partition with the whole of Build: the first stream that needs it collects all
// build partitions in parallel into one table, which all share. Columns of the output are the probe's, then
// the build's, then the mark. Rows match when the keys are equal (NULL equals nothing, or NULL when
// NullEqual) and Residual is true.
//
// In a Mark join without Residual, keys that are NULL on either side make NULL marks as x IN (...) does; with
// more than one key, the same by three-valued AND. In a Mark join with Residual, keys only say which build
// rows are looked at, and a NULL key looks at none: the mark is true when Residual is true for one of these,
// else NULL when it is NULL for one, else false. That is x IN (SELECT y ... WHERE keys) with x = y as Residual.
//
// When there is no memory for the table, the join goes on by way of the disk: both sides are dealt to files by a hash
// of the keys, and a file's table is made when a stream comes to it; see spilledBuild.
//
// Partitions must be run in parallel or one after the other to their ends: build rows that the kind puts out
// come from the partition that finishes last.
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

// PublishedKey says that the build side's values of BuildKeys[Key] make the filter with an ID. Kinds that
// put out probe rows without match publish nothing.
type PublishedKey struct{ ID, Key int }

func (p *HashJoin) Schema() Schema { return p.Out }

// Partitioning is the probe's, but without its order, which goes when rows are dealt to files, and without any promise
// where build rows that have no match lie anywhere.
func (p *HashJoin) Partitioning() Partitioning { return joinPartitioning(p.Probe, p.Kind) }

func joinPartitioning(probe Plan, k JoinKind) Partitioning {
	in := probe.Partitioning()
	if k.keepsBuild() {
		return Partitioning{N: in.N}
	}
	return in.unsorted()
}

// unsorted returns p without its promise of an order.
func (p Partitioning) unsorted() Partitioning {
	p.Sorted = nil
	return p
}

// marksNulls says whether NULL keys make NULL marks.
func (p *HashJoin) marksNulls() bool { return p.Kind == Mark && p.Residual == nil }

func (p *HashJoin) Inputs() []Plan { return []Plan{p.Probe, p.Build} }

func (p *HashJoin) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "HashJoin %s on ", p.Kind)
	for i, k := range p.ProbeKeys {
		if i > 0 {
			b.WriteString(" AND ")
		}
		op := " = "
		if p.NullEqual != nil && p.NullEqual[i] {
			op = " IS NOT DISTINCT FROM "
		}
		b.WriteString(k.String() + op + p.BuildKeys[i].String())
	}
	if p.Residual != nil {
		b.WriteString(" and " + p.Residual.String())
	}
	if len(p.Publish) > 0 {
		b.WriteString(" publishes")
		for _, k := range p.Publish {
			fmt.Fprintf(&b, " #%d", k.ID)
		}
	}
	return b.String()
}

// Open starts a probe partition; the build side is read by the first Next.
func (p *HashJoin) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	in, err := env.Open(ctx, p.Probe, part)
	if err != nil {
		return nil, err
	}
	s, err := newHashJoinStream(p, env, in)
	if err != nil {
		in.Close()
		return nil, err
	}
	return s, nil
}
