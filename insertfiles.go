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
	"gsql/storage"
	"gsql/storage/file"
	"gsql/storage/write"
)

// insertsFiles reports whether INSERT is into a folder of files, to which it adds one; then it is bound.
func (p *Prepared) insertsFiles(ctx context.Context, stmt *syntax.InsertStmt, params []types.Type, fixed bool) (bool, error) {
	n := stmt.Table.QualifiedName
	db := p.s.db
	x, err := p.s.namesIn(p.state).lookup(n)
	external := err == nil && x.relation != nil && x.relation.external != nil
	if err != nil || x.entry == nil && !external || !db.cfg.AllowWrite {
		return false, err
	}
	var path string
	var files []file.File
	var ok bool
	if external {
		path, files, ok, err = db.catalog.ExternalFolder(x.relation.external.External)
	} else {
		path, files, ok, err = db.catalog.Folder(*x.entry)
	}
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
	return true, p.bindInsertFiles(ctx, stmt, x, path, files, p.env(ctx, params, fixed))
}

// bindInsertFiles binds INSERT into a folder with files.
func (p *Prepared) bindInsertFiles(ctx context.Context, stmt *syntax.InsertStmt, x meaning, path string, files []file.File, env *sql.Env) error {
	name, catalog := stmt.Table.Name, p.s.db.catalog
	var table exec.Table
	var err error
	if x.entry != nil {
		table, err = catalog.Open(ctx, *x.entry)
	} else {
		table, err = p.s.namesIn(p.state).externalTable(ctx, x.key, x.relation.external)
	}
	if err != nil {
		return err
	}
	var columns []sql.TableColumn
	var names []string
	for _, f := range table.Schema() {
		columns, names = append(columns, sql.TableColumn{Name: f.Name, Type: f.Type}), append(names, f.Name)
	}
	p.file = &fileTarget{path: path + "/"}
	if x.relation != nil {
		var ok bool
		if p.file.written, ok = storage.WrittenTo(table); !ok {
			return sqlstate.Unsupported("Use COPY ... TO 'folder/' (FORMAT ..., APPEND).", "INSERT into \"%s\", whose declared columns are others than those in the files, is not supported", name)
		}
		names = p.file.written.Names
	}
	if p.file.columns = names; len(files) > 0 {
		p.file.options, err = likeFiles(name, files, names)
	} else {
		p.file.options, err = firstFile(name, x.relation.external.StoredAs())
	}
	if err != nil {
		return err
	}
	if p.bound, err = sql.BindInsert(ctx, stmt, sql.WriteTable{Name: name, Columns: columns}, env); err != nil {
		return err
	}
	_, err = catalog.Target(p.file.path)
	return err
}

// firstFile returns the options for the first file of a table.
func firstFile(table, extension string) (*write.Options, error) {
	if extension == "" {
		return nil, sqlstate.Unsupported("Write the first file with COPY ... TO.", "INSERT into \"%s\", which has no files of a format that is written, is not supported", table)
	}
	o, err := write.ReadOptions("x/", []syntax.Option{{Name: "format", Value: write.FormatOf("x" + extension)}, {Name: "append"}})
	if err == nil {
		o.Extension = extension
	}
	return o, err
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
