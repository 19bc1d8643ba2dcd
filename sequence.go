package gsql

import (
	"iter"
	"math"
	"strconv"
	"sync"

	"gsql/catalog"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/memory"
)

// sequence gives numbers. Numbers that were given stay so when a transaction is undone, so that nobody waits for another
// one's.
type sequence struct {
	typ            types.Type
	start, step    int64
	least, largest int64
	cycle          bool

	mu     sync.Mutex
	last   int64
	called bool // last was given, else it is the next
}

// newSequence makes a sequence of options; before is what ALTER SEQUENCE changes, nil for a new one.
func newSequence(o *syntax.SequenceOptions, before *sequence) (*sequence, error) {
	q := &sequence{typ: types.Of(types.Int64), step: 1, start: math.MinInt64}
	minGiven, maxGiven := o.Min != nil, o.Max != nil
	if before != nil {
		q.typ, q.step, q.start, q.cycle = before.typ, before.step, before.start, before.cycle
		q.least, q.largest = before.least, before.largest
		q.last, q.called = before.state()
		minGiven, maxGiven = !o.NoMin, !o.NoMax
	}
	if o.Type != nil {
		t, err := sql.TypeOf(o.Type, nil)
		if err != nil {
			return nil, err
		}
		if t.ID != types.Int16 && t.ID != types.Int32 && t.ID != types.Int64 {
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "sequence type must be smallint, integer, or bigint").At(o.Type.Pos)
		}
		q.typ = t
	}
	if o.Increment != nil {
		q.step = *o.Increment
	}
	if o.Cycle != nil {
		q.cycle = *o.Cycle
	}
	lowest, highest := rangeOf(q.typ)
	q.least, q.largest = bound(o.Min, minGiven, q.least, 1, lowest, q.step > 0), bound(o.Max, maxGiven, q.largest, -1, highest, q.step < 0)
	if err := q.check(lowest, highest); err != nil {
		return nil, err
	}
	if o.Start != nil {
		q.start = *o.Start
	} else if before == nil && q.step > 0 {
		q.start = q.least
	} else if before == nil {
		q.start = q.largest
	}
	if before == nil {
		q.last = q.start
	}
	if o.Restart {
		q.last, q.called = q.start, false
		if o.RestartWith != nil {
			q.last = *o.RestartWith
		}
	}
	return q, q.checkValues(o.Restart)
}

// bound is a bound of a sequence: the one that is said, the one that there is, or that of the direction or the type.
func bound(said *int64, keep bool, before, first, extreme int64, upwards bool) int64 {
	switch {
	case said != nil:
		return *said
	case keep:
		return before
	case upwards:
		return first
	}
	return extreme
}

