package write

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
	"gsql/storage/commit"
	"gsql/storage/copytext"
)

// Options say how rows become files.
type Options struct {
	Format      string // csv (also tsv), text, json, arrow or parquet
	Extension   string // of files in a folder, compression included
	Compression string // "" for none; gzip, zstd; also snappy of Parquet and lz4 of Arrow
	Level       int    // of the compression; 0: the usual one

	Folder      bool        // the target is a folder of files
	Mode        commit.Mode // what becomes of what is there
	PartitionBy []string    // columns, each value of which has a folder
	KeepKeys    bool        // the files have these columns, too
	FileBytes   int64       // where a file ends and another begins, about; 0: nowhere

	GroupRows  int      // of a row group of Parquet, or a batch of Arrow
	GroupBytes int64    // likewise
	Bloom      []string // columns of Parquet with Bloom filters; "*" is all
	Array      bool     // JSON: one array

	text *copytext.Options
}

const (
	defaultGroupRows  = 256 << 10
	defaultGroupBytes = 64 << 20
)

// ReadOptions gives the options of COPY ... TO a path their meaning.
func ReadOptions(path string, list []syntax.Option) (*Options, error) {
	r := &reader{o: &Options{GroupRows: defaultGroupRows, GroupBytes: defaultGroupBytes}, seen: map[string]bool{}}
	for _, opt := range list {
		if err := r.option(opt); err != nil {
			return nil, err
		}
	}
	o := r.o
	if err := r.format(path); err != nil {
		return nil, err
	}
	if err := r.compression(path); err != nil {
		return nil, err
	}
	o.Folder = o.Folder || len(o.PartitionBy) > 0 || o.FileBytes > 0 || strings.HasSuffix(path, "/") || strings.HasSuffix(path, string(filepath.Separator))
	if o.Mode == commit.Append && !o.Folder {
		return nil, sqlstate.Unsupported("End the path with / to add files to a folder.", "APPEND to a file is not supported")
	}
	return o, r.check()
}

// reader reads a list of options.
type reader struct {
	o     *Options
	seen  map[string]bool
	given struct{ format, compression syntax.Option }
	mode  string
	text  []syntax.Option // of the formats text and csv
}

// aliases are DuckDB's further names of options.
var aliases = map[string]string{"codec": "compression", "delim": "delimiter", "sep": "delimiter", "nullstr": "null", "file_size_bytes": "file_size",
	"per_thread_output": "folder", "write_partition_columns": "keep_keys", "partition": "partition_by"}

func (r *reader) option(opt syntax.Option) (err error) {
	name, ok := aliases[opt.Name]
	if !ok {
		name = opt.Name
	}
	if r.seen[name] {
		return sqlstate.New(sqlstate.SyntaxError, "conflicting or redundant options").At(opt.Pos)
	}
	r.seen[name] = true
	o := r.o
	switch name {
	case "format":
		r.given.format = opt
	case "compression":
		r.given.compression = opt
	case "compression_level":
		o.Level, err = number(opt, 1, 22)
	case "partition_by":
		o.PartitionBy, err = names(opt)
	case "keep_keys":
		o.KeepKeys, err = boolean(opt)
	case "folder":
		o.Folder, err = boolean(opt)
	case "file_size":
		o.FileBytes, err = size(opt)
	case "row_group_size":
		o.GroupRows, err = number(opt, 1, 1<<30)
	case "row_group_size_bytes":
		o.GroupBytes, err = size(opt)
	case "bloom_filter":
		if opt.Star || opt.List == nil && (opt.Value == "" || isTrue(opt.Value)) {
			o.Bloom = []string{"*"}
		} else if !isFalse(opt.Value) {
			o.Bloom, err = names(opt)
		}
	case "array":
		o.Array, err = boolean(opt)
	case "overwrite", "append":
		var on bool
		if on, err = boolean(opt); err != nil || !on {
			break
		}
		if r.mode != "" {
			return sqlstate.New(sqlstate.SyntaxError, "conflicting or redundant options").At(opt.Pos)
		}
		r.mode = name
		o.Mode = map[string]commit.Mode{"overwrite": commit.Overwrite, "append": commit.Append}[name]
	case "overwrite_or_ignore":
		return sqlstate.Unsupported("Use OVERWRITE, or APPEND, which never replaces a file.", "OVERWRITE_OR_IGNORE is not supported").At(opt.Pos)
	case "filename_pattern", "file_extension", "field_ids", "kv_metadata", "encryption_config", "dateformat", "timestampformat", "prefix", "suffix",
		"use_tmp_file", "return_files", "parquet_version", "dictionary_size_limit", "string_dictionary_page_size_limit", "preserve_order",
		"bloom_filter_false_positive_ratio", "write_empty_file", "hive_file_pattern", "row_groups_per_file":
		return sqlstate.Unsupported("Leave it out.", "option %s of COPY TO is not supported", strings.ToUpper(opt.Name)).At(opt.Pos)
	case "header", "delimiter", "quote", "escape", "null", "force_quote", "encoding", "force_not_null", "force_null", "freeze":
		opt.Name = name
		r.text = append(r.text, opt)
	default:
		return sqlstate.New(sqlstate.SyntaxError, "option \"%s\" not recognized", opt.Name).At(opt.Pos)
	}
	return err
}

