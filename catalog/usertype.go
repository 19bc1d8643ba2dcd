package catalog

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"gsql/exec/types"
)

// This file has what the catalog tells of types that statements made. A composite type is a relation as well, and is
// described as that; see Relation.Composite.

// UserType is a type that a statement made.
type UserType struct {
	Type  types.Type
	State *types.NamedState // as the session sees it
}

func (u *UserType) named() *types.Named { return u.Type.Def.Named }

// userTypes yields the types that statements made but for composite ones.
func userTypes(s *Snapshot, _ *scan) iter.Seq[*UserType] {
	return func(yield func(*UserType) bool) {
		for _, u := range s.objects().types {
			if (u.Type.IsDomain() || u.Type.ID != types.Record) && !yield(u) {
				return
			}
		}
	}
}

func domains(s *Snapshot, sc *scan) iter.Seq[*UserType] {
	return func(yield func(*UserType) bool) {
		for u := range userTypes(s, sc) {
			if u.Type.IsDomain() && sc.wants("domain_name", u.State.Name) && !yield(u) {
				return
			}
		}
	}
}

// typeKey is what a type that a statement made is found by: its OID, or its name.
type typeKey struct {
	oid uint32
	qualified
}

// addTypes notes the types that statements made.
func (o *objects) addTypes(list []*UserType) {
	o.types, o.typesBy = list, map[typeKey]*UserType{}
	for _, u := range list {
		o.typesBy[typeKey{oid: u.named().OID}] = u
		o.typesBy[typeKey{oid: u.named().Array}] = u
		o.typesBy[typeKey{qualified: qualified{u.State.Schema, u.State.Name}}] = u
	}
}

// userType returns the type that a statement made with an OID, or as an array with isArray of that.
func (o *objects) userType(oid uint32) (u *UserType, isArray bool) {
	u = o.typesBy[typeKey{oid: oid}]
	return u, u != nil && u.named().Array == oid
}

// userTypeNamed returns the OIDs of the type that a statement made under a name, and of its array; 0 if there is none.
func (o *objects) userTypeNamed(name qualified) (oid, array uint32) {
	if u := o.typesBy[typeKey{qualified: name}]; u != nil {
		return u.named().OID, u.named().Array
	}
	return 0, 0
}

// displayType writes the name of a type that a statement made, with its schema where the name alone would not find it.
func (s *Snapshot) displayType(u *UserType) string {
	if s.typeVisible(u) {
		return Quote(u.State.Name)
	}
	return Quote(u.State.Schema) + "." + Quote(u.State.Name)
}

// typeVisible reports whether a type is the first of its name in the path.
func (s *Snapshot) typeVisible(u *UserType) bool {
	for _, schema := range s.Path() {
		if schema == u.State.Schema {
			return true
		}
		q := qualified{schema, u.State.Name}
		if oid, _ := s.objects().userTypeNamed(q); oid != 0 || pgTypes().byName[q] != nil {
			return false
		}
		if r := s.objects().byName[q]; r != nil && r.rowType != 0 {
			return false
		}
	}
	return false
}

// baseColumn returns a column of pg_type, as text, of the type that a domain is of; of the others other.
func (u *UserType) baseColumn(s *Snapshot, column, other string) string {
	if u.Type.IsDomain() {
		if row := typeRow(s.OIDOf(u.Type.Plain())); row != nil {
			return row[sections()["pg_type"].index(column)]
		}
		if u.Type.ID != types.Enum {
			return map[string]string{"typlen": "-1", "typbyval": "f", "typalign": "d", "typstorage": "x", "typcategory": "C", "typoutput": "2291", "typsend": "2403"}[column]
		}
	}
	return other
}

// arrayAlign is pg_type.typalign of the type's array.
func (u *UserType) arrayAlign(s *Snapshot) string {
	if u.Type.ID == types.Record || u.baseColumn(s, "typalign", "i") == "d" {
		return "d"
	}
	return "i"
}

func base(column, other string) func(*Snapshot, *UserType) any {
	return func(s *Snapshot, u *UserType) any { return u.baseColumn(s, column, other) }
}

// byKind returns one thing for domains and another for enumerations.
func byKind[T any](domain, enum T) func(*UserType) T {
	return func(u *UserType) T {
		if u.Type.IsDomain() {
			return domain
		}
		return enum
	}
}

