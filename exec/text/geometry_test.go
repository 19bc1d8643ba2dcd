package text

import (
	"os"
	"strings"
	"testing"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// TestGeometryLikePostgres compares what texts stand for with PostgreSQL's answers.
func TestGeometryLikePostgres(t *testing.T) {
	b, err := os.ReadFile("testdata/geometry.tsv")
	if err != nil {
		t.Fatal(err)
	}
	ids := []types.ID{types.Point, types.Line, types.LSeg, types.Box, types.Path, types.Polygon, types.Circle}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		for k, id := range ids {
			want := f[k+1]
			v, err := Const(types.Of(id), f[0], nil)
			got := ""
			switch {
			case err == nil:
				got = String(v, 0, nil)
			case strings.HasPrefix(want, "invalid"):
				got = err.Error()
			default:
				got = string(sqlstate.Of(err))
			}
			if got != want && !(err != nil && strings.Contains(got, want)) {
				t.Errorf("%s %q is %s, not %s", id, f[0], got, want)
			}
		}
	}
}
