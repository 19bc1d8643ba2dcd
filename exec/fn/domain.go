package fn

import (
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// DomainRules are the CHECK constraints of a domain, as types.NamedState.Rules has them.
type DomainRules interface {
	// Check returns the error of the first value, of the type that the domain is of in the end, that violates one. The error
	// names the domain, which may be one over the one that has the rules.
	Check(ctx *Ctx, domain string, v *vec.Vector) error
}

// CheckDomain is what makes values of a domain, or of a type with values of one within, of values that are held alike. It
// fails where one is none of the domain.
var CheckDomain = &Scalar{Name: "domain", Args: []types.Type{types.Of(types.Any)}, RetOf: sameType, NotStrict: true, Volatility: Stable, Eval: checkDomain}

// PlainType is what makes values of a domain those of the type that it is of.
var PlainType = &Scalar{Name: "plain", Args: []types.Type{types.Of(types.Any)}, RetOf: sameType, NotStrict: true,
	Eval: func(c *Call) (*vec.Vector, error) { return c.Args[0].WithType(c.Ret), nil }}

func checkDomain(c *Call) (*vec.Vector, error) {
	v := c.Args[0].WithLenOf(c.N)
	if t := c.Ret; v.Type.Prec == 0 && t.Prec > 0 && (t.ID == types.Varchar || t.ID == types.Char) {
		var err error
		if v, err = fittedDomain(c, v); err != nil {
			return nil, err
		}
	}
	if err := CheckDomains(c.Ctx, c.Ret, v); err != nil {
		return nil, err
	}
	return v.WithType(c.Ret), nil
}

// fittedDomain gives strings the length that the domain states, which must be theirs but for blanks: they are stored.
func fittedDomain(c *Call, v *vec.Vector) (*vec.Vector, error) {
	get := Reader[[]byte](v)
	b := vec.NewBuilder(c.Ret.Plain())
	for i := range c.N {
		if v.IsNull(i) {
			b.AppendNull()
			continue
		}
		s, err := text.Fit(c.Ret.Plain(), get(i), false)
		if err != nil {
			return nil, err
		}
		b.AppendBytes(s)
	}
	return b.Finish(), nil
}

// CheckDomains returns the error of the first value in v that is none of a domain which t is, or which is in t.
func CheckDomains(ctx *Ctx, t types.Type, v *vec.Vector) error {
	if !t.HasDomain() || v.Len == 0 {
		return nil
	}
	v = vec.Flatten(v)
	switch {
	case t.IsDomain():
		if base := t.Plain(); base.HasDomain() {
			if err := CheckDomains(ctx, base, v); err != nil {
				return err
			}
		}
		return checkRules(ctx, t, t.Base(), v)
	case t.ID == types.Array:
		return checkElements(ctx, t, v)
	}
	return checkFields(ctx, t, v)
}

// checkRules checks values by the rules of the domains that t is made of, the innermost first.
func checkRules(ctx *Ctx, t types.Type, domain string, v *vec.Vector) error {
	if !t.IsDomain() {
		return nil
	}
	if err := checkRules(ctx, t.Def.Base, domain, v); err != nil {
		return err
	}
	s := t.Def.Named.State()
	if s.NotNull && v.Valid.Count(v.Len) < v.Len {
		return sqlstate.New(sqlstate.NotNullViolation, "domain %s does not allow null values", domain)
	}
	if rules, ok := s.Rules.(DomainRules); ok {
		return rules.Check(ctx, domain, v.WithType(t.Plain()))
	}
	return nil
}

func checkElements(ctx *Ctx, t types.Type, v *vec.Vector) error {
	if v.Child == nil {
		return nil
	}
	var rows []uint32
	for i, l := range vec.Values[vec.List](v) {
		if v.IsNull(i) {
			continue
		}
		for k := range l.Len {
			rows = append(rows, l.Off+k)
		}
	}
	return CheckDomains(ctx, t.Element(), vec.Gather(v.Child, rows))
}

func checkFields(ctx *Ctx, t types.Type, v *vec.Vector) error {
	var rows []uint32
	for i := range v.Len {
		if !v.IsNull(i) {
			rows = append(rows, uint32(i))
		}
	}
	v = vec.Gather(v, rows)
	for k, f := range t.Fields() {
		if err := CheckDomains(ctx, f.Type, vec.Field(v, k)); err != nil {
			return err
		}
	}
	return nil
}

// checkedDomains is a function whose results, which it makes of texts, are checked to be of the domains of their type.
func checkedDomains(eval func(*Call) (*vec.Vector, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		v, err := eval(c)
		if err == nil {
			err = CheckDomains(c.Ctx, c.Ret, v)
		}
		return v, err
	}
}