// extensions has the formats by the extension of files, compression taken off.
var extensions = map[string]string{
	".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "text",
	".json": "json", ".ndjson": "json", ".jsonl": "json",
	".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
}

// suffixes has the compressions by the extension that stands behind that of the format.
var suffixes = map[string]string{".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}

// suffixesOf are those that files in a folder get.
var suffixesOf = map[string]string{"gzip": ".gz", "zstd": ".zst"}

// IsData reports whether a file is one of data, by its name.
func IsData(name string) bool {
	_, ext := splitName(name)
	return extensions[ext] != "" || map[string]bool{".psv": true, ".tbl": true, ".avro": true, ".orc": true, ".crc": true}[ext]
}

// splitName returns the compression and the extension of the format, by a file's name.
func splitName(name string) (compression, ext string) {
	ext = strings.ToLower(filepath.Ext(name))
	if c := suffixes[ext]; c != "" || ext == ".bz2" || ext == ".xz" || ext == ".lz4" || ext == ".snappy" || ext == ".sz" {
		if c == "" {
			c = ext[1:]
		}
		compression = c
		ext = strings.ToLower(filepath.Ext(strings.TrimSuffix(name, filepath.Ext(name))))
	}
	return compression, ext
}

// format settles the format: what was said, what the name says, or PostgreSQL's text.
func (r *reader) format(path string) error {
	o := r.o
	_, ext := splitName(path)
	f := strings.ToLower(r.given.format.Value)
	switch f {
	case "":
		if f = extensions[ext]; f == "" {
			f = "text"
			if ext != "" || o.Folder || len(o.PartitionBy) > 0 || strings.HasSuffix(path, "/") {
				return sqlstate.New(sqlstate.InvalidParameterValue, "the format of \"%s\" is not known", path).
					WithHint("Say (FORMAT parquet), csv, tsv, json, arrow or text.")
			}
		}
		r.given.format.Value = f
	case "parquet", "csv", "tsv", "text", "arrow", "json":
	case "ndjson", "jsonl":
		f = "json"
	case "feather", "ipc":
		f = "arrow"
	case "binary", "arrows", "xlsx", "avro", "orc", "gdal":
		return sqlstate.Unsupported("Use FORMAT parquet, csv, tsv, json, arrow or text.", "COPY TO a file in format %s is not supported", f).At(r.given.format.Pos)
	default:
		return sqlstate.New(sqlstate.InvalidParameterValue, "COPY format \"%s\" not recognized", r.given.format.Value).At(r.given.format.Pos)
	}
	o.Format = f
	o.Extension = map[string]string{"json": ".ndjson", "text": ".txt"}[f]
	if o.Extension == "" {
		o.Extension = "." + f
	}
	if o.Array {
		o.Extension = ".json"
	}
	if f != "csv" && f != "tsv" && f != "text" {
		if len(r.text) > 0 {
			return sqlstate.New(sqlstate.FeatureNotSupported, "COPY %s available only in CSV mode", strings.ReplaceAll(r.text[0].Name, "_", " ")).At(r.text[0].Pos)
		}
		return nil
	}
	return r.textOptions()
}

// textOptions reads those of CSV and of PostgreSQL's text. Files of CSV have the columns' names unless told otherwise:
// they are tables by themselves.
func (r *reader) textOptions() (err error) {
	o, list := r.o, slices.Clone(r.text)
	has := func(name string) bool {
		return slices.ContainsFunc(list, func(opt syntax.Option) bool { return opt.Name == name })
	}
	if o.Format == "text" {
		o.text, err = copytext.ReadOptionsTo(append(list, syntax.Option{Name: "format", Value: "text"}))
		return err
	}
	if !has("header") {
		list = append(list, syntax.Option{Name: "header"})
	}
	if o.Format == "tsv" {
		if !has("delimiter") {
			list = append(list, syntax.Option{Name: "delimiter", Value: "\t"})
		}
		o.Format = "csv"
	}
	o.text, err = copytext.ReadOptionsTo(append(list, syntax.Option{Name: "format", Value: "csv"}))
	return err
}

// compression settles how files are compressed: as was said, as the name says, or as the format usually is.
func (r *reader) compression(path string) error {
	o, opt := r.o, r.given.compression
	byName, _ := splitName(path)
	c := strings.ToLower(opt.Value)
	switch c {
	case "gz":
		c = "gzip"
	case "zst":
		c = "zstd"
	case "uncompressed":
		c = "none"
	case "auto", "auto_detect":
		c = ""
	}
	if c == "" {
		switch {
		case o.Format == "parquet":
			c = "snappy"
		case o.Format == "arrow" || byName == "":
			c = "none"
		default:
			c = byName
		}
	}
	allowed := map[string][]string{"parquet": {"snappy", "zstd", "gzip"}, "arrow": {"zstd", "lz4"}}[o.Format]
	if allowed == nil {
		allowed = []string{"gzip", "zstd"}
	}
	if c != "none" && !slices.Contains(allowed, c) {
		return sqlstate.Unsupported("Use "+strings.Join(allowed, ", ")+" or none.", "compression \"%s\" is not supported for files of format %s", c, o.Format)
	}
	if c != "none" {
		o.Compression = c
	}
	if o.Format == "csv" || o.Format == "text" || o.Format == "json" {
		o.Extension += suffixesOf[o.Compression]
	}
	return nil
}

// check refuses what does not go together.
func (r *reader) check() error {
	o := r.o
	only := func(name, format string) error {
		if r.seen[name] && o.Format != format {
			return sqlstate.New(sqlstate.InvalidParameterValue, "option %s is for files of format %s", strings.ToUpper(name), format)
		}
		return nil
	}
	for _, x := range [][2]string{{"bloom_filter", "parquet"}, {"array", "json"}, {"row_group_size_bytes", "parquet"}} {
		if err := only(x[0], x[1]); err != nil {
			return err
		}
	}
	if r.seen["row_group_size"] && o.Format != "parquet" && o.Format != "arrow" {
		return sqlstate.New(sqlstate.InvalidParameterValue, "option ROW_GROUP_SIZE is for files of format parquet")
	}
	if r.seen["compression_level"] && o.Compression != "gzip" && o.Compression != "zstd" {
		return sqlstate.New(sqlstate.InvalidParameterValue, "option COMPRESSION_LEVEL is for the compressions gzip and zstd")
	}
	if r.seen["keep_keys"] && len(o.PartitionBy) == 0 {
		return sqlstate.New(sqlstate.InvalidParameterValue, "option WRITE_PARTITION_COLUMNS is for use with PARTITION_BY")
	}
	return nil
}

func names(opt syntax.Option) ([]string, error) {
	list := opt.List
	if list == nil && opt.Value != "" {
		list = []string{opt.Value}
	}
	if len(list) == 0 {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "option %s needs a list of columns", strings.ToUpper(opt.Name)).At(opt.Pos)
	}
	for i, n := range list {
		if slices.Contains(list[:i], n) {
			return nil, sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" specified more than once", n).At(opt.Pos)
		}
	}
	return list, nil
}

