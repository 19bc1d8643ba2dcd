package write

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"gsql/exec"
	"gsql/exec/vec"
	"gsql/storage/commit"
)

// run is one execution of a plan.
type run struct {
	plan   *Plan
	env    *exec.Env
	stage  *commit.Stage
	format format
	rows   atomic.Int64
	files  atomic.Int64 // of a folder, begun so far
	mark   string       // in the names of files that must be new
}

// run writes the rows and returns how many there are.
func (p *Plan) run(ctx context.Context, env *exec.Env) (int64, error) {
	r := &run{plan: p, env: env}
	var err error
	if r.format, err = newFormat(p.Options, p.columns, styleOf(env)); err != nil {
		return 0, err
	}
	if !p.Options.Folder && isSpecial(p.Target.Path) {
		err := r.special(ctx)
		return r.rows.Load(), err
	}
	if r.stage, err = commit.Begin(p.Target); err != nil {
		return 0, err
	}
	defer r.stage.Abort()
	if r.stage.Joins() {
		r.mark = fmt.Sprintf("%x%04x_", time.Now().UnixNano(), rand.N(1<<16))
	}
	switch {
	case len(p.Options.PartitionBy) > 0:
		err = r.partitioned(ctx)
	case p.Options.Folder:
		err = r.folder(ctx)
	default:
		err = r.single(ctx)
	}
	if err != nil {
		return 0, err
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return r.rows.Load(), r.stage.Commit()
}

// isSpecial reports whether there is something at a path that is neither file nor folder: a pipe or a device.
func isSpecial(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// special writes into a pipe or a device, of which nothing can be taken back.
func (r *run) special(ctx context.Context) error {
	f, err := os.OpenFile(r.plan.Target.Path, os.O_WRONLY, 0)
	if err != nil {
		return commit.Error(r.plan.Path, err)
	}
	w := &writer{run: r}
	defer w.abandon()
	if err := w.begin(&output{name: r.plan.Path, f: f}); err != nil {
		return err
	}
	return r.rowsOf(ctx, w)
}

// single writes one file.
func (r *run) single(ctx context.Context) error {
	w := &writer{run: r}
	defer w.abandon()
	if err := w.open(r.stage.File()); err != nil {
		return err
	}
	return r.rowsOf(ctx, w)
}

// rowsOf writes all rows into a file.
func (r *run) rowsOf(ctx context.Context, w *writer) error {
	if r.plan.Input.Partitioning().N == 1 && r.plan.workers > 1 {
		if err := r.ordered(ctx, w.file); err != nil {
			return err
		}
		return w.end()
	}
	err := r.env.Run(ctx, r.plan.Input.Partitioning().N, func(ctx context.Context, part int) error {
		b := w.file.block()
		err := r.env.Pull(ctx, r.plan.Input, part, func(batch *vec.Batch) error {
			batch = batch.Compact()
			r.rows.Add(int64(batch.Rows))
			return b.add(ctx, batch)
		})
		if err != nil {
			return err
		}
		return b.flush()
	})
	if err != nil {
		return err
	}
	return w.end()
}

// folder writes a file per partition, or several.
func (r *run) folder(ctx context.Context) error {
	err := r.env.Run(ctx, r.plan.Input.Partitioning().N, func(ctx context.Context, part int) error {
		w := &writer{run: r, dir: r.stage.Dir()}
		defer w.abandon()
		if err := r.env.Pull(ctx, r.plan.Input, part, func(b *vec.Batch) error { return w.add(ctx, b.Compact()) }); err != nil {
			return err
		}
		return w.end()
	})
	if err == nil && r.files.Load() == 0 && !r.stage.Joins() { // the columns, at least
		w := &writer{run: r, dir: r.stage.Dir()}
		defer w.abandon()
		if err = w.next(); err == nil {
			err = w.end()
		}
	}
	return err
}

// writer writes the files of one folder, one after the other, for one goroutine.
type writer struct {
	run  *run
	dir  string
	n    int // files so far, of a folder of its own
	file file
	rows block
	out  *output
}

// add writes rows, in a new file if there is none.
func (w *writer) add(ctx context.Context, b *vec.Batch) error {
	if w.file == nil {
		if err := w.next(); err != nil {
			return err
		}
	}
	w.run.rows.Add(int64(b.Rows))
	if err := w.rows.add(ctx, b); err != nil {
		return err
	}
	if limit := w.run.plan.Options.FileBytes; limit > 0 && w.out.size.Load()+w.rows.held() >= limit {
		return w.end()
	}
	return nil
}

// next begins a file.
func (w *writer) next() error {
	n := w.run.files.Add(1) - 1
	if len(w.run.plan.Options.PartitionBy) > 0 {
		if n = int64(w.n); n == 0 {
			if err := os.MkdirAll(w.dir, 0o777); err != nil {
				return commit.Error(w.run.plan.Path, err)
			}
		}
		w.n++
	}
	name := fmt.Sprintf("data_%s%d%s", w.run.mark, n, w.run.plan.Options.Extension)
	if err := w.open(filepath.Join(w.dir, name)); err != nil {
		return err
	}
	w.rows = w.file.block()
	return nil
}

func (w *writer) open(path string) error {
	out, err := create(path, w.run.plan.Path)
	if err != nil {
		return err
	}
	return w.begin(out)
}

func (w *writer) begin(out *output) (err error) {
	w.out = out
	if w.file, err = w.run.format.begin(out); err != nil {
		w.abandon()
	}
	return err
}

// end completes the file, if there is one.
func (w *writer) end() error {
	if w.file == nil {
		return nil
	}
	var err error
	if w.rows != nil {
		err = w.rows.flush()
	}
	if err == nil {
		err = w.file.end()
	}
	if err != nil {
		return err
	}
	w.file, w.rows, w.out = nil, nil, nil
	return nil
}

// abandon closes a file that will not be completed.
func (w *writer) abandon() {
	if w.out != nil {
		_ = w.out.f.Close()
		w.file, w.rows, w.out = nil, nil, nil
	}
}

// held returns how many bytes of rows are kept.
func (w *writer) held() int64 {
	if w.rows == nil {
		return 0
	}
	return w.rows.held()
}
