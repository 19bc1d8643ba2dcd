package catalog

import (
	"strings"

	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that ask for privileges. Who is connected may do all that can be done, so they check their
// arguments and say yes.

// privileges are the words for what can be done with kinds of objects.
var privileges = map[string]string{
	"table":      "select insert update delete truncate references trigger rule",
	"any_column": "select insert update references", "column": "select insert update references",
	"sequence": "usage select update", "database": "create temporary temp connect", "function": "execute", "language": "usage",
	"schema": "create usage", "tablespace": "create", "type": "usage", "foreign_data_wrapper": "usage", "server": "usage",
	"parameter": "set alter system",
}

// objectTypes are the reg types by which kinds of objects are found by name.
var objectTypes = map[string]types.ID{"table": types.RegClass, "any_column": types.RegClass, "column": types.RegClass, "sequence": types.RegClass,
	"schema": types.RegNamespace, "function": types.RegProcedure, "type": types.RegType}

func init() {
	for kind := range privileges {
		objects := []types.Type{tText, tOID}
		if kind == "parameter" {
			objects = objects[:1]
		}
		for _, object := range objects {
			args := [][]types.Type{{object}}
			if kind == "column" {
				args = [][]types.Type{{object, tText}, {object, tInt2}}
			}
			for _, a := range args {
				a = append(a, tText)
				register("has_"+kind+"_privilege", tBool, hasPrivilege(kind, false), a...)
				for _, user := range []types.Type{tName, tOID} {
					register("has_"+kind+"_privilege", tBool, hasPrivilege(kind, true), append([]types.Type{user}, a...)...)
				}
			}
		}
	}
	register("acldefault", types.ArrayOf(types.Of(types.ACLItem)), defaultPrivileges, types.Of(types.InternalChar), tOID)
	for _, r := range []types.Type{tName, tOID} {
		register("pg_has_role", tBool, constant(true), r, tText)
		for _, user := range []types.Type{tName, tOID} {
			register("pg_has_role", tBool, constant(true), user, r, tText)
		}
	}
}

// hasPrivilege returns Eval of a has_..._privilege; with user, the first argument is whose privilege is asked for.
func hasPrivilege(kind string, user bool) func(*fn.Call) (*vec.Vector, error) {
	return func(c *fn.Call) (*vec.Vector, error) {
		s, err := snapshotOf(c)
		if err != nil {
			return nil, err
		}
		args := c.Args
		if user {
			args = args[1:]
		}
		b := vec.NewBuilder(c.Ret)
		for i := range c.N {
			if c.Valid != nil && !c.Valid.Get(i) {
				b.AppendNull()
				continue
			}
			if user && c.Args[0].Type.ID == types.Name {
				if _, ok := s.roleOID(string(c.Args[0].Bytes(i))); !ok {
					return nil, sqlstate.New(sqlstate.UndefinedObject, "role \"%s\" does not exist", c.Args[0].Bytes(i))
				}
			}
			known, err := s.privileged(kind, args[0], i)
			if err == nil {
				err = checkPrivilege(kind, string(args[len(args)-1].Bytes(i)))
			}
			if err != nil {
				return nil, err
			}
			if known {
				b.AppendBool(true)
			} else {
				b.AppendNull()
			}
		}
		return b.Finish(), nil
	}
}

// privileged reports whether there is the object; one that is named must be there.
func (s *Snapshot) privileged(kind string, object *vec.Vector, i int) (bool, error) {
	if object.Type.ID == types.OID {
		oid := uint32(vec.At[int64](object, i))
		switch objectTypes[kind] {
		case types.RegClass, types.RegNamespace:
			_, ok := s.ObjectName(objectTypes[kind], oid)
			return ok, nil
		}
		return true, nil
	}
	name := string(object.Bytes(i))
	if id, ok := objectTypes[kind]; ok {
		_, err := s.ObjectOID(id, name)
		return true, err
	}
	if kind == "database" && name != s.Database {
		return false, sqlstate.New(sqlstate.InvalidCatalogName, "database \"%s\" does not exist", name)
	}
	return true, nil
}

// checkPrivilege checks a list of privileges, such as "SELECT, INSERT WITH GRANT OPTION".
func checkPrivilege(kind, list string) error {
	for p := range strings.SplitSeq(list, ",") {
		word := strings.ToLower(strings.TrimSpace(p))
		word = strings.TrimSpace(strings.TrimSuffix(word, "with grant option"))
		ok := kind == "parameter" && word == "alter system"
		for _, known := range strings.Fields(privileges[kind]) {
			ok = ok || known == word
		}
		if !ok {
			return sqlstate.New(sqlstate.InvalidParameterValue, "unrecognized privilege type: \"%s\"", strings.TrimSpace(p))
		}
	}
	return nil
}

// defaultACL has the letters of the privileges that an object's owner has where nothing was granted, and of those that
// all have, by the letter of the kind of object.
var defaultACL = map[string][2]string{"c": {}, "r": {"arwdDxt"}, "s": {"rwU"}, "d": {"CTc", "Tc"}, "f": {"X", "X"}, "l": {"U", "U"}, "L": {"rw"},
	"n": {"UC"}, "p": {"sA"}, "t": {"C"}, "F": {"U"}, "S": {"U"}, "T": {"U", "U"}}

func defaultPrivileges(c *fn.Call) (*vec.Vector, error) {
	s, err := snapshotOf(c)
	if err != nil {
		return nil, err
	}
	b := vec.NewBuilder(c.Ret)
	for i := range c.N {
		if c.Valid != nil && !c.Valid.Get(i) {
			b.AppendNull()
			continue
		}
		kind := string(c.Args[0].Bytes(i))
		acl, ok := defaultACL[kind]
		if !ok {
			return nil, sqlstate.New(sqlstate.InternalError, "unrecognized object type abbreviation: %s", kind)
		}
		owner, _ := s.roleName(uint32(vec.At[int64](c.Args[1], i)))
		b.AppendList(func(child *vec.Builder) {
			if acl[1] != "" {
				child.AppendString("=" + acl[1] + "/" + owner)
			}
			if acl[0] != "" {
				child.AppendString(owner + "=" + acl[0] + "/" + owner)
			}
		})
	}
	return b.Finish(), nil
}
