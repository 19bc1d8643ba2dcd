package exec

import (
	"context"

	"gsql/exec/expr"
)

// ExchangeKind says how an exchange deals out rows.
type ExchangeKind uint8

const (
	Gather ExchangeKind = iota // all partitions into one, in any order
	Merge                      // all partitions, each sorted by Keys, into one sorted by Keys
	Hash                       // into N partitions by the hash of Hash
)

// Exchange is where partitions run in parallel: it pulls every input partition in a goroutine of its own and
// deals the rows out. Its buffers are bounded by bytes; a Hash exchange holds its inputs back only while
// every open output has data, so that a consumer that pulls unevenly cannot dam it up.
type Exchange struct {
	Input Plan
	Kind  ExchangeKind
	N     int            // partitions of the output; 1 for Gather and Merge
	Hash  []expr.ColID   // Hash
	Keys  []expr.SortKey // Merge
}

func (p *Exchange) Schema() Schema { return p.Input.Schema() }
func (p *Exchange) Partitioning() Partitioning {
	return Partitioning{N: max(p.N, 1), Hash: p.Hash, Sorted: p.Keys}
}
func (p *Exchange) Inputs() []Plan { return []Plan{p.Input} }

func (p *Exchange) String() string { return "Exchange" }

func (p *Exchange) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
