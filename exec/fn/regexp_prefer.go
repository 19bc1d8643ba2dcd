package fn

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// Which of several matches counts is a question of greed. In PostgreSQL an expression as a whole takes the longest match,
// or the shortest one, and then its parts take theirs, the first ones first. Which of both follows from the expression's
// first part that can match texts of several lengths: see "Regular Expression Matching Rules" in its manual. Go's engine
// has no shortest match; where PostgreSQL wants it, all parts are made to take as little as they can, which comes to the
// same but for parts that follow each other and could share a text in several ways.

// preferred brings a pattern in Go's syntax into a form that prefers what PostgreSQL prefers of pattern; longest says
// that the longest match counts, and otherwise the first one that the engine finds.
func preferred(goPattern, pattern string) (tree *syntax.Regexp, longest bool, err error) {
	if tree, err = syntax.Parse(goPattern, syntax.Perl); err != nil {
		return nil, false, err
	}
	s := greedScanner{p: pattern}
	longest = s.alternatives() != reluctant
	eachPart(tree, func(re *syntax.Regexp) {
		switch re.Op {
		case syntax.OpAlternate:
			longestFirst(re.Sub)
		case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
			if !longest {
				re.Flags |= syntax.NonGreedy
			}
		}
	})
	return tree, longest, nil
}

func eachPart(re *syntax.Regexp, f func(*syntax.Regexp)) {
	f(re)
	for _, sub := range re.Sub {
		eachPart(sub, f)
	}
}

// hasPart reports whether a pattern has a part of one of the kinds.
func hasPart(re *syntax.Regexp, ops ...syntax.Op) (found bool) {
	eachPart(re, func(part *syntax.Regexp) { found = found || slices.Contains(ops, part.Op) })
	return found
}

// longestFirst sorts alternatives of known lengths, the longest first: of those that match, the first counts for Go.
func longestFirst(alternatives []*syntax.Regexp) {
	lengths := map[*syntax.Regexp]int{}
	for _, a := range alternatives {
		n, ok := fixedLength(a)
		if !ok {
			return
		}
		lengths[a] = n
	}
	slices.SortStableFunc(alternatives, func(a, b *syntax.Regexp) int { return lengths[b] - lengths[a] })
}

// fixedLength returns how many characters a part matches, if that is always the same.
func fixedLength(re *syntax.Regexp) (n int, ok bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune), true
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, true
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary,
		syntax.OpNoWordBoundary:
		return 0, true
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			k, ok := fixedLength(sub)
			if !ok {
				return 0, false
			}
			n += k
		}
		return n, true
	}
	return 0, false
}

// greed is what a part of an expression prefers.
type greed uint8

const (
	indifferent greed = iota // all its matches have one length, as far as that is looked at
	greedy
	reluctant
)

// greedScanner finds what PostgreSQL makes of the greed of an expression. It need not be a valid one.
type greedScanner struct {
	p  string
	at int
}

// alternatives reads what stands between parentheses, or all: alternatives are greedy, and of the parts of a single one
// the first that is not indifferent counts.
func (s *greedScanner) alternatives() greed {
	first, several := indifferent, false
	for s.at < len(s.p) {
		switch s.p[s.at] {
		case ')':
			s.at++
			if several {
				return greedy
			}
			return first
		case '|':
			s.at++
			several = true
			continue
		}
		if g := s.part(); first == indifferent {
			first = g
		}
	}
	if several {
		return greedy
	}
	return first
}

// part reads an atom and its quantifier.
func (s *greedScanner) part() greed {
	g := s.atom()
	if s.at >= len(s.p) {
		return g
	}
	switch s.p[s.at] {
	case '*', '+', '?':
		s.at++
	case '{':
		end := strings.IndexByte(s.p[s.at:], '}')
		if end < 0 {
			s.at++
			return g
		}
		fixed := !strings.Contains(s.p[s.at:s.at+end], ",") // {2}, but not {2,2}
		s.at += end + 1
		if fixed {
			s.reluctantMark()
			return g
		}
	default:
		return g
	}
	if s.reluctantMark() {
		return reluctant
	}
	return greedy
}

// reluctantMark reads the question mark behind a quantifier.
func (s *greedScanner) reluctantMark() bool {
	if s.at < len(s.p) && s.p[s.at] == '?' {
		s.at++
		return true
	}
	return false
}

// atom reads a character, an escape, a bracket expression or what is in parentheses.
func (s *greedScanner) atom() greed {
	c := s.p[s.at]
	s.at++
	switch c {
	case '\\':
		s.at++
	case '[':
		s.bracket()
	case '(':
		if strings.HasPrefix(s.p[s.at:], "?:") {
			s.at += 2
		}
		return s.alternatives()
	}
	return indifferent
}

// bracket reads the rest of a bracket expression.
func (s *greedScanner) bracket() {
	if s.at < len(s.p) && s.p[s.at] == '^' {
		s.at++
	}
	if s.at < len(s.p) && s.p[s.at] == ']' {
		s.at++
	}
	for s.at < len(s.p) {
		switch rest := s.p[s.at:]; {
		case rest[0] == ']':
			s.at++
			return
		case rest[0] == '\\':
			s.at += 2
		case strings.HasPrefix(rest, "[:"):
			end := strings.Index(rest, ":]")
			s.at += max(end, 0) + 2
		default:
			s.at++
		}
	}
}
