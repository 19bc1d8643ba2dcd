package catalog

import (
	"fmt"
	"strings"

	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that describe objects: their names, definitions and comments.

func init() {
	tree, boolean, number := types.Of(types.NodeTree), tBool, tInt4
	register("pg_get_userbyid", tName, map1(func(s *Snapshot, oid int64) ([]byte, bool, error) {
		if name, ok := s.roleName(uint32(oid)); ok {
			return []byte(name), true, nil
		}
		return fmt.Appendf(nil, "unknown (OID=%d)", oid), true, nil
	}), tOID)
	register("format_type", tText, formatType, tOID, number).NotStrict = true
	expression := first(func(_ *Snapshot, tree []byte) ([]byte, bool, error) { return tree, true, nil })
	register("pg_get_expr", tText, expression, tree, tOID)
	register("pg_get_expr", tText, expression, tree, tOID, boolean)

	byOID, byName := first((*Snapshot).viewByOID), first((*Snapshot).viewByName)
	register("pg_get_viewdef", tText, byOID, tOID)
	register("pg_get_viewdef", tText, byOID, tOID, boolean)
	register("pg_get_viewdef", tText, byOID, tOID, number)
	register("pg_get_viewdef", tText, byName, tText)
	register("pg_get_viewdef", tText, byName, tText, boolean)

	one, pretty := []types.Type{tOID}, []types.Type{tOID, boolean}
	for _, name := range []string{"pg_get_triggerdef", "pg_get_ruledef"} {
		registerNull(name, tText, one, pretty)
	}
	for _, name := range []string{"pg_get_statisticsobjdef", "pg_get_statisticsobjdef_columns", "pg_get_partkeydef", "pg_get_partition_constraintdef",
		"pg_get_function_sqlbody"} {
		registerNull(name, tText, one)
	}
	registerNull("pg_get_statisticsobjdef_expressions", tTexts, one)
	registerNull("pg_get_function_arg_default", tText, []types.Type{tOID, number})
	registerNull("pg_get_replica_identity_index", tClass, []types.Type{tClass})
	register("pg_tablespace_location", tText, constant([]byte(nil)), tOID)

	arguments := map1(func(s *Snapshot, oid int64) ([]byte, bool, error) {
		p := procs().byOID[uint32(oid)]
		if p == nil {
			return nil, false, nil
		}
		return []byte(s.argumentList(p)), true, nil
	})
	register("pg_get_function_arguments", tText, arguments, tOID)
	register("pg_get_function_identity_arguments", tText, arguments, tOID)
	register("pg_get_function_result", tText, map1(func(s *Snapshot, oid int64) ([]byte, bool, error) {
		p := procs().byOID[uint32(oid)]
		if p == nil {
			return nil, false, nil
		}
		return []byte(s.result(p)), true, nil
	}), tOID)
	register("pg_get_functiondef", tText, map1((*Snapshot).functionDefinition), tOID)
	register("oidvectortypes", tText, vectorTypes, types.VectorOf(types.OID))

	for name, id := range map[string]types.ID{"to_regclass": types.RegClass, "to_regtype": types.RegType, "to_regproc": types.RegProc,
		"to_regprocedure": types.RegProcedure, "to_regoper": types.RegOper, "to_regoperator": types.RegOperator,
		"to_regnamespace": types.RegNamespace, "to_regrole": types.RegRole, "to_regcollation": types.RegCollation} {
		register(name, types.Of(id), toReg(id), tText)
	}
	for name, visible := range visibility {
		register(name, tBool, map1(visible), tOID)
	}
}

func formatType(c *fn.Call) (*vec.Vector, error) {
	s, err := snapshotOf(c)
	if err != nil {
		return nil, err
	}
	b := vec.NewBuilder(c.Ret)
	oids, mods := fn.Reader[int64](c.Args[0]), fn.Reader[int32](c.Args[1])
	for i := range c.N {
		if c.Args[0].IsNull(i) {
			b.AppendNull()
			continue
		}
		mod, given := int32(-1), !c.Args[1].IsNull(i)
		if given {
			mod = mods(i)
		}
		name, ok := s.formatType(uint32(oids(i)), mod, given)
		switch {
		case oids(i) == 0:
			name = "-"
		case !ok:
			name = "???"
		}
		b.AppendString(name)
	}
	return b.Finish(), nil
}

// vectorTypes lists the names of types.
func vectorTypes(c *fn.Call) (*vec.Vector, error) {
	s, err := snapshotOf(c)
	if err != nil {
		return nil, err
	}
	lists, child := vec.Values[vec.List](c.Args[0]), c.Args[0].Child
	b := vec.NewBuilder(c.Ret)
	for i := range c.N {
		if c.Args[0].IsNull(i) {
			b.AppendNull()
			continue
		}
		l := lists[fn.Row(c.Args[0], i)]
		names := make([]string, l.Len)
		for k := range names {
			names[k] = s.operand(uint32(vec.At[int64](child, int(l.Off)+k)))
		}
		b.AppendString(strings.Join(names, ", "))
	}
	return b.Finish(), nil
}

func (s *Snapshot) viewByOID(oid int64) ([]byte, bool, error) {
	r := s.objects().byOID[uint32(oid)]
	switch {
	case r == nil:
		return nil, false, nil
	case !r.View:
		return []byte("Not a view"), true, nil
	}
	if text, ok := r.definition().(string); ok {
		return []byte(text), true, nil
	}
	return nil, false, nil
}

func (s *Snapshot) viewByName(name []byte) ([]byte, bool, error) {
	oid, err := s.ObjectOID(types.RegClass, string(name))
	if err != nil {
		return nil, false, err
	}
	return s.viewByOID(int64(oid))
}

func (s *Snapshot) result(p *proc) string {
	name := s.operand(p.ret)
	if p.set {
		name = "SETOF " + name
	}
	return name
}

// functionDefinition is the statement that would make a function.
func (s *Snapshot) functionDefinition(oid int64) ([]byte, bool, error) {
	p := procs().byOID[uint32(oid)]
	if p == nil {
		return nil, false, nil
	}
	if p.kind == "a" {
		return nil, false, sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is an aggregate function", p.name)
	}
	var words []string
	words = append(words, map[string]string{"w": "WINDOW"}[p.kind], map[string]string{"i": "IMMUTABLE", "s": "STABLE"}[p.volatile], "PARALLEL SAFE")
	if p.strict {
		words = append(words, "STRICT")
	}
	def := fmt.Sprintf("CREATE OR REPLACE FUNCTION pg_catalog.%s(%s)\n RETURNS %s\n LANGUAGE internal\n %s\nAS $function$%s$function$\n",
		Quote(p.name), s.argumentList(p), s.result(p), strings.Join(strings.Fields(strings.Join(words, " ")), " "), p.name)
	return []byte(def), true, nil
}

// toReg finds an object by its name; NULL when there is none.
func toReg(id types.ID) func(*fn.Call) (*vec.Vector, error) {
	return map1(func(s *Snapshot, name []byte) (int64, bool, error) {
		if n := string(name); n == "-" || n != "" && strings.Trim(n, "0123456789") == "" {
			x, err := text.ParseInt(name)
			return x, err == nil && n != "-", nil
		}
		oid, err := s.ObjectOID(id, string(name))
		switch sqlstate.Of(err) {
		case sqlstate.UndefinedTable, sqlstate.UndefinedObject, sqlstate.UndefinedFunction, sqlstate.AmbiguousFunction, sqlstate.InvalidSchemaName:
			return 0, false, nil
		}
		return int64(oid), err == nil, err
	})
}

// visibility has the functions that tell whether an object is found by its name alone; NULL when there is none.
var visibility = map[string]func(s *Snapshot, oid int64) (bool, bool, error){
	"pg_table_is_visible": func(s *Snapshot, oid int64) (bool, bool, error) {
		r := s.objects().byOID[uint32(oid)]
		return r != nil && s.visible(r), r != nil, nil
	},
	"pg_type_is_visible": func(s *Snapshot, oid int64) (bool, bool, error) {
		if t := pgTypes().byOID[uint32(oid)]; t != nil {
			return s.inPath(map[bool]string{true: "information_schema", false: "pg_catalog"}[t.namespace == informationSchemaOID]), true, nil
		}
		if u, isArray := s.objects().userType(uint32(oid)); u != nil && isArray {
			return s.inPath(u.State.Schema), true, nil
		} else if u != nil {
			return s.typeVisible(u), true, nil
		}
		if r := s.objects().byRowType[uint32(oid)]; r != nil {
			return s.visible(r), true, nil
		}
		for _, r := range s.objects().user {
			if r.rowArray == uint32(oid) {
				return s.inPath(r.Schema), true, nil
			}
		}
		return false, false, nil
	},
	"pg_function_is_visible": func(s *Snapshot, oid int64) (bool, bool, error) {
		return s.inPath("pg_catalog"), procs().byOID[uint32(oid)] != nil, nil
	},
	"pg_operator_is_visible":       inSection("pg_operator"),
	"pg_opclass_is_visible":        inSection("pg_opclass"),
	"pg_opfamily_is_visible":       inSection("pg_opfamily"),
	"pg_collation_is_visible":      inSection("pg_collation"),
	"pg_ts_config_is_visible":      inSection("pg_ts_config"),
	"pg_ts_parser_is_visible":      inSection("pg_ts_parser"),
	"pg_ts_dict_is_visible":        inSection("pg_ts_dict"),
	"pg_ts_template_is_visible":    inSection("pg_ts_template"),
	"pg_conversion_is_visible":     inSection("pg_conversion"),
	"pg_statistics_obj_is_visible": inSection("pg_statistic_ext"),
}

// inSection tells of objects that PostgreSQL has by itself, all of which are in pg_catalog.
func inSection(name string) func(s *Snapshot, oid int64) (bool, bool, error) {
	return func(s *Snapshot, oid int64) (bool, bool, error) {
		if sec := sections()[name]; sec != nil {
			for _, row := range sec.rows {
				if number(row[0]) == uint32(oid) {
					return s.inPath("pg_catalog"), true, nil
				}
			}
		}
		return false, false, nil
	}
}
