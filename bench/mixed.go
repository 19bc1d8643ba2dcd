package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gsql"
)

// smallRuns is how often the small query is run, alone and beside large ones.
const smallRuns = 500

// mixed measures how long a query of some 10 ms takes alone and while two large ones run.
func mixed(o options) error {
	db, err := gsql.Open(gsql.Config{Dir: o.dir, Partitions: o.threads, Workers: o.threads})
	if err != nil {
		return err
	}
	defer db.Close()
	g1, customer := filepath.Join(o.dir, "G1_1e7_1e2_0_0.parquet"), filepath.Join(o.dir, "tpch/customer.parquet")
	named := strings.NewReplacer("G1", "'"+g1+"'", "CUSTOMER", "'"+customer+"'")
	small := named.Replace("SELECT c_mktsegment, c_nationkey, count(*), sum(c_acctbal), min(c_phone) FROM CUSTOMER GROUP BY 1, 2")
	large := []string{
		named.Replace("SELECT id1, id2, id3, id4, id5, id6, sum(v3) AS v3, count(*) AS count FROM G1 GROUP BY 1, 2, 3, 4, 5, 6"),
		named.Replace("SELECT v3, id6, id3, id1 FROM G1 ORDER BY v3, id6, id3, id1"),
	}
	fmt.Printf("%d runs of a small query, %d threads, milliseconds\n%-20s %8s %8s %8s\n", smallRuns, o.threads, "", "median", "p99", "most")
	for _, n := range []int{0, 1, 2} {
		took, err := beside(db, small, large[:n])
		if err != nil {
			return err
		}
		fmt.Printf("beside %d large ones  %8.1f %8.1f %8.1f\n", n, median(took), took[len(took)*99/100], took[len(took)-1])
	}
	return nil
}

// beside returns how many milliseconds the runs of a small query took, in order of size, while large ones run over
// and over.
func beside(db *gsql.DB, small string, large []string) (took []float64, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, q := range large {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := drain(ctx, db, q); err != nil && ctx.Err() == nil {
					fmt.Println(err)
					return
				}
			}
		})
	}
	defer wg.Wait()
	defer cancel()
	time.Sleep(time.Second)
	for range smallRuns {
		start := time.Now()
		if err := drain(ctx, db, small); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start).Seconds()*1000)
		time.Sleep(5 * time.Millisecond)
	}
	slices.Sort(took)
	return took, nil
}

// drain runs a query and reads its rows.
func drain(ctx context.Context, db *gsql.DB, sql string) error {
	rows, err := db.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		if _, err := rows.NextBatch(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
