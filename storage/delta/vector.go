package delta

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/lake"
	"gsql/storage/parquet"
)

// uuidChars is the length of a UUID in base 85.
const uuidChars = 20

// deletes returns the rows of a file that are deleted.
func (s *snapshot) deletes(ctx context.Context, fs lake.FS, number int, rows int64) (*parquet.Deletes, error) {
	f := s.files[number]
	v := f.DeletionVector
	if v == nil {
		return nil, nil
	}
	if rows > lake.MaxRows {
		return nil, lake.TooManyRows(f.Path)
	}
	data, from, err := v.load(ctx, fs)
	if err != nil {
		return nil, err
	}
	p := parquet.NewPlaces(rows)
	if err := lake.AddVector(data, p, v.Cardinality); err != nil {
		return nil, sqlstate.New(sqlstate.DataCorrupted, "the deletion vector of file \"%s\" in \"%s\" is damaged: %v", f.Path, from, err)
	}
	return &parquet.Deletes{Places: p}, nil
}

// load returns the bytes of a deletion vector, and where they are.
func (v *deletionVector) load(ctx context.Context, fs lake.FS) (data []byte, from string, err error) {
	switch v.StorageType {
	case "i":
		data, ok := decode85(v.PathOrInlineDv)
		if !ok || v.SizeInBytes > int64(len(data)) {
			return nil, "", sqlstate.New(sqlstate.DataCorrupted, "a deletion vector in the log of Delta Lake table \"%s\" is damaged", fs.Name())
		}
		return data[:v.SizeInBytes], "the log", nil
	case "u":
		name, ok := vectorFile(v.PathOrInlineDv)
		if !ok {
			return nil, "", sqlstate.New(sqlstate.DataCorrupted, "the log of Delta Lake table \"%s\" has a deletion vector without the name of its file", fs.Name())
		}
		from = name
	case "p":
		if from, err = url.PathUnescape(v.PathOrInlineDv); err != nil {
			from = v.PathOrInlineDv
		}
	default:
		return nil, "", sqlstate.Unsupported("Kinds are i, u and p.", "Delta Lake table \"%s\" has a deletion vector of the kind \"%s\", which is not supported", fs.Name(), v.StorageType)
	}
	f, err := fs.Stat(ctx, from)
	if err != nil {
		return nil, from, err
	}
	data, err = v.section(f)
	return data, from, err
}

// section reads a deletion vector from a file that has several.
func (v *deletionVector) section(f file.File) ([]byte, error) {
	off := int64(1) // behind the version of the format
	if v.Offset != nil {
		off = *v.Offset
	}
	return lake.ReadVector(f, off, v.SizeInBytes)
}

// vectorFile returns the path of a file that is given by its UUID in base 85, in front of which a folder may stand.
func vectorFile(s string) (string, bool) {
	if len(s) < uuidChars {
		return "", false
	}
	prefix, id := s[:len(s)-uuidChars], s[len(s)-uuidChars:]
	b, ok := decode85(id)
	if !ok {
		return "", false
	}
	h := hex.EncodeToString(b)
	name := "deletion_vector_" + strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-") + ".bin"
	if prefix != "" {
		name = prefix + "/" + name
	}
	return name, true
}

// digits85 are those of ZeroMQ's base 85.
const digits85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

// decode85 decodes text of base 85, of five digits for each four bytes.
func decode85(s string) ([]byte, bool) {
	if len(s)%5 != 0 {
		return nil, false
	}
	out := make([]byte, 0, len(s)/5*4)
	for ; s != ""; s = s[5:] {
		x := uint64(0)
		for i := range 5 {
			d := strings.IndexByte(digits85, s[i])
			if d < 0 {
				return nil, false
			}
			x = x*85 + uint64(d)
		}
		if x > 1<<32-1 {
			return nil, false
		}
		out = binary.BigEndian.AppendUint32(out, uint32(x))
	}
	return out, true
}
