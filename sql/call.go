package sql

import (
	"slices"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// operator binds a binary operator.
func (b *binder) operator(op string, l, r value, pos int) (value, error) {
	if l.typ().ID == types.Record && r.typ().ID == types.Record {
		var err error
		if l, r, err = b.comparableRecords(l, r, pos); err != nil {
			return value{}, err
		}
	}
	fs := fn.Scalars(op)
	if op == "||" && l.typ().ID != types.Array && r.typ().ID != types.Array {
		// An untyped literal might be an array, but is a text: PostgreSQL has text || anynonarray, which is preferred.
		fs = slices.DeleteFunc(slices.Clone(fs), takesArray)
	}
	m, out := resolveOperator(scalarSignatures(fs), l.typ(), r.typ())
	if out == notFound && op == "||" {
		if l, r, ok := b.asTexts(l, r); ok {
			return b.operator(op, l, r, pos)
		}
	}
	if out != found {
		return value{}, operatorError(out, op, typesOf([]value{l, r}), pos)
	}
	return b.invoke(fs[m.index], m, []value{l, r}, pos)
}

func takesArray(f *fn.Scalar) bool {
	return slices.ContainsFunc(f.Args, func(t types.Type) bool { return t.ID == types.AnyArray })
}

// asTexts returns the operands of || for text || any: PostgreSQL turns the other operand into text, unless it
// is an array.
func (b *binder) asTexts(l, r value) (value, value, bool) {
	lt, rt := l.typ(), r.typ()
	switch {
	case lt.ID == types.Array, rt.ID == types.Array, lt.IsString() == rt.IsString():
		return l, r, false
	case lt.ID == types.JSONB && rt.ID == types.Unknown, rt.ID == types.JSONB && lt.ID == types.Unknown:
		return l, r, false // both are jsonb then
	}
	other := &r
	if !lt.IsString() {
		other = &l
	}
	v, err := b.cast(*other, types.Of(types.Text), other.pos)
	if err != nil {
		return l, r, false
	}
	*other = v
	return l, r, true
}

// prefix binds an operator with one operand.
func (b *binder) prefix(op string, v value, pos int) (value, error) {
	if op == "-" || op == "+" {
		if c := negated(v, op); c != nil {
			return value{e: c, pos: pos}, nil
		}
		if op == "+" && v.typ().IsNumber() && unstated(v.typ()) == v.typ() {
			return v, nil
		}
	}
	fs := fn.Scalars(op)
	m, out := resolve(scalarSignatures(fs), []types.Type{v.typ()})
	if out != found {
		return value{}, operatorError(out, op, []types.Type{v.typ()}, pos)
	}
	return b.invoke(fs[m.index], m, []value{v}, pos)
}

// operatorError is PostgreSQL's error about an operator; ts are the types of its operands.
func operatorError(out outcome, op string, ts []types.Type, pos int) error {
	sig := op + " " + ts[len(ts)-1].Base()
	what := "No operator matches the given name and argument type. You might need to add an explicit type cast."
	if len(ts) == 2 {
		sig = ts[0].Base() + " " + sig
		what = "No operator matches the given name and argument types. You might need to add explicit type casts."
	}
	if out == ambiguous {
		return sqlstate.New(sqlstate.AmbiguousFunction, "operator is not unique: %s", sig).
			WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.").At(pos)
	}
	return sqlstate.New(sqlstate.UndefinedFunction, "operator does not exist: %s", sig).WithHint("%s", what).At(pos)
}

// functionError is PostgreSQL's error about a function.
func functionError(out outcome, name string, ts []types.Type, pos int) error {
	s := make([]string, len(ts))
	for i, t := range ts {
		s[i] = t.Base()
	}
	sig := name + "(" + strings.Join(s, ", ") + ")"
	if out == ambiguous {
		return sqlstate.New(sqlstate.AmbiguousFunction, "function %s is not unique", sig).
			WithHint("Could not choose a best candidate function. You might need to add explicit type casts.").At(pos)
	}
	return sqlstate.New(sqlstate.UndefinedFunction, "function %s does not exist", sig).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.").At(pos)
}

// invoke builds the call of an overload that was found.
func (b *binder) invoke(f *fn.Scalar, m match, args []value, pos int) (value, error) {
	if err := knownRange(m); err != nil {
		return value{}, at(err, pos)
	}
	es, ts, err := b.arguments(m, args)
	if err != nil {
		return value{}, err
	}
	if err := mayCompare(f.Name, m.declared, args, pos); err != nil {
		return value{}, err
	}
	t := f.ReturnType(ts)
	if f.Name != "greatest" && f.Name != "least" { // which are constructs to PostgreSQL, like COALESCE
		t = unstated(t)
	}
	return value{e: &expr.Call{Fn: f, Args: es, Typ: t}, pos: pos}, nil
}

// unstated returns t without a stated length or precision, which results of functions never have.
func unstated(t types.Type) types.Type {
	if !t.IsVector() && t.Def == nil {
		t.Prec = 0
	}
	return t
}

// polymorphic rejects a call whose result has the type of its arguments when these are all untyped literals.
func polymorphic(declared, actual []types.Type, pos int) error {
	unknown := false
	for i, d := range declared {
		if d.ID != types.AnyElement && d.ID != types.AnyEnum {
			continue
		}
		if actual[i].ID != types.Unknown {
			return nil
		}
		unknown = true
	}
	if !unknown {
		return nil
	}
	return sqlstate.New(sqlstate.DatatypeMismatch, "could not determine polymorphic type because input has type unknown").At(pos)
}

// arguments coerces the arguments of a call to the types of the overload that was found.
func (b *binder) arguments(m match, args []value) ([]expr.Expr, []types.Type, error) {
	es, ts := make([]expr.Expr, len(args)), make([]types.Type, len(args))
	for i, a := range args {
		v, err := b.argument(a, m.declared[i], m.args[i])
		if err != nil {
			return nil, nil, err
		}
		es[i], ts[i] = v.e, v.typ()
		if d := m.declared[i].ID; d != types.AnyElement && d != types.Any {
			ts[i] = plain(ts[i])
		}
	}
	return es, ts, nil
}

// typeFunctions are the types whose names may be called as functions: text(x) is x::text.
var typeFunctions = map[string]types.ID{
	"bool": types.Bool, "int2": types.Int16, "int4": types.Int32, "int8": types.Int64, "float4": types.Float32,
	"float8": types.Float64, "numeric": types.Numeric, "text": types.Text, "varchar": types.Varchar,
	"bpchar": types.Char, "bytea": types.Bytea, "date": types.Date, "time": types.Time, "timetz": types.TimeTZ,
	"timestamp": types.Timestamp, "timestamptz": types.TimestampTZ, "interval": types.Interval,
	"uuid": types.UUID, "json": types.JSON, "jsonb": types.JSONB, "jsonpath": types.JSONPath, "xml": types.XML,
	"point": types.Point, "line": types.Line, "lseg": types.LSeg, "box": types.Box, "path": types.Path,
	"polygon": types.Polygon, "circle": types.Circle,
	"int4range": types.Int4Range, "int8range": types.Int8Range, "numrange": types.NumRange, "daterange": types.DateRange,
	"tsrange": types.TSRange, "tstzrange": types.TSTZRange, "int4multirange": types.Int4Multirange,
	"int8multirange": types.Int8Multirange, "nummultirange": types.NumMultirange, "datemultirange": types.DateMultirange,
	"tsmultirange": types.TSMultirange, "tstzmultirange": types.TSTZMultirange,
	"bit": types.Bit, "varbit": types.VarBit,
	"oid": types.OID, "name": types.Name,
	"char": types.InternalChar, "xid": types.XID, "cid": types.CID, "tid": types.TID, "pg_node_tree": types.NodeTree,
	"aclitem": types.ACLItem, "pg_lsn": types.LSN, "inet": types.Inet, "cidr": types.CIDR, "macaddr": types.MacAddr,
	"macaddr8": types.MacAddr8, "xid8": types.XID8, "regproc": types.RegProc, "regprocedure": types.RegProcedure,
	"regoper": types.RegOper, "regoperator": types.RegOperator, "regclass": types.RegClass, "regtype": types.RegType,
	"regrole": types.RegRole, "regnamespace": types.RegNamespace, "regcollation": types.RegCollation,
	"regconfig": types.RegConfig, "regdictionary": types.RegDictionary,
}

// scalarCall binds the call of a scalar function by name.
func (b *binder) scalarCall(name string, args []value, pos int) (value, error) {
	if v, ok, err := b.vectorCall(name, args, pos); ok {
		return v, err
	}
	fs := fn.Scalars(name)
	ts := typesOf(args)
	m, out := resolve(scalarSignatures(fs), ts)
	if id, ok := typeFunctions[name]; ok && len(args) == 1 && (out != found || !exactly(m.declared, ts)) {
		t := types.Of(id)
		if ts[0].ID == types.Unknown || canCast(ts[0], t) {
			return b.cast(args[0], t, pos)
		}
	}
	if out != found {
		return value{}, functionError(out, name, ts, pos)
	}
	if name == "to_json" || name == "to_jsonb" { // of PostgreSQL's anyelement, not its anycompatible
		if err := polymorphic(m.declared, ts, pos); err != nil {
			return value{}, err
		}
	}
	return b.invoke(fs[m.index], m, args, pos)
}

func canCast(from, to types.Type) bool {
	return sameType(from, to) || castPath(from, to, fn.Explicit) != nil
}

// truthTest is x IS [NOT] TRUE, FALSE or UNKNOWN. It is written with IS NULL and the connectives alone, so
// that the planner sees through it.
func truthTest(e expr.Expr, test string, not bool) expr.Expr {
	var out expr.Expr
	switch test {
	case "true":
		if not {
			return &expr.Or{Terms: []expr.Expr{&expr.IsNull{Arg: e}, &expr.Not{Arg: e}}}
		}
		out = &expr.And{Terms: []expr.Expr{&expr.IsNull{Arg: e, Not: true}, e}}
	case "false":
		if not {
			return &expr.Or{Terms: []expr.Expr{&expr.IsNull{Arg: e}, e}}
		}
		out = &expr.And{Terms: []expr.Expr{&expr.IsNull{Arg: e, Not: true}, &expr.Not{Arg: e}}}
	default:
		return &expr.IsNull{Arg: e, Not: not}
	}
	return out
}
