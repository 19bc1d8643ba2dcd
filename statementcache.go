package gsql

import (
	"container/list"
	"hash/maphash"
	"slices"
	"sync"

	"gsql/exec/types"
	"gsql/sql/syntax"
)

// Limits of what a statementCache keeps. A statement takes many times its text.
const (
	cacheTexts    = 1000
	cacheText     = 8 << 10   // bytes of one
	cacheBytes    = 256 << 10 // of all
	cacheVersions = 4         // of one statement
)

// statementCache remembers texts that come again: what they were read as, and what the queries among them were bound
// to where that depends on nothing but a bindKey. Sessions have it in common. Statements are not changed by those who
// bind them.
type statementCache struct {
	limit int // bytes of texts

	mu     sync.Mutex
	texts  map[string]*list.Element // of cachedText
	recent list.List                // the latest used first
	bytes  int
	bound  map[*syntax.SelectStmt][]*boundVersion // of the texts' statements
	seed   maphash.Seed
	once   [1024]uint64 // hashes of texts that came lately: only what comes twice is kept
}

type cachedText struct {
	text  string
	stmts []syntax.Statement
}

// boundVersion is a statement as it was bound.
type boundVersion struct {
	prepared *Prepared // of any session
	params   []types.Type
	fixed    bool
}

func newStatementCache(memory int64) *statementCache {
	limit := int64(cacheBytes)
	if memory > 0 {
		limit = min(limit, max(memory/4096, 2*cacheText))
	}
	return &statementCache{limit: int(limit), texts: map[string]*list.Element{}, bound: map[*syntax.SelectStmt][]*boundVersion{}, seed: maphash.MakeSeed()}
}

// Parse reads a text of statements. They are not to be changed: a text that comes again may be read as the same ones.
func (db *DB) Parse(text string) ([]syntax.Statement, error) {
	c := db.statements
	if stmts := c.find(text); stmts != nil {
		return stmts, nil
	}
	stmts, err := syntax.Parse(text)
	if err == nil {
		c.add(text, stmts)
	}
	return stmts, err
}

func (c *statementCache) find(text string) []syntax.Statement {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.texts[text]
	if e == nil {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cachedText).stmts
}

// add keeps a text, unless it is the first time that it comes.
func (c *statementCache) add(text string, stmts []syntax.Statement) {
	if len(text) > cacheText || slices.ContainsFunc(stmts, isSeldom) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	h := maphash.String(c.seed, text)
	if seen := &c.once[h%uint64(len(c.once))]; *seen != h {
		*seen = h
		return
	}
	if c.texts[text] != nil {
		return
	}
	c.texts[text] = c.recent.PushFront(&cachedText{text, stmts})
	for c.bytes += len(text); c.bytes > c.limit || len(c.texts) > cacheTexts; {
		c.drop(c.recent.Back())
	}
}

// isSeldom reports whether a statement is one that does not come again and again. Secrets are among them.
func isSeldom(stmt syntax.Statement) bool {
	switch stmt.(type) {
	case *syntax.SelectStmt, *syntax.InsertStmt, *syntax.UpdateStmt, *syntax.DeleteStmt, *syntax.FetchStmt, *syntax.EmptyStmt:
		return false
	}
	return !isTransaction(stmt)
}

// drop forgets a text. The lock is held.
func (c *statementCache) drop(e *list.Element) {
	t := c.recent.Remove(e).(*cachedText)
	delete(c.texts, t.text)
	c.bytes -= len(t.text)
	for _, stmt := range t.stmts {
		if s, ok := stmt.(*syntax.SelectStmt); ok {
			delete(c.bound, s)
		}
	}
}

// prepared returns a query as it was bound for what the session sees, nil if that is not known.
func (c *statementCache) prepared(s *Session, stmt *syntax.SelectStmt, params []types.Type, fixed bool) *Prepared {
	key, err := s.bindKey()
	if err != nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.bound[stmt] {
		if v.fixed == fixed && *v.prepared.again == key && slices.Equal(v.params, params) {
			p := *v.prepared
			p.s = s
			return &p
		}
	}
	return nil
}

// keep notes how a query was bound, if its text is kept and others will see the same.
func (c *statementCache) keep(p *Prepared, params []types.Type, fixed bool) {
	stmt, ok := p.stmt.(*syntax.SelectStmt)
	if !ok || p.again == nil || p.state.temporary != noTemporary {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.texts[p.text]
	if e == nil || !slices.Contains(e.Value.(*cachedText).stmts, syntax.Statement(stmt)) || p.s.db.shared.Load() != p.state.shared {
		return
	}
	versions := c.bound[stmt]
	if len(versions) >= cacheVersions {
		versions = versions[1:]
	}
	kept := *p
	kept.s = nil
	c.bound[stmt] = append(versions, &boundVersion{&kept, slices.Clone(params), fixed})
}

// forgetBound forgets how queries were bound, since the DB's relations have changed: rows of tables would be held.
func (c *statementCache) forgetBound() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.bound)
}
