package syntax

// tokenKind is the kind of a token.
type tokenKind uint8

const (
	tEOF     tokenKind = iota
	tIdent             // an identifier that is no keyword, or a quoted one
	tKeyword           // an unquoted keyword
	tString            // a string, decoded
	tBits              // B'..'
	tHex               // X'..'
	tInt               // digits alone
	tFloat             // any other number
	tParam             // $n; the text is n
	tOp                // an operator
	tPunct             // ( ) [ ] { } , ; . : :: := => ..
)

// token is a word of the text.
type token struct {
	text      string // folded or decoded; of operators and punctuation as written
	pos, end  int32
	kind      tokenKind
	category  category // of a keyword
	bareLabel bool     // of a keyword
}

// is reports whether the token is the keyword.
func (t *token) is(word string) bool { return t.kind == tKeyword && t.text == word }

// isPunct reports whether the token is the punctuation or operator.
func (t *token) isPunct(s string) bool { return t.kind >= tOp && t.text == s }

// The classes of names in PostgreSQL's grammar.

func (t *token) isColID() bool {
	return t.kind == tIdent || t.category == unreserved || t.category == columnName
}

func (t *token) isTypeFuncName() bool {
	return t.kind == tIdent || t.category == unreserved || t.category == typeFuncName
}

func (t *token) isLabel() bool { return t.kind == tIdent || t.kind == tKeyword }

func (t *token) isBareLabel() bool { return t.kind == tIdent || t.bareLabel }

func (t *token) isNonReserved() bool {
	return t.kind == tIdent || t.kind == tKeyword && t.category != reserved
}
