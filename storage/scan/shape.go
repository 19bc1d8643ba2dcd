package scan

import (
	"gsql/exec"
	"gsql/storage/file"
)

// Shape is what is known of files before they are read.
type Shape struct {
	Columns exec.Schema
	Density float64 // rows a byte, of the first file
}

// Rows estimates how many rows files have.
func (s *Shape) Rows(files []file.File) (rows float64) {
	for _, f := range files {
		rows += float64(f.Size) * s.Density
	}
	return rows
}
