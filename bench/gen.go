package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// generate makes what is missing of the data. TPC-H comes from tpchgen-cli, which must be on the PATH.
func generate(o options) error {
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	for _, g := range []struct {
		set  string
		file string
		make func(path string) error
	}{
		{"seed", "seed.tsv", func(p string) error { return writeSeed(p, int(13e6*o.scale)) }},
		{"groupby", "G1_1e7_1e2_0_0.csv", func(p string) error { return writeGroupBy(p, int(1e7*o.scale), 100) }},
		{"join", "J1_1e7_1e7_0_0.csv", func(p string) error { return writeJoin(filepath.Dir(p), int(1e7*o.scale)) }},
		{"prune", eventsFile, func(p string) error { return writeEvents(p, int(5e6*o.scale)) }},
		{"tpch", "tpch/lineitem.parquet", func(p string) error { return writeTPCH(filepath.Dir(p), o) }},
	} {
		path := filepath.Join(o.dir, g.file)
		if _, err := os.Stat(path); err == nil || o.set != "all" && o.set != g.set {
			continue
		}
		fmt.Println("making", path)
		if err := g.make(path); err != nil {
			return err
		}
	}
	return convert(o)
}

// convert writes, with DuckDB, the Parquet forms of the text files and the text forms of TPC-H.
func convert(o options) error {
	duck, err := openDuck(o)
	if err != nil {
		return err
	}
	defer duck.close()
	copies := map[string]string{"seed.parquet": "seed.tsv", "G1_1e7_1e2_0_0.parquet": "G1_1e7_1e2_0_0.csv"}
	for _, t := range joinTables {
		copies[t+".parquet"] = t + ".csv"
	}
	for _, t := range tpchTables {
		copies["tpch/"+t.name+".csv"] = "tpch/" + t.name + ".parquet"
	}
	for to, from := range copies {
		to, from = filepath.Join(o.dir, to), filepath.Join(o.dir, from)
		if _, err := os.Stat(from); err != nil {
			continue
		}
		if _, err := os.Stat(to); err == nil {
			continue
		}
		fmt.Println("making", to)
		how := "(FORMAT parquet)"
		if filepath.Ext(to) == ".csv" {
			how = "(FORMAT csv, DELIMITER '|', HEADER false)"
		}
		if _, err := duck.query(context.Background(), fmt.Sprintf("COPY (FROM '%s') TO '%s.part' %s", from, to, how)); err != nil {
			return err
		}
		if err := os.Rename(to+".part", to); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a file under another name first, so that a broken run leaves nothing that looks whole.
func writeFile(path string, fill func(w *bufio.Writer)) error {
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fill(w)
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// writeSeed writes the seed workload: rid, pid, a date, categories of 20, 200 and 1,600 values that nest, a
// price with two decimals, and a rating that one row in twenty lacks.
func writeSeed(path string, n int) error {
	return writeFile(path, func(w *bufio.Writer) {
		r := rand.New(rand.NewPCG(42, 1))
		day := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
		w.WriteString("rid\tpid\tr_date\tcat_1\tcat_2\tcat_3\tprice\trating\n")
		var b []byte
		for i := range n {
			c3 := r.IntN(1600)
			b = strconv.AppendInt(b[:0], int64(i+1), 10)
			b = append(b, '\t', 'P')
			b = strconv.AppendInt(b, int64(1_000_000+r.IntN(2_000_000)), 10)
			b = append(b, '\t')
			b = day.AddDate(0, 0, r.IntN(3285)).AppendFormat(b, "2006-01-02")
			b = fmt.Appendf(b, "\tcategory %02d\tsubcategory %03d\tproduct line %04d\t", c3/80, c3/8, c3)
			cents := r.IntN(100_000)
			b = fmt.Appendf(b, "%d.%02d\t", cents/100, cents%100)
			if r.IntN(20) > 0 {
				b = strconv.AppendInt(b, int64(1+r.IntN(5)), 10)
			}
			w.Write(append(b, '\n'))
		}
	})
}

// writeGroupBy writes db-benchmark's G1 table: K groups, no missing values, unsorted.
func writeGroupBy(path string, n, k int) error {
	return writeFile(path, func(w *bufio.Writer) {
		r := rand.New(rand.NewPCG(108, 1))
		w.WriteString("id1,id2,id3,id4,id5,id6,v1,v2,v3\n")
		var b []byte
		for range n {
			b = fmt.Appendf(b[:0], "id%03d,id%03d,id%010d,", 1+r.IntN(k), 1+r.IntN(k), 1+r.IntN(n/k))
			for _, m := range []int{k, k, n / k, 5, 15} {
				b = strconv.AppendInt(b, int64(1+r.IntN(m)), 10)
				b = append(b, ',')
			}
			b = strconv.AppendFloat(b, float64(r.IntN(100_000_000))/1e6, 'f', -1, 64)
			w.Write(append(b, '\n'))
		}
	})
}

// joinTables are db-benchmark's tables for joins: x, small, medium and big, the last for the others' sakes last.
var joinTables = []string{"J1_1e7_NA_0_0", "J1_1e7_1e1_0_0", "J1_1e7_1e4_0_0", "J1_1e7_1e7_0_0"}

// writeJoin writes db-benchmark's J1 tables. Of the keys of each level (n/1e6, n/1e3 and n of them) nine tenths are
// in x and in the table of the level, and a tenth in each of them alone.
func writeJoin(dir string, n int) error {
	r := rand.New(rand.NewPCG(109, 1))
	var levels [3]joinKeys
	for i, k := range []int{n / 1e6, n / 1e3, n} {
		levels[i] = newJoinKeys(r, max(k, 10))
	}
	for i, t := range []struct {
		rows int
		head string
	}{{n, "id1,id2,id3,id4,id5,id6,v1"}, {len(levels[0].right), "id1,id4,v2"}, {len(levels[1].right), "id1,id2,id4,id5,v2"}, {n, "id1,id2,id3,id4,id5,id6,v2"}} {
		used := []int{3, 1, 2, 3}[i] // levels that the table has keys of
		err := writeFile(filepath.Join(dir, joinTables[i]+".csv"), func(w *bufio.Writer) {
			w.WriteString(t.head + "\n")
			var b []byte
			for row := range t.rows {
				b = b[:0]
				var keys [3]int
				for l := range used {
					keys[l] = levels[l].pick(r, i == 0, l == used-1, row)
					b = append(strconv.AppendInt(b, int64(keys[l]), 10), ',')
				}
				for l := range used {
					b = append(strconv.AppendInt(append(b, "id"...), int64(keys[l]), 10), ',')
				}
				b = strconv.AppendFloat(b, float64(r.IntN(100_000_000))/1e6, 'f', -1, 64)
				w.Write(append(b, '\n'))
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// joinKeys are the keys of a level, in a random order: those of x and those of its own table.
type joinKeys struct{ left, right []int }

func newJoinKeys(r *rand.Rand, n int) joinKeys {
	all := r.Perm(n * 11 / 10)
	for i := range all {
		all[i]++
	}
	left, right := all[:n:n], append([]int(nil), all[n/10:n*11/10]...)
	r.Shuffle(len(right), func(i, j int) { right[i], right[j] = right[j], right[i] })
	return joinKeys{left, right}
}

// pick returns the key of a row: in a table of its own level each key once.
func (k *joinKeys) pick(r *rand.Rand, left, own bool, row int) int {
	keys := k.right
	if left {
		keys = k.left
	}
	if own && row < len(keys) {
		return keys[row]
	}
	return keys[r.IntN(len(keys))]
}

func writeTPCH(dir string, o options) error {
	cmd := exec.Command("tpchgen-cli", "parquet", "-s", strconv.FormatFloat(o.scale, 'f', -1, 64), "--output-dir", dir)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("tpchgen-cli (pip install tpchgen-cli, version 4 or later): %w", err)
	}
	return nil
}
