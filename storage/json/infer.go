package json

import (
	"bytes"
	"context"
	"io"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
)

const (
	sampleRows  = 20_480 // looked at, unless an option says otherwise
	fileRows    = 256    // of each file at least
	sampleBatch = 1024
	maxColumns  = 1600 // of a table, as in PostgreSQL
)

// Shape is what is known of files before they are read.
type Shape struct {
	Columns exec.Schema
	given   []bool // by column: the type was asked for, not found in the sample

	layout    Layout
	arrays    bool // files that begin with a bracket are arrays
	skip      bool // broken lines are left out
	maxObject int
	rowBytes  float64
	ratio     float64 // bytes of text for a byte of a file
}

// Infer finds the columns and the layout in a sample of the files.
func Infer(ctx context.Context, files []file.File, opt Options) (*Shape, error) {
	if len(files) == 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "no files")
	}
	s := sampler{opt: &opt, files: files, shape: Shape{layout: Lines, arrays: true, skip: opt.IgnoreErrors, maxObject: defaultObject}}
	if opt.MaxObject > 0 {
		s.shape.maxObject = opt.MaxObject
	}
	if opt.Layout != nil {
		s.shape.layout, s.shape.arrays = *opt.Layout, false
	}
	if err := s.sample(ctx); err != nil {
		if opt.Layout != nil || opt.IgnoreErrors {
			return nil, err
		}
		// Perhaps objects span lines.
		s.shape.layout = Objects
		if again := s.sample(ctx); again != nil {
			if s.rows > 0 {
				return nil, err
			}
			return nil, again
		}
	}
	return s.settle()
}

// sampler looks at the first rows.
type sampler struct {
	opt   *Options
	files []file.File
	shape Shape

	names []string
	kinds []kinds
	rows  int
	bytes int64
}

// sample reads the sample in the shape's layout.
func (s *sampler) sample(ctx context.Context) error {
	s.names, s.kinds, s.rows, s.bytes = nil, nil, 0, 0
	limit := sampleRows
	switch {
	case s.opt.SampleSize > 0:
		limit = s.opt.SampleSize
	case s.opt.SampleSize < 0:
		limit = 1 << 62
	}
	r := reader{skip: s.shape.skip, maxObject: s.shape.maxObject, window: windowBytes, bytes: func(int64) {}}
	r.members = newMembers(nil)
	if s.opt.Columns == nil {
		r.members.added = s.adder(&r)
	}
	for i, f := range s.files {
		if f.Size == 0 {
			continue
		}
		share := limit - s.rows
		if i > 0 && s.opt.SampleSize == 0 {
			share = max(limit/len(s.files), fileRows)
		}
		if err := s.file(ctx, &r, f, s.rows+share); err != nil {
			return err
		}
	}
	return nil
}

// file looks at rows of one file.
func (s *sampler) file(ctx context.Context, r *reader, f file.File, limit int) error {
	t, err := f.OpenText("", 0)
	if err != nil {
		return err
	}
	defer t.Close()
	layout, err := layoutOf(t, f, s.shape.layout, s.shape.arrays)
	if err != nil {
		return err
	}
	if err := r.all(f, t, layout); err != nil {
		return err
	}
	err = s.read(ctx, r, limit)
	s.shape.ratio = t.Ratio()
	return err
}

// adder returns what makes a column of each new member.
func (s *sampler) adder(r *reader) func(name string) int {
	return func(name string) int {
		s.names, s.kinds = append(s.names, name), append(s.kinds, 0)
		r.spans = append(r.spans, make([]span, sampleBatch))
		return len(s.names) - 1
	}
}

// read looks at rows of one file until there are limit in all.
func (s *sampler) read(ctx context.Context, r *reader, limit int) error {
	before := s.bytes
	for s.rows < limit {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := r.next(min(sampleBatch, limit-s.rows))
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if len(s.names) > maxColumns {
			return sqlstate.New(sqlstate.TooManyColumns, "objects of file \"%s\" have more than %d different members", r.f.Path, maxColumns).
				WithHint("Name those to be read: columns => {'name': 'TYPE', ...}.")
		}
		for i, rows := range r.spans {
			k := s.kinds[i]
			for _, sp := range rows[:r.rows] {
				if sp.end > 0 && (k&isText == 0 || r.walker.buf[sp.start] != '"') {
					k |= kindOf(r.walker.buf[sp.start:sp.end])
				}
			}
			s.kinds[i] = k
		}
		s.rows += r.rows
		s.bytes = before + r.off + int64(r.prev)
	}
	return nil
}

