package lake

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/parquet"
)

const (
	vectorMagic = 1681511377
	maxVector   = 1 << 30 // bytes
	// MaxRows bounds the rows of a file of which some are deleted by their numbers.
	MaxRows = 1 << 31
)

// TooManyRows is the error about a file of more rows than MaxRows.
func TooManyRows(path string) error {
	return sqlstate.New(sqlstate.ProgramLimitExceeded, "file \"%s\" has deleted rows and more than %d rows", path, int64(MaxRows))
}

// ReadVector reads a deletion vector of a number of bytes from a file that has several: in front of it stands its size,
// and behind it a checksum.
func ReadVector(f file.File, off, size int64) ([]byte, error) {
	if off < 0 || size < 0 || size > maxVector || off > f.Size || off+4+size+4 > f.Size {
		return nil, sqlstate.New(sqlstate.DataCorrupted, "file \"%s\" ends within a deletion vector", f.Path)
	}
	h, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer h.Close()
	b := make([]byte, size+8)
	if n, err := h.ReadAt(b, off); n < len(b) {
		return nil, file.Error(f.Path, err)
	}
	own, data, sum := binary.BigEndian.Uint32(b), b[4:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if int64(own) != size || crc32.ChecksumIEEE(data) != sum {
		return nil, sqlstate.New(sqlstate.DataCorrupted, "file \"%s\" is damaged: the checksum of the deletion vector at %d is wrong", f.Path, off)
	}
	return data, nil
}

// AddVector adds the rows that a deletion vector names, of which there must be a number, to places.
func AddVector(data []byte, places *parquet.Places, rows int64) error {
	if len(data) < 4 || binary.LittleEndian.Uint32(data) != vectorMagic {
		return errors.New("it does not begin as one")
	}
	if err := ReadBitmap(data[4:], places); err != nil {
		return err
	}
	if places.Len() != rows {
		return fmt.Errorf("it has %d rows and not %d", places.Len(), rows)
	}
	return nil
}
