// Package avro reads Avro object container files. Fields of the record that a file's schema is are columns.
//
// An index, which is made by passing over the lengths of blocks, says where they lie and how many rows each has. A stream
// of a scan reads the blocks that begin in its splits and decodes the wanted fields of their rows to columns; others are
// passed over. What a file says of itself is checked before it is believed.
package avro
