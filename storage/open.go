package storage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/storage/arrow"
	"gsql/storage/avro"
	"gsql/storage/csv"
	"gsql/storage/excel"
	"gsql/storage/file"
	"gsql/storage/json"
	"gsql/storage/lake"
	"gsql/storage/numpy"
	"gsql/storage/parquet"
	"gsql/storage/plain"
)

// request is a table over files.
type request struct {
	patterns []string
	format   string // "" to find out
	name     string // for messages; "" for the first pattern
	declared bool   // keys are checked later
	schema   string // the folder in the catalog's that has the table; "" if none
	files    filesOptions
	csv      csv.Options
	json     json.Options
	plain    plain.Options
	excel    excel.Options
	args     string // what distinguishes options, for the cache
}

// newRequest returns the request for what paths or globs name, without options.
func newRequest(patterns ...string) request {
	return request{patterns: patterns, files: filesOptions{autocast: true}}
}

// open returns the table of a request. It looks at some files: where all lie in folders of the form key=value, the others
// are looked for when the table is scanned.
func (c *Catalog) open(ctx context.Context, r request) (exec.Table, error) {
	if r.format == "" && len(r.patterns) == 1 {
		if kind, err := c.lakeAt(ctx, r.patterns[0]); err == nil && kind != noLake { // after an error, reading it will say
			return c.openLake(ctx, kind, r.patterns[0], &r, lake.Options{})
		}
	}
	return c.openWith(ctx, r, func(*found) error { return nil })
}

