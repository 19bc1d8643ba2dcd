package commit

import (
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"gsql/exec/sqlstate"
)

// files makes files with their names as content.
func files(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, n := range names {
		path := filepath.Join(dir, n)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(filepath.Base(n)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// list returns the files below a folder, those of stages included.
func list(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(out)
	return strings.Join(out, " ")
}

func begin(t *testing.T, target Target) *Stage {
	t.Helper()
	s, err := Begin(target)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each kind of write, done and given up.
func TestCommitAndAbort(t *testing.T) {
	for _, c := range []struct {
		name            string
		before          []string
		target          string
		folder          bool
		mode            Mode
		write           []string // in the folder
		after, abandons string
	}{
		{"new file", nil, "x.csv", false, New, nil, "x.csv", ""},
		{"replaced file", []string{"x.csv"}, "x.csv", false, Overwrite, nil, "x.csv", "x.csv"},
		{"new folder", nil, "x", true, New, []string{"a.csv", "k=1/b.csv"}, "x/a.csv x/k=1/b.csv", ""},
		{"folder to add to that is not there", nil, "x", true, Append, []string{"a.csv"}, "x/a.csv", ""},
		{"replaced folder", []string{"x/o.csv", "x/p/q.csv"}, "x", true, Overwrite, []string{"a.csv", "k=1/b.csv"}, "x/a.csv x/k=1/b.csv", "x/o.csv x/p/q.csv"},
		{"files added", []string{"x/o.csv", "x/k=1/q.csv"}, "x", true, Append, []string{"a.csv", "k=1/b.csv", "k=2/c.csv"}, "x/a.csv x/k=1/b.csv x/k=1/q.csv x/k=2/c.csv x/o.csv", "x/k=1/q.csv x/o.csv"},
		{"one file added", []string{"x/o.csv"}, "x", true, Append, []string{"k=2/c.csv"}, "x/k=2/c.csv x/o.csv", "x/o.csv"},
	} {
		for _, give := range []bool{false, true} {
			dir := t.TempDir()
			files(t, dir, c.before...)
			s := begin(t, Target{Path: filepath.Join(dir, c.target), Folder: c.folder, Mode: c.mode})
			if c.folder {
				files(t, s.Dir(), c.write...)
			} else if err := os.WriteFile(s.File(), []byte("new"), 0o666); err != nil {
				t.Fatal(err)
			}
			want := c.after
			if give {
				s.Abort()
				want = c.abandons
			} else if err := s.Commit(); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			s.Abort()
			if got := list(t, dir); got != want {
				t.Errorf("%s, given up %v: %s, want %s", c.name, give, got, want)
			}
			if c.name == "replaced file" {
				b, _ := os.ReadFile(filepath.Join(dir, "x.csv"))
				if (string(b) == "new") == give {
					t.Errorf("%s, given up %v: %s", c.name, give, b)
				}
			}
		}
	}
}

// What comes to be at the target while a write is under way is not lost.
func TestTargetIsTaken(t *testing.T) {
	for _, folder := range []bool{false, true} {
		dir := t.TempDir()
		s := begin(t, Target{Path: filepath.Join(dir, "x"), Folder: folder})
		files(t, s.Dir(), "x")
		if folder {
			files(t, dir, "x/other")
		} else {
			files(t, dir, "x")
		}
		if err := s.Commit(); sqlstate.Of(err) != sqlstate.DuplicateFile {
			t.Errorf("folder %v: %v", folder, err)
		}
		if got := list(t, dir); got != map[bool]string{false: "x", true: "x/other"}[folder] {
			t.Errorf("folder %v: %s", folder, got)
		}
	}
}

// dead makes the stage of a process that is gone.
func dead(t *testing.T, parent, journal string, names ...string) string {
	t.Helper()
	dir := filepath.Join(parent, prefix+"dead")
	files(t, dir, append(names, lockName)...)
	if journal != "" {
		if err := os.WriteFile(filepath.Join(dir, journalName), []byte(journal), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Stages of dead processes are finished when their journal says so, however far they came, and removed otherwise.
func TestDeadStages(t *testing.T) {
	for _, c := range []struct {
		name, journal string
		in            string // folder of the stage
		there, staged []string
		want          string
	}{
		{"no journal", "", "", []string{"x/o"}, []string{"data/a", "data/b"}, "x/o"},
		{"no journal, in the folder", "", "x", []string{"x/o"}, []string{"data/a", "data/b"}, "x/o"},
		{"join, nothing moved", "join\n", "x", []string{"x/o"}, []string{"data/a", "data/k=1/b"}, "x/a x/k=1/b x/o"},
		{"join, one moved", "join\n", "x", []string{"x/o", "x/a"}, []string{"data/k=1/b"}, "x/a x/k=1/b x/o"},
		{"join, all moved", "join\n", "x", []string{"x/o", "x/a"}, nil, "x/a x/o"},
		{"replace, nothing moved", "replace\nx\n", "", []string{"x/o"}, []string{"data/a", "data/b"}, "x/a x/b"},
		{"replace, old moved", "replace\nx\n", "", nil, []string{"data/a", "old/o"}, "x/a"},
		{"replace, all moved", "replace\nx\n", "", []string{"x/a"}, []string{"old/o"}, "x/a"},
		{"removal begun", "", "", []string{"x/a"}, []string{"old/o"}, "x/a"},
	} {
		dir := t.TempDir()
		files(t, dir, c.there...)
		dead(t, filepath.Join(dir, c.in), c.journal, c.staged...)
		sweep(filepath.Join(dir, c.in))
		if got := list(t, dir); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	// A journal that leads elsewhere is not followed.
	dir := t.TempDir()
	dead(t, dir, "replace\n../x\n", "data/a")
	sweep(dir)
	if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "x")); err == nil {
		t.Error("a journal led out of its folder")
	}
}

// A file of which a dead process has made the second name, but not removed the first, is no other file.
func TestMoveHalfDone(t *testing.T) {
	dir := t.TempDir()
	files(t, dir, "x/o")
	stage := dead(t, filepath.Join(dir, "x"), "join\n", "data/a", "data/b")
	if err := os.Link(filepath.Join(stage, "data/a"), filepath.Join(dir, "x/a")); err != nil {
		t.Skip(err)
	}
	if err := moveNew(filepath.Join(stage, "data/a"), filepath.Join(dir, "x/a")); err != nil {
		t.Error(err)
	}
	sweep(filepath.Join(dir, "x"))
	if got := list(t, dir); got != "x/a x/b x/o" {
		t.Error(got)
	}
}

// Stages of living processes are left alone.
func TestLivingStages(t *testing.T) {
	dir := t.TempDir()
	s := begin(t, Target{Path: filepath.Join(dir, "x"), Folder: true})
	files(t, s.Dir(), "a")
	fresh := filepath.Join(dir, prefix+"fresh") // about to be locked
	files(t, fresh, "data/b")
	old := filepath.Join(dir, prefix+"old")
	files(t, old, "data/c")
	long := time.Now().Add(-2 * unlockedAge)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	other := begin(t, Target{Path: filepath.Join(dir, "y"), Folder: true})
	other.Abort()
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := list(t, dir); got != prefix+"fresh/data/b x/a" {
		t.Error(got)
	}
}
