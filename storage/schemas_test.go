package storage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/sqlstate"
)

// writeNamed makes files with one column and one row in a folder.
func writeNamed(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, n := range names {
		path := filepath.Join(dir, n)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		text := "a\n1\n"
		if strings.HasSuffix(n, ".ndjson") {
			text = "{\"a\": 1}\n"
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestListedSchemas tells which folders are listed as schemas by the names of what is in them.
func TestListedSchemas(t *testing.T) {
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{"s/orders.csv", "s/customers.csv"}, "s: customers orders"},
		{[]string{"s/orders.csv"}, ""},
		{[]string{"s/2023.csv", "s/2024.csv"}, ""},
		{[]string{"s/part-00000-1f2e3d4c5b6a.csv", "s/part-00001-aabbccdd0011.csv"}, ""},
		{[]string{"s/data_0.csv", "s/data_18ecc388b2ecb7f937b7_0.csv"}, ""},
		{[]string{"s/sales-2023-01.csv", "s/sales-2023-02.csv"}, ""},
		{[]string{"s/sales-2023.csv", "s/costs-2023.csv"}, "s: costs-2023 sales-2023"},
		{[]string{"s/1.csv", "s/2.ndjson"}, "s: 1 2"},
		{[]string{"s/2023/a.csv", "s/2024/a.csv"}, ""},
		{[]string{"s/orders/a.csv", "s/items/a.csv"}, "s: items orders"},
		{[]string{"s/orders.csv", "s/items/a.csv"}, "s: items orders"},
		{[]string{"s/2023.csv", "s/2024.csv", "s/docs/readme.md", "s/notes.md"}, ""},
		{[]string{"s/y=1/a.csv", "s/y=2/b.csv", "s/c.csv"}, ""},
		{[]string{"s/orders.csv", "s/_tmp.csv", "s/.x.csv", "s/items.csv.tmp"}, ""},
		{[]string{"y=1/a.csv", "y=1/b.csv"}, ""},
		{[]string{"public/a.csv", "public/b.csv", "pg_catalog/a.csv", "pg_catalog/b.csv", "_x/a.csv", "_x/b.csv"}, ""},
		{[]string{"top.csv"}, ""},
	} {
		dir := t.TempDir()
		writeNamed(t, dir, c.files...)
		cat, err := New(Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		list, err := cat.Schemas()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range list {
			names := ""
			for _, e := range s.Entries {
				names += " " + e.Name
			}
			got = append(got, s.Name+":"+names)
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%q: %q, want %q", c.files, got, c.want)
		}
	}
}

// TestLargeSchemas lists no folder that has very many names, and finds its tables.
func TestLargeSchemas(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for i := range MaxSchemaNames + 1 {
		names = append(names, fmt.Sprintf("many/t%c%c%d.csv", 'a'+i%26, 'a'+i/26%26, i))
	}
	writeNamed(t, dir, append(names, "few/a.csv", "few/b.csv")...)
	cat, err := New(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	list, err := cat.Schemas()
	if err != nil || len(list) != 1 || list[0].Name != "few" {
		t.Errorf("%v, %v", list, err)
	}
	if d := time.Since(begun); d > time.Second {
		t.Errorf("listing took %v", d)
	}
	table, err := cat.Table(context.Background(), exec.Name{Schema: "many", Table: "taa0"})
	if err != nil || table.Schema()[0].Name != "a" {
		t.Error(table, err)
	}
}

// TestSchemaNames finds folders by names in any case of letters, and none outside of the catalog's.
func TestSchemaNames(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	writeNamed(t, dir, "Big/a.csv", "file.csv", "a=1/a.csv")
	writeNamed(t, outside, "a.csv", "b.csv")
	cases := map[string]string{"Big": "Big", "big": "Big", "": "", "public": "", "nothing": "!", "..": "!", ".": "!", "big/..": "!", "file.csv": "!", "a=1": "!",
		"pg_catalog": "!", "/": "!"}
	if runtime.GOOS == "linux" {
		writeNamed(t, dir, "two/a.csv", "Two/a.csv")
		cases["two"], cases["Two"], cases["TWO"] = "two", "Two", "!42P09"
		if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		cases["link"] = "!"
	}
	cat, err := New(Config{Dir: dir, Restrict: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range cases {
		got, ok, err := cat.Schema(name)
		if err != nil {
			got = "!" + string(sqlstate.Of(err))
		} else if !ok {
			got = "!"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	list, err := cat.Schemas()
	if err != nil || slices.ContainsFunc(list, func(s SchemaEntries) bool { return s.Name == "link" }) {
		t.Errorf("%v, %v", list, err)
	}
}
