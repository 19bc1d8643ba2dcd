package exec

import (
	"context"

	"gsql/exec/fn"
	"gsql/exec/sqlstate"
)

// TaskSpec names a task of a plan, and where it writes.
type TaskSpec struct {
	Fingerprint string `json:"fingerprint"` // of the plan; see Fingerprint
	Fragment    int    `json:"fragment"`
	Task        int    `json:"task"`
	// Attempt tells runs of the same task from each other. Each writes files of its own.
	Attempt int `json:"attempt"`
	// Dir is the directory of the files of all tasks of one execution. It must exist.
	Dir string `json:"dir"`
}

// Manifest says what one run of a task has written for one partition of its fragment's output. There is one for each
// partition that the task may have rows for, whether it has or not.
type Manifest struct {
	Fragment  int      `json:"fragment"`
	Task      int      `json:"task"`
	Attempt   int      `json:"attempt"`
	Partition int      `json:"partition"`
	Files     []string `json:"files"` // names in TaskSpec.Dir
	Rows      int64    `json:"rows"`
	Bytes     int64    `json:"bytes"`
}

// Runner runs the tasks of one plan in this process. It is safe for concurrent use.
type Runner struct {
	fingerprint string
	fragments   []*Fragment
	newEnv      func(ctx context.Context) *Env
}

// NewRunner divides a plan into tasks. f says what the query knows of itself; newEnv returns the environment of one
// task, which the runner closes, its Spill as well.
func NewRunner(p Plan, f *fn.Ctx, newEnv func(ctx context.Context) *Env) (*Runner, error) {
	fingerprint, err := Fingerprint(p, f)
	if err != nil {
		return nil, err
	}
	return &Runner{fingerprint, fragmentsOf(p), newEnv}, nil
}

// Fingerprint returns that of the plan.
func (r *Runner) Fingerprint() string { return r.fingerprint }

// Fragments returns the fragments of the plan, each behind its inputs: the last one has the result.
func (r *Runner) Fragments() []*Fragment { return r.fragments }

// RunTask runs a task over what tasks of its fragment's inputs have written, and returns what it has written itself.
// inputs must have exactly what one run of each task of an input has returned, as far as the partitions are read; other
// fragments' manifests are not looked at. See the package comment.
func (r *Runner) RunTask(ctx context.Context, spec TaskSpec, inputs []Manifest) (out []Manifest, err error) {
	f, err := r.fragment(spec)
	if err != nil {
		return nil, err
	}
	env, err := r.open(ctx, f.inputs, spec.Dir, inputs)
	if err != nil {
		return nil, err
	}
	written := newTaskOutput(env, spec, f)
	from, to := f.partitions(spec.Task)
	err = env.Run(ctx, to-from, func(ctx context.Context, i int) error { return written.pull(ctx, from+i) })
	if cerr := env.closeAll(); err == nil {
		err = cerr
	}
	if err == nil {
		out, err = written.finish()
	}
	if err != nil {
		written.remove()
		return nil, err
	}
	return out, nil
}

// fragment checks that a task is one of the plan, and returns its fragment.
func (r *Runner) fragment(spec TaskSpec) (*Fragment, error) {
	if spec.Fingerprint != r.fingerprint {
		return nil, sqlstate.New(sqlstate.ObjectNotInPrerequisite, "the task belongs to another plan than that made here").
			WithDetail("The task's plan has the fingerprint %s, that made here %s.", spec.Fingerprint, r.fingerprint).
			WithHint("The query, the settings, the files and the version of gsql must be the same in all processes.")
	}
	if spec.Fragment < 0 || spec.Fragment >= len(r.fragments) || spec.Task < 0 || spec.Task >= r.fragments[spec.Fragment].Tasks {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "the plan has no task %d of fragment %d", spec.Task, spec.Fragment)
	}
	return r.fragments[spec.Fragment], nil
}

// open returns the environment of a task that reads fragments.
func (r *Runner) open(ctx context.Context, fragments []*Fragment, dir string, manifests []Manifest) (*Env, error) {
	inputs := map[Plan]*taskInput{}
	for _, f := range fragments {
		in, err := newTaskInput(f, dir, manifests)
		if err != nil {
			return nil, err
		}
		inputs[f.place] = in
	}
	env := r.newEnv(ctx)
	env.FixSplits()
	env.inputs = inputs
	return env, nil
}

// closeAll closes an environment and its Spill.
func (e *Env) closeAll() error {
	err := e.Close()
	if e.Spill != nil {
		if serr := e.Spill.Close(); err == nil {
			err = serr
		}
	}
	return err
}

// Rows returns the rows of a partition of the plan, of which the tasks of the last fragment have written manifests.
// The files must stay until the stream is closed.
func (r *Runner) Rows(ctx context.Context, dir string, manifests []Manifest, part int) (Stream, error) {
	last := r.fragments[len(r.fragments)-1]
	env, err := r.open(ctx, []*Fragment{last}, dir, manifests)
	if err != nil {
		return nil, err
	}
	s, err := env.Open(ctx, last.place, part)
	if err != nil {
		_ = env.closeAll()
		return nil, err
	}
	return &resultStream{s, env}, nil
}

// resultStream has an environment of its own.
type resultStream struct {
	Stream
	env *Env
}

func (s *resultStream) Close() error {
	err := s.Stream.Close()
	if cerr := s.env.closeAll(); err == nil {
		err = cerr
	}
	return err
}
