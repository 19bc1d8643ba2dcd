package vec

// Gather returns the rows of v with the numbers in sel: constant vectors stay constant and dictionary
// vectors keep their dictionary; bytes of strings are not copied.
func Gather(v *Vector, sel []uint32) *Vector { panic("TODO") }

// GatherOrNull is Gather with NULL where an element of idx is -1.
func GatherOrNull(v *Vector, idx []int32) *Vector { panic("TODO") }

// Flatten returns v in flat encoding, v itself when it is flat.
func Flatten(v *Vector) *Vector { panic("TODO") }

// Slice returns rows from..to-1, sharing memory.
func Slice(v *Vector, from, to int) *Vector { panic("TODO") }

// Concat returns the rows of all vectors, which have one type, one after the other: a dictionary vector
// when all share one dictionary, else flat. KInt64 and KInt128 numerics become KInt128 when mixed.
func Concat(vs []*Vector) *Vector { panic("TODO") }

// Compact returns b without a selection: b itself when it has none, else with gathered columns.
func (b *Batch) Compact() *Batch { panic("TODO") }

// Hash writes a hash of each of the first len(out) rows of v to out, or with combine set, mixes it into what
// out holds. Equal values have equal hashes whatever the encoding and kind (numeric 1.0 and 1.00, -0 and 0,
// NaN and NaN); NULL has a hash as well. A hash is no identity: always compare.
func Hash(v *Vector, out []uint64, combine bool) { panic("TODO") }

// EqualRows reports whether row i of a equals row j of b, which have one type; NULL equals NULL here.
func EqualRows(a *Vector, i int, b *Vector, j int) bool { panic("TODO") }

// CompareRows orders row i of a and row j of b as PostgreSQL does within a column: <0, 0 or >0. NaN is
// above all numbers; neither row may be NULL. Strings compare by bytes (collation C).
func CompareRows(a *Vector, i int, b *Vector, j int) int { panic("TODO") }

// Builder appends rows one by one to make a flat vector. It is for edges (JSON, VALUES, results of set
// functions), not for hot loops.
type Builder struct{}

// A Row is appended from another vector: AppendFrom appends row i of v (any encoding, same type).
// AppendNull appends NULL. AppendBytes appends a string, copying it. Append appends a fixed-width value.
// Finish returns the vector and resets the builder.