// enumLabel is a label of an enumeration.
type enumLabel struct {
	of    *types.Named
	name  string
	code  int32
	order int
}

func enumLabels(s *Snapshot, sc *scan) iter.Seq[*enumLabel] {
	return func(yield func(*enumLabel) bool) {
		for u := range userTypes(s, sc) {
			if u.Type.IsDomain() || !sc.wants("enumtypid", strconv.FormatUint(uint64(u.named().OID), 10)) {
				continue
			}
			for i := range u.State.Labels.Len() {
				name, code := u.State.Labels.At(i)
				if !yield(&enumLabel{u.named(), name, code, i + 1}) {
					return
				}
			}
		}
	}
}

// domainCheck is a CHECK constraint of a domain.
type domainCheck struct {
	of *UserType
	types.Check
}

func (c *domainCheck) oid() uint32 {
	return hashOID("constraint", c.of.State.Schema+"."+c.of.State.Name+" domain", c.Name)
}

func (c *domainCheck) definition() string { return "CHECK " + c.Text }

func domainChecks(s *Snapshot, sc *scan) iter.Seq[*domainCheck] {
	return func(yield func(*domainCheck) bool) {
		for u := range userTypes(s, sc) {
			for _, c := range u.State.Checks {
				if !yield(&domainCheck{u, c}) {
					return
				}
			}
		}
	}
}

// domainDefault is the expression of a domain's default, nil for none.
func domainDefault(u *UserType) any {
	if u.State.Default == "" {
		return nil
	}
	return u.State.Default
}

// attributeOf shows a domain as a column of the type that it is of, for columns that describe types.
func (u *UserType) attributeOf() *attribute {
	return &attribute{of: &Relation{Schema: u.State.Schema}, typ: u.Type.Def.Base}
}

// compositeColumns yields the columns of composite types.
func compositeColumns(s *Snapshot, sc *scan) iter.Seq[*attribute] {
	return func(yield func(*attribute) bool) {
		for _, r := range s.objects().user {
			if r.Composite == nil {
				continue
			}
			for i, f := range r.columns() {
				if !yield(&attribute{of: r, number: i + 1, name: f.Name, typ: f.Type}) {
					return
				}
			}
		}
	}
}

