package fn

import (
	"slices"

	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// jsonAcc is json_agg, json_object_agg and their forms for jsonb. It keeps values as they are and writes JSON when
// results are asked for; arrays alone it writes at once, since there are no arrays of arrays for the state.
type jsonAcc struct {
	valueLog
	args []types.Type
	ret  types.Type
}

// keptAs returns the type that values of type t are kept as.
func keptAs(t types.Type) types.Type {
	if t.ID == types.Array {
		return types.Of(types.JSON)
	}
	return t
}

func (a *jsonAcc) Update(args []*vec.Vector, groups []uint32) error {
	cols := slices.Clone(args)
	if len(cols) == 2 {
		for i := range groups {
			if cols[0].IsNull(i) {
				return sqlstate.New(sqlstate.InvalidParameterValue, "field name must not be null")
			}
		}
	}
	for k, v := range cols {
		if v.Type.ID != types.Array {
			continue
		}
		v = vec.Flatten(v)
		kept, err := makeJSON(func(w *jsonMaker, c *Call, i int) error { return w.value(c.Args[0], i) })(
			&Call{Args: []*vec.Vector{v}, N: len(groups), Ret: keptAs(v.Type), Valid: v.Valid})
		if err != nil {
			return err
		}
		cols[k] = kept
	}
	a.add(cols, nil, groups)
	return nil
}

func (a *jsonAcc) Merge(state []*vec.Vector, groups []uint32) error {
	a.addLists(state, groups)
	return nil
}

func (a *jsonAcc) State(from, to int) ([]*vec.Vector, error) {
	return a.states(from, to, jsonState(a.args)...)
}

func jsonState(args []types.Type) []types.Type {
	out := make([]types.Type, len(args))
	for i, t := range args {
		out[i] = types.ArrayOf(keptAs(t))
	}
	return out
}

func (a *jsonAcc) Result(from, to int) (*vec.Vector, error) {
	if err := a.deal(); err != nil {
		return nil, err
	}
	f := flags{n: to - from}
	s := NewStrings(to-from, nil)
	w := jsonMaker{comma: ","}
	for i := range to - from {
		rows := a.of(from + i)
		if len(rows) == 0 {
			f.null(i)
			continue
		}
		dst := s.Begin()
		if w.dst = dst; a.ret.ID == types.JSONB {
			w.dst = w.dst[:0:0]
		}
		if err := a.put(&w, rows); err != nil {
			return nil, err
		}
		if a.ret.ID == types.JSONB {
			var err error
			if w.dst, err = jsontext.Normalize(dst, w.dst); err != nil {
				return nil, err
			}
		}
		if len(w.dst)-len(dst) > maxString {
			return nil, tooLong()
		}
		s.End(i, w.dst)
	}
	return s.Finish(a.ret, f.valid), nil
}

// put writes the rows of a group as an array or as an object, with PostgreSQL's blanks.
func (a *jsonAcc) put(w *jsonMaker, rows []uint32) error {
	begin, end := "[", "]"
	if len(a.args) == 2 {
		begin, end = "{ ", " }"
	}
	w.dst = append(w.dst, begin...)
	for k, r := range rows {
		if err := a.checkAt(k); err != nil {
			return err
		}
		if k > 0 {
			w.dst = append(w.dst, ", "...)
		}
		last := len(a.args) - 1
		if last == 1 {
			if err := w.key(a.cols[0], int(r)); err != nil {
				return err
			}
			w.dst = append(w.dst, " : "...)
		} else if k > 0 && a.args[0].ID == types.Array && !a.cols[0].IsNull(int(r)) {
			w.dst = append(w.dst, "\n "...)
		}
		if err := w.value(a.cols[last], int(r)); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, end...)
	return nil
}

func init() {
	for _, id := range []types.ID{types.JSON, types.JSONB} {
		ret := types.Of(id)
		for name, args := range map[string][]types.Type{"_agg": {types.Of(types.AnyElement)}, "_object_agg": {types.Of(types.Any), types.Of(types.Any)}} {
			RegisterAggregate(&Aggregate{
				Name: id.String() + name, Args: args, Ret: ret, OrderSensitive: true, State: jsonState,
				New: func(args []types.Type, ret types.Type) Accumulator {
					return &jsonAcc{valueLog: newValueLog(len(args)), args: args, ret: ret}
				},
			})
		}
	}
}
