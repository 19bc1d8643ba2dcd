// Package numpy reads arrays of numpy (.npy) as tables: each element is a row of its indexes, i0, i1 and so on, and its
// value. Arrays of records have a column for each field.
//
// A split has the elements that begin in it, in the order of the file; they are read in chunks.
package numpy
