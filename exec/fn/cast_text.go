package fn

import (
	"slices"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// style returns what text forms depend on.
func (c *Call) style() *text.Style { return c.Ctx.Style() }

// toText makes strings of any values, fitted to varchar(n) or char(n) as explicit casts do.
func toText(c *Call) (*vec.Vector, error) {
	v, st := c.Args[0], c.style()
	out := NewStrings(c.N, nil)
	fits := c.Ret.Prec > 0 && (c.Ret.ID == types.Varchar || c.Ret.ID == types.Char)
	err := c.Each(func(i int) error {
		dst := text.Append(out.Begin(), v, i, st)
		if !fits {
			out.End(i, dst)
			return nil
		}
		s, err := text.Fit(c.Ret, dst[out.start:], true)
		out.Set(i, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out.Finish(c.Ret, c.Valid), nil
}

// boolToText spells booleans out, which the type's output function does not.
func boolToText(c *Call) (*vec.Vector, error) {
	get := Reader[bool](c.Args[0])
	out := NewStrings(c.N, nil)
	words := map[bool][]byte{true: []byte("true"), false: []byte("false")}
	err := c.Each(func(i int) error {
		s, err := text.Fit(c.Ret, words[get(i)], true)
		out.Set(i, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out.Finish(c.Ret, c.Valid), nil
}

// fromText reads values of the result's type.
func fromText(c *Call) (*vec.Vector, error) {
	get, st := Reader[[]byte](c.Args[0]), c.style()
	b := vec.NewBuilder(c.Ret)
	for i := range c.N {
		if !c.Valid.Get(i) {
			b.AppendNull()
			continue
		}
		if err := text.Parse(b, c.Ret, get(i), st); err != nil {
			return nil, err
		}
	}
	return b.Finish(), nil
}

// relabel passes strings on under another string type, cut or padded to its length.
func relabel(c *Call) (*vec.Vector, error) {
	v := c.Args[0]
	if c.Ret.Prec == 0 {
		return v.WithType(c.Ret), nil
	}
	out := NewStrings(c.N, v)
	views := vec.Values[vec.View](v)
	err := c.Each(func(i int) error {
		at := &views[Row(v, i)]
		b := at.In(v.Bufs, at)
		s, err := text.Fit(c.Ret, b, true)
		if len(s) <= len(b) {
			out.Sub(i, at, 0, len(s))
		} else {
			out.Set(i, s)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out.Finish(c.Ret, c.Valid), nil
}

// trimmed is relabel for character(n), whose blanks at the end mean nothing in other string types.
func trimmed(c *Call) (*vec.Vector, error) {
	v := c.Args[0]
	views := vec.Values[vec.View](v)
	out := NewStrings(c.N, v)
	_ = c.Each(func(i int) error {
		at := &views[Row(v, i)]
		out.Sub(i, at, 0, len(trimBlanks(at.In(v.Bufs, at))))
		return nil
	})
	w := out.Finish(v.Type, c.Valid)
	return relabel(&Call{Ctx: c.Ctx, Args: []*vec.Vector{w}, N: c.N, Ret: c.Ret, Valid: c.Valid})
}

// toName cuts strings to the 63 bytes of a name.
func toName(c *Call) (*vec.Vector, error) {
	return fromText(&Call{Ctx: c.Ctx, Args: c.Args, N: c.N, Ret: types.Of(types.Name), Valid: c.Valid})
}

// jsonbToJSON changes nothing: jsonb is held as text in its normal form.
func jsonbToJSON(c *Call) (*vec.Vector, error) { return c.Args[0].WithType(c.Ret), nil }

// countFromZero makes the elements of vectors, which count from 0, those of arrays.
func countFromZero(v *vec.Vector) (err error) {
	lists := slices.Clone(vec.Values[vec.List](v))
	for i, l := range lists {
		d := vec.OneDim(int32(l.Len), 0)
		if lists[i].Shape, err = d.Shape(); err != nil {
			return err
		}
	}
	v.Data = vec.BytesOf(lists)
	return nil
}

// castArray converts the elements.
func castArray(c *Call) (*vec.Vector, error) {
	v := vec.Flatten(c.Args[0])
	to := c.Ret.Element()
	if v.Child == nil {
		return v.WithType(c.Ret), nil
	}
	child := vec.Flatten(v.Child)
	cast := LookupCast(v.Type.Elem, c.Ret.Elem)
	var err error
	switch {
	case cast == nil && v.Type.Elem == c.Ret.Elem:
		child = child.WithType(to)
	case cast == nil:
		return nil, errNoCast(v.Type, c.Ret)
	default:
		child, err = cast.Scalar.Eval(&Call{Ctx: c.Ctx, Args: []*vec.Vector{child}, N: child.Len, Ret: to, Valid: child.Valid})
		if err != nil {
			return nil, err
		}
	}
	w := *v
	w.Type, w.Child = c.Ret, vec.Flatten(child)
	if v.Type.IsVector() && !c.Ret.IsVector() {
		return &w, countFromZero(&w)
	}
	return &w, nil
}

func init() {
	const txt, vc, ch, name = types.Text, types.Varchar, types.Char, types.Name
	RegisterCast(
		cast(txt, vc, Implicit, relabel), cast(vc, txt, Implicit, relabel), cast(txt, ch, Implicit, relabel),
		cast(vc, ch, Implicit, relabel), cast(ch, txt, Implicit, trimmed), cast(ch, vc, Implicit, trimmed),
		cast(txt, txt, Implicit, relabel), cast(vc, vc, Implicit, relabel), cast(ch, ch, Implicit, relabel),
		cast(name, name, Implicit, relabel),
		cast(name, txt, Implicit, relabel), cast(name, vc, Assignment, relabel), cast(name, ch, Assignment, relabel),
		cast(txt, name, Implicit, toName), cast(vc, name, Implicit, toName), cast(ch, name, Implicit, toName),
		cast(types.JSON, types.JSONB, Assignment, fromText), cast(types.JSONB, types.JSON, Assignment, jsonbToJSON),
		&Cast{From: types.Array, To: types.Array, Context: Explicit,
			Scalar: &Scalar{Name: "array", Args: []types.Type{types.Of(types.AnyArray)}, Eval: castArray, Volatility: Stable}},
	)
	for id := types.Bool; id <= types.Record; id++ {
		switch id {
		case txt, vc, ch, name:
			continue
		}
		// Text in and out of every other type: the values' text forms, as PostgreSQL's conversions through
		// the types' own input and output functions.
		for _, s := range []types.ID{txt, vc, ch, name} {
			eval := toText
			if id == types.Bool && s != name {
				eval = boolToText
			}
			out, in := cast(id, s, Assignment, eval), cast(s, id, Explicit, fromText)
			switch {
			case id == types.Enum && s != name:
				out, in = cast(id, s, Assignment, enumToText), cast(s, id, Explicit, enumFromText)
			case id == types.InternalChar && s != name:
				out, in = cast(id, s, Assignment, relabel), cast(s, id, Assignment, fromText)
				if s == txt {
					out.Context = Implicit
				}
			case id == types.NodeTree && s == txt:
				out.Context = Implicit
			case id == types.RegClass && (s == txt || s == vc):
				in.Context = Implicit
			}
			out.Scalar.Volatility, in.Scalar.Volatility = textVolatility(id), parseVolatility(id)
			RegisterCast(out, in)
		}
	}
}

// textVolatility: the text of dates and the like depends on the session's time zone, DateStyle and IntervalStyle, and the labels
// of an enumeration may change.
func textVolatility(id types.ID) Volatility {
	switch id {
	case types.Date, types.Timestamp, types.TimestampTZ, types.Interval, types.Enum, types.Array, types.Record:
		return Stable
	}
	if t := types.Of(id); t.IsReg() || t.IsTimeRange() {
		return Stable
	}
	return Immutable
}

// parseVolatility: 'now' and 'today' are dates and times, too, and DateStyle and IntervalStyle say how others are read.
func parseVolatility(id types.ID) Volatility {
	switch id {
	case types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval, types.Enum, types.Array, types.Record:
		return Stable
	}
	if t := types.Of(id); t.IsReg() || t.IsTimeRange() {
		return Stable
	}
	return Immutable
}

func errNoCast(from, to types.Type) error {
	return sqlstate.New(sqlstate.CannotCoerce, "cannot cast type %s to %s", from.Base(), to.Base())
}
