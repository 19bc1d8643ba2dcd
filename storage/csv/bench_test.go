package csv

import (
	"os"
	"path/filepath"
	"testing"

	"gsql/exec"
	"gsql/storage/file"
)

// BenchmarkFile scans all columns of the files in GSQL_BENCH_DIR whose names end in .csv, and each column alone.
func BenchmarkFile(b *testing.B) {
	dir := os.Getenv("GSQL_BENCH_DIR")
	if dir == "" {
		b.Skip("GSQL_BENCH_DIR is not set")
	}
	paths, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
	for _, path := range paths {
		f, err := file.Stat(path)
		if err != nil || f.Size < 1<<20 {
			continue
		}
		tab, err := openTable([]file.File{f}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		bench := func(name string, cols []int, parts int) {
			b.Run(filepath.Base(path)+"/"+name, func(b *testing.B) {
				b.SetBytes(f.Size)
				start := cpuTime()
				for b.Loop() {
					_, id := ids(len(cols))
					benchScan(b, tab, exec.ScanRequest{Columns: cols, IDs: id, Limit: -1, Partitions: parts})
				}
				b.ReportMetric(float64(cpuTime()-start)/float64(b.N)/1e6, "cpu-ms/op")
			})
		}
		all, _ := ids(len(tab.Schema()))
		bench("nothing", nil, 1)
		for _, i := range all {
			bench(tab.Schema()[i].Name, []int{i}, 1)
		}
		bench("all-1", all, 1)
		bench("all-2", all, 2)
	}
}