func isTrue(s string) bool { return slices.Contains([]string{"true", "on", "1"}, strings.ToLower(s)) }
func isFalse(s string) bool {
	return slices.Contains([]string{"false", "off", "0"}, strings.ToLower(s))
}

func boolean(opt syntax.Option) (bool, error) {
	switch {
	case opt.List == nil && (opt.Value == "" || isTrue(opt.Value)):
		return true, nil
	case isFalse(opt.Value):
		return false, nil
	}
	return false, sqlstate.New(sqlstate.SyntaxError, "%s requires a Boolean value", opt.Name).At(opt.Pos)
}

func number(opt syntax.Option, least, most int) (int, error) {
	n, err := strconv.Atoi(opt.Value)
	if err != nil || n < least || n > most {
		return 0, sqlstate.New(sqlstate.InvalidParameterValue, "option %s must be a number from %d to %d", strings.ToUpper(opt.Name), least, most).At(opt.Pos)
	}
	return n, nil
}

// units of bytes: as DuckDB's, those with an i are powers of 1024.
var units = map[string]float64{"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}

// size reads a number of bytes, such as 256MB.
func size(opt syntax.Option) (int64, error) {
	s := strings.ToLower(strings.TrimSpace(opt.Value))
	end := strings.LastIndexAny(s, "0123456789.") + 1
	n, err := strconv.ParseFloat(s[:end], 64)
	unit, ok := units[strings.TrimSpace(s[end:])]
	if n *= unit; err != nil || !ok || n < 1 || n > 1<<60 {
		return 0, sqlstate.New(sqlstate.InvalidParameterValue, "option %s must be a size such as 256MB", strings.ToUpper(opt.Name)).At(opt.Pos)
	}
	return int64(n), nil
}

// FormatOf returns the format of files with such a name, as the option FORMAT names it; "" when it is none that is written.
func FormatOf(name string) string {
	_, ext := splitName(name)
	return extensions[ext]
}

// Header returns what files of CSV with these columns begin with.
func (o *Options) Header(columns []string) ([]byte, error) {
	w, err := copytext.NewWriter(columns, o.text, nil)
	if err != nil {
		return nil, err
	}
	return w.AppendHeader(nil), nil
}
