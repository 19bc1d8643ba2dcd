package storage

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/remote"
)

// formats has the formats by the extension of their files.
var formats = map[string]string{
	".csv": "csv", ".tsv": "csv", ".tab": "csv", ".psv": "csv", ".tbl": "csv", ".txt": "csv",
	".parquet": "parquet", ".pq": "parquet",
	".ndjson": "json", ".jsonl": "json", ".json": "json",
	".arrow": "arrow", ".arrows": "arrow", ".feather": "arrow", ".ipc": "arrow",
	".avro": "avro", ".npy": "numpy", ".xlsx": "excel", ".xlsm": "excel",
}

// formatOf returns the format of a file by its name, "" when that does not say.
func formatOf(path string) string { return formats[extension(path)] }

// extension returns the extension of a path that tells the format: x.csv.gz is CSV.
func extension(path string) string {
	if remote.IsURL(path) {
		path, _, _ = strings.Cut(path, "?")
	}
	_, path = file.CodecOf(path)
	return strings.ToLower(filepath.Ext(path))
}

// commonFormat returns the format of files: by extension, else by how a file begins.
func commonFormat(files []file.File) (string, error) {
	format := ""
	for _, f := range files {
		g := formatOf(f.Path)
		if g == "" {
			var err error
			if g, err = sniffFormat(f); err != nil {
				return "", err
			}
		}
		if format != "" && g != format {
			return "", mixedFormats(files[0].Path, format, f.Path, g)
		}
		format = g
	}
	if format == "csv" {
		return trueFormat(files)
	}
	return format, nil
}

func mixedFormats(a, formatA, b, formatB string) error {
	return sqlstate.New(sqlstate.WrongObjectType, "files of one table have different formats: \"%s\" is %s, \"%s\" is %s", a, formatA, b, formatB).
		WithHint("Use a glob that matches one of them, such as '*%s'.", filepath.Ext(a))
}

// trueFormat returns the format of files whose names say that they are text, by how the first one that is not empty begins:
// JSON and archives are text of no use.
func trueFormat(files []file.File) (string, error) {
	for _, f := range files {
		if f.Size > 0 {
			return sniffFormat(f)
		}
	}
	return "csv", nil
}

const unpack = "Unpack it, or pack it as gzip, zstd, xz, bzip2, lz4, zip or tar."

// binary has what files begin with that are no text.
var binary = []struct{ magic, format string }{
	{"PAR1", "parquet"}, {"ARROW1", "arrow"}, {"\xff\xff\xff\xff", "arrow"}, {"FEA1", "arrow"}, {"Obj\x01", "avro"},
	{"\x93NUMPY", "numpy"},
}

// foreign has what files of other kinds begin with.
var foreign = []struct{ magic, kind, hint string }{
	{"PK\x03\x04", "zip", "Give an archive a name that ends in .zip, and an Excel file one that ends in .xlsx."},
	{"ORC", "ORC", "Write the data as Parquet."},
	{"SQLite format 3\x00", "SQLite", "Export the tables as CSV."},
	{"7z\xbc\xaf\x27\x1c", "7-Zip", unpack},
	{"Rar!\x1a\x07", "RAR", unpack},
	{"\x1f\x9d", "compress (.Z)", unpack},
	{"\x1f\x8b", "gzip in a compressed file", unpack},
	{"%PDF-", "PDF", "Export the tables as CSV."},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel 97 (.xls)", "Save it as .xlsx."},
}

// sniffFormat looks at the first bytes of a file.
func sniffFormat(f file.File) (string, error) {
	t, err := f.OpenText("", 0)
	if err != nil {
		return "", err
	}
	defer t.Close()
	head := make([]byte, 512)
	n, err := t.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return "", file.Error(f.Path, err)
	}
	head = head[:n]
	for _, x := range binary {
		if bytes.HasPrefix(head, []byte(x.magic)) {
			return x.format, nil
		}
	}
	for _, x := range foreign {
		if bytes.HasPrefix(head, []byte(x.magic)) {
			return "", sqlstate.Unsupported(x.hint, "file \"%s\" is of the format %s, which is not supported", f.Path, x.kind)
		}
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if looksLikeJSON(head) {
		return "json", nil
	}
	return "csv", nil
}

// looksLikeJSON tells {"a": and [{ from text that happens to begin with a bracket.
func looksLikeJSON(head []byte) bool {
	for _, want := range []string{"{[", "{\"}"} {
		if len(head) == 0 || strings.IndexByte(want, head[0]) < 0 {
			return false
		}
		if head[0] != '[' {
			head = head[1:]
			head = bytes.TrimLeft(head, " \t\r\n")
			return len(head) == 0 || head[0] == '"' || head[0] == '}'
		}
		head = bytes.TrimLeft(head[1:], " \t\r\n")
	}
	return false
}
