package parquet

import (
	"context"
	"io"
	"sync"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/storage/file"
)

// queue deals out the row groups of a scan's files, to all partitions or, where splits are fixed, those of one. Files are opened one after the other, when the row
// groups of those before are all taken, and closed when their last task is done.
type queue struct {
	scan  *Scan
	env   *exec.Env
	stats *exec.OpStats
	files []file.File
	first int // number of files[0] in the table
	// own returns which of the n tasks of file number i the queue deals out.
	own func(i, n int) (from, to int)

	mu      sync.Mutex
	wake    sync.Cond
	file    int // the next file
	opening int // files that a partition is opening at the moment
	tasks   []*task
	claimed int64 // rows given out
	open    map[*openFile]struct{}
	closed  bool
}

// task is a range of rows of one row group.
type task struct {
	file  *openFile
	group int
	skip  int64 // rows of the group before the range
	first int64 // rows of the file before the range
	rows  int64
	size  int64       // its share of the file's bytes
	kept  int64       // rows that are not known to be deleted
	dicts []dictCache // by output column, shared by the tasks of a row group; nil when there is one
	sel   *selection  // of the row group
}

// openFile is a file with tasks that are not done.
type openFile struct {
	*meta
	io.ReaderAt
	number  int // in the table
	deletes *Deletes
	close   func() error
	tasks   int
}

// newQueue returns the queue of all partitions, or where splits are fixed, of one: many files are divided as they are,
// the row groups of few files file by file.
func newQueue(s *Scan, env *exec.Env, part int) *queue {
	q := &queue{scan: s, env: env, stats: env.Profile.Of(s), files: s.table.files, open: map[*openFile]struct{}{}}
	q.wake.L = &q.mu
	q.own = func(_, n int) (int, int) { return 0, n }
	from, to, fixed := env.FixedSplits(part, s.parts, len(q.files))
	switch {
	case fixed && len(q.files) >= tasksPerPartition*s.parts:
		q.files, q.first = q.files[from:to], from
	case fixed:
		q.own = func(i, n int) (int, int) {
			// Another partition begins in each file: files of one row group would all be one partition's.
			from, to, _ := env.FixedSplits((part+i)%s.parts, s.parts, n)
			return from, to
		}
	}
	return q
}

// take returns the next task, nil when there is none left.
func (q *queue) take(ctx context.Context) (*task, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if q.closed || q.scan.limit >= 0 && q.claimed >= q.scan.limit {
			return nil, nil
		}
		if len(q.tasks) > 0 {
			t := q.tasks[0]
			q.tasks = q.tasks[1:]
			if !q.wanted(t.file.meta, t.group) {
				if t.skip == 0 {
					q.prune()
				}
				q.stats.Part(0).Finish(t.size, 0)
				q.done(t)
				continue
			}
			q.claimed += t.kept
			return t, nil
		}
		if q.file < len(q.files) {
			if err := q.nextFile(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if q.opening == 0 {
			return nil, nil
		}
		// Another partition is opening a file, which is a matter of microseconds.
		q.wake.Wait()
	}
}

// nextFile opens the next file and adds its row groups. It is called with the lock, which it gives up while
// it reads.
func (q *queue) nextFile(ctx context.Context) error {
	number := q.file
	f := q.files[number]
	q.file++
	if q.scan.extra.Skips(q.env, q.first+number) || !q.wantsFile(q.first+number) {
		if q.stats != nil {
			q.stats.FilesPruned.Add(1)
			q.stats.Part(0).Finish(f.Size, 0)
		}
		return nil
	}
	q.opening++
	q.mu.Unlock()
	m, opened, err := q.openMeta(f, q.first+number)
	var h file.Handle
	var groups []int
	var deletes *Deletes
	if err == nil {
		groups, err = q.groups(m)
	}
	if err == nil && len(groups) > 0 {
		deletes, err = q.deletes(ctx, m, q.first+number)
	}
	if err == nil && len(groups) > 0 {
		h, err = q.reader(f, opened)
	} else if opened != nil {
		opened.Close()
	}
	q.mu.Lock()
	q.opening--
	q.wake.Broadcast()
	if err != nil {
		return err
	}
	if q.stats != nil && m.schema != nil {
		q.count(m, groups)
	}
	if h == nil {
		return nil
	}
	of := &openFile{meta: m, ReaderAt: h, number: q.first + number, deletes: deletes, close: h.Close}
	var tasks []*task
	for _, g := range groups {
		tasks = append(tasks, q.divide(of, g, len(groups))...)
	}
	from, to := q.own(number, len(tasks))
	if of.tasks = to - from; of.tasks == 0 {
		return h.Close()
	}
	q.open[of] = struct{}{}
	q.tasks = append(q.tasks, tasks[from:to]...)
	if q.closed {
		q.closeFiles()
	}
	return nil
}

// reader opens a file. When no column of it is wanted the footer has told everything.
func (q *queue) reader(f file.File, opened file.Handle) (file.Handle, error) {
	switch {
	case opened != nil:
		return opened, nil
	case len(q.scan.columns) == 0:
		return noFile{}, nil
	}
	return f.Open()
}

// noFile is a file of which nothing is read.
type noFile struct{}

func (noFile) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }
func (noFile) Close() error                      { return nil }

