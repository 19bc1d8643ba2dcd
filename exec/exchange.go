package exec

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"gsql/exec/expr"
	"gsql/exec/mem"
	"gsql/exec/vec"
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
// every open output has data, so that a consumer that pulls unevenly cannot dam it up; what it must take in
// beyond its bound goes to disk when memory does not suffice. An execution may open each partition of it once.
// Between tasks it has another form: its rows lie in files, and nothing is held back (see Fragment).
type Exchange struct {
	Input Plan
	Kind  ExchangeKind
	N     int            // partitions of the output; 1 for Gather and Merge
	Hash  []expr.ColID   // Hash
	Keys  []expr.SortKey // Merge
}

func (p *Exchange) Schema() Schema { return p.Input.Schema() }
func (p *Exchange) Partitioning() Partitioning {
	return Partitioning{N: p.outputs(), Hash: p.Hash, Sorted: p.Keys}
}
func (p *Exchange) Inputs() []Plan { return []Plan{p.Input} }

func (p *Exchange) outputs() int { return max(p.N, 1) }

// passes says whether there is nothing to exchange.
func (p *Exchange) passes() bool { return p.Input.Partitioning().N == 1 && p.outputs() == 1 }

func (p *Exchange) String() string {
	switch p.Kind {
	case Merge:
		return "Merge " + expr.Keys(p.Keys)
	case Hash:
		names := make([]string, len(p.Hash))
		for i, id := range p.Hash {
			names[i] = p.columnName(id)
		}
		return fmt.Sprintf("Hash exchange (%s) into %d", strings.Join(names, ", "), p.outputs())
	}
	return "Gather"
}

func (p *Exchange) columnName(id expr.ColID) string {
	if i := p.Schema().Index(id); i >= 0 && p.Schema()[i].Name != "" {
		return p.Schema()[i].Name
	}
	return fmt.Sprintf("#%d", id)
}

func (p *Exchange) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	if p.passes() {
		return env.Open(ctx, p.Input, 0)
	}
	v, err := env.Shared(ctx, p, func(ctx context.Context) (any, error) { return newExchange(ctx, env, p), nil })
	if err != nil {
		return nil, err
	}
	x := v.(*exchange)
	if p.Kind == Merge {
		return newMergeStream(env, p, x.lanes(), x.Close)
	}
	return &exchangeStream{x, part}, nil
}

type exchangeStream struct {
	x   *exchange
	out int
}

func (s *exchangeStream) Next(ctx context.Context) (*vec.Batch, error) { return s.x.next(ctx, s.out) }

func (s *exchangeStream) Close() error {
	s.x.closeOut(s.out)
	return nil
}

// exchange is one execution of an Exchange: the goroutines that pull its inputs, which start when the first
// batch is asked for and have ended when its last output is closed.
type exchange struct {
	env    *Env
	plan   *Exchange
	ctx    context.Context
	cancel context.CancelCauseFunc
	start  sync.Once
	inputs sync.WaitGroup

	mu   sync.Mutex
	res  *mem.Reservation // nil: nothing was reserved yet
	outs []*outlet
	open int   // outlets that are not closed
	err  error // of the first input that failed
}

func newExchange(ctx context.Context, env *Env, p *Exchange) *exchange {
	x := &exchange{env: env, plan: p}
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	inputs := p.Input.Partitioning().N
	if p.Kind == Merge {
		for range inputs {
			x.outs = append(x.outs, newOutlet(newGate(1, exchangeBytes/int64(inputs))))
		}
	} else {
		g := newGate(inputs, exchangeBytes)
		for range p.outputs() {
			x.outs = append(x.outs, newOutlet(g))
		}
	}
	x.open = len(x.outs)
	return x
}

// run starts the inputs.
func (x *exchange) run() {
	n := x.plan.Input.Partitioning().N
	x.inputs.Add(n)
	stats := x.env.Profile.Of(x.plan)
	for part := range n {
		go func() {
			defer x.inputs.Done()
			err := guard(func() error {
				return branch(x.ctx, x.env, stats.Part(part), func(ctx context.Context) error { return x.pull(ctx, part) })
			})
			x.inputEnded(part, err)
		}()
	}
}

// pull deals out the rows of an input partition.
func (x *exchange) pull(ctx context.Context, part int) error {
	switch x.plan.Kind {
	case Merge:
		return x.env.Pull(ctx, x.plan.Input, part, func(b *vec.Batch) error { return x.push(ctx, part, b) })
	case Hash:
		if len(x.outs) > 1 {
			d, err := newDealer(x.plan, x.env.BatchRows, x.push)
			if err != nil {
				return err
			}
			if err := x.env.Pull(ctx, x.plan.Input, part, func(b *vec.Batch) error { return d.deal(ctx, b) }); err != nil {
				return err
			}
			return d.flush(ctx)
		}
	}
	return x.env.Pull(ctx, x.plan.Input, part, func(b *vec.Batch) error { return x.push(ctx, 0, b) })
}

// Close ends the exchange, whether its outputs are closed or were never opened. It may be called twice.
func (x *exchange) Close() error {
	for i := range x.outs {
		x.closeOut(i)
	}
	return nil
}
