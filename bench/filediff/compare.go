package main

import (
	"context"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"

	"gsql"
)

// checksum is the same for the same rows in any order.
type checksum struct {
	rows int
	hash uint64
}

var checksumSeed = maphash.MakeSeed()

func (c *checksum) add(row []byte) {
	c.rows++
	c.hash += maphash.Bytes(checksumSeed, row)
}

// compare runs a query in both engines, in which it may be written differently, and returns how many rows there are and what
// differs, "" for nothing.
func (e *engines) compare(ctx context.Context, db *gsql.DB, ours, theirs string) (rows int, diff string) {
	var got, want checksum
	cols, err := e.ours(ctx, db, ours, got.add)
	if err != nil {
		return 0, "gsql: " + err.Error()
	}
	if err := e.theirs(ctx, theirs, cols, want.add); err != nil {
		return 0, "DuckDB: " + err.Error()
	}
	if got == want {
		return got.rows, ""
	}
	return got.rows, e.rowDiff(ctx, db, ours, theirs)
}

// maxShown is how many rows of each side are shown.
const maxShown = 4

// rowDiff shows rows that only one engine has.
func (e *engines) rowDiff(ctx context.Context, db *gsql.DB, ours, theirs string) string {
	count, got, want := map[string]int{}, 0, 0
	cols, err := e.ours(ctx, db, ours, func(row []byte) { count[string(row)]++; got++ })
	if err == nil {
		err = e.theirs(ctx, theirs, cols, func(row []byte) { count[string(row)]--; want++ })
	}
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "gsql has %d rows, DuckDB %d", got, want)
	for _, side := range []struct {
		sign int
		name string
	}{{1, "gsql"}, {-1, "DuckDB"}} {
		shown := 0
		for row, n := range count {
			if n*side.sign > 0 && shown < maxShown {
				shown++
				fmt.Fprintf(&b, "\n  only %-7s %s", side.name, printable(row))
			}
		}
	}
	return b.String()
}

// printable is a row for people: its bytes, where they are not text, in escapes.
func printable(row string) string {
	s := strconv.Quote(row)
	if len(s) > 2000 {
		s = s[:2000] + "..."
	}
	return s
}
