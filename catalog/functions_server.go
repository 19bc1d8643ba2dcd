package catalog

import (
	"strings"

	"gsql/exec/fn"
	"gsql/exec/inet"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions about the server, the session and the sizes of things.

func init() {
	void, stamp := types.Of(types.Void), types.Of(types.TimestampTZ)
	volatile := func(name string, ret types.Type, eval func(*fn.Call) (*vec.Vector, error), args ...types.Type) {
		register(name, ret, eval, args...).Volatility = fn.Volatile
	}
	register("current_schema", tName, map0(func(s *Snapshot, _ *fn.Call) ([]byte, bool) {
		if list := s.Schemas(false); len(list) > 0 {
			return []byte(list[0]), true
		}
		return nil, false
	}))
	register("current_schemas", types.ArrayOf(tName), currentSchemas, tBool)
	register("pg_backend_pid", tInt4, map0(func(s *Snapshot, _ *fn.Call) (int32, bool) { return int32(s.PID), true }))
	start := map0(func(s *Snapshot, _ *fn.Call) (int64, bool) { return s.Started.UnixMicro(), true })
	register("pg_postmaster_start_time", stamp, start)
	register("pg_conf_load_time", stamp, start)
	for _, name := range []string{"pg_is_in_recovery", "pg_jit_available", "pg_is_wal_replay_paused"} {
		register(name, tBool, constant(false))
	}
	register("pg_my_temp_schema", tOID, map0(func(s *Snapshot, _ *fn.Call) (int64, bool) { return int64(s.objects().schemaOID("pg_temp")), true }))
	register("pg_is_other_temp_schema", tBool, constant(false), tOID)
	register("row_security_active", tBool, constant(false), tOID)
	register("row_security_active", tBool, constant(false), tText)
	register("pg_blocking_pids", types.ArrayOf(tInt4), func(c *fn.Call) (*vec.Vector, error) {
		b := vec.NewBuilder(c.Ret)
		for range c.N {
			b.AppendList(func(*vec.Builder) {})
		}
		return b.Finish(), nil
	}, tInt4)
	transaction := map0(func(_ *Snapshot, c *fn.Call) (int64, bool) { return c.Ctx.Now.UnixMilli(), true })
	register("txid_current", tInt8, transaction)
	registerNull("txid_current_if_assigned", tInt8, nil)
	xid8 := types.Of(types.XID8)
	register("pg_current_xact_id", xid8, map0(func(_ *Snapshot, c *fn.Call) (int64, bool) { return c.Ctx.Now.UnixMilli() ^ -1<<63, true }))
	registerNull("pg_current_xact_id_if_assigned", xid8, nil)
	register("age", tInt4, map1(func(_ *Snapshot, xid int64) (int32, bool, error) {
		if xid < 3 { // frozen, or none
			return 1<<31 - 1, true, nil
		}
		return 0, true, nil
	}), types.Of(types.XID))
	register("inet_client_addr", types.Of(types.Inet), map0(func(s *Snapshot, _ *fn.Call) ([]byte, bool) {
		address, _ := s.peer()
		a, ok := inet.Parse([]byte(address))
		return a.AppendKey(nil), ok
	}))
	register("inet_client_port", tInt4, map0(func(s *Snapshot, _ *fn.Call) (int32, bool) {
		address, port := s.peer()
		return port, address != ""
	}))
	registerNull("inet_server_addr", types.Of(types.Inet), nil)
	registerNull("inet_server_port", tInt4, nil)
	register("pg_encoding_to_char", tName, map1(func(_ *Snapshot, n int32) ([]byte, bool, error) {
		return []byte(map[int32]string{0: "SQL_ASCII", utf8: "UTF8"}[n]), true, nil
	}), tInt4)
	register("pg_char_to_encoding", tInt4, map1(func(_ *Snapshot, name []byte) (int32, bool, error) {
		switch strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(string(name))) {
		case "utf8", "unicode":
			return utf8, true, nil
		case "sqlascii":
			return 0, true, nil
		}
		return -1, true, nil
	}), tName)
	register("pg_encoding_max_length", tInt4, map1(func(_ *Snapshot, n int32) (int32, bool, error) {
		if n < 0 || int(n) >= len(encodingLengths) {
			return 0, false, nil
		}
		return int32(encodingLengths[n] - '0'), true, nil
	}), tInt4)
	f := register("set_config", tText, setConfig, tText, tText, tBool)
	f.Volatility, f.NotStrict = fn.Volatile, true
	volatile("pg_advisory_unlock_all", void, constant([]byte(nil)))
	cancel := func(terminate bool) func(*fn.Call) (*vec.Vector, error) {
		return first(func(s *Snapshot, pid int32) (bool, bool, error) {
			return s.source.Cancel(int64(pid), terminate), true, nil
		})
	}
	volatile("pg_cancel_backend", tBool, cancel(false), tInt4)
	volatile("pg_terminate_backend", tBool, cancel(true), tInt4)
	volatile("pg_terminate_backend", tBool, cancel(true), tInt4, tInt8)
	registerSizes()
}

