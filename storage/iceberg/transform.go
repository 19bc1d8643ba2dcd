package iceberg

import (
	"strconv"
	"strings"
	"time"

	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/parquet"
)

// fromPartition appends the bounds of a column that the partition of a file tells, where the manifest says nothing of the
// column, and returns whether it does. nulls is how many of the file's rows must be NULL, -1 if that is not known.
func (e *entry) fromPartition(f *parquet.Field, nanos bool, low, high *vec.Builder) (nulls int64, ok bool) {
	nulls = -1
	for i := range e.spec.Fields {
		p := &e.spec.Fields[i]
		if p.Source != int(f.ID) || p.Transform == "void" {
			continue
		}
		v := e.partition[i]
		if v == (unknown{}) {
			continue
		}
		if v == nil { // which all transforms but void make of NULL alone
			low.AppendNull()
			high.AppendNull()
			return e.rows, true
		}
		from, to, known := p.values(f.Type, v)
		if !known {
			continue
		}
		nanos := nanos && p.Transform == "identity" // periods are microseconds here
		if appendValue(low, f.Type, nanos, from) != nil {
			continue
		}
		if appendValue(high, f.Type, nanos, to) != nil {
			high.AppendNull()
		}
		return nulls, true
	}
	return nulls, false
}

// values returns the least and the greatest value of a type that a partition has.
func (p *partitionField) values(t types.Type, v any) (from, to any, ok bool) {
	if p.Transform == "identity" {
		return v, v, !t.IsFloat()
	}
	n, isInt := v.(int64)
	if !isInt || n < -1<<40 || n > 1<<40 {
		return nil, nil, false
	}
	if width, ok := strings.CutPrefix(p.Transform, "truncate["); ok && (t.ID == types.Int32 || t.ID == types.Int64) {
		w, err := strconv.ParseInt(strings.TrimSuffix(width, "]"), 10, 32)
		return n, n + w - 1, err == nil && w > 0
	}
	start, end, ok := p.period(n)
	if n <= 0 && ok { // some writers have rounded what lies before 1970 up
		start, _, ok = p.period(n - 1)
	}
	switch {
	case !ok:
		return nil, nil, false
	case t.ID == types.Date:
		const day = 86400
		return floorDiv(start, day), floorDiv(end-1, day), true
	case t.ID == types.Timestamp || t.ID == types.TimestampTZ:
		return start * 1e6, end*1e6 - 1, true
	}
	return nil, nil, false
}

// period returns the seconds at which period n since 1970 begins and the next one does.
func (p *partitionField) period(n int64) (start, end int64, ok bool) {
	if n < -200_000*8766 || n > 200_000*8766 {
		return 0, 0, false
	}
	unix := func(year, month int64) int64 {
		return time.Date(int(year), time.Month(month), 1, 0, 0, 0, 0, time.UTC).Unix()
	}
	switch p.Transform {
	case "year":
		ok = n > -200_000 && n < 200_000
		return unix(1970+n, 1), unix(1971+n, 1), ok
	case "month":
		ok = n > -200_000*12 && n < 200_000*12
		return unix(1970, 1+n), unix(1970, 2+n), ok
	case "day":
		return n * 86400, (n + 1) * 86400, true
	case "hour":
		return n * 3600, (n + 1) * 3600, true
	}
	return 0, 0, false
}
