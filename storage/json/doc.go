// Package json reads JSON: objects one a line (NDJSON), objects one behind the other in any layout, or one
// array of objects. Each object is a row; its members are columns, found with their types in a sample. Nested
// values are columns of type json.
//
// A stream takes splits of files from a queue that all streams share, reads them in windows, finds the marks
// of a window's structure (indexer), walks over them to find where the values of the wanted members lie
// (walker), and converts these column by column (column). Only files with one object a line are split: a split
// has the lines that begin in it. A line must be complete in itself there, so the rows, and the first error of
// a split, do not depend on where splits begin.
//
// What a query does not read is checked for its structure only: brackets, commas, quotes and colons of
// the object itself.
package json
