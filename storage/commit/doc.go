// Package commit makes writes of files and folders appear at once or not at all.
//
// A Stage is a write that is under way. What it consists of is written below Stage.Dir, a folder whose name begins with
// a dot and which lies beside the target, in the same file system, so that no reader of the folder sees it. Commit
// brings everything to disk and then moves it to its place:
//
//	a file, or a folder that is not there      one rename
//	a file that is replaced                    one rename, which replaces it
//	a folder that is replaced                  one exchange of names where the system has it (Linux); elsewhere
//	                                           two renames, between which the folder is not there
//	files that are added to a folder           one rename each
//
// Where one step is not enough, a journal says what is to be done before the first is taken. Who dies before the journal is
// complete, or before the only step, has written nothing; who dies later has written all of it: the next Begin for the same
// folder does what is left. A stage's process holds a lock while it lives, by which others tell stages that
// nobody works on from those that somebody does.
package commit
