package planner

import (
	"gsql/exec"
	"gsql/exec/types"
)

// TPCH returns tables with the schema and the statistics of TPC-H at scale factor 1 as Parquet files have
// them, and no rows.
func TPCH() map[string]exec.Table {
	i, t, d, n := types.Of(types.Int64), types.Of(types.Text), types.Of(types.Date), types.NumericOf(15, 2)
	from, to := dateNumber(1992, 1, 2), dateNumber(1998, 12, 1)
	tables := []*testTable{
		{name: "region", rows: 5, cols: []testColumn{{"r_regionkey", i, 5, 0, 4}, {"r_name", t, 5, 0, 0}, {"r_comment", t, 5, 0, 0}}},
		{name: "nation", rows: 25, cols: []testColumn{{"n_nationkey", i, 25, 0, 24}, {"n_name", t, 25, 0, 0}, {"n_regionkey", i, 5, 0, 4}, {"n_comment", t, 25, 0, 0}}},
		{name: "supplier", rows: 10000, cols: []testColumn{{"s_suppkey", i, 10000, 1, 10000}, {"s_name", t, 10000, 0, 0}, {"s_address", t, 10000, 0, 0},
			{"s_nationkey", i, 25, 0, 24}, {"s_phone", t, 10000, 0, 0}, {"s_acctbal", n, 9955, -998, 9999}, {"s_comment", t, 10000, 0, 0}}},
		{name: "customer", rows: 150000, cols: []testColumn{{"c_custkey", i, 150000, 1, 150000}, {"c_name", t, 150000, 0, 0}, {"c_address", t, 150000, 0, 0},
			{"c_nationkey", i, 25, 0, 24}, {"c_phone", t, 150000, 0, 0}, {"c_acctbal", n, 140187, -999, 9999}, {"c_mktsegment", t, 5, 0, 0}, {"c_comment", t, 149968, 0, 0}}},
		{name: "part", rows: 200000, cols: []testColumn{{"p_partkey", i, 200000, 1, 200000}, {"p_name", t, 199997, 0, 0}, {"p_mfgr", t, 5, 0, 0}, {"p_brand", t, 25, 0, 0},
			{"p_type", t, 150, 0, 0}, {"p_size", i, 50, 1, 50}, {"p_container", t, 40, 0, 0}, {"p_retailprice", n, 20899, 901, 2098}, {"p_comment", t, 131753, 0, 0}}},
		{name: "partsupp", rows: 800000, cols: []testColumn{{"ps_partkey", i, 200000, 1, 200000}, {"ps_suppkey", i, 10000, 1, 10000}, {"ps_availqty", i, 9999, 1, 9999},
			{"ps_supplycost", n, 99865, 1, 1000}, {"ps_comment", t, 799124, 0, 0}}},
		{name: "orders", rows: 1500000, cols: []testColumn{{"o_orderkey", i, 1500000, 1, 6000000}, {"o_custkey", i, 99996, 1, 149999}, {"o_orderstatus", t, 3, 0, 0},
			{"o_totalprice", n, 1464556, 857, 555285}, {"o_orderdate", d, 2406, from - 1, to - 120}, {"o_orderpriority", t, 5, 0, 0}, {"o_clerk", t, 1000, 0, 0},
			{"o_shippriority", i, 1, 0, 0}, {"o_comment", t, 1482071, 0, 0}}},
		{name: "lineitem", rows: 6001215, cols: []testColumn{{"l_orderkey", i, 1500000, 1, 6000000}, {"l_partkey", i, 200000, 1, 200000}, {"l_suppkey", i, 10000, 1, 10000},
			{"l_linenumber", i, 7, 1, 7}, {"l_quantity", n, 50, 1, 50}, {"l_extendedprice", n, 933900, 901, 104949}, {"l_discount", n, 11, 0, 0.1}, {"l_tax", n, 9, 0, 0.08},
			{"l_returnflag", t, 3, 0, 0}, {"l_linestatus", t, 2, 0, 0}, {"l_shipdate", d, 2526, from, to}, {"l_commitdate", d, 2466, from + 29, to - 30},
			{"l_receiptdate", d, 2554, from + 1, to + 30}, {"l_shipinstruct", t, 4, 0, 0}, {"l_shipmode", t, 7, 0, 0}, {"l_comment", t, 4580667, 0, 0}}},
	}
	out := map[string]exec.Table{}
	for _, t := range tables {
		out[t.name] = t
	}
	return out
}

// Golden lets tests outside the package use golden files.
var Golden = golden
