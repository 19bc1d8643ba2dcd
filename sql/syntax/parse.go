package syntax

// Parse reads a text of statements separated by semicolons. All of it is read before anything is returned,
// as PostgreSQL does, so a syntax error anywhere is the answer to the whole text.
func Parse(text string) ([]Statement, error) {
	panic("TODO")
}

// ParseExpr reads one expression.
func ParseExpr(text string) (Expr, error) {
	panic("TODO")
}

// ParseType reads the name of a type.
func ParseType(text string) (*TypeName, error) {
	panic("TODO")
}