// openWith is open for a table whose columns change changes.
func (c *Catalog) openWith(ctx context.Context, r request, change func(*found) error) (exec.Table, error) {
	f, err := c.find(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := change(f); err != nil {
		return nil, err
	}
	return &table{found: f}, nil
}

// find finds out what there is to know of the files of a request before they are read.
func (c *Catalog) find(ctx context.Context, r request) (*found, error) {
	patterns, err := c.resolveAll(ctx, r.patterns)
	if err != nil {
		return nil, err
	}
	f := &found{c: c, name: r.name, schema: r.schema, patterns: patterns}
	if f.name == "" {
		f.name = r.patterns[0]
	}
	r.csv.ByName, r.csv.Disjoint = r.files.several(), r.files.unite()
	if r.csv.SampleSize < 0 || r.json.SampleSize < 0 { // all rows
		r.files.sniff = -1
	}
	sample, err := f.lookAround(ctx, &r.files)
	if err != nil {
		return nil, err
	}
	if sample == nil {
		if sample, err = f.listAll(ctx, &r.files); err != nil {
			return nil, err
		}
	}
	if !r.declared {
		if err := f.hive.checkTypes(&r.files); err != nil {
			return nil, err
		}
	}
	format := r.format
	if format == "" {
		all := sample
		if f.set != nil {
			all = f.set.files
		}
		if format, err = commonFormat(all); err != nil {
			return nil, err
		}
		f.format = format
	}
	return f, f.shape(ctx, format, &r, sample)
}

// probe is a file that was found by looking around.
type probe struct {
	pattern    *pattern
	path, name string
	dir        *place
}

// lookAround finds some files here and there in a tree of folders key=value, and the keys. It returns nil when all files
// must be known: where there are no such folders, or the options want to know them all.
func (f *found) lookAround(ctx context.Context, o *filesOptions) ([]file.File, error) {
	if o.hive != nil && !*o.hive {
		return nil, nil
	}
	var seen []hiveClass
	first, err := f.probe(ctx, f.patterns[0], 0, &seen)
	if err != nil {
		return nil, err
	}
	f.hive = newHive(first.dir, first.name)
	if f.hive == nil || o.all() || slices.ContainsFunc(f.patterns, func(p *pattern) bool { return p.members != nil }) {
		return nil, nil
	}
	probes := []*probe{first}
	per := max(2, o.files()/len(f.patterns))
	for _, p := range f.patterns {
		for i := range per {
			x, err := f.probe(ctx, p, float64(i)/float64(per-1), &seen)
			if err != nil {
				return nil, err
			}
			switch {
			case !f.hive.fits(x.dir) && o.hive == nil:
				f.hive = nil
				return nil, nil
			case !f.hive.fits(x.dir):
				return nil, f.hive.misplaced(x.name)
			}
			if !slices.ContainsFunc(probes, func(y *probe) bool { return x.path == y.path }) {
				probes = append(probes, x)
			}
		}
	}
	f.hive.settle(seen, o)
	var sample []file.File
	for _, x := range probes[:min(len(probes), o.files())] {
		s, err := file.Stat(x.path)
		if err != nil {
			return nil, err
		}
		sample = append(sample, s)
	}
	return sample, nil
}

// probe finds a file that lies behind about a share of all that a pattern names. seen gets the kinds of the values of
// the folders on the way and beside it.
func (f *found) probe(ctx context.Context, p *pattern, share float64, seen *[]hiveClass) (*probe, error) {
	if p.members != nil {
		x := p.members[0].Path
		return &probe{p, x, x, placeOf(x)}, nil
	}
	var out *probe
	w := &walker{c: f.c, ctx: ctx, keys: true}
	w.visit.file = func(path, name string, dir *place) error {
		if !p.takes(name) {
			return nil
		}
		out = &probe{p, path, name, dir}
		return errStop
	}
	w.visit.folders = func(parent *place, names []string) ([]string, error) {
		for len(*seen) <= parent.depth {
			*seen = append(*seen, 0)
		}
		for _, n := range names {
			_, raw, _ := parseKey(n)
			(*seen)[parent.depth] |= classOf(raw)
		}
		return nil, nil
	}
	if share > 0 {
		w.visit.rank = func(n int) int { return int(share * float64(n-1)) }
	}
	if err := w.walk(p); err != nil && err != errStop {
		return nil, err
	}
	if out == nil {
		return nil, p.nothing()
	}
	return out, nil
}

// listAll finds all files and returns those that are to be looked at.
func (f *found) listAll(ctx context.Context, o *filesOptions) ([]file.File, error) {
	l := &lister{c: f.c, hive: f.hive, set: newFileSet(f.hive)}
	err := l.list(ctx, f.patterns)
	if f.hive != nil && o.hive == nil && sqlstate.Of(err) == sqlstate.DatatypeMismatch { // not all files lie in such folders
		f.hive = nil
		l = &lister{c: f.c, set: newFileSet(nil)}
		err = l.list(ctx, f.patterns)
	}
	if err != nil {
		return nil, err
	}
	if err := l.set.stat(ctx); err != nil {
		return nil, err
	}
	f.set = l.set
	n := len(f.set.files)
	if n == 0 {
		return nil, f.patterns[0].nothing()
	}
	if f.hive != nil {
		var seen []hiveClass
		for _, k := range f.set.keys {
			seen = append(seen, k.class())
		}
		f.hive.settle(seen, o)
		for _, k := range f.set.keys {
			if err := k.convert(); err != nil {
				return nil, err
			}
		}
	}
	most := min(o.files(), n)
	if most == n {
		return f.set.files, nil
	}
	var sample []file.File
	for i := range most {
		sample = append(sample, f.set.files[i*(n-1)/max(most-1, 1)])
	}
	return sample, nil
}

// shape finds the columns in a sample of the files.
func (f *found) shape(ctx context.Context, format string, r *request, sample []file.File) error {
	key := cacheKey(format, r, sample)
	f.c.mu.Lock()
	shape := f.c.shapes[key]
	f.c.mu.Unlock()
	if shape == nil {
		var err error
		if shape, err = f.c.infer(ctx, format, r, sample); err != nil {
			return err
		}
		f.c.mu.Lock()
		if len(f.c.shapes) >= maxShapes {
			clear(f.c.shapes)
		}
		f.c.shapes[key] = shape
		f.c.mu.Unlock()
	}
	f.found = shape
	f.addColumns(schemaOf(shape), &r.files)
	switch s := shape.(type) {
	case *parquet.Shape:
		f.make = func(files []file.File, x *file.Extras) exec.Table { return parquet.NewTable(f.name, files, s, x) }
	case *json.Shape:
		f.make = func(files []file.File, x *file.Extras) exec.Table { return json.NewTable(f.name, files, s, x) }
	case *arrow.Shape:
		f.make = func(files []file.File, x *file.Extras) exec.Table { return arrow.NewTable(f.name, files, s, x) }
	case *avro.Shape:
		f.make = func(files []file.File, x *file.Extras) exec.Table { return avro.NewTable(f.name, files, s, x) }
	case *excel.Shape:
		f.make = func(files []file.File, x *file.Extras) exec.Table { return excel.NewTable(f.name, files, s, x) }
	case *numpy.Shape:
		f.make = func(files []file.File, x *file.Extras) exec.Table { return numpy.NewTable(f.name, files, s, x) }
	case *plain.Options:
		f.make = func(files []file.File, x *file.Extras) exec.Table { return plain.NewTable(f.name, files, s, x) }
	case *csv.Shape:
		f.make = func(files []file.File, x *file.Extras) exec.Table { return csv.NewTable(f.name, files, s, x) }
	}
	return nil
}

// schemaOf returns the columns of a shape.
func schemaOf(shape any) exec.Schema {
	switch s := shape.(type) {
	case *parquet.Shape:
		return s.Schema
	case *json.Shape:
		return s.Columns
	case *csv.Shape:
		return s.Schema
	case *arrow.Shape:
		return s.Columns
	case *avro.Shape:
		return s.Columns
	case *excel.Shape:
		return s.Columns
	case *numpy.Shape:
		return s.Columns
	case *plain.Options:
		return s.Schema()
	}
	return nil
}

// cacheKey identifies files in one state, read in one way.
func cacheKey(format string, r *request, files []file.File) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %q %t %t", format, r.args, r.files.several(), r.files.unite())
	for _, f := range files {
		fmt.Fprintf(h, "%q %d %d %d %q\n", f.Path, f.Size, f.ModTime.UnixNano(), f.Inode, f.Version)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// infer finds the columns and types of files.
func (c *Catalog) infer(ctx context.Context, format string, r *request, files []file.File) (any, error) {
	switch format {
	case "parquet":
		return parquet.Infer(ctx, files, parquet.Options{ByName: r.files.several(), Footers: c.footers})
	case "json":
		return json.Infer(ctx, files, r.json)
	case "csv":
		return csv.Infer(ctx, files, r.csv)
	}
	if r.files.unite() {
		return nil, sqlstate.Unsupported("Read the files as separate tables and combine them with UNION ALL.", "union_by_name is not supported for files of the format %s", format)
	}
	switch format {
	case "arrow":
		return arrow.Infer(ctx, files)
	case "avro":
		return avro.Infer(ctx, files)
	case "excel":
		return excel.Infer(ctx, files, r.excel)
	case "numpy":
		return numpy.Infer(ctx, files)
	}
	return &r.plain, nil
}
