package delta

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/storage/lake"
	"gsql/storage/parquet"
)

// structType is a schema, or a record in one.
type structType struct {
	Fields []structField `json:"fields"`
}

type structField struct {
	Name     string          `json:"name"`
	Type     json.RawMessage `json:"type"`
	Metadata struct {
		ID       int64  `json:"delta.columnMapping.id"`
		Physical string `json:"delta.columnMapping.physicalName"`
	} `json:"metadata"`
}

// compound is a type with parts.
type compound struct {
	Type    string          `json:"type"`
	Element json.RawMessage `json:"elementType"`
	Key     json.RawMessage `json:"keyType"`
	Value   json.RawMessage `json:"valueType"`
	structType
}

const (
	maxDepth   = 100
	maxColumns = 100_000
)

// primitives are the types without parts by their names.
var primitives = map[string]types.ID{
	"string": types.Text, "long": types.Int64, "integer": types.Int32, "short": types.Int16, "byte": types.Int16,
	"float": types.Float32, "double": types.Float64, "boolean": types.Bool, "binary": types.Bytea, "date": types.Date,
	"timestamp": types.TimestampTZ, "timestamp_ntz": types.Timestamp, "void": types.Text,
}

// schemaReader makes columns of a table's schema.
type schemaReader struct {
	mapped bool // columns have other names in files
	n      int
}

// columns reads a schema in JSON.
func (r *schemaReader) columns(text string) ([]parquet.Field, error) {
	var s structType
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, err
	}
	return r.fields(s.Fields, 0)
}

func (r *schemaReader) fields(list []structField, depth int) ([]parquet.Field, error) {
	var out []parquet.Field
	seen := map[string]bool{}
	for i := range list {
		f := &list[i]
		if r.n++; r.n > maxColumns || depth > maxDepth {
			return nil, fmt.Errorf("the schema has too many columns")
		}
		if f.Name == "" || seen[f.Name] {
			return nil, fmt.Errorf("the schema has column %q twice, or without a name", f.Name)
		}
		seen[f.Name] = true
		p := parquet.Field{Name: f.Name}
		if r.mapped {
			if f.Metadata.Physical == "" || f.Metadata.ID < 0 || f.Metadata.ID > 1<<31-1 {
				return nil, fmt.Errorf("column %q has no name or no ID in files", f.Name)
			}
			p.Names, p.ID = []string{f.Metadata.Physical}, int32(f.Metadata.ID)
		}
		if err := r.typeOf(&p, f.Type, depth+1); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

var decimalType = regexp.MustCompile(`^decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$`)

// typeOf sets the type of a field.
func (r *schemaReader) typeOf(f *parquet.Field, raw json.RawMessage, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("the schema is nested too deeply")
	}
	var name string
	if json.Unmarshal(raw, &name) == nil {
		return primitive(f, name)
	}
	var c compound
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	var err error
	switch c.Type {
	case "struct":
		err = r.record(f, c.Fields, depth)
	case "array":
		e := parquet.Field{Name: "element"}
		err = r.typeOf(&e, c.Element, depth+1)
		lake.ArrayOf(f, e)
	case "map":
		key, value := parquet.Field{Name: "key"}, parquet.Field{Name: "value"}
		if err = r.typeOf(&key, c.Key, depth+1); err == nil {
			err = r.typeOf(&value, c.Value, depth+1)
		}
		lake.MapOf(f, key, value)
	default:
		return fmt.Errorf("type %q is not known", c.Type)
	}
	return err
}

func primitive(f *parquet.Field, name string) error {
	if id, ok := primitives[name]; ok {
		f.Type = types.Of(id)
		return nil
	}
	if name == "decimal" {
		f.Type = types.NumericOf(10, 0)
		return nil
	}
	if m := decimalType.FindStringSubmatch(name); m != nil {
		prec, _ := strconv.Atoi(m[1])
		scale, _ := strconv.Atoi(m[2])
		if prec >= 1 && prec <= 38 && scale <= prec {
			f.Type = types.NumericOf(prec, scale)
			return nil
		}
	}
	if name == "variant" {
		lake.Refuse(f, "of type variant")
		return nil
	}
	return fmt.Errorf("type %q is not known", name)
}

func (r *schemaReader) record(f *parquet.Field, list []structField, depth int) error {
	var err error
	if f.Fields, err = r.fields(list, depth); err != nil {
		return err
	}
	lake.Compose(f)
	return nil
}

// mapping returns how columns are found in files.
func (m *metaData) mapping(name string) (by parquet.Matching, mapped bool, err error) {
	switch mode := m.Configuration["delta.columnMapping.mode"]; mode {
	case "", "none":
		return parquet.ByName, false, nil
	case "name":
		return parquet.ByName, true, nil
	case "id":
		return parquet.ByID, true, nil
	default:
		return 0, false, sqlstate.Unsupported("Modes are none, name and id.", "Delta Lake table \"%s\" has the column mapping \"%s\", which is not supported", name, mode)
	}
}
