package expr

import (
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Lambda computes Body for the elements of a list: with Elem, and Index, as the element and its number from 1. What else
// the body uses is of the row. The body has no subqueries.
type Lambda struct {
	Kind  LambdaKind
	Name  string // of the function, for printing
	List  Expr
	Body  Expr
	Init  Expr // of ReduceList: the first value; nil for the first element, of which there must be one then
	Acc   *Var // of ReduceList: what the elements before have been reduced to
	Elem  *Var
	Index *Var // nil: not named
	Typ   types.Type
}

// LambdaKind says what becomes of the values of a Lambda's body.
type LambdaKind uint8

const (
	TransformList LambdaKind = iota // the list of them
	FilterList                      // the list of the elements for which they are true
	ReduceList                      // the last of them
)

// Var is a variable of a Lambda within its body. Its ID is that of no column.
type Var struct {
	ID   ColID
	Name string
	Typ  types.Type
}

func (e *Lambda) Type() types.Type { return e.Typ }
func (e *Var) Type() types.Type    { return e.Typ }

func (*Lambda) expr() {}
func (*Var) expr()    {}

func (e *Var) String() string { return e.Name }

func (e *Lambda) String() string {
	var names string
	for _, v := range e.vars() {
		if names != "" {
			names += ", "
		}
		names += v.Name
	}
	if len(e.vars()) > 1 {
		names = "(" + names + ")"
	}
	s := e.Name + "(" + e.List.String() + ", " + names + " -> " + e.Body.String()
	if e.Init != nil {
		s += ", " + e.Init.String()
	}
	return s + ")"
}

// vars returns the variables in the order in which they are named.
func (e *Lambda) vars() []*Var {
	var vs []*Var
	for _, v := range []*Var{e.Acc, e.Elem, e.Index} {
		if v != nil {
			vs = append(vs, v)
		}
	}
	return vs
}

// lambdaNode evaluates a lambda's body over batches of elements: a column for each variable in use and for each column of
// the row that the body uses.
type lambdaNode struct {
	kind       LambdaKind
	list, init node // init may be nil
	body       *Program
	acc        int // places of the variables in the batch; -1: not in use
	elem       int
	index      int
	accType    types.Type
	captured   []int // ordinals of columns of the row, which come behind the variables
	width      int
	typ        types.Type
}

func (c *compiler) lambda(e *Lambda) (node, error) {
	n := &lambdaNode{kind: e.Kind, acc: -1, elem: -1, index: -1, typ: e.Typ, accType: e.Typ}
	var err error
	if n.list, err = c.compile(e.List); err != nil {
		return nil, err
	}
	if e.Init != nil {
		if n.init, err = c.compile(e.Init); err != nil {
			return nil, err
		}
	}
	body := Rewrite(e.Body, func(x Expr) Expr {
		v, ok := x.(*Var)
		for _, own := range e.vars() {
			if ok && v.ID == own.ID {
				return &Column{ID: v.ID, Name: v.Name, Typ: v.Typ}
			}
		}
		return x
	})
	places := n.places(e, body)
	Columns(body, func(col *Column) {
		if _, ok := places[col.ID]; ok {
			return
		}
		at := c.index(col.ID)
		if at < 0 {
			err = sqlstate.New(sqlstate.InternalError, "column %s is not in the input", col)
			return
		}
		places[col.ID] = n.width + len(n.captured)
		n.captured = append(n.captured, at)
	})
	if err != nil {
		return nil, err
	}
	n.body, err = Compile(body, func(id ColID) int {
		if at, ok := places[id]; ok {
			return at
		}
		return -1
	})
	return n, err
}

// places gives the variables that the body uses their columns.
func (n *lambdaNode) places(e *Lambda, body Expr) map[ColID]int {
	used := map[ColID]bool{}
	Columns(body, func(c *Column) { used[c.ID] = true })
	places := map[ColID]int{}
	for _, v := range []struct {
		v  *Var
		at *int
	}{{e.Acc, &n.acc}, {e.Elem, &n.elem}, {e.Index, &n.index}} {
		if v.v != nil && used[v.v.ID] {
			*v.at = n.width
			places[v.v.ID] = n.width
			n.width++
		}
	}
	return places
}

func (n *lambdaNode) filter(r *run, sel []uint32, want bool) ([]uint32, error) {
	v, err := n.eval(r, sel)
	if err != nil {
		return nil, err
	}
	return filterDense(r, v, sel, want), nil
}

func (n *lambdaNode) eval(r *run, sel []uint32) (*vec.Vector, error) {
	rows := r.rows(sel)
	list, err := n.list.eval(r, sel)
	if err != nil {
		return nil, err
	}
	if list.Enc == vec.Const {
		list = list.WithLen(rows)
	}
	list = vec.Flatten(list)
	if err := fn.OneDimension("a lambda", list); err != nil {
		return nil, err
	}
	x := &lambdaRun{lambdaNode: n, run: r, sel: sel, list: list, lists: vec.Values[vec.List](list)}
	if n.kind == ReduceList {
		return x.reduce(rows)
	}
	return x.each(rows)
}

// lambdaRun is the evaluation of a lambda for the rows of a batch.
type lambdaRun struct {
	*lambdaNode
	run   *run
	sel   []uint32
	list  *vec.Vector
	lists []vec.List
}

// lambdaElements is how many elements a batch has at most.
const lambdaElements = 1 << 14

// elements are the elements of a batch: of which row each is, where it lies in the list's child, and its number.
type lambdaBatch struct {
	rows   []uint32
	at     []uint32
	number []int32
}

func (b *lambdaBatch) add(row int, at uint32, number int) {
	b.rows = append(b.rows, uint32(row))
	b.at = append(b.at, at)
	b.number = append(b.number, int32(number))
}

func (b *lambdaBatch) reset() { b.rows, b.at, b.number = nil, nil, nil }

// batch makes the batch for the body; acc are the values of the accumulator.
func (x *lambdaRun) batch(b *lambdaBatch, acc *vec.Vector) *vec.Batch {
	out := &vec.Batch{Rows: len(b.rows), Cols: make([]*vec.Vector, x.width, x.width+len(x.captured))}
	if x.acc >= 0 {
		out.Cols[x.acc] = acc
	}
	if x.elem >= 0 {
		out.Cols[x.elem] = vec.Gather(x.list.Child, b.at)
	}
	if x.index >= 0 {
		out.Cols[x.index] = vec.New(types.Of(types.Int32), types.KInt32, b.number, nil)
	}
	if len(x.captured) > 0 {
		rows := b.rows
		if x.sel != nil {
			rows = make([]uint32, len(b.rows))
			for i, k := range b.rows {
				rows[i] = x.sel[k]
			}
		}
		for _, at := range x.captured {
			out.Cols = append(out.Cols, vec.Gather(x.run.batch.Cols[at], rows))
		}
	}
	return out
}

// each evaluates the body for all elements and makes lists of the results, or of the elements that stay.
func (x *lambdaRun) each(rows int) (*vec.Vector, error) {
	out := &lambdaLists{lists: make([]vec.List, rows)}
	b := &lambdaBatch{}
	for i := range rows {
		if x.list.IsNull(i) {
			continue
		}
		l := x.lists[i]
		for k := range int(l.Len) {
			b.add(i, l.Off+uint32(k), k+1)
			if len(b.rows) == lambdaElements {
				if err := x.put(out, b); err != nil {
					return nil, err
				}
				b.reset()
			}
		}
	}
	if err := x.put(out, b); err != nil {
		return nil, err
	}
	return out.vector(x.typ, x.list.Valid), nil
}

// put adds the results for a batch of elements.
func (x *lambdaRun) put(out *lambdaLists, b *lambdaBatch) error {
	if len(b.rows) == 0 {
		return nil
	}
	if err := interrupted(x.run.ctx); err != nil {
		return err
	}
	batch := x.batch(b, nil)
	if x.kind == TransformList {
		v, err := x.body.Eval(x.run.ctx, batch)
		if err != nil {
			return err
		}
		out.add(v, b.rows)
		return nil
	}
	stay, err := x.body.Select(x.run.ctx, batch)
	if err != nil || len(stay) == 0 {
		return err
	}
	kept, of := make([]uint32, len(stay)), make([]uint32, len(stay))
	for i, k := range stay {
		kept[i], of[i] = b.at[k], b.rows[k]
	}
	out.add(vec.Gather(x.list.Child, kept), of)
	return nil
}

// interrupted asks whether the query is to end.
func interrupted(ctx *fn.Ctx) error {
	if ctx != nil && ctx.Check != nil {
		return ctx.Check()
	}
	return nil
}

// lambdaLists puts together lists of elements that come in the order of the rows.
type lambdaLists struct {
	lists  []vec.List
	pieces []*vec.Vector
}

// add adds elements; of says to which row each belongs.
func (o *lambdaLists) add(v *vec.Vector, of []uint32) {
	if v.Enc == vec.Const {
		v = v.WithLen(len(of))
	}
	o.pieces = append(o.pieces, vec.Flatten(v))
	for _, i := range of {
		o.lists[i].Len++
	}
}

func (o *lambdaLists) vector(t types.Type, valid vec.Bitmap) *vec.Vector {
	off := uint32(0)
	for i := range o.lists {
		o.lists[i].Off = off
		off += o.lists[i].Len
	}
	v := vec.New(t, types.KList, o.lists, valid)
	if len(o.pieces) > 0 {
		v.Child = vec.Concat(o.pieces).WithType(t.Element())
	}
	return v
}

// reduce evaluates the body for the first elements of all lists, then for the second ones, and so on; each time for the lists
// that have so many.
func (x *lambdaRun) reduce(rows int) (*vec.Vector, error) {
	acc, active, err := x.begin(rows)
	if err != nil {
		return nil, err
	}
	// The results of lists that have ended, in the order of their end.
	var done []*vec.Vector
	place, ended := make([]int32, rows), int32(0)
	for i := range place {
		place[i] = -1
	}
	from := 0
	if x.init == nil {
		from = 1
	}
	for k := from; len(active) > 0; k++ {
		b := &lambdaBatch{}
		var over, more []uint32 // places in acc
		for j, i := range active {
			l := x.lists[i]
			if k >= int(l.Len) {
				over = append(over, uint32(j))
				place[i] = ended
				ended++
				continue
			}
			more = append(more, uint32(j))
			b.add(int(i), l.Off+uint32(k), k+1)
		}
		if len(over) > 0 {
			done = append(done, vec.Flatten(vec.Gather(acc, over)))
			acc = vec.Gather(acc, more)
		}
		if active = b.rows; len(active) == 0 {
			break
		}
		if err := interrupted(x.run.ctx); err != nil {
			return nil, err
		}
		if acc, err = x.body.Eval(x.run.ctx, x.batch(b, acc)); err != nil {
			return nil, err
		}
		if acc.Enc == vec.Const {
			acc = acc.WithLen(len(active))
		}
	}
	if len(done) == 0 {
		return vec.NewNull(x.typ, rows), nil
	}
	return vec.GatherOrNull(vec.Concat(done), place).WithType(x.typ), nil
}

// begin returns the first values of the accumulator, for the rows that have a list.
func (x *lambdaRun) begin(rows int) (acc *vec.Vector, active []uint32, err error) {
	var first []uint32
	for i := range rows {
		if x.list.IsNull(i) {
			continue
		}
		if x.init == nil && x.lists[i].Len == 0 {
			return nil, nil, sqlstate.New(sqlstate.InvalidParameterValue, "cannot reduce an empty list without an initial value").
				WithHint("Give the initial value as the third argument.")
		}
		active = append(active, uint32(i))
		first = append(first, x.lists[i].Off)
	}
	if len(active) == 0 {
		return nil, nil, nil
	}
	if x.init == nil {
		return vec.Gather(x.list.Child, first), active, nil
	}
	v, err := x.init.eval(x.run, x.sel)
	if err != nil {
		return nil, nil, err
	}
	if v.Enc == vec.Const {
		return v.WithLen(len(active)), active, nil
	}
	return vec.Gather(v, active), active, nil
}
