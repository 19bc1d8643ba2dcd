package iceberg

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/lake"
	"gsql/storage/parquet"
)

// schema is a list of columns.
type schema struct {
	ID     int          `json:"schema-id"`
	Fields []namedField `json:"fields"`
}

type namedField struct {
	ID      int             `json:"id"`
	Name    string          `json:"name"`
	Type    json.RawMessage `json:"type"`
	Initial json.RawMessage `json:"initial-default"`
}

// compound is a type with parts.
type compound struct {
	Type      string          `json:"type"`
	Fields    []namedField    `json:"fields"`
	ElementID int             `json:"element-id"`
	Element   json.RawMessage `json:"element"`
	KeyID     int             `json:"key-id"`
	Key       json.RawMessage `json:"key"`
	ValueID   int             `json:"value-id"`
	Value     json.RawMessage `json:"value"`
}

const (
	maxDepth   = 100
	maxColumns = 100_000
)

// primitives are the types without parts by their names.
var primitives = map[string]types.ID{
	"boolean": types.Bool, "int": types.Int32, "long": types.Int64, "float": types.Float32, "double": types.Float64,
	"date": types.Date, "time": types.Time, "timestamp": types.Timestamp, "timestamptz": types.TimestampTZ,
	"timestamp_ns": types.Timestamp, "timestamptz_ns": types.TimestampTZ,
	"string": types.Text, "uuid": types.UUID, "binary": types.Bytea, "unknown": types.Text,
}

var (
	decimalType = regexp.MustCompile(`^decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$`)
	fixedType   = regexp.MustCompile(`^fixed\[\d{1,9}\]$`)
	foreignType = regexp.MustCompile(`^(variant|geometry|geography)\b`)
)

// schemaReader makes columns of a schema.
type schemaReader struct {
	names map[int][]string // of fields in files without IDs, by ID; nil: there are none
	n     int
}

func (r *schemaReader) fields(list []namedField, depth int) ([]parquet.Field, error) {
	var out []parquet.Field
	seen := map[string]bool{}
	for i := range list {
		f := &list[i]
		if r.n++; r.n > maxColumns || depth > maxDepth {
			return nil, fmt.Errorf("the schema has too many columns")
		}
		if f.Name == "" || seen[f.Name] || f.ID < 0 || f.ID > 1<<31-1 {
			return nil, fmt.Errorf("the schema has column %q twice, or without a name or an ID", f.Name)
		}
		seen[f.Name] = true
		p := r.field(f.Name, f.ID)
		if err := r.typeOf(&p, f.Type, depth+1); err != nil {
			return nil, err
		}
		if err := initial(&p, f.Initial); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (r *schemaReader) field(name string, id int) parquet.Field {
	f := parquet.Field{Name: name, ID: int32(id)}
	if r.names != nil {
		f.Names = r.names[id]
		if f.Names == nil {
			f.Names = []string{} // it is in no such file
		}
	}
	return f
}

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
	switch c.Type {
	case "struct":
		fields, err := r.fields(c.Fields, depth)
		f.Fields = fields
		lake.Compose(f)
		return err
	case "list":
		e := r.field("element", c.ElementID)
		err := r.typeOf(&e, c.Element, depth+1)
		lake.ArrayOf(f, e)
		return err
	case "map":
		key, value := r.field("key", c.KeyID), r.field("value", c.ValueID)
		if err := r.typeOf(&key, c.Key, depth+1); err != nil {
			return err
		}
		if err := r.typeOf(&value, c.Value, depth+1); err != nil {
			return err
		}
		lake.MapOf(f, key, value)
		return nil
	}
	return fmt.Errorf("type %q is not known", c.Type)
}

func primitive(f *parquet.Field, name string) error {
	if id, ok := primitives[name]; ok {
		f.Type = types.Of(id)
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
	switch {
	case fixedType.MatchString(name):
		f.Type = types.Of(types.Bytea)
	case foreignType.MatchString(name):
		lake.Refuse(f, "of type "+name)
	default:
		return fmt.Errorf("type %q is not known", name)
	}
	return nil
}

// initial sets what a field is in files that are older than it.
func initial(f *parquet.Field, raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" || f.Fields != nil || f.Refuse != "" {
		return nil
	}
	s := string(raw)
	var str string
	if json.Unmarshal(raw, &str) == nil {
		s = str
	}
	if f.Type.ID == types.Bytea {
		s = `\x` + s
	}
	if f.Type.ID == types.Timestamp {
		s = strings.TrimSuffix(s, "Z")
	}
	v, err := text.Const(f.Type, s, &text.Style{})
	if err != nil {
		return fmt.Errorf("the default of column %q cannot be read: %v", f.Name, err)
	}
	v = vec.Flatten(v)
	v.Enc = vec.Const
	f.Default = v
	return nil
}

// nameMapping says which names fields have in files that lack IDs.
type nameMapping struct {
	ID     *int          `json:"field-id"`
	Names  []string      `json:"names"`
	Fields []nameMapping `json:"fields"`
}

// mappedNames reads the table's mapping of names, if it has one.
func (m *metadata) mappedNames() (map[int][]string, error) {
	raw, ok := m.Properties["schema.name-mapping.default"]
	if !ok {
		return nil, nil
	}
	var list []nameMapping
	if err := json.Unmarshal([]byte(raw), &list); err != nil {
		return nil, corrupt(m.file.Path, "its mapping of names cannot be read: %v", err)
	}
	out := map[int][]string{}
	addNames(out, list, 0)
	return out, nil
}

func addNames(out map[int][]string, list []nameMapping, depth int) {
	if depth > maxDepth {
		return
	}
	for _, x := range list {
		if x.ID != nil {
			out[*x.ID] = append(out[*x.ID], x.Names...)
		}
		addNames(out, x.Fields, depth+1)
	}
}
