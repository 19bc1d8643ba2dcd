package expr

import (
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// DomainCheck is a CHECK constraint of a domain: a condition on the column 1, which is the value.
type DomainCheck struct {
	Name string
	Cond Expr
}

// DomainChecks are those of a domain.
type DomainChecks []DomainCheck

var _ fn.DomainRules = DomainChecks(nil)

// Check returns the error of a value for which a condition is false.
func (d DomainChecks) Check(ctx *fn.Ctx, domain string, v *vec.Vector) error {
	for _, c := range d {
		p, err := Compile(&Not{c.Cond}, func(ColID) int { return 0 })
		if err != nil {
			return err
		}
		bad, err := p.Select(ctx, &vec.Batch{Cols: []*vec.Vector{v}, Rows: v.Len})
		if err != nil {
			return err
		}
		if len(bad) > 0 {
			return sqlstate.New(sqlstate.CheckViolation, "value for domain %s violates check constraint \"%s\"", domain, c.Name)
		}
	}
	return nil
}
