// Package fn is the registry of functions: scalar functions, operators and casts over vectors, aggregate
// functions as accumulators over dense group numbers, and the signatures of window functions.
//
// The registry holds overloads, not rules: which overload a call means, with which implicit casts, is for
// the binder in package sql to say.
package fn

import (
	"time"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Volatility says when two calls with the same arguments give the same value, as in PostgreSQL.
type Volatility uint8

const (
	Immutable Volatility = iota // always; may be folded when planning
	Stable                      // within one query, such as now(); folded when a query starts
	Volatile                    // never, such as random()
)

// Ctx is what functions may know of the query they run in. It is set once, when the query starts.
type Ctx struct {
	Now      time.Time      // start of the transaction
	Location *time.Location // session time zone
	User     string
	Database string
	Setting  func(name string) (string, bool) // current_setting; names are lower case
	Objects  text.Objects                     // of the database, which system functions tell of; nil: none
	Formats  text.Formats                     // of dates and intervals
	// Check returns an error when the query is cancelled. A function whose time per row has no small
	// bound calls it every few milliseconds.
	Check func() error
}

// Style returns how a query reads and writes values as text; nil, which is the default, on nil.
func (c *Ctx) Style() *text.Style {
	if c == nil {
		return nil
	}
	return &text.Style{Location: c.Location, Now: c.Now, Objects: c.Objects, Formats: c.Formats}
}

// Call is one evaluation of a scalar function over a batch.
type Call struct {
	Ctx  *Ctx
	Args []*vec.Vector // flat or constant, of the declared kinds; all have Len N unless constant
	N    int           // rows
	Ret  types.Type    // the type that the binder settled
	// Valid is, for a strict function, set where no argument is NULL (nil: everywhere). The function
	// puts it into its result, writes anything where it is not set, and raises no error there.
	Valid vec.Bitmap
	// Mem, when set, is memory for a result that is dropped before the next call with it; see Scalar.Fresh.
	Mem *Memory
}

// Scalar is one overload of a scalar function, an operator (whose name is its symbol, such as "+" or "~~")
// or a cast (see LookupCast).
type Scalar struct {
	Name     string
	Args     []types.Type // declared types; a numeric argument takes any scale
	Variadic bool         // the last declared type may repeat, once or more
	Ret      types.Type
	RetOf    func(args []types.Type) types.Type // instead of Ret, when it depends on the arguments' types
	// NotStrict: the function is called with NULLs too and sets its own validity. Otherwise a NULL
	// argument makes NULL, and Eval finds the rows to work on in Call.Valid.
	NotStrict  bool
	Volatility Volatility
	Params     []string // names of the parameters, for arguments given by name
	Optional   bool     // arguments may be left out, which are zero then; there are Params
	// Defaults has the untyped literals of those parameters that may be left out, for functions that are not Optional.
	Defaults map[string]string
	// Eval returns a vector of type Call.Ret, flat with N rows, or constant. When all arguments are
	// constant (and the function is not volatile) it is called with N = 1.
	Eval func(c *Call) (*vec.Vector, error)
	// Fresh: Eval's result shares no memory with its arguments, so that these may be overwritten after it.
	Fresh bool
	// Select, for functions that return boolean, may be set to a faster form of Eval for filters: it
	// appends to dst the members of sel (nil: 0..N-1) for which the function is true and returns dst.
	// Args and Valid are as for Eval: all N rows of the batch are there, and sel names some of them.
	Select func(c *Call, sel []uint32, dst []uint32) ([]uint32, error)
	// Negated, for functions that return boolean, is the one that is false where this is true and true
	// where this is false (= and <>, < and >=); nil: there is none.
	Negated *Scalar
}

// ReturnType returns the type of a call with arguments of the given types.
func (s *Scalar) ReturnType(args []types.Type) types.Type {
	if s.RetOf != nil {
		return s.RetOf(args)
	}
	return s.Ret
}

// Aggregate is one overload of an aggregate function.
type Aggregate struct {
	Name     string
	Args     []types.Type // declared types; none for count(*)
	Variadic bool
	Ret      types.Type
	RetOf    func(args []types.Type) types.Type
	// OrderedSet: called as name(direct args) WITHIN GROUP (ORDER BY args): the aggregated argument is
	// the first of Args, the direct ones follow.
	OrderedSet bool
	// OrderSensitive: the result depends on the order of input rows (array_agg, string_agg).
	OrderSensitive bool
	// State returns the types of the columns of a partial state.
	State func(args []types.Type) []types.Type
	// New returns an accumulator for arguments of the given types.
	New func(args []types.Type, ret types.Type) Accumulator
}

// ReturnType returns the type of a call with arguments of the given types.
func (a *Aggregate) ReturnType(args []types.Type) types.Type {
	if a.RetOf != nil {
		return a.RetOf(args)
	}
	return a.Ret
}

// Accumulator holds one aggregate's state for all groups; groups are dense numbers from 0. A partial
// aggregation calls Update and then State; a final one Merge and then Result; a single-step one Update and
// Result. One goroutine uses it.
type Accumulator interface {
	// Grow makes room for groups 0..n-1; new groups are empty. n never decreases.
	Grow(n int)
	// Update adds row i of args to group groups[i]. Arguments are flat, constant or dictionary vectors
	// with len(groups) rows. NULLs are skipped where PostgreSQL skips them.
	Update(args []*vec.Vector, groups []uint32) error
	// Merge adds row i of a partial state (State's columns) to group groups[i].
	Merge(state []*vec.Vector, groups []uint32) error
	// State returns the partial states of groups from..to-1, one column per state type.
	State(from, to int) ([]*vec.Vector, error)
	// Result returns the results of groups from..to-1.
	Result(from, to int) (*vec.Vector, error)
	// Bytes returns the memory held.
	Bytes() int64
}

// Log is implemented by accumulators that keep the rows themselves, such as those of array_agg and median. The rows
// may leave memory; the state is then what is left. In the end, when the groups are there, the rows come back: by AddLog
// if there is room for them, or else in two passes: Expect tells of all of them, then Place brings them in the order they
// are needed in. Then a result takes little more memory than its own size, however many rows it is made from.
type Log interface {
	// LogColumns returns how many of the arguments are kept of a row, from the first on.
	LogColumns() int
	// TakeLog returns the rows in the order they came and forgets them: chunks of each column, and the group of
	// each row. It forgets what was expected and placed, too.
	TakeLog() (chunks [][]*vec.Vector, groups []uint32)
	// AddLog adds rows that TakeLog gave, in the same order.
	AddLog(cols []*vec.Vector, groups []uint32)
	// LogOrder returns whether the rows of a group must be placed in the order of their first column, not in that in
	// which they came.
	LogOrder() (sorted, desc bool)
	// Expect takes rows of all arguments or of those that are kept. They are to be placed later, and may come in any
	// order now.
	Expect(args []*vec.Vector, groups []uint32) error
	// Place takes the rows that were expected, one group after the other. There is no Update in between.
	Place(args []*vec.Vector, groups []uint32) error
}

// Window is the signature of a pure window function (row_number, rank, lag, ...); exec computes it.
type Window struct {
	Name  string
	Args  []types.Type
	Ret   types.Type
	RetOf func(args []types.Type) types.Type
}

// ReturnType returns the type of a call with arguments of the given types.
func (w *Window) ReturnType(args []types.Type) types.Type {
	if w.RetOf != nil {
		return w.RetOf(args)
	}
	return w.Ret
}

var (
	scalars    = map[string][]*Scalar{}
	aggregates = map[string][]*Aggregate{}
	windows    = map[string][]*Window{}
	casts      = map[castKey]*Cast{}
)

// RegisterScalar adds overloads; it is called from init functions only.
func RegisterScalar(s ...*Scalar) {
	for _, f := range s {
		scalars[f.Name] = append(scalars[f.Name], f)
	}
}

// RegisterAggregate adds overloads; it is called from init functions only.
func RegisterAggregate(a ...*Aggregate) {
	for _, f := range a {
		aggregates[f.Name] = append(aggregates[f.Name], f)
	}
}

// RegisterWindow adds overloads; it is called from init functions only.
func RegisterWindow(w ...*Window) {
	for _, f := range w {
		windows[f.Name] = append(windows[f.Name], f)
	}
}

// Scalars returns the overloads of a scalar function or operator, nil when there are none.
func Scalars(name string) []*Scalar { return scalars[name] }

// EachScalar calls f with all scalar functions and operators, in no order.
func EachScalar(f func(*Scalar)) {
	for _, overloads := range scalars {
		for _, s := range overloads {
			f(s)
		}
	}
}

// EachAggregate calls f with all aggregate functions, in no order.
func EachAggregate(f func(*Aggregate)) {
	for _, overloads := range aggregates {
		for _, a := range overloads {
			f(a)
		}
	}
}

// EachWindow calls f with all window functions, in no order.
func EachWindow(f func(*Window)) {
	for _, overloads := range windows {
		for _, w := range overloads {
			f(w)
		}
	}
}

// Aggregates returns the overloads of an aggregate function, nil when there are none.
func Aggregates(name string) []*Aggregate { return aggregates[name] }

// Windows returns the overloads of a window function, nil when there are none.
func Windows(name string) []*Window { return windows[name] }

// CastContext says where a cast may be applied, as in PostgreSQL's pg_cast.
type CastContext uint8

const (
	Implicit   CastContext = iota // anywhere
	Assignment                    // when a value is assigned to a column
	Explicit                      // only when written: CAST, ::
)

// Cast converts values of one type to another. Eval gets one argument, and Call.Ret with the modifiers of
// the target (varchar's length, numeric's precision and scale).
type Cast struct {
	From, To types.ID
	Context  CastContext
	Scalar   *Scalar
}

type castKey struct{ from, to types.ID }

// RegisterCast adds casts; it is called from init functions only.
func RegisterCast(c ...*Cast) {
	for _, x := range c {
		casts[castKey{x.From, x.To}] = x
	}
}

// LookupCast returns the cast from one type to another, nil when there is none. A type to itself is a
// cast where it applies modifiers (numeric(10,2), varchar(3)).
func LookupCast(from, to types.ID) *Cast { return casts[castKey{from, to}] }
