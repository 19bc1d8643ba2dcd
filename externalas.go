package gsql

import (
	"context"
	"fmt"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// bindCreateExternal binds the query of CREATE EXTERNAL TABLE ... AS, as that of a COPY to the table's location.
func (p *Prepared) bindCreateExternal(ctx context.Context, stmt *syntax.CreateExternalTableStmt) error {
	path := ownLocation(stmt)
	if len(stmt.Locations) > 0 {
		path = stmt.Locations[0]
	}
	options, err := writeOptions(stmt, path)
	if err != nil {
		return err
	}
	return p.bindCopyFile(ctx, &syntax.CopyStmt{To: path, Query: stmt.Query, Options: options})
}

// ownLocation is where a table's files lie if nothing else is said: in the folder of its name, which is a table by itself.
func ownLocation(stmt *syntax.CreateExternalTableStmt) string {
	if s := stmt.Name.Schema; s != "" && s != sharedSchema {
		return s + "/" + stmt.Name.Name + "/"
	}
	return stmt.Name.Name + "/"
}

// writeOptions returns the options of a COPY that writes a table's files.
func writeOptions(stmt *syntax.CreateExternalTableStmt, path string) ([]syntax.Option, error) {
	var list []syntax.Option
	if name := stmt.Format.Name; name != "" {
		format := map[string]string{"jsonfile": "json", "ndjson": "json", "jsonl": "json", "feather": "arrow", "ipc": "arrow"}[name]
		if format == "" {
			format = name
		}
		list = append(list, syntax.Option{Pos: stmt.Format.Pos, Name: "format", Value: format})
	} else if strings.HasSuffix(path, "/") {
		list = append(list, syntax.Option{Name: "format", Value: "parquet"})
	}
	if stmt.Partitions != nil {
		keys := syntax.Option{Pos: stmt.Partitions[0].Pos, Name: "partition_by"}
		for _, c := range stmt.Partitions {
			keys.List = append(keys.List, c.Name)
		}
		list = append(list, keys)
	}
	if stmt.OrReplace {
		list = append(list, syntax.Option{Name: "overwrite"})
	}
	for _, o := range stmt.Options {
		switch o.Value.(type) {
		case string, int64, float64, bool:
		default:
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "option \"%s\" has a list for a value", o.Name).At(o.Pos)
		}
		list = append(list, syntax.Option{Pos: o.Pos, Name: strings.ToLower(strings.TrimPrefix(o.Name, "format.")), Value: fmt.Sprint(o.Value)})
	}
	return list, nil
}

// readOptions returns those of the options by which the files that were written are read.
func readOptions(stmt *syntax.CreateExternalTableStmt) []syntax.ExternalOption {
	if stmt.Format.Name != "csv" && stmt.Format.Name != "tsv" {
		return nil
	}
	out := []syntax.ExternalOption{}
	header := false
	for _, o := range stmt.Options {
		name := strings.ToLower(strings.TrimPrefix(o.Name, "format."))
		if n, ok := map[string]string{"delimiter": "delim", "sep": "delim", "null": "nullstr"}[name]; ok {
			name = n
		}
		switch name {
		case "header":
			header = true
			fallthrough
		case "delim", "quote", "escape", "nullstr":
			out = append(out, syntax.ExternalOption{Pos: o.Pos, Name: name, Value: o.Value})
		}
	}
	if !header {
		out = append(out, syntax.ExternalOption{Name: "header", Value: true})
	}
	return out
}

// createExternalAs runs CREATE EXTERNAL TABLE ... AS: it writes the files, and makes a table of them. Without a location they are one
// by themselves, also when the process has ended.
func (p *Prepared) createExternalAs(ctx context.Context, stmt *syntax.CreateExternalTableStmt) (*Rows, error) {
	s := p.s
	if s.Status() == InTransaction {
		return nil, sqlstate.New(sqlstate.ActiveTransaction, "CREATE EXTERNAL TABLE AS cannot run inside a transaction block").
			WithDetail("Files that are written could not be removed by ROLLBACK.")
	}
	if skip, err := s.placeExternal(stmt); skip || err != nil {
		return &Rows{tag: stmt.Tag(), ctx: ctx}, err
	}
	n, err := p.writeFiles(ctx, nil)
	if err != nil {
		return nil, err
	}
	if stmt.Locations != nil {
		table := *stmt
		table.Query, table.Options, table.OrReplace = nil, readOptions(stmt), true
		if err := s.createExternal(ctx, &table); err != nil {
			return nil, err
		}
	}
	return &Rows{tag: fmt.Sprintf("SELECT %d", n), ctx: ctx}, nil
}

// placeExternal checks whether the table can be made under its name; with skip it is there and need not be made.
func (s *Session) placeExternal(stmt *syntax.CreateExternalTableStmt) (skip bool, err error) {
	st, err := s.state()
	if err != nil {
		return false, err
	}
	key, err := s.newKey(st, stmt.Name, stmt.Temporary)
	if err != nil {
		return false, err
	}
	if stmt.Locations != nil {
		_, skip, err = s.place(stmt.Tag(), key, stmt.OrReplace, stmt.IfNotExists)
		return skip, err
	}
	if stmt.Temporary {
		return false, sqlstate.New(sqlstate.InvalidTableDefinition, "a temporary table needs a LOCATION for its files").At(stmt.Name.Pos)
	}
	isFile, err := s.isFile(st, key)
	if err != nil {
		return false, err
	}
	switch taken := st.get(key) != nil; {
	case (taken || isFile) && stmt.IfNotExists:
		s.tell("NOTICE", sqlstate.DuplicateTable, "relation \"%s\" already exists, skipping", key.name)
		return true, nil
	case taken || isFile && !stmt.OrReplace:
		return false, duplicateRelation(key.name)
	}
	return false, s.mayWrite(stmt.Tag(), false)
}
