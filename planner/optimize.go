package planner

import (
	"context"
	"errors"
	"fmt"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
)

// Config is what plans depend on. Nothing else does: not the machine, not the time.
type Config struct {
	Partitions int // streams that a plan works with in parallel; 0 means 1
	// NextID is the next unused column ID; the binder leaves it where it stopped. nil: after the largest
	// in the plan.
	NextID *expr.ColID
	// NoRules leaves out the rules that only make plans better, for tests that compare.
	NoRules bool
	// Disable leaves out single rules by name.
	Disable map[string]bool
	// Fn, when set, lets stable functions such as now() be folded.
	Fn *fn.Ctx
	// Session is set when the plan depends on Fn: for another time or another session there may be another.
	Session bool
	// Trace, when set, is called with the plan after each rule that changed it.
	Trace func(rule string, n Node)
	// Context is for the catalog's tables while lowering; nil means context.Background.
	Context context.Context
	// Estimates, when not nil, gets the expected number of rows of operators while lowering.
	Estimates map[exec.Plan]float64
	// TableFunction, when set, finds the tables of series whose bounds became constants when parameters were bound.
	TableFunction func(ctx context.Context, name string, args []exec.Arg) (exec.Table, error)
}

// rule is one step of the optimizer: a function from plan to plan that keeps the output columns and returns
// its argument when it changes nothing.
type rule struct {
	name  string
	must  bool // runs even with NoRules: lowering depends on it
	apply func(o *optimizer, n Node) (Node, error)
}

// rules is the optimizer, in order. Each rule runs once wherever it is named; none runs to a fixpoint.
var rules = []rule{
	// First the plan is brought into a form without special cases.
	{"series", false, pure(series)},                // generate_series($1, $2) becomes a table
	{"fold", false, pure(fold)},                    // 1 + 1 becomes 2
	{"simplify", false, pure(simplify)},            // NOT a < b becomes a >= b; NOT NOT; terms that stand twice
	{"unwrap-casts", false, pure(unwrapCasts)},     // day::timestamp < midnight becomes day < date
	{"inline-with", true, pure(inlineWith)},        // a WITH query that is used once, or depends on outer rows, moves to its use
	{"distinct-on", true, distinctOn},              // DISTINCT ON becomes row_number() = 1
	{"subqueries", true, subqueries},               // subqueries in expressions become (dependent) joins
	{"factor-or", false, pure(factorOr)},           // (a AND b) OR (a AND c) becomes a AND (b OR c)
	{"push-filters", true, pure(pushFilters)},      // before unnesting, so that outer sides are small
	{"unnest", true, unnest},                       // dependent joins become joins
	{"inline-with", true, pure(inlineWith)},        // unnesting makes WITH queries, often for one use
	{"merge-projects", false, pure(mergeProjects)}, // Project over Project
	// Then conditions go where they do most.
	{"simplify", false, pure(simplify)},
	{"push-filters", true, pure(pushFilters)}, // also makes outer joins inner where a filter rejects the NULLs
	{"infer", false, pure(infer)},             // a = b AND a < 5 implies b < 5
	{"push-filters", true, pure(pushFilters)},
	{"share", false, pure(share)},             // an aggregation that stands twice becomes a WITH query
	{"restrict", false, pure(restrict)},       // files that a condition on their names, or their folders', leaves out
	{"with-filters", false, pure(filterWith)}, // rows of a WITH query that no use of it wants
	{"empty", false, pure(dropEmpty)},         // WHERE false
	// Then rows: fewer of them, sooner.
	{"distinct", false, distinct},          // useless DISTINCT; count(DISTINCT x) in two levels
	{"drop-sorts", false, pure(dropSorts)}, // orders that nobody sees
	{"merge-projects", false, pure(mergeProjects)},
	{"join-order", false, joinOrder}, // by cost
	{"push-limits", false, pure(pushLimits)},
	{"top-n", false, pure(topN)}, // LIMIT over ORDER BY
	// Then columns.
	{"prune-columns", false, pure(pruneColumns)},
	{"common-exprs", false, commonExprs}, // computed once
	{"merge-projects", false, pure(mergeProjects)},
	{"prune-columns", false, pure(pruneColumns)},
	{"scan-hints", false, pure(scanHints)}, // filters and limits for storage
}

