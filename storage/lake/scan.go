package lake

import (
	"context"
	"io"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/vec"
	"gsql/storage/file"
	"gsql/storage/parquet"
)

const batchRows = 8192

// ReadParquet calls each for the batches of a Parquet file, in order, with some fields as columns.
func ReadParquet(ctx context.Context, f file.File, fields []parquet.Field, by parquet.Matching, each func(*vec.Batch) error) error {
	f.Codec = ""
	t := parquet.NewTable(f.Path, []file.File{f}, parquet.NewShape(fields, by, nil), nil)
	req := exec.ScanRequest{Limit: -1, Partitions: 1}
	for i := range fields {
		req.Columns, req.IDs = append(req.Columns, i), append(req.IDs, expr.ColID(i+1))
	}
	p, err := t.Scan(ctx, req)
	if err != nil {
		return err
	}
	env := exec.NewEnv(ctx, &fn.Ctx{}, mem.NewPool(0), batchRows)
	defer env.Close()
	s, err := env.Open(ctx, p, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		b, err := s.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := each(b); err != nil {
			return err
		}
	}
}
