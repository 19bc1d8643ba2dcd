package syntax

import (
	"fmt"
	"reflect"
	"strings"
)

// dump writes a node with all that is in it but positions, zero values and source texts left out.
func dump(v any) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(v))
	return b.String()
}

func dumpValue(b *strings.Builder, v reflect.Value) {
	if v.IsValid() && v.CanInterface() {
		switch n := v.Interface().(type) {
		case *Column:
			b.WriteString(strings.Join(n.Names, "."))
			return
		case *Number:
			b.WriteString(n.Text)
			return
		case *String:
			fmt.Fprintf(b, "%q", n.Value)
			return
		case *Param:
			fmt.Fprintf(b, "$%d", n.N)
			return
		case *Null:
			b.WriteString("null")
			return
		case *Bool:
			fmt.Fprint(b, n.Value)
			return
		case Ident:
			b.WriteString(n.Name)
			return
		case *TypeName:
			fmt.Fprintf(b, "%q", strings.Trim(fmt.Sprint(n.Schema, " ", n.Name, n.Mods, n.Fields, n.Dims), " "))
			return
		}
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dumpValue(b, v.Elem())
	case reflect.Struct:
		dumpStruct(b, v)
	case reflect.Slice:
		b.WriteString("[")
		for i := range v.Len() {
			if i > 0 {
				b.WriteString(", ")
			}
			dumpValue(b, v.Index(i))
		}
		b.WriteString("]")
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	default:
		fmt.Fprint(b, v.Interface())
	}
}

func dumpStruct(b *strings.Builder, v reflect.Value) {
	t := v.Type()
	b.WriteString(t.Name() + "{")
	first := true
	for i := range t.NumField() {
		f, x := t.Field(i), v.Field(i)
		if !f.IsExported() || x.IsZero() || strings.HasSuffix(f.Name, "Pos") || f.Name == "Source" || f.Name == "Err" {
			continue
		}
		if !first {
			b.WriteString(", ")
		}
		first = false
		b.WriteString(f.Name)
		if x.Kind() != reflect.Bool {
			b.WriteString(": ")
			dumpValue(b, x)
		}
	}
	b.WriteString("}")
}
