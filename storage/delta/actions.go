package delta

import (
	"bytes"
	"encoding/json"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// action is one line of a commit: one of its fields is set.
type action struct {
	Add      *addFile        `json:"add"`
	Remove   *removeFile     `json:"remove"`
	MetaData *metaData       `json:"metaData"`
	Protocol *protocol       `json:"protocol"`
	Commit   json.RawMessage `json:"commitInfo"`
	Sidecar  *sidecar        `json:"sidecar"`
}

// addFile says that a file has rows of the table.
type addFile struct {
	Path            string             `json:"path"`
	PartitionValues map[string]*string `json:"partitionValues"`
	Size            int64              `json:"size"`
	Stats           string             `json:"stats"`
	DeletionVector  *deletionVector    `json:"deletionVector"`

	from string // the file of the log that says it
}

// removeFile says that a file has none any more.
type removeFile struct {
	Path           string          `json:"path"`
	DeletionVector *deletionVector `json:"deletionVector"`
}

// deletionVector says where the numbers of the rows of a file lie that are deleted.
type deletionVector struct {
	StorageType    string `json:"storageType"`
	PathOrInlineDv string `json:"pathOrInlineDv"`
	Offset         *int64 `json:"offset"`
	SizeInBytes    int64  `json:"sizeInBytes"`
	Cardinality    int64  `json:"cardinality"`
}

// metaData says what columns the table has.
type metaData struct {
	Format struct {
		Provider string `json:"provider"`
	} `json:"format"`
	SchemaString     string            `json:"schemaString"`
	PartitionColumns []string          `json:"partitionColumns"`
	Configuration    map[string]string `json:"configuration"`
}

// protocol says what a reader must know to read the table.
type protocol struct {
	MinReaderVersion int      `json:"minReaderVersion"`
	ReaderFeatures   []string `json:"readerFeatures"`
}

// sidecar is a file with a part of a checkpoint.
type sidecar struct {
	Path        string `json:"path"`
	SizeInBytes int64  `json:"sizeInBytes"`
}

// features are those that a reader may be asked to know.
var features = map[string]bool{
	"columnMapping": true, "deletionVectors": true, "timestampNtz": true, "typeWidening": true, "typeWidening-preview": true,
	"v2Checkpoint": true, "vacuumProtocolCheck": true,
}

// check returns an error for a table that cannot be read.
func (p *protocol) check(name string) error {
	const hint = "Read the files by a glob, if all of their rows are wanted, or write the table without the feature."
	if p.MinReaderVersion > 3 {
		return sqlstate.Unsupported(hint, "Delta Lake table \"%s\" is for readers of version %d of the protocol, which is not supported", name, p.MinReaderVersion)
	}
	for _, f := range p.ReaderFeatures {
		if !features[f] {
			return sqlstate.Unsupported(hint, "Delta Lake table \"%s\" has the feature \"%s\", which is not supported", name, f)
		}
	}
	return nil
}

// key tells files of the table from each other: a path may be there with several deletion vectors, one after the other.
func key(path string, dv *deletionVector) string {
	if dv == nil {
		return path
	}
	k := path + "\x00" + dv.StorageType + dv.PathOrInlineDv
	if dv.Offset != nil {
		k += "@" + itoa(*dv.Offset)
	}
	return k
}

// readCommit calls each for the actions in a file of lines.
func readCommit(f file.File, text []byte, each func(a *action) error) error {
	for line := 1; len(text) > 0; line++ {
		var one []byte
		one, text, _ = bytes.Cut(text, []byte("\n"))
		if one = bytes.TrimSpace(one); len(one) == 0 {
			continue
		}
		var a action
		if err := json.Unmarshal(one, &a); err != nil {
			return corrupt(f.Path, "line %d is no action: %v", line, err)
		}
		if a.Add != nil {
			a.Add.from = f.Path
		}
		if err := each(&a); err != nil {
			return atLine(err, line)
		}
	}
	return nil
}

// corrupt is the error about a file of the log that is not what it should be.
func corrupt(path, what string, args ...any) *sqlstate.Error {
	e := sqlstate.New(sqlstate.DataCorrupted, what, args...)
	e.Message = "file \"" + path + "\" of a Delta Lake log is damaged: " + e.Message
	return e
}

// atLine adds a line to an error that has no other place.
func atLine(err error, line int) error {
	if e, ok := err.(*sqlstate.Error); ok && e.Detail == "" {
		return e.WithDetail("Line %d.", line)
	}
	return err
}
