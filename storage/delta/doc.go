// Package delta reads the logs of Delta Lake tables: which files have the rows of a version, which of the rows are
// deleted, and what is known of the files' columns.
//
// A log is a folder _delta_log of commits, one file of JSON lines for each version, and of checkpoints, which have all that
// is so in one version. A version is the newest checkpoint up to it and the commits behind. Tables that ask their readers
// for something that is not known here are refused.
package delta
