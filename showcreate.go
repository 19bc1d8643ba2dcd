package gsql

import (
	"context"
	"fmt"
	"strings"

	"gsql/catalog"
	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
	"gsql/storage"
)

// showCreate returns the statements that would make a relation as it is, without its rows: the file gsql.sql can have them. Of a
// table in files it is an external table with the columns that were found.
func (s *Session) showCreate(ctx context.Context, stmt *syntax.ShowCreateStmt, cols []Column) (*Rows, error) {
	st, err := s.state()
	if err != nil {
		return nil, err
	}
	n := stmt.Name
	x, err := s.namesIn(st).lookup(n)
	switch r := x.relation; {
	case err != nil:
		return nil, err
	case r == nil && x.entry == nil:
		return nil, sqlstate.New(sqlstate.UndefinedTable, "relation \"%s\" does not exist", n.Name).At(n.Pos)
	case stmt.View != (r != nil && r.view != nil):
		kind := map[bool]string{true: "view", false: "table"}[stmt.View]
		return nil, sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a %s", n.Name, kind).At(n.Pos)
	}
	made, err := s.creation(ctx, x)
	if err != nil {
		return nil, err
	}
	list := []string{made + ";"}
	comments := st.of(x.key.temporary()).comments
	if text, ok := comments[commentKey{kind: "relation", of: x.key}]; ok {
		kind := map[bool]string{true: "VIEW", false: "TABLE"}[stmt.View]
		list = append(list, fmt.Sprintf("COMMENT ON %s %s IS %s;", kind, quoteKey(x.key), quoteText(text)))
	}
	columns, err := s.columnsNamed(ctx, st, x)
	if err != nil {
		return nil, err
	}
	for _, f := range columns {
		if text, ok := comments[commentKey{kind: "column", of: x.key, column: f.Name}]; ok {
			list = append(list, fmt.Sprintf("COMMENT ON COLUMN %s.%s IS %s;", quoteKey(x.key), catalog.Quote(f.Name), quoteText(text)))
		}
	}
	return s.textRows("SHOW", cols, list), nil
}

// creation returns the statement that makes what a name was found to stand for.
func (s *Session) creation(ctx context.Context, x meaning) (string, error) {
	temporary := ""
	if x.key.temporary() {
		temporary = "TEMP "
	}
	name := quoteKey(x.key)
	if x.entry != nil {
		t, err := s.db.catalog.Open(ctx, *x.entry)
		if err != nil {
			return "", err
		}
		return externalStatement(temporary, name, storage.Describe(t, *x.entry)), nil
	}
	switch r := x.relation; {
	case r.view != nil:
		var columns []string
		for _, c := range r.view.Columns {
			columns = append(columns, catalog.Quote(c))
		}
		list := ""
		if columns != nil {
			list = " (" + strings.Join(columns, ", ") + ")"
		}
		return "CREATE " + temporary + "VIEW " + name + list + " AS " + r.view.Query, nil
	case r.external != nil:
		return externalStatement(temporary, name, r.external.External), nil
	default:
		var columns []string
		for _, c := range r.table.Columns {
			def := catalog.Quote(c.Name) + " " + c.Type.String()
			if c.NotNull {
				def += " NOT NULL"
			}
			if c.Default != "" {
				def += " DEFAULT " + c.Default
			}
			columns = append(columns, def)
		}
		return "CREATE " + temporary + "TABLE " + name + " (" + strings.Join(columns, ", ") + ")", nil
	}
}

// externalStatement returns the statement that makes an external table.
func externalStatement(temporary, name string, x *storage.External) string {
	var b strings.Builder
	b.WriteString("CREATE " + temporary + "EXTERNAL TABLE " + name)
	if x.Columns != nil {
		b.WriteString(" (" + declaredList(x.Columns) + ")")
	}
	if x.Format != "" {
		b.WriteString(" STORED AS " + strings.ToUpper(x.Format))
	}
	if x.Keys != nil {
		b.WriteString(" PARTITIONED BY (" + declaredList(x.Keys) + ")")
	}
	var paths []string
	for _, p := range x.Paths {
		paths = append(paths, quoteText(p))
	}
	list := strings.Join(paths, ", ")
	if len(paths) > 1 {
		list = "(" + list + ")"
	}
	b.WriteString(" LOCATION " + list)
	if len(x.Options) > 0 {
		b.WriteString(" OPTIONS (" + optionList(x.Options, " ") + ")")
	}
	return b.String()
}

func declaredList(list []storage.Declared) string {
	var out []string
	for _, d := range list {
		s := catalog.Quote(d.Name)
		if d.Type.ID != 0 {
			s += " " + d.Type.String()
		}
		if d.NotNull {
			s += " NOT NULL"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func optionList(args []exec.Arg, between string) string {
	var out []string
	for _, a := range args {
		out = append(out, quoteText(a.Name)+between+optionText(a.Value))
	}
	return strings.Join(out, ", ")
}

func optionText(v any) string {
	switch v := v.(type) {
	case string:
		return quoteText(v)
	case []any:
		var out []string
		for _, x := range v {
			out = append(out, optionText(x))
		}
		return "[" + strings.Join(out, ", ") + "]"
	case []exec.Arg:
		return "{" + optionList(v, ": ") + "}"
	}
	return fmt.Sprint(v)
}

func quoteKey(k relationKey) string {
	if k.schema == sharedSchema || k.temporary() {
		return catalog.Quote(k.name)
	}
	return catalog.Quote(k.schema) + "." + catalog.Quote(k.name)
}

// quoteText writes a string as a literal.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
