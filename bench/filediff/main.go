// Command filediff has DuckDB write random files, reads them with gsql and with DuckDB, and compares the rows.
//
//	filediff parquet        random tables as Parquet, of all types, encodings and nesting, whole and with random conditions
//	filediff files GLOB     the same for Parquet files that others have written, such as those of pyarrow_files.py
//	filediff folder         files of all formats that both read, in all dialects, folders and combinations, as tables
//
// Rows are compared without regard to their order. What differs is printed with the seed, by which it is made again.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

// options are the flags.
type options struct {
	dir  string
	seed uint64
	rows int
	fail int
	keep bool
	verb bool
}

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", "", "folder for the files; default a temporary one")
	flag.Uint64Var(&o.seed, "seed", 1, "number of the first table")
	flag.IntVar(&o.rows, "rows", 1_000_000, "go on until so many rows are compared")
	flag.IntVar(&o.fail, "fail", 10, "stop after so many differences")
	flag.BoolVar(&o.keep, "keep", false, "leave files that differ where they are")
	flag.BoolVar(&o.verb, "v", false, "print all queries")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: filediff [flags] parquet | files GLOB | folder")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "filediff:", err)
		os.Exit(1)
	}
}

func run(o options, args []string) error {
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "filediff")
		if err != nil {
			return err
		}
		if !o.keep {
			defer os.RemoveAll(dir)
		}
		o.dir = dir
	}
	e, err := open()
	if err != nil {
		return err
	}
	defer e.close()
	ctx := context.Background()
	switch {
	case len(args) == 1 && args[0] == "parquet":
		return parquet(ctx, o, e)
	case len(args) == 2 && args[0] == "files":
		return files(ctx, o, e, args[1])
	case len(args) == 1 && args[0] == "folder":
		return folder(ctx, o, e)
	}
	flag.Usage()
	return fmt.Errorf("say parquet, files and a pattern, or folder")
}
