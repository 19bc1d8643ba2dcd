package storage

import (
	"strings"

	"gsql/exec"
	"gsql/storage/option"
)

// filesOptions are the options of table functions that are about files, whatever their format.
type filesOptions struct {
	hive      *bool           // columns of folders key=value; nil: where all files lie in such folders
	hiveTypes []option.Column // types of some of them
	autocast  bool            // types of the others are found from the names
	byName    *bool           // columns of all files, or of the first; nil: of those that are looked at
	filename  string          // name of the column with the file's path; "" for none
	rowNumber bool            // a column file_row_number
	sniff     int             // how many files are looked at for the columns and their types; 0: the default, -1: all
}

const (
	sniffFiles = 10 // looked at, unless an option says otherwise
	maxSniff   = 1 << 30
)

var fileOptions = option.Set[filesOptions]{
	"hive_partitioning": func(o *filesOptions, a exec.Arg) error { return setOptional(&o.hive, a) },
	"hive_types":        setHiveTypes,
	"hive_types_autocast": func(o *filesOptions, a exec.Arg) (err error) {
		o.autocast, err = option.Bool(a)
		return err
	},
	"union_by_name":        func(o *filesOptions, a exec.Arg) error { return setOptional(&o.byName, a) },
	"filename":             setFilename,
	"file_row_number":      func(o *filesOptions, a exec.Arg) (err error) { o.rowNumber, err = option.Bool(a); return err },
	"files_to_sniff":       setSniff,
	"maximum_sample_files": setSniff,
}

func setOptional(to **bool, a exec.Arg) error {
	b, err := option.Bool(a)
	*to = &b
	return err
}

func setHiveTypes(o *filesOptions, a exec.Arg) (err error) {
	o.hiveTypes, err = option.Columns(a)
	return err
}

// setFilename takes true or the column's name.
func setFilename(o *filesOptions, a exec.Arg) error {
	s, text := a.Value.(string)
	if text && s != "" && !strings.EqualFold(s, "true") && !strings.EqualFold(s, "false") {
		o.filename = s
		return nil
	}
	b, err := option.Bool(a)
	if err != nil {
		return option.Bad(a, "true, false or the name of the column")
	}
	if o.filename = ""; b {
		o.filename = "filename"
	}
	return nil
}

func setSniff(o *filesOptions, a exec.Arg) (err error) {
	const want = "a number of files, or -1 for all"
	if o.sniff, err = option.Int(a, -1, maxSniff, want); err == nil && o.sniff == 0 {
		err = option.Bad(a, want)
	}
	return err
}

// splitOptions takes the options about files out of the arguments of a table function.
func splitOptions(function string, args []exec.Arg) (o filesOptions, rest []exec.Arg, err error) {
	o.autocast = true
	for _, a := range args {
		if _, ok := fileOptions[a.Name]; !ok {
			rest = append(rest, a)
			continue
		}
		if err := fileOptions.Parse(function, []exec.Arg{a}, &o); err != nil {
			return o, nil, err
		}
	}
	return o, rest, nil
}

// several reports whether the table has columns that the first file lacks.
func (o *filesOptions) several() bool { return o.byName == nil || *o.byName }

// all reports whether all files are looked at for the columns.
func (o *filesOptions) all() bool { return o.sniff < 0 || o.unite() }

// unite reports whether the table has the columns of all files.
func (o *filesOptions) unite() bool { return o.byName != nil && *o.byName }

// files is how many files are looked at.
func (o *filesOptions) files() int {
	switch {
	case o.all():
		return maxSniff
	case o.sniff == 0:
		return sniffFiles
	}
	return o.sniff
}