// settle puts names and types together.
func (s *sampler) settle() (*Shape, error) {
	sh := &s.shape
	if s.rows > 0 {
		sh.rowBytes = float64(s.bytes) / float64(s.rows)
	}
	if s.opt.Columns != nil {
		for _, c := range s.opt.Columns {
			sh.Columns, sh.given = append(sh.Columns, exec.Field{Name: c.Name, Type: c.Type}), append(sh.given, true)
		}
		return sh, nil
	}
	for i, name := range s.names {
		sh.Columns = append(sh.Columns, exec.Field{Name: name, Type: s.kinds[i].typeOf()})
	}
	sh.given = make([]bool, len(s.names))
	for _, c := range s.opt.Types {
		i := 0
		for i < len(s.names) && s.names[i] != c.Name {
			i++
		}
		if i == len(s.names) { // none of the sample's objects has it, but others may
			sh.Columns, sh.given = append(sh.Columns, exec.Field{Name: c.Name}), append(sh.given, true)
			s.names = append(s.names, c.Name)
		}
		sh.Columns[i].Type, sh.given[i] = c.Type, true
	}
	if len(sh.Columns) == 0 {
		what := "has no objects"
		if s.rows > 0 {
			what = "has only objects without members"
		}
		return nil, sqlstate.New(sqlstate.DataCorrupted, "file \"%s\" %s", s.files[0].Path, what).
			WithHint("The columns of an empty table can be given: read_json('...', columns => {'name': 'TYPE', ...}).")
	}
	return sh, nil
}

// kinds is a set of kinds of values.
type kinds uint16

const (
	isBool kinds = 1 << iota
	isInt        // an integer that a float holds exactly
	isLong       // another integer of 64 bits
	isHuge       // a longer integer
	isFloat
	isWide // a float of too many digits for a numeric
	isDate
	isTimestamp
	isTimestampTZ
	isText
	isOther // an object, an array, a number that no type holds
)

const exactFloat = 1 << 53

// kindOf returns the kind of a value; null is of none.
func kindOf(v []byte) kinds {
	switch v[0] {
	case 'n':
		return 0
	case 't', 'f':
		return isBool
	case '{', '[':
		return isOther
	case '"':
		return kindOfText(v[1 : len(v)-1])
	}
	if bytes.ContainsAny(v, ".eE") {
		if _, err := text.ParseFloat(v, 64); err != nil {
			return isOther
		}
		if _, err := vec.ParseNum(v); err != nil {
			return isFloat | isWide
		}
		return isFloat
	}
	x, err := text.ParseInt(v)
	switch {
	case err == nil && x <= exactFloat && x >= -exactFloat:
		return isInt
	case err == nil:
		return isLong
	}
	if _, err := vec.ParseNum(v); err == nil {
		return isHuge
	}
	return isOther
}

func kindOfText(v []byte) kinds {
	if len(v) < 10 || v[4] != '-' {
		return isText
	}
	if _, ok := text.ParseDateISO(v); ok {
		return isDate
	}
	if _, ok := text.ParseTimestampISO(v); ok {
		return isTimestamp
	}
	if _, ok := text.ParseTimestampTZISO(v); ok {
		return isTimestampTZ
	}
	return isText
}

// typeOf returns the type that values of the kinds in k are read as: json where no other has them all as they
// are.
func (k kinds) typeOf() types.Type {
	within := func(set kinds) bool { return k&^set == 0 }
	switch {
	case k == 0:
	case within(isBool):
		return types.Of(types.Bool)
	case within(isInt | isLong):
		return types.Of(types.Int64)
	case within(isInt | isLong | isHuge):
		return types.Of(types.Numeric)
	case within(isInt | isFloat | isWide):
		return types.Of(types.Float64)
	case within(isInt | isLong | isHuge | isFloat): // a float would change the long ones
		return types.Of(types.Numeric)
	case within(isDate):
		return types.Of(types.Date)
	case within(isDate | isTimestamp):
		return types.Of(types.Timestamp)
	case within(isTimestampTZ):
		return types.Of(types.TimestampTZ)
	case within(isDate | isTimestamp | isTimestampTZ | isText):
		return types.Of(types.Text)
	}
	return types.Of(types.JSON)
}
