package expr

import (
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Conjuncts returns the terms of e as a conjunction: those of an And, else e alone; none for nil.
func Conjuncts(e Expr) []Expr { return flattenTerms(nil, e, false) }

// SplitOr returns the terms of e as a disjunction.
func SplitOr(e Expr) []Expr { return flattenTerms(nil, e, true) }

func flattenTerms(dst []Expr, e Expr, or bool) []Expr {
	if e == nil {
		return dst
	}
	terms, ok := []Expr(nil), false
	if x, is := e.(*And); is && !or {
		terms, ok = x.Terms, true
	}
	if x, is := e.(*Or); is && or {
		terms, ok = x.Terms, true
	}
	if !ok {
		return append(dst, e)
	}
	for _, t := range terms {
		dst = flattenTerms(dst, t, or)
	}
	return dst
}

// NewAnd returns the conjunction of terms, nested ones flattened and nil ones left out: nil for none, and
// the only one alone.
func NewAnd(terms ...Expr) Expr {
	var flat []Expr
	for _, t := range terms {
		flat = flattenTerms(flat, t, false)
	}
	switch len(flat) {
	case 0:
		return nil
	case 1:
		return flat[0]
	}
	return &And{flat}
}

// NewOr returns the disjunction of terms; see NewAnd.
func NewOr(terms ...Expr) Expr {
	var flat []Expr
	for _, t := range terms {
		flat = flattenTerms(flat, t, true)
	}
	switch len(flat) {
	case 0:
		return nil
	case 1:
		return flat[0]
	}
	return &Or{flat}
}

// Bool returns a boolean constant.
func Bool(b bool) *Const {
	return &Const{vec.NewConst(types.Of(types.Bool), types.KBool, word(b), 1)}
}

// Null returns the constant NULL of a type.
func Null(t types.Type) *Const { return &Const{vec.NewNull(t, 1)} }

// Fold returns e with constant parts computed and logic simplified: calls of immutable functions (with
// stable set, of stable ones too) with constant arguments, AND, OR, NOT, CASE, COALESCE, IS NULL and IN
// where constants decide them. What raises an error stays as it is, since it may never be evaluated.
func Fold(e Expr, ctx *fn.Ctx, stable bool) Expr {
	f := folder{ctx, fn.Immutable}
	if stable {
		f.limit = fn.Stable
	}
	return Rewrite(e, f.fold)
}

// Failing reports whether e, which has been folded, has a constant part left that is not volatile or stable: one that raises
// an error.
func Failing(e Expr) bool {
	found := false
	Walk(e, func(x Expr) bool {
		switch x := x.(type) {
		case *Call:
			all := x.Fn.Volatility == fn.Immutable
			for _, a := range x.Args {
				all = all && isConst(a)
			}
			found = found || all
		case *Cast:
			s := x.Cast.Scalar
			found = found || s != nil && s.Volatility == fn.Immutable && isConst(x.Arg)
		}
		return !found
	})
	return found
}

type folder struct {
	ctx   *fn.Ctx
	limit fn.Volatility // of functions that may be called
}

// fold simplifies one node whose children are simplified.
func (f folder) fold(e Expr) Expr {
	switch e := e.(type) {
	case *Call:
		return f.call(e)
	case *Cast:
		if s := e.Cast.Scalar; s != nil && s.Volatility <= f.limit && isConst(e.Arg) {
			return f.compute(e)
		}
	case *And:
		return foldLogic(e, e.Terms, false)
	case *Or:
		return foldLogic(e, e.Terms, true)
	case *Not:
		return foldNot(e)
	case *IsNull:
		if c, ok := e.Arg.(*Const); ok {
			return Bool(c.Value.IsNull(0) != e.Not)
		}
	case *Case:
		return foldCase(e)
	case *Coalesce:
		return foldCoalesce(e)
	case *In:
		if isConst(e.Arg) {
			return f.compute(e)
		}
	}
	return e
}

func isConst(e Expr) bool {
	_, ok := e.(*Const)
	return ok
}

// truthOf returns the value of a boolean constant: known is false when e is none, null when it is NULL.
func truthOf(e Expr) (value, null, known bool) {
	c, ok := e.(*Const)
	switch {
	case !ok:
		return false, false, false
	case c.Value.IsNull(0):
		return false, true, true
	}
	return vec.At[uint8](c.Value, 0) != 0, false, true
}

// compute evaluates e, which has no columns.
func (f folder) compute(e Expr) Expr {
	p, err := Compile(e, func(ColID) int { return -1 })
	if err != nil {
		return e
	}
	v, err := p.Eval(f.ctx, &vec.Batch{Rows: 1})
	if err != nil {
		return e
	}
	if v.Enc != vec.Const {
		w := *vec.Flatten(v)
		w.Enc = vec.Const
		v = &w
	}
	return &Const{v.WithType(e.Type())}
}

func (f folder) call(e *Call) Expr {
	all := true
	for _, a := range e.Args {
		c, ok := a.(*Const)
		all = all && ok
		if ok && c.Value.IsNull(0) && !e.Fn.NotStrict {
			return Null(e.Typ)
		}
	}
	if all && e.Fn.Volatility <= f.limit {
		return f.compute(e)
	}
	return e
}

// foldLogic simplifies AND (absorbs false) and OR (absorbs true): e with its terms.
func foldLogic(e Expr, terms []Expr, absorbs bool) Expr {
	seen := map[string]bool{}
	var keep []Expr
	changed, null := false, false
	flat := flattenTerms(nil, e, absorbs)
	for _, t := range flat {
		value, isNull, known := truthOf(t)
		switch {
		case known && !isNull && value == absorbs:
			return Bool(absorbs)
		case known && !isNull, isNull && null:
			changed = true
			continue
		case isNull:
			null = true
		case !IsVolatile(t):
			if k := Key(t); seen[k] {
				changed = true
				continue
			} else {
				seen[k] = true
			}
		}
		keep = append(keep, t)
	}
	switch {
	case len(keep) == 0:
		return Bool(!absorbs)
	case len(keep) == 1:
		return keep[0]
	case !changed && len(flat) == len(terms):
		return e
	case absorbs:
		return &Or{keep}
	}
	return &And{keep}
}

func foldNot(e *Not) Expr {
	switch a := e.Arg.(type) {
	case *Const:
		value, null, _ := truthOf(a)
		if null {
			return a
		}
		return Bool(!value)
	case *Not:
		return a.Arg
	case *IsNull:
		return &IsNull{a.Arg, !a.Not}
	case *Call:
		if a.Fn.Negated != nil {
			return &Call{a.Fn.Negated, a.Args, a.Typ}
		}
	}
	return e
}

// foldCase drops branches that are never taken and all after one that always is.
func foldCase(e *Case) Expr {
	var whens []When
	other, changed := e.Else, false
	for _, w := range e.Whens {
		value, _, known := truthOf(w.Cond)
		if known {
			changed = true
			if value {
				other = w.Then
				break
			}
			continue
		}
		whens = append(whens, w)
	}
	if len(whens) > 0 {
		if changed {
			return &Case{whens, other, e.Typ}
		}
		return e
	}
	switch {
	case other == nil:
		return Null(e.Typ)
	case other.Type() == e.Typ:
		return other
	case changed || len(e.Whens) > 0:
		return &Case{nil, other, e.Typ}
	}
	return e
}

func foldCoalesce(e *Coalesce) Expr {
	var keep []Expr
	for _, a := range e.Args {
		c, ok := a.(*Const)
		if ok && c.Value.IsNull(0) {
			continue
		}
		keep = append(keep, a)
		if ok {
			break
		}
	}
	switch {
	case len(keep) == 0:
		return Null(e.Typ)
	case len(keep) == 1 && keep[0].Type() == e.Typ:
		return keep[0]
	case len(keep) == len(e.Args):
		return e
	}
	return &Coalesce{keep, e.Typ}
}