func init() {
	define("pg_catalog.pg_type", userTypes, columnsOf[*UserType]{
		"oid":          func(u *UserType) uint32 { return u.named().OID },
		"typname":      func(u *UserType) string { return u.State.Name },
		"typnamespace": func(s *Snapshot, u *UserType) any { return s.objects().schemaOID(u.State.Schema) },
		"typowner":     func(*UserType) uint32 { return ownerOID },
		"typlen":       base("typlen", "4"),
		"typbyval":     base("typbyval", "t"),
		"typtype":      byKind("d", "e"),
		"typcategory":  base("typcategory", "E"),
		"typisdefined": func(*UserType) bool { return true },
		"typdelim":     func(*UserType) string { return "," },
		"typarray":     func(u *UserType) uint32 { return u.named().Array },
		"typinput":     byKind(uint32(2597), uint32(3506)),
		"typoutput":    base("typoutput", "3507"),
		"typreceive":   byKind(uint32(2598), uint32(3532)),
		"typsend":      base("typsend", "3533"),
		"typalign":     base("typalign", "i"),
		"typstorage":   base("typstorage", "p"),
		"typnotnull":   func(u *UserType) bool { return u.State.NotNull },
		"typbasetype": func(s *Snapshot, u *UserType) any {
			if !u.Type.IsDomain() {
				return uint32(0)
			}
			return s.OIDOf(u.Type.Def.Base)
		},
		"typtypmod": func(u *UserType) int32 {
			if !u.Type.IsDomain() || u.Type.Def.Base.IsDomain() {
				return -1
			}
			return TypeModifier(u.Type.Def.Base)
		},
		"typcollation": func(u *UserType) uint32 { return collation(u.Type) },
		"typndims": func(u *UserType) int32 {
			if u.Type.ID == types.Array {
				return 1
			}
			return 0
		},
		"typdefault": domainDefault,
	})
	define("pg_catalog.pg_type", userTypes, columnsOf[*UserType]{
		"oid":          func(u *UserType) uint32 { return u.named().Array },
		"typname":      func(u *UserType) string { return "_" + u.State.Name },
		"typnamespace": func(s *Snapshot, u *UserType) any { return s.objects().schemaOID(u.State.Schema) },
		"typowner":     func(*UserType) uint32 { return ownerOID },
		"typlen":       func(*UserType) int32 { return -1 },
		"typtype":      func(*UserType) string { return "b" },
		"typcategory":  func(*UserType) string { return "A" },
		"typisdefined": func(*UserType) bool { return true },
		"typdelim":     func(*UserType) string { return "," },
		"typsubscript": func(*UserType) string { return arraySubscript },
		"typelem":      func(u *UserType) uint32 { return u.named().OID },
		"typinput":     func(*UserType) uint32 { return 750 },
		"typoutput":    func(*UserType) uint32 { return 751 },
		"typreceive":   func(*UserType) uint32 { return 2400 },
		"typsend":      func(*UserType) uint32 { return 2401 },
		"typanalyze":   func(*UserType) uint32 { return 3816 },
		"typalign":     func(s *Snapshot, u *UserType) any { return u.arrayAlign(s) },
		"typstorage":   func(*UserType) string { return "x" },
		"typtypmod":    func(*UserType) int32 { return -1 },
		"typcollation": func(u *UserType) uint32 { return collation(u.Type) },
	})
	define("pg_catalog.pg_enum", enumLabels, columnsOf[*enumLabel]{
		"oid": func(l *enumLabel) uint32 {
			return hashOID("label", strconv.FormatUint(uint64(l.of.OID), 10), strconv.Itoa(int(l.code)))
		},
		"enumtypid":     func(l *enumLabel) uint32 { return l.of.OID },
		"enumsortorder": func(l *enumLabel) any { return float32(l.order) },
		"enumlabel":     func(l *enumLabel) string { return l.name },
	})
	define("pg_catalog.pg_constraint", domainChecks, columnsOf[*domainCheck]{
		"oid":          (*domainCheck).oid,
		"conname":      func(c *domainCheck) string { return c.Name },
		"connamespace": func(s *Snapshot, c *domainCheck) any { return s.objects().schemaOID(c.of.State.Schema) },
		"contype":      func(*domainCheck) string { return "c" },
		"convalidated": func(*domainCheck) bool { return true },
		"contypid":     func(c *domainCheck) uint32 { return c.of.named().OID },
		"confupdtype":  func(*domainCheck) string { return " " }, "confdeltype": func(*domainCheck) string { return " " },
		"confmatchtype": func(*domainCheck) string { return " " },
		"conislocal":    func(*domainCheck) bool { return true },
		"conkey":        func(*domainCheck) any { return nil },
		"conbin":        func(c *domainCheck) any { return c.Text },
	})
	defineDomainSchema()
}

