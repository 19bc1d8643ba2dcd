package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"gsql"
)

// script sends the statements of files to both engines, in one session each, and reports which answers differ: in
// rows, their order, the columns' names and types, or the SQLSTATE. Statements end with a semicolon at the end of a
// line.
func script(ctx context.Context, p *postgres, files []string) error {
	db, err := gsql.Open(gsql.Config{})
	if err != nil {
		return err
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	if err := p.exec(ctx, "SET TimeZone = 'UTC'"); err != nil {
		return err
	}
	done, failed := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, sql := range statements(string(text)) {
			done++
			got, want := ask(ctx, s, sql), p.query(ctx, sql)
			if v := compareExactly(got, want); v != "" {
				failed++
				fmt.Printf("%s\n%s\n\n", sql, v)
			}
		}
	}
	fmt.Printf("%d statements, %d differ\n", done, failed)
	if failed > 0 {
		return fmt.Errorf("%d differences", failed)
	}
	return nil
}

// statements splits a text at the semicolons that end lines.
func statements(text string) []string {
	var out []string
	var part []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if len(part) == 0 && (line == "" || strings.HasPrefix(line, "--")) {
			continue
		}
		part = append(part, line)
		if strings.HasSuffix(line, ";") {
			out = append(out, strings.Join(part, "\n"))
			part = nil
		}
	}
	if len(part) > 0 {
		out = append(out, strings.Join(part, "\n"))
	}
	return out
}

func compareExactly(got, want *answer) string {
	switch {
	case got.code != want.code:
		return fmt.Sprintf("got  %s %s\nwant %s %s", orValues(got), got.msg, orValues(want), want.msg)
	case got.code != "":
		return ""
	}
	if d := differ(got.names, want.names); d != "" {
		return d
	}
	if d := differ(got.types, want.types); d != "" {
		return d
	}
	for i := range max(len(got.rows), len(want.rows)) {
		g, w := "no row", "no row"
		if i < len(got.rows) {
			g = strings.Join(got.rows[i], " | ")
		}
		if i < len(want.rows) {
			w = strings.Join(want.rows[i], " | ")
		}
		if g != w {
			return fmt.Sprintf("row %d\ngot  %s\nwant %s", i+1, g, w)
		}
	}
	return ""
}

func orValues(a *answer) string {
	if a.code == "" && len(a.rows) == 1 {
		return strings.Join(a.rows[0], " | ")
	}
	return orRows(a)
}