func registerSizes() {
	size := map1(func(s *Snapshot, oid int64) (int64, bool, error) {
		r := s.objects().byOID[uint32(oid)]
		if r == nil {
			return 0, false, nil
		}
		return r.bytes(), true, nil
	})
	for _, name := range []string{"pg_relation_size", "pg_table_size", "pg_total_relation_size"} {
		register(name, tInt8, size, tClass).Volatility = fn.Volatile
	}
	register("pg_relation_size", tInt8, map2(func(s *Snapshot, oid int64, fork []byte) (int64, bool, error) {
		r := s.objects().byOID[uint32(oid)]
		switch string(fork) {
		case "main":
			if r != nil {
				return r.bytes(), true, nil
			}
		case "fsm", "vm", "init":
		default:
			return 0, false, sqlstate.New(sqlstate.InvalidParameterValue, "invalid fork name").WithHint("Valid fork names are \"main\", \"fsm\", \"vm\", and \"init\".")
		}
		return 0, r != nil, nil
	}), tClass, tText).Volatility = fn.Volatile
	register("pg_indexes_size", tInt8, map1(func(s *Snapshot, oid int64) (int64, bool, error) {
		return 0, s.objects().byOID[uint32(oid)] != nil, nil
	}), tClass).Volatility = fn.Volatile
	register("pg_database_size", tInt8, map1(func(s *Snapshot, name []byte) (int64, bool, error) {
		if string(name) != s.Database {
			return 0, false, sqlstate.New(sqlstate.InvalidCatalogName, "database \"%s\" does not exist", name)
		}
		return s.bytes(), true, nil
	}), tName).Volatility = fn.Volatile
	register("pg_database_size", tInt8, map1(func(s *Snapshot, oid int64) (int64, bool, error) {
		return s.bytes(), oid == databaseOID, nil
	}), tOID).Volatility = fn.Volatile
	register("pg_tablespace_size", tInt8, map1(func(s *Snapshot, oid int64) (int64, bool, error) { return s.bytes(), oid == 1663, nil }), tOID).Volatility = fn.Volatile
	register("pg_tablespace_size", tInt8, map1(func(s *Snapshot, name []byte) (int64, bool, error) {
		return s.bytes(), string(name) == "pg_default", nil
	}), tName).Volatility = fn.Volatile
	register("pg_stat_get_numscans", tInt8, constant(int64(0)), tOID)
	register("pg_relation_is_publishable", tBool, map1(func(s *Snapshot, oid int64) (bool, bool, error) {
		r := s.objects().byOID[uint32(oid)]
		return r != nil && r.isTable() && r.system == nil, r != nil, nil
	}), tClass)
	register("pg_relation_is_updatable", tInt4, first(func(s *Snapshot, oid int64) (int32, bool, error) {
		if r := s.objects().byOID[uint32(oid)]; r != nil && r.Writable {
			return 8, true, nil // rows can be inserted
		}
		return 0, true, nil
	}), tClass, tBool)
}

// peer returns the address and port of the session's client, "" for one on the server's machine.
func (s *Snapshot) peer() (string, int32) { return s.source.Peer() }

// bytes is the size of all tables.
func (s *Snapshot) bytes() (n int64) {
	for _, r := range s.objects().user {
		n += r.bytes()
	}
	return n
}

func currentSchemas(c *fn.Call) (*vec.Vector, error) {
	s, err := snapshotOf(c)
	if err != nil {
		return nil, err
	}
	implicit := fn.Reader[bool](c.Args[0])
	b := vec.NewBuilder(c.Ret)
	for i := range c.N {
		if c.Args[0].IsNull(i) {
			b.AppendNull()
			continue
		}
		b.AppendList(func(child *vec.Builder) {
			for _, name := range s.Schemas(implicit(i)) {
				child.AppendString(name)
			}
		})
	}
	return b.Finish(), nil
}

func setConfig(c *fn.Call) (*vec.Vector, error) {
	s, err := snapshotOf(c)
	if err != nil {
		return nil, err
	}
	b := vec.NewBuilder(c.Ret)
	local := fn.Reader[bool](c.Args[2])
	for i := range c.N {
		if c.Args[0].IsNull(i) {
			return nil, sqlstate.New(sqlstate.NullNotAllowed, "SET requires parameter name")
		}
		value := ""
		if !c.Args[1].IsNull(i) {
			value = string(c.Args[1].Bytes(i))
		}
		if value, err = s.source.Set(string(c.Args[0].Bytes(i)), value, !c.Args[2].IsNull(i) && local(i)); err != nil {
			return nil, err
		}
		b.AppendString(value)
	}
	return b.Finish(), nil
}

// encodingLengths has, for each of PostgreSQL's encodings by number, how many bytes its longest character has.
const encodingLengths = "133343441" + "11111111111111111111111111" + "2222432"
