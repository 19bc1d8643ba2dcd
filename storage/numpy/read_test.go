package numpy

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/scan/scantest"
)

// openTable returns the table of files.
func openTable(files []file.File) (exec.Table, error) {
	shape, err := Infer(context.Background(), files)
	if err != nil {
		return nil, err
	}
	return NewTable("t", files, shape, nil), nil
}

func openFiles(tb testing.TB, paths ...string) (exec.Table, error) {
	tb.Helper()
	return scantest.Files(tb, openTable, paths...)
}

func openBytes(tb testing.TB) func(b []byte) (exec.Table, error) {
	return scantest.Bytes(tb, openTable, "x.npy")
}

// npy puts a description in front of elements, as version 1 or 2 of the format has it.
func npy(version byte, header string, data []byte) []byte {
	b := append([]byte(magic), version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return append(append(b, header...), data...)
}

func shrink(t testing.TB, split int64, chunk int) {
	s, c := splitBytes, chunkBytes
	splitBytes, chunkBytes = split, chunk
	t.Cleanup(func() { splitBytes, chunkBytes = s, c })
}

// Elements have their indexes in both orders, however splits and chunks divide the file.
func TestIndexes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for round := range 20 {
		shrink(t, int64(1+r.IntN(300)), 1+r.IntN(100))
		var shape []int
		n := 1
		for range r.IntN(4) {
			shape = append(shape, r.IntN(6))
			n *= shape[len(shape)-1]
		}
		fortran := round%2 == 0
		var data []byte
		var want []string
		index := make([]int, len(shape))
		for k := range n {
			data = binary.BigEndian.AppendUint32(data, uint32(k*k))
			want = append(want, strings.TrimPrefix(strings.ReplaceAll(strings.Trim(fmt.Sprint(index), "[]"), " ", "|")+fmt.Sprintf("|%d", k*k), "|"))
			for d := range index {
				if !fortran {
					d = len(index) - 1 - d
				}
				if index[d]++; index[d] < shape[d] {
					break
				}
				index[d] = 0
			}
		}
		header := fmt.Sprintf("{'descr': '>i4', 'fortran_order': %s, 'shape': (%s), }  \n", map[bool]string{true: "True", false: "False"}[fortran],
			strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", ", ")+",")
		header = strings.ReplaceAll(header, "(,)", "()")
		tab, err := openBytes(t)(npy(byte(1+round%2), header, data))
		if err != nil {
			t.Fatalf("%s: %v", header, err)
		}
		exectest.CheckScan(t, tab, want)
	}
}

func TestDescriptions(t *testing.T) {
	const fine = "{'descr': '<i2', 'fortran_order': False, 'shape': (2L,)}"
	data := []byte{1, 0, 2, 0}
	for _, c := range []struct {
		header string
		data   []byte
		code   sqlstate.Code
	}{
		{fine, data, ""},
		{"{ 'shape' : [2] , \"descr\":'|i2',}", data, ""},
		{fine, data[:3], sqlstate.DataCorrupted},
		{fine, append(data, 0), sqlstate.FeatureNotSupported},
		{"{'descr': '<i2', 'shape': (2,)", data, sqlstate.DataCorrupted},
		{"{'descr': '<i2', 'shape': 2}", data, sqlstate.DataCorrupted},
		{"{'descr': '<i2', 'shape': (-2,)}", data, sqlstate.DataCorrupted},
		{"{'descr': '<i2', 'shape': (4294967296, 4294967296)}", data, sqlstate.DataCorrupted},
		{"{'descr': '<i2', 'shape': (4294967296, 4294967296, 0)}", nil, sqlstate.DataCorrupted},
		{"{'descr': '<i3', 'shape': (2,)}", data, sqlstate.FeatureNotSupported},
		{"{'descr': '|O', 'shape': (2,)}", data, sqlstate.FeatureNotSupported},
		{"{'descr': '<U0', 'shape': (4294967296,)}", nil, sqlstate.FeatureNotSupported},
		{"{'descr': [('a', '<i2', (2,))], 'shape': (1,)}", data, sqlstate.FeatureNotSupported},
		{"{'descr': [('a', 'i1'), ('', '|V1'), ('b', '<i2')], 'shape': (1,)}", data, sqlstate.FeatureNotSupported},
		{"{'descr': [('a', '|i1'), ('', '|V1'), ('b', '<i2')], 'shape': (1,)}", data, ""},
		{"{'descr': '<M8[x]', 'shape': (0,)}", nil, sqlstate.FeatureNotSupported},
		{"{'descr': '<U1', 'shape': (1,)}", []byte{0, 0, 0x11, 0}, sqlstate.InvalidEncoding},
		{"{'descr': '<U1', 'shape': (1,)}", []byte{0, 0xd8, 0, 0}, sqlstate.InvalidEncoding},
		{"{'descr': '<M8[s]', 'shape': (1,)}", []byte{0, 0, 0, 0, 0, 0, 0, 0x7f}, sqlstate.DatetimeOverflow},
		{"{'descr': '<M8[Y]', 'shape': (1,)}", []byte{0, 0, 0, 0, 1, 0, 0, 0}, sqlstate.DatetimeOverflow},
		{"{'descr': '<m8[M]', 'shape': (1,)}", []byte{0, 0, 0, 0, 1, 0, 0, 0}, sqlstate.DatetimeOverflow},
		{strings.Repeat("(", 100), data, sqlstate.DataCorrupted},
	} {
		tab, err := openBytes(t)(npy(1, c.header, c.data))
		if err == nil {
			_, err = exectest.ScanRows(tab, 1, 10, -1)
		}
		if c.code == "" && err != nil || c.code != "" && sqlstate.Of(err) != c.code {
			t.Errorf("%s: got %v, want %s", c.header, err, c.code)
		}
	}
}

func TestDaysOfMonth(t *testing.T) {
	for m, want := range map[int64]int64{0: 0, 1: 31, 2: 59, 12: 365, -1: -31, -12: -365, 26: 790, 12 * 30: 10957, -12 * 1969: -719162} {
		if got := daysOfMonth(m); got != want {
			t.Errorf("month %d: got day %d, want %d", m, got, want)
		}
	}
}

func samples(tb testing.TB) (all [][]byte) {
	paths, err := filepath.Glob("../../testdata/files/ugly/npy/*.npy")
	if err != nil || len(paths) == 0 {
		tb.Fatal("no files")
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// damageMemory is what a small file may take.
const damageMemory = 32 << 20

func TestDamage(t *testing.T) {
	rounds := 300
	if exectest.Long() {
		rounds = 10_000
	}
	for _, data := range samples(t) {
		exectest.CheckDamage(t, data, rounds, damageMemory, openBytes(t))
	}
}

func FuzzRead(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, b []byte) { exectest.CheckAny(t, b, damageMemory, openBytes(t)) })
}