func pure(f func(*optimizer, Node) Node) func(*optimizer, Node) (Node, error) {
	return func(o *optimizer, n Node) (Node, error) { return f(o, n), nil }
}

// Rules returns the names of the rules in order, for tests and for settings that disable them.
func Rules() []string {
	var names []string
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// optimizer is the state of one Optimize.
type optimizer struct {
	cfg     *Config
	nextCTE int
}

func newOptimizer(n Node, cfg *Config) *optimizer {
	o := &optimizer{cfg: cfg}
	if cfg.NextID == nil {
		cfg.NextID = new(expr.ColID)
	}
	walkNodes(n, func(x Node) {
		for _, id := range madeBy(x) {
			*cfg.NextID = max(*cfg.NextID, id+1)
		}
		if w, ok := x.(*With); ok {
			o.nextCTE = max(o.nextCTE, w.CTE+1)
		}
	})
	return o
}

func (o *optimizer) newID() expr.ColID {
	id := *o.cfg.NextID
	*o.cfg.NextID++
	return id
}

func (o *optimizer) newCTE() int {
	o.nextCTE++
	return o.nextCTE - 1
}

// Optimize returns an equivalent plan without subqueries and dependent joins that is meant to be quick.
// Parameters must have been bound. The output columns are the same, in the same order.
func Optimize(n Node, cfg *Config) (Node, error) {
	o := newOptimizer(n, cfg)
	out := n.Outputs()
	if free := Free(n); !free.Empty() {
		return nil, internal("the plan uses columns that nothing makes: %v\n%s", free.List(), Print(n))
	}
	for _, r := range rules {
		if cfg.NoRules && !r.must || cfg.Disable[r.name] {
			continue
		}
		next, err := o.run(r, n)
		if err != nil {
			return nil, err
		}
		if next == n {
			continue
		}
		next = exactOutputs(next, out)
		if err := check(next); err != nil {
			return nil, internal("after rule %s: %v\n%s", r.name, err, Print(next))
		}
		n = next
		if cfg.Trace != nil {
			cfg.Trace(r.name, n)
		}
	}
	return n, nil
}

// run applies a rule; a broken invariant in it becomes an error that names the rule.
func (o *optimizer) run(r rule, n Node) (out Node, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *sqlstate.Error:
			out, err = nil, internal("rule %s: %s", r.name, p.Message)
		default:
			panic(p)
		}
	}()
	if out, err = r.apply(o, n); err != nil {
		err = ruleError(r, err)
	}
	return out, err
}

// ruleError names the rule in an error that is not one of the query.
func ruleError(r rule, err error) error {
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return err
	}
	return internal("rule %s: %v", r.name, err)
}

// check verifies that every column that a node uses is made by its inputs and that none is made twice.
func check(n Node) error { return checkNode(n, ColSet{}) }

func checkNode(n Node, outer ColSet) error {
	visible := outer.Union(ColSet{})
	var made ColSet
	for _, in := range n.Inputs() {
		for _, id := range in.Outputs() {
			if _, isWith := n.(*With); !isWith && made.Has(id) {
				if _, isSet := n.(*SetOp); !isSet {
					return fmt.Errorf("column #%d comes from two inputs of %s", id, n)
				}
			}
			made.Add(id)
		}
	}
	visible.AddAll(made)
	if _, ok := n.(*Scan); ok {
		visible.AddAll(outputSet(n))
	}
	for _, e := range Exprs(n) {
		if used := exprCols(e); !used.In(visible) {
			return fmt.Errorf("%s uses columns %v that its input does not make", n, used.Minus(visible).List())
		}
	}
	var out ColSet
	for _, id := range n.Outputs() {
		if out.Has(id) {
			return fmt.Errorf("%s makes column #%d twice", n, id)
		}
		out.Add(id)
	}
	for _, in := range n.Inputs() {
		o := outer
		if j, ok := n.(*Join); ok && j.Lateral && in == j.Right {
			o = outer.Union(outputSet(j.Left))
		}
		if err := checkNode(in, o); err != nil {
			return err
		}
	}
	if s, ok := n.(*SetOp); ok {
		if len(s.Left.Outputs()) != len(s.Cols) || len(s.Right.Outputs()) != len(s.Cols) {
			return fmt.Errorf("%s has inputs of %d and %d columns", n, len(s.Left.Outputs()), len(s.Right.Outputs()))
		}
	}
	return nil
}