// rangeOf returns the least and the greatest number of an integer type.
func rangeOf(t types.Type) (lo, hi int64) {
	switch t.ID {
	case types.Int16:
		return math.MinInt16, math.MaxInt16
	case types.Int32:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

func (q *sequence) check(lowest, highest int64) error {
	invalid := func(format string, args ...any) error {
		return sqlstate.New(sqlstate.InvalidParameterValue, format, args...)
	}
	switch {
	case q.step == 0:
		return invalid("INCREMENT must not be zero")
	case q.largest < lowest || q.largest > highest:
		return invalid("MAXVALUE (%d) is out of range for sequence data type %s", q.largest, q.typ)
	case q.least < lowest || q.least > highest:
		return invalid("MINVALUE (%d) is out of range for sequence data type %s", q.least, q.typ)
	case q.least >= q.largest:
		return invalid("MINVALUE (%d) must be less than MAXVALUE (%d)", q.least, q.largest)
	}
	return nil
}

func (q *sequence) checkValues(restart bool) error {
	for _, v := range []struct {
		name  string
		value int64
	}{{"START", q.start}, {"RESTART", q.last}} {
		switch {
		case v.value < q.least:
			return sqlstate.New(sqlstate.InvalidParameterValue, "%s value (%d) cannot be less than MINVALUE (%d)", v.name, v.value, q.least)
		case v.value > q.largest:
			return sqlstate.New(sqlstate.InvalidParameterValue, "%s value (%d) cannot be greater than MAXVALUE (%d)", v.name, v.value, q.largest)
		}
	}
	return nil
}

// state returns the last number, and whether it was given or will be next.
func (q *sequence) state() (last int64, called bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.last, q.called
}

// next gives a number.
func (q *sequence) next(name string) (int64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.called {
		q.called = true
		return q.last, nil
	}
	n := q.last + q.step
	switch {
	case q.step > 0 && (n > q.largest || n < q.last):
		if !q.cycle {
			return 0, sqlstate.New(sequenceLimit, "nextval: reached maximum value of sequence \"%s\" (%d)", name, q.largest)
		}
		n = q.least
	case q.step < 0 && (n < q.least || n > q.last):
		if !q.cycle {
			return 0, sqlstate.New(sequenceLimit, "nextval: reached minimum value of sequence \"%s\" (%d)", name, q.least)
		}
		n = q.largest
	}
	q.last = n
	return n, nil
}

const (
	sequenceLimit    sqlstate.Code = "2200H"
	sequenceNotReady sqlstate.Code = "55000"
)

// set makes n the last number, or the next.
func (q *sequence) set(name string, n int64, called bool) error {
	if n < q.least || n > q.largest {
		return sqlstate.New(sqlstate.NumericOutOfRange, "setval: value %d is out of bounds for sequence \"%s\" (%d..%d)", n, name, q.least, q.largest)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last, q.called = n, called
	return nil
}

// given is what a session remembers of the numbers that it was given, for currval and lastval.
type given struct {
	numbers map[*sequence]int64
	last    *sequence
}

// sequences are the sequences as the functions of the catalog use them. They see those of the session at the moment.
type sequences struct{ s *Session }

// find returns the sequence with an OID.
func (x sequences) find(oid uint32) (*sequence, string, error) {
	st, err := x.s.state()
	if err != nil {
		return nil, "", err
	}
	for _, temporary := range []bool{true, false} {
		for key, r := range st.of(temporary).byKey {
			if r.sequence != nil && catalog.RelationOID(key.schema, key.name) == oid {
				return r.sequence, key.name, nil
			}
		}
	}
	return nil, "", nil
}

// Next is nextval; ok is false if there is no such sequence.
func (x sequences) Next(oid uint32) (n int64, ok bool, err error) {
	q, name, err := x.find(oid)
	if q == nil || err != nil {
		return 0, false, err
	}
	if n, err = q.next(name); err == nil {
		x.remember(q, n)
	}
	return n, true, err
}

func (x sequences) remember(q *sequence, n int64) {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	g := &x.s.given
	if g.numbers == nil {
		g.numbers = map[*sequence]int64{}
	}
	g.numbers[q], g.last = n, q
}

// Current is currval.
func (x sequences) Current(oid uint32) (n int64, ok bool, err error) {
	q, name, err := x.find(oid)
	if q == nil || err != nil {
		return 0, false, err
	}
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	n, is := x.s.given.numbers[q]
	if !is {
		err = sqlstate.New(sequenceNotReady, "currval of sequence \"%s\" is not yet defined in this session", name)
	}
	return n, true, err
}

// Last is lastval.
func (x sequences) Last() (int64, error) {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	if x.s.given.last == nil {
		return 0, sqlstate.New(sequenceNotReady, "lastval is not yet defined in this session")
	}
	return x.s.given.numbers[x.s.given.last], nil
}

// Set is setval.
func (x sequences) Set(oid uint32, n int64, called bool) (ok bool, err error) {
	q, name, err := x.find(oid)
	if q == nil || err != nil {
		return false, err
	}
	if err = q.set(name, n, called); err == nil && called {
		x.remember(q, n)
	}
	return true, err
}

// createSequence runs CREATE SEQUENCE.
func (s *Session) createSequence(stmt *syntax.CreateSequenceStmt) error {
	key, _, skip, err := s.placeNew(stmt.Tag(), stmt.Name, stmt.Temporary, false, stmt.IfNotExists)
	if err != nil || skip {
		return err
	}
	q, err := newSequence(&stmt.Options, nil)
	if err != nil {
		return err
	}
	return s.change(newReplace(key, nil, &relation{sequence: q}))
}

// alterSequence runs ALTER SEQUENCE.
func (s *Session) alterSequence(stmt *syntax.AlterSequenceStmt) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	x, err := s.namesIn(st).lookup(stmt.Name)
	if err != nil {
		return err
	}
	key, r := x.key, x.relation
	switch {
	case x.entry != nil || r != nil && r.sequence == nil:
		return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a sequence", stmt.Name.Name)
	case r == nil && stmt.IfExists:
		s.tell("NOTICE", "00000", "relation \"%s\" does not exist, skipping", stmt.Name.Name)
		return nil
	case r == nil:
		return sqlstate.New(sqlstate.UndefinedTable, "relation \"%s\" does not exist", stmt.Name.Name)
	}
	if err := s.mayWrite("ALTER SEQUENCE", key.temporary()); err != nil {
		return err
	}
	q, err := newSequence(&stmt.Options, r.sequence)
	if err != nil {
		return err
	}
	return s.change(newReplace(key, r, &relation{sequence: q}))
}

// owned yields the sequences of a table's columns, with their places.
func (s state) owned(key relationKey, t *memory.Table) iter.Seq2[relationKey, *relation] {
	return func(yield func(relationKey, *relation) bool) {
		for _, c := range t.Columns {
			own := relationKey{key.schema, c.Sequence}
			if r := s.get(own); c.Sequence != "" && r != nil && r.sequence != nil && !yield(own, r) {
				return
			}
		}
	}
}

// restartOwned returns the changes that let the sequences of a table's columns begin anew.
func restartOwned(st state, key relationKey, t *memory.Table) (changes []*change, err error) {
	for own, r := range st.owned(key, t) {
		q, err := newSequence(&syntax.SequenceOptions{Restart: true}, r.sequence)
		if err != nil {
			return nil, err
		}
		changes = append(changes, newReplace(own, r, &relation{sequence: q}))
	}
	return changes, nil
}

// ownSequence returns the change that makes the sequence of a column, and the expression of the column's default.
func (s *Session) ownSequence(st state, table relationKey, taken map[string]bool, column *syntax.TableColumn, t types.Type) (key relationKey, c *change, def string, err error) {
	options := syntax.SequenceOptions{}
	if column.Sequence != nil {
		options = *column.Sequence
	}
	if options.Type == nil {
		options.Type = &syntax.TypeName{Name: map[types.ID]string{types.Int16: "int2", types.Int32: "int4", types.Int64: "int8"}[t.ID]}
	}
	q, err := newSequence(&options, nil)
	if err != nil {
		return key, nil, "", err
	}
	key = relationKey{table.schema, freeName(st, table.schema, taken, table.name+"_"+column.Name+"_seq")}
	return key, newReplace(key, nil, &relation{sequence: q}), nextOf(key), nil
}

// nextOf is the expression of the default of a column that takes its numbers from a sequence.
func nextOf(key relationKey) string {
	return "nextval(" + quoteText(quoteName(key.schema)+"."+quoteName(key.name)) + "::regclass)"
}

// freeName returns a name that no relation has: the one given, perhaps with a number behind it. It takes it.
func freeName(st state, schema string, taken map[string]bool, name string) string {
	const most = 63 // bytes of a name
	for i := 0; ; i++ {
		suffix := ""
		if i > 0 {
			suffix = strconv.Itoa(i)
		}
		n := name[:min(len(name), most-len(suffix))] + suffix
		if st.get(relationKey{schema, n}) == nil && !taken[n] {
			taken[n] = true
			return n
		}
	}
}

// sequenceColumns are those of a sequence as a table.
var sequenceColumns = columnsOf("last_value bigint, log_cnt bigint, is_called boolean")

// table is the sequence as what FROM can name.
func (q *sequence) table(db *DB, name string) *systemTable {
	return &systemTable{&systemRows{name: name, columns: sequenceColumns, rows: func(_ *DB, add func(values ...any)) {
		last, called := q.state()
		add(last, int64(0), called)
	}}, db}
}
