package exec

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"reflect"
	"time"

	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Fingerprint returns a text that two plans share exactly when they, and what f says of the query, give the same rows
// in tasks: in whatever process they were made, the same operators over the same files in the same state. Plans that
// depend on the process they are in have none: that is a 0A000 error.
func Fingerprint(p Plan, f *fn.Ctx) (string, error) {
	d := &Digest{hash: sha256.New(), plans: map[any]int{}}
	d.Add(p, f.Now, f.Location, f.User, f.Database)
	if d.err != nil {
		return "", d.err
	}
	return hex.EncodeToString(d.hash.Sum(nil)), nil
}

// Fingerprinter is a plan with more in it than exported fields that decide its rows, such as a scan.
type Fingerprinter interface {
	Plan
	// Fingerprint adds to d all that decides the plan's rows.
	Fingerprint(d *Digest)
}

// Digest collects what a fingerprint covers.
type Digest struct {
	hash  hash.Hash
	plans map[any]int // plans and sources that were added, by number: readers may share them
	err   error
}

// Add adds values: plans, expressions, constants, and what is made of numbers, texts and times by structs, slices and
// pointers. Lists are told from their elements and fields from each other, so that no two values read the same.
func (d *Digest) Add(values ...any) {
	for _, x := range values {
		d.add(reflect.ValueOf(x))
	}
}

func (d *Digest) add(v reflect.Value) {
	switch v.Kind() {
	case reflect.Invalid: // what a nil interface holds
		d.tag('0', 0)
	case reflect.Bool:
		n := uint64(0)
		if v.Bool() {
			n = 1
		}
		d.tag('b', n)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		d.tag('i', uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		d.tag('u', v.Uint())
	case reflect.String:
		d.text(v.String())
	case reflect.Slice:
		d.tag('l', uint64(v.Len()))
		for i := range v.Len() {
			d.add(v.Index(i))
		}
	case reflect.Interface:
		d.add(v.Elem())
	case reflect.Pointer:
		if v.IsNil() {
			d.tag('0', 0)
		} else if !v.CanInterface() || !d.addKnown(v.Interface()) {
			d.add(v.Elem())
		}
	case reflect.Struct:
		if !v.CanInterface() || !d.addKnown(v.Interface()) {
			d.addFields(v)
		}
	default:
		d.fail(v.Type())
	}
}

// addKnown adds values whose fields do not say, or not alone, what they are. It reports whether x is one.
func (d *Digest) addKnown(x any) bool {
	switch x := x.(type) {
	case Plan:
		return d.addPlan(x)
	case *Source:
		return d.again(x)
	case *fn.Scalar:
		d.Add(x.Name, x.Args, x.Ret)
	case *fn.Aggregate:
		d.Add(x.Name, x.Args, x.Ret)
	case *fn.Window:
		d.Add(x.Name, x.Args, x.Ret)
	case *fn.Cast:
		d.Add(x.From, x.To)
	case *types.Def:
		d.Add(x.Name, x.Fields, x.Base)
		if x.Named != nil {
			d.Add(x.Named.String())
		}
	case *vec.Batch:
		b := x.Compact()
		d.Add(b.Rows, b.Cols)
	case *vec.Vector:
		d.vector(vec.Flatten(x))
	case time.Time:
		d.Add(x.UnixNano())
	case interface{ Identity() string }:
		d.text(x.Identity())
	case *time.Location:
		d.text(x.String())
	default:
		return false
	}
	return true
}

// addPlan adds a plan that says itself what decides its rows, and reports false for one whose fields say it.
func (d *Digest) addPlan(p Plan) bool {
	if d.again(p) {
		return true
	}
	t := reflect.TypeOf(p)
	if f, ok := p.(Fingerprinter); ok {
		d.text(t.String())
		f.Fingerprint(d)
		return true
	}
	for _, field := range reflect.VisibleFields(t.Elem()) {
		if !field.IsExported() {
			d.fail(t)
			return true
		}
	}
	return false
}

// again adds the number of a plan or a source that was added before, else it gives it one and reports false.
func (d *Digest) again(x any) bool {
	n, ok := d.plans[x]
	if ok {
		d.tag('p', uint64(n))
		return true
	}
	d.plans[x] = len(d.plans)
	return false
}

func (d *Digest) addFields(v reflect.Value) {
	d.text(v.Type().String())
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("fingerprint") != "-" { // what a process knows for itself alone
			d.add(v.Field(i))
		}
	}
}

// vector adds the values of a flat vector, and nothing of what lies in memory where it is NULL.
func (d *Digest) vector(v *vec.Vector) {
	d.Add(v.Type, v.Kind, v.Len)
	for i := range v.Len {
		if v.IsNull(i) {
			d.tag('0', 0)
			continue
		}
		switch v.Kind {
		case types.KView:
			d.text(string(v.Bytes(i)))
		case types.KList:
			l := vec.At[vec.List](v, i)
			if l.Len == 0 { // there may be no elements to slice
				d.tag('l', 0)
				continue
			}
			if l.Shape != 0 { // whose number is this process's
				d.text(fmt.Sprint(l.Dims()))
			}
			d.vector(vec.Flatten(vec.Slice(v.Child, int(l.Off), int(l.Off+l.Len))))
		case types.KRow:
			for k := range v.Fields {
				d.vector(vec.Flatten(vec.Field(vec.Slice(v, i, i+1), k)))
			}
		case types.KNum:
			d.text(fmt.Sprint(vec.At[vec.Num](v, i)))
		case types.KTimeTZ:
			d.text(fmt.Sprint(vec.At[vec.TimeTZ](v, i)))
		default:
			w := v.Kind.Width()
			d.text(string(v.Data[i*w : (i+1)*w]))
		}
	}
}

func (d *Digest) text(s string) {
	d.tag('s', uint64(len(s)))
	d.hash.Write([]byte(s))
}

func (d *Digest) tag(kind byte, n uint64) {
	d.hash.Write(binary.LittleEndian.AppendUint64([]byte{kind}, n))
}

func (d *Digest) fail(t reflect.Type) {
	if d.err == nil {
		d.err = sqlstate.Unsupported("", "a query cannot be divided into tasks that uses %v", t)
	}
}
