package exec

// Fragment is a part of a plan that tasks run without waiting for each other: the chain of operators between two
// exchanges. It is also cut off from what several of its tasks would otherwise compute again, and perhaps with other
// rows: the build side of a join with several partitions, and the source of Materialize.
type Fragment struct {
	Number int
	// Tasks is how many there are: one per partition. Partitions that need each other, as those of a join that puts
	// out build rows without match, are one task.
	Tasks   int
	Inputs  []int // the fragments whose rows it reads
	Outputs int   // partitions of its output

	root     Plan
	place    Plan      // what its rows stand for in the fragments that read them: root, or exchange
	exchange *Exchange // by which its rows are dealt to the outputs; nil: each partition is an output
	whole    bool      // all partitions are one task
	inputs   []*Fragment
}

// cutter divides a plan into fragments.
type cutter struct {
	fragments []*Fragment // each behind those that it reads
	byPlace   map[Plan]*Fragment
}

// fragmentsOf returns the fragments of a plan, the one with its result last. The same plan has the same fragments in
// every process.
func fragmentsOf(p Plan) []*Fragment {
	c := &cutter{byPlace: map[Plan]*Fragment{}}
	c.cut(p)
	return c.fragments
}

// cut returns the fragment whose rows stand for p.
func (c *cutter) cut(p Plan) *Fragment {
	if f := c.byPlace[p]; f != nil {
		return f
	}
	f := &Fragment{root: p, place: p, Outputs: p.Partitioning().N}
	if x, ok := p.(*Exchange); ok && !x.passes() {
		f.root, f.exchange = x.Input, x
	}
	c.visit(f, f.root)
	f.Tasks = f.root.Partitioning().N
	if f.whole {
		f.Tasks = 1
	}
	f.Number = len(c.fragments)
	c.fragments = append(c.fragments, f)
	c.byPlace[p] = f
	return f
}

// visit finds what fragment f reads in p, which belongs to it.
func (c *cutter) visit(f *Fragment, p Plan) {
	switch p := p.(type) {
	case *Exchange:
		if !p.passes() {
			f.read(c.cut(p))
			return
		}
	case *Materialize:
		f.read(c.cut(p.Source.Input))
		return
	case *Recursive: // whose rounds are executions of their own, within a task
		if p.Input != nil {
			c.visit(f, p.Input)
		}
		return
	case *HashJoin:
		c.visitJoin(f, p.Kind, p.Probe, p.Build)
		return
	case *LoopJoin:
		c.visitJoin(f, p.Kind, p.Probe, p.Build)
		return
	}
	for _, in := range p.Inputs() {
		c.visit(f, in)
	}
}

func (c *cutter) visitJoin(f *Fragment, k JoinKind, probe, build Plan) {
	c.visit(f, probe)
	if probe.Partitioning().N == 1 {
		c.visit(f, build)
		return
	}
	f.whole = f.whole || k.keepsBuild()
	switch build.(type) {
	case *Materialize, *Values: // are there to be read as they are
		c.visit(f, build)
	default:
		f.read(c.cut(build))
	}
}

// read adds an input, once.
func (f *Fragment) read(in *Fragment) {
	for _, g := range f.inputs {
		if g == in {
			return
		}
	}
	f.inputs = append(f.inputs, in)
	f.Inputs = append(f.Inputs, in.Number)
}

// feeds says whether a task may have rows for an output.
func (f *Fragment) feeds(task, out int) bool { return f.exchange != nil || f.whole || task == out }

// partitions returns the partitions from..to-1 that a task runs.
func (f *Fragment) partitions(task int) (from, to int) {
	if f.whole {
		return 0, f.root.Partitioning().N
	}
	return task, task + 1
}
