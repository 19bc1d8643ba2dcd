package text

import (
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// typeNames has the names that PostgreSQL knows and, for files, those of DuckDB.
var typeNames = map[string]types.ID{
	"bool": types.Bool, "boolean": types.Bool, "logical": types.Bool,
	"int2": types.Int16, "smallint": types.Int16, "short": types.Int16, "tinyint": types.Int16,
	"int": types.Int32, "int4": types.Int32, "integer": types.Int32, "signed": types.Int32,
	"int8": types.Int64, "bigint": types.Int64, "long": types.Int64, "int64": types.Int64, "int32": types.Int32, "int16": types.Int16,
	"float4": types.Float32, "real": types.Float32, "float": types.Float64,
	"float8": types.Float64, "double precision": types.Float64, "double": types.Float64,
	"numeric": types.Numeric, "decimal": types.Numeric, "dec": types.Numeric,
	"text": types.Text, "string": types.Text,
	"varchar": types.Varchar, "character varying": types.Varchar, "char varying": types.Varchar,
	"char": types.Char, "character": types.Char, "bpchar": types.Char,
	"bytea": types.Bytea, "blob": types.Bytea, "varbinary": types.Bytea,
	"date": types.Date, "time": types.Time, "time without time zone": types.Time,
	"timetz": types.TimeTZ, "time with time zone": types.TimeTZ,
	"timestamp": types.Timestamp, "timestamp without time zone": types.Timestamp, "datetime": types.Timestamp,
	"timestamptz": types.TimestampTZ, "timestamp with time zone": types.TimestampTZ,
	"interval": types.Interval, "uuid": types.UUID, "json": types.JSON, "jsonb": types.JSONB, "jsonpath": types.JSONPath, "xml": types.XML,
	"point": types.Point, "line": types.Line, "lseg": types.LSeg, "box": types.Box, "path": types.Path,
	"polygon": types.Polygon, "circle": types.Circle,
	"int4range": types.Int4Range, "int8range": types.Int8Range, "numrange": types.NumRange, "daterange": types.DateRange,
	"tsrange": types.TSRange, "tstzrange": types.TSTZRange, "int4multirange": types.Int4Multirange,
	"int8multirange": types.Int8Multirange, "nummultirange": types.NumMultirange, "datemultirange": types.DateMultirange,
	"tsmultirange": types.TSMultirange, "tstzmultirange": types.TSTZMultirange,
	"bit": types.Bit, "varbit": types.VarBit, "bit varying": types.VarBit,
	"oid": types.OID, "name": types.Name,
	"\"char\"": types.InternalChar, "xid": types.XID, "cid": types.CID, "tid": types.TID, "pg_node_tree": types.NodeTree,
	"aclitem": types.ACLItem, "pg_lsn": types.LSN, "inet": types.Inet, "cidr": types.CIDR, "macaddr": types.MacAddr,
	"macaddr8": types.MacAddr8, "xid8": types.XID8, "regproc": types.RegProc, "regprocedure": types.RegProcedure,
	"regoper": types.RegOper, "regoperator": types.RegOperator, "regclass": types.RegClass, "regtype": types.RegType,
	"regrole": types.RegRole, "regnamespace": types.RegNamespace, "regcollation": types.RegCollation,
	"regconfig": types.RegConfig, "regdictionary": types.RegDictionary,
}

// ParseType returns the type that a name stands for, with modifiers and [] as in SQL: numeric(10,2),
// varchar(3), int[]. The name may be of PostgreSQL or of DuckDB, in any case of letters. Unknown names are
// 42704 errors.
func ParseType(name string) (types.Type, error) {
	s := strings.Join(strings.Fields(strings.ToLower(name)), " ")
	s = strings.TrimPrefix(s, "pg_catalog.")
	array := strings.HasSuffix(s, "[]")
	for strings.HasSuffix(s, "[]") { // how many says nothing
		s = strings.TrimSpace(strings.TrimSuffix(s, "[]"))
	}
	var mods []int
	if i := strings.IndexByte(s, '('); i >= 0 {
		j := strings.IndexByte(s, ')')
		if j < i {
			return types.Type{}, unknownType(name)
		}
		for _, m := range strings.Split(s[i+1:j], ",") {
			n, err := strconv.Atoi(strings.TrimSpace(m))
			if err != nil {
				return types.Type{}, unknownType(name)
			}
			mods = append(mods, n)
		}
		s = strings.TrimSpace(strings.TrimSpace(s[:i]) + " " + strings.TrimSpace(s[j+1:]))
	}
	id, ok := typeNames[s]
	if !ok {
		return types.Type{}, unknownType(name)
	}
	t, err := withModifiers(types.Of(id), s, mods)
	if err == nil && array {
		t = types.ArrayOf(t)
	}
	return t, err
}

func unknownType(name string) error {
	return sqlstate.New(sqlstate.UndefinedObject, "type \"%s\" does not exist", name)
}

func withModifiers(t types.Type, name string, mods []int) (types.Type, error) {
	bad := func(format string, args ...any) (types.Type, error) {
		return t, sqlstate.New(sqlstate.InvalidParameterValue, format, args...)
	}
	switch t.ID {
	case types.Numeric:
		if len(mods) == 0 {
			return t, nil
		}
		p, s := mods[0], 0
		if len(mods) > 1 {
			s = mods[1]
		}
		switch {
		case p < 1 || p > 1000:
			return bad("NUMERIC precision %d must be between 1 and 1000", p)
		case p > 38:
			return t, sqlstate.Unsupported("Use a precision of at most 38.", "numeric(%d,%d) is not supported", p, s)
		case s < 0 || s > p:
			return t, sqlstate.Unsupported("Use a scale between 0 and the precision.", "numeric(%d,%d) is not supported", p, s)
		}
		return types.NumericOf(p, s), nil
	case types.Bit, types.VarBit:
		switch {
		case len(mods) == 1 && mods[0] < 1:
			return bad("length for type %s must be at least 1", name)
		case len(mods) == 1 && mods[0] > 83886080:
			return bad("length for type %s cannot exceed 83886080", name)
		case len(mods) == 1:
			t.Prec = int32(mods[0])
		}
	case types.Varchar, types.Char:
		switch {
		case len(mods) == 1 && mods[0] < 1:
			return bad("length for type %s must be at least 1", name)
		case len(mods) == 1 && mods[0] > 10485760:
			return bad("length for type %s cannot exceed 10485760", name)
		case len(mods) == 1:
			t.Prec = int32(mods[0])
		case len(mods) == 0 && t.ID == types.Char && name != "bpchar":
			t.Prec = 1
		}
	case types.Float64:
		if name == "float" && len(mods) == 1 && mods[0] <= 24 {
			return types.Of(types.Float32), nil
		}
	case types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval:
		if len(mods) == 1 && mods[0] < 6 {
			return t, sqlstate.Unsupported("Leave the precision out and use date_trunc.", "%s(%d) is not supported", name, mods[0])
		}
	default:
		if len(mods) > 0 {
			return t, sqlstate.New(sqlstate.SyntaxError, "type modifier is not allowed for type \"%s\"", name)
		}
	}
	return t, nil
}
