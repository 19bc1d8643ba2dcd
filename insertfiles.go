package gsql

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/file"
	"gsql/storage/write"
)

// insertsFiles reports whether INSERT is into a folder of files, to which it adds one; then it is bound.
func (p *Prepared) insertsFiles(ctx context.Context, stmt *syntax.InsertStmt, params []types.Type, fixed bool) (bool, error) {
	n := stmt.Table.QualifiedName
	db := p.s.db
	if _, r := p.state.find(execName(n)); r != nil || !db.cfg.AllowWrite || n.Schema != "" && n.Schema != sharedSchema {
		return false, nil
	}
	path, files, ok, err := db.catalog.Folder(n.Name)
	if err != nil || !ok {
		return false, err
	}
	if stmt.Conflict != nil {
		return true, sqlstate.Unsupported("Files have no keys.", "ON CONFLICT of rows that are written to files is not supported").At(n.Pos)
	}
	if stmt.Returning != nil {
		return true, sqlstate.Unsupported("Leave it out.", "RETURNING of rows that are written to files is not supported").At(n.Pos)
	}
	if err := p.s.mayWrite("INSERT", false); err != nil {
		return true, err
	}
	table, err := db.catalog.Table(ctx, exec.Name{Table: n.Name})
	if err != nil {
		return true, err
	}
	var columns []sql.TableColumn
	var names []string
	for _, f := range table.Schema() {
		columns, names = append(columns, sql.TableColumn{Name: f.Name, Type: f.Type}), append(names, f.Name)
	}
	o, err := likeFiles(n.Name, files, names)
	if err != nil {
		return true, err
	}
	if p.bound, err = sql.BindInsert(ctx, stmt, sql.WriteTable{Name: n.Name, Columns: columns}, p.env(ctx, params, fixed)); err != nil {
		return true, err
	}
	p.file = &fileTarget{path: path + "/", options: o, columns: names}
	_, err = db.catalog.Target(p.file.path)
	return true, err
}

// likeFiles returns the options by which a file becomes like those of a table.
func likeFiles(table string, files []file.File, columns []string) (*write.Options, error) {
	first := files[0]
	for _, f := range files {
		switch {
		case strings.Contains(filepath.Base(filepath.Dir(f.Path)), "="):
			return nil, sqlstate.Unsupported("Use COPY ... TO 'folder/' (FORMAT ..., PARTITION_BY (...), APPEND).", "INSERT into \"%s\", whose folders are named by values, is not supported", table)
		case f.Codec != "" || f.Member != nil:
			return nil, sqlstate.Unsupported("Use COPY ... TO 'folder/' (FORMAT ..., COMPRESSION ..., APPEND).", "INSERT into \"%s\", which has compressed files, is not supported", table)
		}
	}
	o, err := write.ReadOptions("x/", []syntax.Option{{Name: "format", Value: write.FormatOf(first.Path)}, {Name: "append"}})
	if err != nil {
		return nil, sqlstate.Unsupported("Use COPY ... TO 'folder/' (FORMAT ..., APPEND).", "INSERT into \"%s\", which has files such as %s, is not supported", table, filepath.Base(first.Path))
	}
	switch o.Format {
	case "csv":
		header, err := o.Header(columns)
		if err != nil {
			return nil, err
		}
		head, err := firstBytes(first, len(header))
		if err != nil {
			return nil, err
		}
		if string(head) != string(header) {
			return nil, sqlstate.Unsupported("Use COPY ... TO 'folder/' (FORMAT csv, DELIMITER ..., APPEND).", "INSERT into \"%s\", whose files do not begin as new ones would, is not supported", table).
				WithDetail("A new file would begin with the line %s.", bytes.TrimRight(header, "\n"))
		}
	case "json":
		head, err := firstBytes(first, 1)
		if err != nil {
			return nil, err
		}
		o.Array = string(head) == "["
	}
	o.Extension = filepath.Ext(first.Path)
	return o, nil
}

// firstBytes returns the first bytes of a file, fewer if it has fewer.
func firstBytes(f file.File, n int) ([]byte, error) {
	h, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer h.Close()
	b := make([]byte, n)
	if n, err = h.ReadAt(b, 0); err == io.EOF {
		err = nil
	}
	return b[:n], err
}

// insertFiles runs INSERT into a folder of files.
func (p *Prepared) insertFiles(ctx context.Context, values []*vec.Vector) (*Rows, error) {
	if p.s.Status() == InTransaction {
		return nil, sqlstate.New(sqlstate.ActiveTransaction, "INSERT into files cannot run inside a transaction block").
			WithDetail("It could not be undone by ROLLBACK.")
	}
	n, err := p.writeFiles(ctx, values)
	if err != nil {
		return nil, err
	}
	return &Rows{tag: fmt.Sprintf("INSERT 0 %d", n), ctx: ctx}, nil
}
