package syntax

import "gsql/exec/sqlstate"

// over reads what follows the word OVER.
func (p *parser) over() *Window {
	if p.isPunct("(") {
		return p.windowSpec()
	}
	name := p.colID()
	return &Window{Pos: name.Pos, Ref: name.Name, RefOnly: true}
}

// windowSpec reads a window definition in parentheses.
func (p *parser) windowSpec() *Window {
	w := &Window{Pos: p.pos()}
	p.parens(func() {
		if t := p.tok(); t.isColID() && !p.isOneOf("partition", "range", "rows", "groups") {
			w.Ref = t.text
			p.i++
		}
		if p.accept("partition") {
			p.expect("by")
			w.PartitionBy = p.exprs()
		}
		if p.is("order") {
			w.OrderBy = p.orderBy()
		}
		if p.isOneOf("range", "rows", "groups") {
			w.Frame = p.frame()
		}
	})
	return w
}

// frame reads a frame clause.
func (p *parser) frame() *Frame {
	f := &Frame{Pos: p.pos(), End: Bound{Kind: CurrentRow}}
	switch p.advance().text {
	case "rows":
		f.Mode = Rows
	case "groups":
		f.Mode = Groups
	}
	startPos, endPos := p.pos(), p.pos()
	if p.accept("between") {
		startPos = p.pos()
		f.Start = p.bound()
		p.expect("and")
		endPos = p.pos()
		f.End = p.bound()
	} else {
		f.Start = p.bound()
	}
	p.checkFrame(f, startPos, endPos)
	if p.accept("exclude") {
		switch {
		case p.acceptAll("no", "others"):
		case p.acceptAll("current", "row"):
			f.Exclude = ExcludeCurrentRow
		case p.accept("group"):
			f.Exclude = ExcludeGroup
		default:
			p.expect("ties")
			f.Exclude = ExcludeTies
		}
	}
	return f
}

// bound reads an end of a frame.
func (p *parser) bound() Bound {
	switch {
	case p.acceptAll("unbounded", "preceding"):
		return Bound{Kind: UnboundedPreceding}
	case p.acceptAll("unbounded", "following"):
		return Bound{Kind: UnboundedFollowing}
	case p.acceptAll("current", "row"):
		return Bound{Kind: CurrentRow}
	}
	b := Bound{Kind: Preceding, Offset: p.expr()}
	if p.accept("following") {
		b.Kind = Following
	} else {
		p.expect("preceding")
	}
	return b
}

// checkFrame reports ends of a frame that contradict one another.
func (p *parser) checkFrame(f *Frame, startPos, endPos int) {
	message, pos := "", endPos
	switch {
	case f.Start.Kind == UnboundedFollowing:
		message, pos = "frame start cannot be UNBOUNDED FOLLOWING", startPos
	case f.End.Kind == UnboundedPreceding:
		message = "frame end cannot be UNBOUNDED PRECEDING"
	case f.Start.Kind == CurrentRow && f.End.Kind == Preceding:
		message = "frame starting from current row cannot have preceding rows"
	case f.Start.Kind == Following && f.End.Kind == Preceding:
		message = "frame starting from following row cannot have preceding rows"
	case f.Start.Kind == Following && f.End.Kind == CurrentRow:
		message = "frame starting from following row cannot end with current row"
	default:
		return
	}
	p.failf(sqlstate.WindowingError, pos, "%s", message)
}
