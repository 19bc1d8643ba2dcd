package catalog

import (
	"iter"
	"strconv"

	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the relations and functions about sequences.

// Sequence is what a sequence is declared to be.
type Sequence struct {
	Type             types.Type
	Start, Increment int64
	Min, Max         int64
	Cycle            bool
	Last             func() (n int64, given bool)
}

// Sequences gives and sets the numbers of sequences, by the OIDs of these.
type Sequences interface {
	// Next is nextval; ok is false if there is no such sequence, here and below.
	Next(oid uint32) (n int64, ok bool, err error)
	// Current is currval, the last number that Next gave in this session.
	Current(oid uint32) (n int64, ok bool, err error)
	// Last is lastval, the last number that Next gave in this session, of whatever sequence.
	Last() (int64, error)
	// Set is setval: n is the last number that was given, or else the next.
	Set(oid uint32, n int64, given bool) (ok bool, err error)
}

// noSequence is the error about an OID that is not one of a sequence.
func (s *Snapshot) noSequence(oid int64) error {
	if r := s.objects().byOID[uint32(oid)]; r != nil {
		return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a sequence", r.Name)
	}
	return sqlstate.New(sqlstate.UndefinedTable, "could not open relation with OID %d", oid)
}

// sequenceCall makes Eval from a function of a sequence.
func sequenceCall(f func(q Sequences, oid uint32) (int64, bool, error)) func(*fn.Call) (*vec.Vector, error) {
	return map1(func(s *Snapshot, oid int64) (int64, bool, error) {
		if s.Sequences == nil {
			return 0, false, s.noSequence(oid)
		}
		n, ok, err := f(s.Sequences, uint32(oid))
		if err == nil && !ok {
			err = s.noSequence(oid)
		}
		return n, true, err
	})
}

func (s *Snapshot) setSequence(oid, n int64, given bool) (int64, bool, error) {
	if s.Sequences == nil {
		return 0, false, s.noSequence(oid)
	}
	ok, err := s.Sequences.Set(uint32(oid), n, given)
	if err == nil && !ok {
		err = s.noSequence(oid)
	}
	return n, true, err
}

func init() {
	volatile := func(name string, eval func(*fn.Call) (*vec.Vector, error), args ...types.Type) {
		register(name, tInt8, eval, args...).Volatility = fn.Volatile
	}
	volatile("nextval", sequenceCall(Sequences.Next), tClass)
	volatile("currval", sequenceCall(Sequences.Current), tClass)
	volatile("lastval", func(c *fn.Call) (*vec.Vector, error) {
		s, err := snapshotOf(c)
		if err != nil {
			return nil, err
		}
		if s.Sequences == nil {
			return nil, sqlstate.New("55000", "lastval is not yet defined in this session")
		}
		return fn.Map0(func(*fn.Call) (int64, error) { return s.Sequences.Last() })(c)
	})
	volatile("setval", map2(func(s *Snapshot, oid, n int64) (int64, bool, error) { return s.setSequence(oid, n, true) }), tClass, tInt8)
	volatile("setval", func(c *fn.Call) (*vec.Vector, error) {
		s, err := snapshotOf(c)
		if err != nil {
			return nil, err
		}
		given := fn.Reader[bool](c.Args[2])
		i := -1
		return fn.MapNull2(func(_ *fn.Call, oid, n int64) (int64, bool, error) {
			i++
			return s.setSequence(oid, n, given(i))
		})(c)
	}, tClass, tInt8, tBool)
	register("pg_get_serial_sequence", tText, map2((*Snapshot).serialSequence), tText, tText)

	sequences := which(func(r *Relation) bool { return r.Sequence != nil })
	define("pg_catalog.pg_sequence", sequences, columnsOf[*Relation]{
		"seqrelid":     func(r *Relation) uint32 { return r.oid },
		"seqtypid":     func(r *Relation) uint32 { return TypeOID(r.Sequence.Type) },
		"seqstart":     func(r *Relation) any { return r.Sequence.Start },
		"seqincrement": func(r *Relation) any { return r.Sequence.Increment },
		"seqmax":       func(r *Relation) any { return r.Sequence.Max },
		"seqmin":       func(r *Relation) any { return r.Sequence.Min },
		"seqcache":     func(*Relation) any { return int64(1) },
		"seqcycle":     func(r *Relation) bool { return r.Sequence.Cycle },
	})
	define("pg_catalog.pg_sequences", sequences, columnsOf[*Relation]{
		"schemaname":    func(r *Relation) string { return r.Schema },
		"sequencename":  func(r *Relation) string { return r.Name },
		"sequenceowner": func(s *Snapshot, _ *Relation) any { return s.User },
		"data_type":     func(r *Relation) uint32 { return TypeOID(r.Sequence.Type) },
		"start_value":   func(r *Relation) any { return r.Sequence.Start },
		"min_value":     func(r *Relation) any { return r.Sequence.Min },
		"max_value":     func(r *Relation) any { return r.Sequence.Max },
		"increment_by":  func(r *Relation) any { return r.Sequence.Increment },
		"cycle":         func(r *Relation) bool { return r.Sequence.Cycle },
		"cache_size":    func(*Relation) any { return int64(1) },
		"last_value": func(r *Relation) any {
			if n, given := r.Sequence.Last(); given {
				return n
			}
			return nil
		},
	})
	define("pg_catalog.pg_depend", ownedSequences, columnsOf[*ownedSequence]{
		"classid":     func(*ownedSequence) uint32 { return classOID },
		"objid":       func(o *ownedSequence) uint32 { return o.sequence.oid },
		"refclassid":  func(*ownedSequence) uint32 { return classOID },
		"refobjid":    func(o *ownedSequence) uint32 { return o.of.oid },
		"refobjsubid": func(o *ownedSequence) int32 { return int32(o.column) },
		"deptype": func(o *ownedSequence) string {
			if o.of.Details[o.column-1].Identity != "" {
				return "i"
			}
			return "a"
		},
	})
	define("information_schema.sequences", sequences, inDatabase(columnsOf[*Relation]{
		"sequence_schema":         func(r *Relation) string { return r.Schema },
		"sequence_name":           func(r *Relation) string { return r.Name },
		"data_type":               func(r *Relation) string { return r.Sequence.Type.String() },
		"numeric_precision":       func(r *Relation) any { return digitsOf(r.Sequence.Type).precision },
		"numeric_precision_radix": func(*Relation) int32 { return 2 },
		"numeric_scale":           func(*Relation) int32 { return 0 },
		"start_value":             func(r *Relation) string { return strconv.FormatInt(r.Sequence.Start, 10) },
		"minimum_value":           func(r *Relation) string { return strconv.FormatInt(r.Sequence.Min, 10) },
		"maximum_value":           func(r *Relation) string { return strconv.FormatInt(r.Sequence.Max, 10) },
		"increment":               func(r *Relation) string { return strconv.FormatInt(r.Sequence.Increment, 10) },
		"cycle_option":            func(r *Relation) string { return yesNo(r.Sequence.Cycle) },
	}, "sequence_catalog"))
}

// classOID is that of pg_class.
const classOID = 1259

// ownedSequence is a sequence that goes with a column.
type ownedSequence struct {
	of, sequence *Relation
	column       int // from 1
}

func ownedSequences(s *Snapshot, _ *scan) iter.Seq[*ownedSequence] {
	return func(yield func(*ownedSequence) bool) {
		for _, r := range s.objects().user {
			for i, d := range r.Details {
				q := s.objects().byName[qualified{r.Schema, d.Sequence}]
				if d.Sequence != "" && q != nil && !yield(&ownedSequence{r, q, i + 1}) {
					return
				}
			}
		}
	}
}

// serialSequence returns the sequence that a column takes its numbers from.
func (s *Snapshot) serialSequence(table, column []byte) ([]byte, bool, error) {
	oid, err := s.ObjectOID(types.RegClass, string(table))
	if err != nil {
		return nil, false, err
	}
	r := s.objects().byOID[oid]
	for i, f := range r.columns() {
		if f.Name != string(column) {
			continue
		}
		name := r.detail(i).Sequence
		return []byte(Quote(r.Schema) + "." + Quote(name)), name != "", nil
	}
	return nil, false, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", column, r.Name)
}
