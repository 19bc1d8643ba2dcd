package planner

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestRules shows each rule by what it does to plans; see testdata/rule_*.txt.
func TestRules(t *testing.T) {
	files, err := filepath.Glob("testdata/rule_*.txt")
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, f := range files {
		file := filepath.Base(f)
		name := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(file, "rule_"), ".txt"), "_", "-")
		tested[name] = true
		t.Run(name, func(t *testing.T) { goldenRule(t, name, file) })
	}
	for _, name := range Rules() {
		if !tested[name] {
			t.Errorf("rule %s has no testdata/rule_%s.txt", name, strings.ReplaceAll(name, "-", "_"))
		}
	}
}