// defineDomainSchema defines the relations of information_schema that tell of domains and composite types.
func defineDomainSchema() {
	domain := func(columns columnsOf[*UserType]) columnsOf[*UserType] {
		columns["domain_schema"] = func(u *UserType) string { return u.State.Schema }
		columns["domain_name"] = func(u *UserType) string { return u.State.Name }
		return inDatabase(columns, "domain_catalog")
	}
	define("information_schema.domains", domains, inDatabase(domain(columnsOf[*UserType]{
		"data_type":                func(s *Snapshot, u *UserType) any { return dataType(s, u.attributeOf()) },
		"character_maximum_length": func(u *UserType) any { n, _ := characters(u.Type); return n },
		"character_octet_length":   func(u *UserType) any { _, n := characters(u.Type); return n },
		"numeric_precision":        func(u *UserType) any { return digitsOf(u.Type).precision },
		"numeric_precision_radix":  func(u *UserType) any { return digitsOf(u.Type).radix },
		"numeric_scale":            func(u *UserType) any { return digitsOf(u.Type).scale },
		"datetime_precision":       func(u *UserType) any { return secondDigits(u.Type) },
		"domain_default":           domainDefault,
		"udt_schema":               func(s *Snapshot, u *UserType) any { return s.typeSchema(u.Type.Def.Base) },
		"udt_name":                 func(s *Snapshot, u *UserType) any { return udtName(s, u.attributeOf()) },
		"dtd_identifier":           func(*UserType) string { return "1" },
	}), "udt_catalog"))
	define("information_schema.domain_udt_usage", domains, inDatabase(domain(columnsOf[*UserType]{
		"udt_schema": func(s *Snapshot, u *UserType) any { return s.typeSchema(u.Type.Def.Base) },
		"udt_name":   func(s *Snapshot, u *UserType) any { return udtName(s, u.attributeOf()) },
	}), "udt_catalog"))
	check := func(columns columnsOf[*domainCheck]) columnsOf[*domainCheck] {
		columns["constraint_schema"] = func(c *domainCheck) string { return c.of.State.Schema }
		columns["constraint_name"] = func(c *domainCheck) string { return c.Name }
		return inDatabase(columns, "constraint_catalog")
	}
	define("information_schema.check_constraints", domainChecks, check(columnsOf[*domainCheck]{
		"check_clause": func(c *domainCheck) string { return c.Text },
	}))
	define("information_schema.domain_constraints", domainChecks, inDatabase(always(check(columnsOf[*domainCheck]{
		"domain_schema": func(c *domainCheck) string { return c.of.State.Schema },
		"domain_name":   func(c *domainCheck) string { return c.of.State.Name },
	}), "NO", "is_deferrable", "initially_deferred"), "domain_catalog"))
	define("information_schema.column_domain_usage", func(s *Snapshot, sc *scan) iter.Seq[*attribute] {
		return func(yield func(*attribute) bool) {
			for a := range columnList(s, sc) {
				if a.typ.IsDomain() && !yield(a) {
					return
				}
			}
		}
	}, inDatabase(columnsOf[*attribute]{
		"domain_schema": func(s *Snapshot, a *attribute) any { return s.typeSchema(a.typ) },
		"domain_name":   func(a *attribute) string { return a.typ.Def.Named.State().Name },
		"table_schema":  func(a *attribute) string { return a.of.Schema },
		"table_name":    func(a *attribute) string { return a.of.Name },
		"column_name":   func(a *attribute) string { return a.name },
	}, "domain_catalog", "table_catalog"))
	define("information_schema.user_defined_types", func(s *Snapshot, _ *scan) iter.Seq[*Relation] {
		return slices.Values(slices.DeleteFunc(slices.Clone(s.objects().user), func(r *Relation) bool { return r.Composite == nil }))
	}, inDatabase(always(always(columnsOf[*Relation]{
		"user_defined_type_schema": func(r *Relation) string { return r.Schema },
		"user_defined_type_name":   func(r *Relation) string { return r.Name },
	}, "STRUCTURED", "user_defined_type_category"), "YES", "is_instantiable"), "user_defined_type_catalog"))
	define("information_schema.attributes", compositeColumns, inDatabase(always(ofType(columnsOf[*attribute]{
		"udt_schema":           func(a *attribute) string { return a.of.Schema },
		"udt_name":             func(a *attribute) string { return a.of.Name },
		"attribute_name":       func(a *attribute) string { return a.name },
		"ordinal_position":     func(a *attribute) int32 { return int32(a.number) },
		"attribute_udt_schema": func(s *Snapshot, a *attribute) any { return s.typeSchema(a.typ.Plain()) },
		"attribute_udt_name":   udtName,
		"is_nullable":          func(*attribute) string { return "YES" },
	}), "NO", "is_derived_reference_attribute"), "udt_catalog", "attribute_udt_catalog"))
}

// secondDigits is how many digits the seconds of a type have; nil if it has none.
func secondDigits(t types.Type) any {
	switch t.ID {
	case types.Date:
		return 0
	case types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval:
		if n, ok := t.Places(); ok {
			return n
		}
		return types.MaxPlaces
	}
	return nil
}

// intervalType names the fields that a type of intervals states; nil if it states none.
func intervalType(t types.Type) any {
	if t = t.Plain(); t.ID == types.Interval && t.IntervalFields() != 0 {
		return strings.ToUpper(strings.TrimPrefix(t.String(), "interval "))
	}
	return nil
}

// typeSchema is the schema of a type.
func (s *Snapshot) typeSchema(t types.Type) string {
	oid := s.OIDOf(t)
	if u, _ := s.objects().userType(oid); u != nil {
		return u.State.Schema
	}
	for _, r := range s.objects().user {
		if r.rowType != 0 && (r.rowType == oid || r.rowArray == oid) {
			return r.Schema
		}
	}
	return "pg_catalog"
}
