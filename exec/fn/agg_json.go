package fn

import (
	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// jsonAcc is json_agg, json_object_agg and their forms for jsonb. It keeps values as they are and writes JSON when
// results are asked for. Its arguments are no arrays: the binder makes JSON of these.
type jsonAcc struct {
	valueLog
	args  []types.Type
	ret   types.Type
	comma string // between values
}

func (a *jsonAcc) Update(args []*vec.Vector, groups []uint32) error {
	if len(args) == 2 {
		for i := range groups {
			if args[0].IsNull(i) {
				return sqlstate.New(sqlstate.InvalidParameterValue, "field name must not be null")
			}
		}
	}
	a.add(args, nil, groups)
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
		out[i] = types.ArrayOf(t)
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
	begin, end, last := "[", "]", len(a.args)-1
	if last == 1 {
		begin, end = "{ ", " }"
	}
	w.dst = append(w.dst, begin...)
	for k, r := range rows {
		if err := a.checkAt(k); err != nil {
			return err
		}
		switch {
		case k == 0:
		case a.cols[last].IsNull(int(r)):
			w.dst = append(w.dst, ", "...)
		default:
			w.dst = append(w.dst, a.comma...)
		}
		if last == 1 {
			if err := w.key(a.cols[0], int(r)); err != nil {
				return err
			}
			w.dst = append(w.dst, " : "...)
		}
		if err := w.value(a.cols[last], int(r)); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, end...)
	return nil
}

// jsonAggregate returns an aggregate that has a comma before each value but the first and NULLs.
func jsonAggregate(name string, ret types.ID, comma string, args ...types.Type) *Aggregate {
	return &Aggregate{
		Name: name, Args: args, Ret: types.Of(ret), OrderSensitive: true, State: jsonState,
		New: func(args []types.Type, ret types.Type) Accumulator {
			return &jsonAcc{valueLog: newValueLog(len(args)), args: args, ret: ret, comma: comma}
		},
	}
}

// JSONAggOfArrays is json_agg of arrays or records that are JSON already. PostgreSQL begins a line with each.
var JSONAggOfArrays = jsonAggregate("json_agg", types.JSON, ", \n ", types.Of(types.JSON))

func init() {
	value, key := types.Of(types.AnyElement), types.Of(types.Any)
	RegisterAggregate(
		jsonAggregate("json_agg", types.JSON, ", ", value), jsonAggregate("json_object_agg", types.JSON, ", ", key, key),
		jsonAggregate("jsonb_agg", types.JSONB, ", ", value), jsonAggregate("jsonb_object_agg", types.JSONB, ", ", key, key))
}
