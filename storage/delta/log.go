package delta

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/lake"
)

const logDir = "_delta_log"

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// log is what lies in the folder of a table's log.
type log struct {
	name        string
	commits     map[int64]file.File
	checkpoints map[int64][]checkpoint
	newest      int64
	oldest      int64 // commit; -1: none
}

// checkpoint is the state of a table in one version, in one file or several.
type checkpoint struct {
	parts  []file.File
	of     int // how many there should be
	unique string
}

// list reads the names in the folder of the log.
func list(ctx context.Context, fs lake.FS) (*log, error) {
	files, err := fs.List(ctx, logDir)
	if err != nil {
		return nil, err
	}
	l := &log{name: fs.Name(), commits: map[int64]file.File{}, checkpoints: map[int64][]checkpoint{}, newest: -1, oldest: -1}
	for _, f := range files {
		l.add(f)
	}
	if l.newest < 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "folder \"%s\" has no commits in its log, so it is no Delta Lake table", l.name).
			WithHint("Commits are files such as _delta_log/00000000000000000000.json.")
	}
	return l, nil
}

// add takes a file of the log by its name; others than commits and checkpoints are passed over.
func (l *log) add(f file.File) {
	base := f.Path[strings.LastIndexAny(f.Path, `/\`)+1:]
	number, rest, ok := strings.Cut(base, ".")
	if !ok || len(number) != 20 {
		return
	}
	v, err := strconv.ParseInt(number, 10, 64)
	if err != nil || v < 0 {
		return
	}
	parts := strings.Split(rest, ".")
	switch {
	case rest == "json":
		l.commits[v] = f
		if l.oldest < 0 || v < l.oldest {
			l.oldest = v
		}
	case rest == "checkpoint.parquet":
		l.checkpoints[v] = append(l.checkpoints[v], checkpoint{[]file.File{f}, 1, ""})
	case len(parts) == 3 && parts[0] == "checkpoint" && (parts[2] == "parquet" || parts[2] == "json"):
		l.checkpoints[v] = append(l.checkpoints[v], checkpoint{[]file.File{f}, 1, parts[1]})
	case len(parts) == 4 && parts[0] == "checkpoint" && parts[3] == "parquet":
		l.addPart(v, f, parts[2])
	default:
		return
	}
	l.newest = max(l.newest, v)
}

// addPart takes a part of a checkpoint; of says how many there are.
func (l *log) addPart(v int64, f file.File, of string) {
	n, err := strconv.Atoi(of)
	if err != nil || n <= 0 {
		return
	}
	for i, c := range l.checkpoints[v] {
		if c.unique == "of "+of {
			l.checkpoints[v][i].parts = append(c.parts, f)
			return
		}
	}
	l.checkpoints[v] = append(l.checkpoints[v], checkpoint{[]file.File{f}, n, "of " + of})
}

// start returns the newest complete checkpoint up to a version, and what it is of; -1 without one.
func (l *log) start(version int64) (checkpoint, int64) {
	best, at := checkpoint{}, int64(-1)
	for v, list := range l.checkpoints {
		if v > version || v <= at {
			continue
		}
		for _, c := range list {
			if len(c.parts) == c.of {
				best, at = c, v
			}
		}
	}
	slices.SortFunc(best.parts, func(a, b file.File) int { return strings.Compare(a.Path, b.Path) })
	return best, at
}

// between returns the commits behind one version up to another.
func (l *log) between(from, to int64) ([]file.File, error) {
	var out []file.File
	for v := from + 1; v <= to; v++ {
		f, ok := l.commits[v]
		if !ok {
			return nil, l.missing(v, from, to)
		}
		out = append(out, f)
	}
	return out, nil
}

func (l *log) missing(v, from, to int64) error {
	if from < 0 && v == 0 && to < l.newest {
		return sqlstate.New(sqlstate.UndefinedObject, "version %d of Delta Lake table \"%s\" is not there any more", to, l.name).
			WithDetail("The log does not go back so far.")
	}
	return sqlstate.New(sqlstate.DataCorrupted, "the log of Delta Lake table \"%s\" is not complete: version %d is missing", l.name, v)
}

// version returns the version that is wanted.
func (l *log) version(ctx context.Context, o lake.Options) (int64, error) {
	switch {
	case o.Version != nil:
		if *o.Version < 0 || *o.Version > l.newest {
			return 0, sqlstate.New(sqlstate.UndefinedObject, "Delta Lake table \"%s\" has no version %d", l.name, *o.Version).
				WithHint("The newest version is %d.", l.newest)
		}
		return *o.Version, nil
	case o.Timestamp != nil:
		return l.asOf(ctx, *o.Timestamp)
	}
	return l.newest, nil
}

// asOf returns the newest version that was there at some time.
func (l *log) asOf(ctx context.Context, micros int64) (int64, error) {
	found := int64(-1)
	err := l.times(ctx, func(v, at int64) {
		if at <= micros {
			found = v
		}
	})
	if err == nil && found < 0 {
		err = sqlstate.New(sqlstate.UndefinedObject, "Delta Lake table \"%s\" has no version that is old enough", l.name).
			WithHint("SELECT * FROM delta_history('%s') lists them.", l.name)
	}
	return found, err
}

// times calls each for the commits in order, with the microsecond when they were made: what the commit says, or else when
// its file was changed, though always later than the one before.
func (l *log) times(ctx context.Context, each func(version, micros int64)) error {
	last := int64(-1 << 62)
	for _, v := range l.sorted() {
		info, err := l.info(ctx, v)
		if err != nil {
			return err
		}
		at := l.commits[v].ModTime.UnixMicro()
		if info.InCommitTimestamp != nil {
			at = *info.InCommitTimestamp * 1000
		} else if at <= last {
			at = last + 1000
		}
		last = at
		each(v, at)
	}
	return nil
}

func (l *log) sorted() []int64 {
	var out []int64
	for v := range l.commits {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}

// commitInfo is what a commit says of itself.
type commitInfo struct {
	Timestamp           *int64          `json:"timestamp"`
	InCommitTimestamp   *int64          `json:"inCommitTimestamp"`
	Operation           string          `json:"operation"`
	OperationParameters json.RawMessage `json:"operationParameters"`
	EngineInfo          string          `json:"engineInfo"`
	ClientVersion       string          `json:"clientVersion"`
	IsolationLevel      string          `json:"isolationLevel"`
}

var errFound = errors.New("found")

// info returns what a commit says of itself, nothing if it says nothing.
func (l *log) info(ctx context.Context, version int64) (commitInfo, error) {
	var info commitInfo
	f := l.commits[version]
	text, err := lake.ReadAll(ctx, f)
	if err != nil {
		return info, err
	}
	err = readCommit(f, text, func(a *action) error {
		if a.Commit == nil {
			return nil
		}
		if json.Unmarshal(a.Commit, &info) != nil {
			info = commitInfo{} // it is free to say anything
		}
		return errFound
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return info, err
}

// Commit is a version of a table.
type Commit struct {
	Version    int64
	Micros     int64 // when it was made
	Operation  string
	Parameters string // JSON
	Engine     string
}

// History returns the versions of a table that its log has commits of, the newest first.
func History(ctx context.Context, fs lake.FS) ([]Commit, error) {
	l, err := list(ctx, fs)
	if err != nil {
		return nil, err
	}
	var out []Commit
	err = l.times(ctx, func(v, at int64) { out = append(out, Commit{Version: v, Micros: at}) })
	if err != nil {
		return nil, err
	}
	for i := range out {
		info, err := l.info(ctx, out[i].Version)
		if err != nil {
			return nil, err
		}
		out[i].Operation, out[i].Engine = info.Operation, info.EngineInfo
		if out[i].Engine == "" {
			out[i].Engine = info.ClientVersion
		}
		if json.Valid(info.OperationParameters) {
			out[i].Parameters = string(info.OperationParameters)
		}
	}
	slices.Reverse(out)
	return out, nil
}
