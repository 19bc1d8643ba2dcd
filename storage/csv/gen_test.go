package csv

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"gsql/storage/file"
)

// seedFile writes rows like those of the project's first benchmark: a key, categories of 20, 200 and 1,600
// values, a date, a price and a rating that is sometimes missing.
func seedFile(tb testing.TB, path string, rows int) file.File {
	tb.Helper()
	if f, err := file.Stat(path); err == nil {
		return f
	}
	out, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriterSize(out, 1<<20)
	fmt.Fprintln(w, "rid\tpid\tr_date\tcat_1\tcat_2\tcat_3\tprice\trating")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		k := r.IntN(1600)
		fmt.Fprintf(w, "R%09d\tP%07d\t20%02d-%02d-%02d\tCategory %02d\tGroup %03d name\tProduct line %04d\t%d.%02d\t", i, r.IntN(1e6),
			10+r.IntN(15), 1+r.IntN(12), 1+r.IntN(28), k%20, k%200, k, r.IntN(1000), r.IntN(100))
		if r.IntN(20) > 0 {
			fmt.Fprint(w, 1+r.IntN(5))
		}
		w.WriteByte('\n')
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := out.Close(); err != nil {
		tb.Fatal(err)
	}
	f, err := file.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func seedPath(tb testing.TB, rows int) string {
	if dir := os.Getenv("GSQL_BENCH_DIR"); dir != "" {
		return filepath.Join(dir, fmt.Sprintf("seed_%d.tsv", rows))
	}
	return filepath.Join(tb.TempDir(), "seed.tsv")
}
