// Package plain reads files that are no tables by themselves: whole files as one value each (read_text, read_blob), their
// lines (read_lines), and lines whose columns begin at fixed places (read_fixed).
//
// Lines are read in splits by all streams: a split has the lines that begin in it. Files that must be decoded from their
// start, such as compressed ones, are read by one stream each.
package plain
