// Package scan has what formats have in common whose files are read in splits: the table over files, the plan, and
// streams that take splits as they come to them. A format brings its columns, and a Source for each open file.
package scan