// count counts a file, of which some row groups are to be read.
func (q *queue) count(m *meta, groups []int) {
	if len(groups) == 0 {
		q.stats.FilesPruned.Add(1)
	} else {
		q.stats.FilesRead.Add(1)
	}
	rest, pruned := m.file.Size, -len(groups)
	for _, g := range groups {
		rest -= m.share(m.groups[g].rows)
	}
	for _, g := range m.groups {
		if g.rows > 0 {
			pruned++
		}
	}
	q.stats.GroupsPruned.Add(int64(pruned))
	q.stats.Part(0).Finish(rest, 0)
}

// share returns the bytes of a file that some of its rows stand for.
func (m *meta) share(rows int64) int64 {
	return int64(float64(m.file.Size) * float64(rows) / float64(max(m.rows, 1)))
}

// groups returns the row groups of a file that statistics do not exclude.
func (q *queue) groups(m *meta) ([]int, error) {
	if err := q.scan.table.shape.refusal(m, q.scan.columns); err != nil {
		return nil, err
	}
	var keep []int
	for g := range m.groups {
		for _, ord := range q.scan.columns {
			if m.cols[ord].missing {
				continue
			}
			if _, err := m.chunk(g, ord); err != nil {
				return nil, err
			}
		}
		switch {
		case m.groups[g].rows == 0:
		case q.scan.prune != nil && !mayMatch(q.scan.prune, q.boundsIn(m, g)):
		default:
			keep = append(keep, g)
		}
	}
	return keep, nil
}

// boundsIn returns the bounds of columns in a row group.
func (q *queue) boundsIn(m *meta, g int) func(expr.ColID) (bounds, bool) {
	return func(id expr.ColID) (bounds, bool) {
		i := q.scan.out.Index(id)
		if i < 0 {
			return bounds{}, false
		}
		return q.columnBounds(m, g, i), true
	}
}

func (q *queue) columnBounds(m *meta, g, i int) bounds {
	return m.bounds(g, q.scan.columns[i])
}

// Large row groups are divided when there are not enough for all partitions.
const (
	tasksPerPartition = 4
	minTaskRows       = 256 << 10
)

// divide returns the tasks of a row group, one of the number of groups that the file has.
func (q *queue) divide(of *openFile, g, groups int) (tasks []*task) {
	rows := of.groups[g].rows
	pieces := int64(1)
	if want := tasksPerPartition * q.scan.parts; q.scan.parts > 1 && len(q.scan.table.files)*groups < want {
		pieces = min(int64((want+groups-1)/groups), max(rows/minTaskRows, 1))
	}
	var dicts []dictCache
	if pieces > 1 {
		dicts = make([]dictCache, len(q.scan.columns))
	}
	first := int64(0)
	for _, g := range of.groups[:g] {
		first += g.rows
	}
	sel := new(selection)
	size := (rows + pieces - 1) / pieces
	for at := int64(0); at < rows; at += size {
		n := min(size, rows-at)
		tasks = append(tasks, &task{of, g, at, first + at, n, of.share(n), of.deletes.kept(first+at, n), dicts, sel})
	}
	return tasks
}

// wanted reports whether the filters published so far leave anything of a row group.
func (q *queue) wanted(m *meta, g int) bool {
	for _, f := range q.knownFilters() {
		if f.Empty || !f.may(q.columnBounds(m, g, f.col)) {
			return false
		}
	}
	return true
}

// begin counts a task that is about to be read, and the row group with the first of its tasks.
func (q *queue) begin(t *task) {
	switch {
	case t.skip > 0 || q.stats == nil || t.file.schema == nil:
	case t.sel.none:
		q.prune()
	default:
		q.stats.GroupsRead.Add(1)
		q.stats.PagesPruned.Add(t.sel.pruned)
	}
}

// prune counts a row group that is left out.
func (q *queue) prune() {
	if q.stats != nil {
		q.stats.GroupsPruned.Add(1)
	}
}

// finish says that a task is done; its file may be closed.
func (q *queue) finish(t *task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.done(t)
}

func (q *queue) done(t *task) {
	of := t.file
	of.tasks--
	if of.tasks == 0 {
		of.close()
		delete(q.open, of)
	}
}

// Close ends the scan and closes what is open; streams are closed before.
func (q *queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	return q.closeFiles()
}

func (q *queue) closeFiles() error {
	var first error
	for of := range q.open {
		if err := of.close(); err != nil && first == nil {
			first = err
		}
	}
	clear(q.open)
	q.tasks = nil
	return first
}
