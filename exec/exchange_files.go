package exec

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"gsql/exec/spill"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// taskOutput are the files that a task writes: one for each output of its fragment or, where partitions must stay
// apart because they are sorted or outputs themselves, for each of its partitions. Partitions may write at once.
type taskOutput struct {
	env   *Env
	spec  TaskSpec
	frag  *Fragment
	types []types.Type
	files []outputFile
}

type outputFile struct {
	mu   sync.Mutex
	w    *spill.Writer // nil: there were no rows
	done *spill.File
}

func newTaskOutput(env *Env, spec TaskSpec, f *Fragment) *taskOutput {
	o := &taskOutput{env: env, spec: spec, frag: f, types: f.root.Schema().Types()}
	n := f.Outputs
	if !o.deals() {
		n = f.root.Partitioning().N
	}
	o.files = make([]outputFile, n)
	return o
}

// deals reports whether rows of all partitions may lie in one file.
func (o *taskOutput) deals() bool { return o.frag.exchange != nil && o.frag.exchange.Kind != Merge }

// pull writes the rows of a partition.
func (o *taskOutput) pull(ctx context.Context, part int) error {
	root, x := o.frag.root, o.frag.exchange
	if o.deals() && x.Kind == Hash && x.outputs() > 1 {
		d, err := newDealer(x, o.env.BatchRows, o.push)
		if err != nil {
			return err
		}
		if err := o.env.Pull(ctx, root, part, func(b *vec.Batch) error { return d.deal(ctx, b) }); err != nil {
			return err
		}
		return d.flush(ctx)
	}
	file := part
	if o.deals() {
		file = 0
	}
	join := batchJoiner{rows: o.env.BatchRows}
	err := o.env.Pull(ctx, root, part, func(b *vec.Batch) error { return o.push(ctx, file, join.add(b)) })
	if err != nil {
		return err
	}
	return o.push(ctx, file, join.flush())
}

// push appends a batch to a file; nil is none.
func (o *taskOutput) push(_ context.Context, file int, b *vec.Batch) (err error) {
	if b == nil {
		return nil
	}
	f := &o.files[file]
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.w == nil {
		if f.w, err = spill.CreateAt(filepath.Join(o.spec.Dir, o.name(file)), o.types); err != nil {
			return err
		}
	}
	return f.w.Write(b)
}

// name returns the name of a file. No two attempts share one.
func (o *taskOutput) name(file int) string {
	return fmt.Sprintf("fragment%d-task%d-attempt%d-part%d.arrows", o.spec.Fragment, o.spec.Task, o.spec.Attempt, file)
}

// finish gives the files their names and says what is in them.
func (o *taskOutput) finish() ([]Manifest, error) {
	var all []Manifest
	at := make([]int, o.frag.Outputs) // of each output in all
	for i := range at {
		if o.frag.feeds(o.spec.Task, i) {
			at[i] = len(all)
			all = append(all, Manifest{Fragment: o.spec.Fragment, Task: o.spec.Task, Attempt: o.spec.Attempt, Partition: i})
		}
	}
	for i := range o.files {
		f := &o.files[i]
		if f.w == nil {
			continue
		}
		w := f.w
		f.w = nil // which is gone when it cannot be finished
		var err error
		if f.done, err = w.Finish(); err != nil {
			return nil, err
		}
		m := &all[at[min(i, len(at)-1)]] // a Merge has one output of many files
		m.Files = append(m.Files, o.name(i))
		m.Rows += f.done.Rows()
		m.Bytes += f.done.Bytes()
	}
	return all, nil
}

// remove removes what was written.
func (o *taskOutput) remove() {
	for i := range o.files {
		if f := &o.files[i]; f.w != nil {
			f.w.Close()
		} else if f.done != nil {
			f.done.Remove()
		}
	}
}

// taskInput are the rows of a fragment as its readers find them: the file form of an exchange.
type taskInput struct {
	frag  *Fragment
	dir   string
	tasks [][]*Manifest // by partition and task; nil: not given
}

// newTaskInput picks the manifests of a fragment.
func newTaskInput(f *Fragment, dir string, manifests []Manifest) (*taskInput, error) {
	in := &taskInput{frag: f, dir: dir, tasks: make([][]*Manifest, f.Outputs)}
	for i := range in.tasks {
		in.tasks[i] = make([]*Manifest, f.Tasks)
	}
	attempts := map[int]int{}
	for i := range manifests {
		m := &manifests[i]
		if m.Fragment != f.Number {
			continue
		}
		if m.Partition < 0 || m.Partition >= f.Outputs || m.Task < 0 || m.Task >= f.Tasks || !f.feeds(m.Task, m.Partition) {
			return nil, badInput("fragment %d has no partition %d of task %d", m.Fragment, m.Partition, m.Task)
		}
		if in.tasks[m.Partition][m.Task] != nil {
			return nil, badInput("partition %d of task %d of fragment %d is given twice", m.Partition, m.Task, m.Fragment)
		}
		if a, ok := attempts[m.Task]; ok && a != m.Attempt {
			return nil, badInput("task %d of fragment %d is given in attempts %d and %d", m.Task, m.Fragment, a, m.Attempt)
		}
		in.tasks[m.Partition][m.Task], attempts[m.Task] = m, m.Attempt
		for _, name := range m.Files {
			if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
				return nil, badInput("\"%s\" is no name of a file in the directory of the tasks", name)
			}
		}
	}
	return in, nil
}

func badInput(format string, args ...any) error {
	return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "a task's input is wrong: "+format, args...)
}

// files returns the files of a partition, in the order of the tasks.
func (in *taskInput) files(part int) ([]*spill.File, error) {
	var files []*spill.File
	ts := in.frag.root.Schema().Types()
	for task, m := range in.tasks[part] {
		if !in.frag.feeds(task, part) {
			continue
		}
		if m == nil {
			return nil, badInput("partition %d of task %d of fragment %d is missing", part, task, in.frag.Number)
		}
		for _, name := range m.Files {
			files = append(files, spill.FileAt(filepath.Join(in.dir, name), ts))
		}
	}
	return files, nil
}

// open returns the rows of a partition.
func (in *taskInput) open(env *Env, part int) (Stream, error) {
	files, err := in.files(part)
	if err != nil {
		return nil, err
	}
	x := in.frag.exchange
	if x == nil || x.Kind != Merge {
		return &fileStream{filesReader{files: files}}, nil
	}
	readers := make([]filesReader, len(files))
	pulls := make([]pullFunc, len(files))
	for i := range files {
		readers[i].files = files[i : i+1]
		pulls[i] = readers[i].next
	}
	return newMergeStream(env, x, pulls, func() error {
		for i := range readers {
			readers[i].close()
		}
		return nil
	})
}

// fileStream yields the rows of files, one file after the other.
type fileStream struct{ filesReader }

func (s *fileStream) Next(ctx context.Context) (*vec.Batch, error) { return s.next(ctx) }

func (s *fileStream) Close() error {
	s.close()
	s.files = nil
	return nil
}
