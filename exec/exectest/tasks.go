package exectest

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// RunTasks runs all tasks of a plan as a cluster does: in the order of the fragments, at most parallel at once, and each
// with a plan of its own, of which it knows what fits in JSON. Each task is run so many times; the last attempt counts.
// It returns the manifests of all fragments, whose files are in dir.
func RunTasks(ctx context.Context, dir string, parallel, attempts int, plan func() (*exec.Runner, error)) ([]exec.Manifest, error) {
	driver, err := plan()
	if err != nil {
		return nil, err
	}
	env := exec.NewEnv(ctx, &fn.Ctx{}, mem.NewPool(0), 1)
	defer env.Close()
	var all []exec.Manifest
	for _, f := range driver.Fragments() {
		written := make([][]exec.Manifest, f.Tasks)
		var next atomic.Int64
		err := env.Run(ctx, min(parallel, f.Tasks), func(ctx context.Context, _ int) error {
			for {
				task := int(next.Add(1)) - 1
				if task >= f.Tasks {
					return nil
				}
				for attempt := range attempts {
					r, err := plan()
					if err != nil {
						return err
					}
					spec := exec.TaskSpec{Fingerprint: driver.Fingerprint(), Fragment: f.Number, Task: task, Attempt: attempt, Dir: dir}
					if written[task], err = r.RunTask(ctx, throughJSON(spec), throughJSON(all)); err != nil {
						return err
					}
				}
			}
		})
		if err != nil {
			return nil, err
		}
		all = slices.Concat(append([][]exec.Manifest{all}, written...)...)
	}
	return all, nil
}

func throughJSON[T any](x T) (out T) {
	b, err := json.Marshal(x)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

// TaskBatches runs all tasks of a plan, each so many times, and returns the rows of the plan's partitions. It checks that
// nothing but files of the attempts is in dir.
func TaskBatches(t *testing.T, dir string, attempts int, plan func() (*exec.Runner, error), parts int) ([]*vec.Batch, error) {
	t.Helper()
	ctx := context.Background()
	manifests, err := RunTasks(ctx, dir, 2, attempts, plan)
	if err != nil {
		return nil, err
	}
	checkFiles(t, dir, manifests)
	r, err := plan()
	if err != nil {
		return nil, err
	}
	var all []*vec.Batch
	for part := range parts {
		s, err := r.Rows(ctx, dir, manifests, part)
		if err == nil {
			all, err = readBatches(ctx, s, all)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// readBatches appends the batches of a stream, dense, and closes it.
func readBatches(ctx context.Context, s exec.Stream, all []*vec.Batch) ([]*vec.Batch, error) {
	for {
		b, err := s.Next(ctx)
		if err != nil {
			if cerr := s.Close(); err == io.EOF {
				err = cerr
			}
			return all, err
		}
		all = append(all, b.Compact())
	}
}

var taskFile = regexp.MustCompile(`^fragment\d+-task\d+-attempt\d+-part\d+\.arrows$`)

// checkFiles checks that a directory has the files of manifests and, besides, only complete ones of other attempts.
func checkFiles(t *testing.T, dir string, manifests []exec.Manifest) {
	t.Helper()
	missing := map[string]bool{}
	for _, m := range manifests {
		for _, f := range m.Files {
			missing[f] = true
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !taskFile.MatchString(e.Name()) {
			t.Errorf("%s is left in the directory of the tasks", e.Name())
		}
		delete(missing, e.Name())
	}
	for f := range missing {
		t.Errorf("%s is in a manifest and not in the directory", f)
	}
}

// checkTasks runs the plan in tasks.
func (c Case) checkTasks(t *testing.T, parts int) {
	t.Helper()
	v := variant{parts: parts, batch: 100, enc: Mixed, sel: true}
	e := c.start(t, v, nil)
	f := &fn.Ctx{Location: time.UTC}
	newEnv := func(ctx context.Context) *exec.Env {
		env := exec.NewEnv(ctx, f, e.pool, v.batch)
		env.Profile, env.Spill = exec.NewProfile(), e.store.Space(0)
		return env
	}
	batches, err := TaskBatches(t, t.TempDir(), 1, func() (*exec.Runner, error) { return exec.NewRunner(e.plan, f, newEnv) }, e.plan.Partitioning().N)
	e.finish()
	if sqlstate.Of(err) == sqlstate.FeatureNotSupported {
		return // a plan of a test's own
	}
	rows := []string{}
	for _, b := range batches {
		for i := range b.Rows {
			rows = append(rows, rowText(b.Cols, i))
		}
	}
	c.judge(t, v, rows, err)
}
