package lake

import (
	"gsql/exec/types"
	"gsql/storage/parquet"
)

// Compose gives a field the type of a record of its fields.
func Compose(f *parquet.Field) {
	var list []types.Field
	for _, c := range f.Fields {
		if c.Refuse != "" {
			Refuse(f, c.Refuse)
			return
		}
		list = append(list, types.Field{Name: c.Name, Type: c.Type})
	}
	if len(list) == 0 {
		Refuse(f, "a record without fields")
		return
	}
	f.Type = types.RecordOf("", list)
}

// ArrayOf gives a field the type of an array.
func ArrayOf(f *parquet.Field, e parquet.Field) {
	f.Fields = []parquet.Field{e}
	switch {
	case e.Refuse != "":
		Refuse(f, e.Refuse)
	case e.Type.ID == types.Array:
		Refuse(f, "an array of arrays")
	default:
		f.Type = types.ArrayOf(e.Type)
	}
}

// MapOf gives a field the type of a map, which is an array of records of a key and a value.
func MapOf(f *parquet.Field, key, value parquet.Field) {
	e := parquet.Field{Name: "entry", Fields: []parquet.Field{key, value}}
	Compose(&e)
	ArrayOf(f, e)
	f.Entries = true
}

// Refuse says why a field cannot be read. It has the type json then, so that the other columns can be used.
func Refuse(f *parquet.Field, why string) { f.Type, f.Refuse = types.Of(types.JSON), why }
