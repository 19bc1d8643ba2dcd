package storage

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/option"
)

// hiveNull is the name of the folder for rows whose value is NULL.
const hiveNull = "__HIVE_DEFAULT_PARTITION__"

// parseKey reads the name of a folder of the form key=value. The value is as it is written.
func parseKey(name string) (key, value string, ok bool) {
	i := strings.IndexByte(name, '=')
	if i <= 0 {
		return "", "", false
	}
	return unescape(name[:i]), name[i+1:], true
}

// unescape decodes %xx, as which Hive writes characters that paths cannot have.
func unescape(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	out := append([]byte(nil), s[:i]...)
	for ; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if x, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(x))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// keysOf returns the keys of the folders that lead to a place, the outermost first.
func (d *place) keysOf() []*place {
	out := make([]*place, d.depth)
	for ; d != nil; d = d.parent {
		if d.key != "" {
			out[d.depth-1] = d
		}
	}
	return out
}

// placeOf returns the place of a file that no walker has found, such as a remote one, by its path.
func placeOf(path string) *place {
	path, _, _ = strings.Cut(path, "?")
	d := &place{}
	parts := strings.Split(path, "/")
	for i, name := range parts[:len(parts)-1] {
		if key, value, ok := parseKey(name); ok {
			d = &place{name: strings.Join(parts[:i+1], "/") + "/", parent: d, key: key, value: value, depth: d.depth + 1}
		}
	}
	return d
}

// hive is the columns that the names of folders make.
type hive struct {
	keys    []hiveKey
	example string // a file that has them
	forced  bool   // the query asks for them
}

type hiveKey struct {
	name    string
	typ     types.Type
	given   bool // by the option hive_types
	settled bool // it has its type
}

// newHive returns the columns of the folders that lead to a file, nil when there are none.
func newHive(dir *place, name string) *hive {
	h := &hive{example: name}
	for _, k := range dir.keysOf() {
		if h.index(k.key) >= 0 {
			return nil // whatever it means
		}
		h.keys = append(h.keys, hiveKey{name: k.key})
	}
	if len(h.keys) == 0 {
		return nil
	}
	return h
}

// fits reports whether a file lies in folders of the same keys.
func (h *hive) fits(dir *place) bool {
	if dir.depth != len(h.keys) {
		return false
	}
	for d := dir; d != nil; d = d.parent {
		if d.key != "" && d.key != h.keys[d.depth-1].name {
			return false
		}
	}
	return true
}

// misplaced is the error about a file that does not lie in folders of the same keys.
func (h *hive) misplaced(name string) error {
	var keys []string
	for _, k := range h.keys {
		keys = append(keys, k.name+"=..")
	}
	return sqlstate.New(sqlstate.DatatypeMismatch, "file \"%s\" does not lie in folders of the form %s, as file \"%s\" does", name, strings.Join(keys, "/"), h.example).
		WithHint("Say hive_partitioning => false to read the files without columns of their folders' names.")
}

// hiveClass is a set of the kinds of values that folders of one key have.
type hiveClass uint8

const (
	hiveInt hiveClass = 1 << iota
	hiveDate
	hiveTimestamp
	hivePadded // a number of two digits with a zero in front
	hiveText
)

// calendar has the keys whose numbers may have a zero in front: month=01 is a month. For others 01 is text, which 1 would
// not be.
var calendar = map[string]bool{"quarter": true, "month": true, "week": true, "day": true, "hour": true, "minute": true, "second": true}

func (k *hiveKey) calendar() bool { return calendar[strings.ToLower(k.name)] }

// classOf returns the kind of a value, none for NULL.
func classOf(raw string) hiveClass {
	if raw == "" || raw == hiveNull {
		return 0
	}
	s := []byte(unescape(raw))
	if x, err := text.ParseInt(s); err == nil && strconv.FormatInt(x, 10) == string(s) {
		return hiveInt
	}
	if len(s) == 2 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' {
		return hivePadded
	}
	if _, ok := text.ParseDateISO(s); ok {
		return hiveDate
	}
	if _, ok := text.ParseTimestampISO(s); ok {
		return hiveTimestamp
	}
	return hiveText
}

func (c hiveClass) typeOf() types.Type {
	switch {
	case c == hiveInt:
		return types.Of(types.Int64)
	case c == hiveDate:
		return types.Of(types.Date)
	case c != 0 && c&^(hiveDate|hiveTimestamp) == 0:
		return types.Of(types.Timestamp)
	}
	return types.Of(types.Text)
}

// settle gives the keys their types: those that the option says, else those that the names of folders looked at have.
func (h *hive) settle(seen []hiveClass, opt *filesOptions) {
	for i := range h.keys {
		k := &h.keys[i]
		k.typ, k.settled = types.Of(types.Text), true
		if opt.autocast && i < len(seen) {
			c := seen[i]
			if k.calendar() && c&hivePadded != 0 {
				c = c&^hivePadded | hiveInt
			}
			k.typ = c.typeOf()
		}
		if at := slices.IndexFunc(opt.hiveTypes, func(c option.Column) bool { return c.Name == k.name }); at >= 0 {
			k.typ, k.given = opt.hiveTypes[at].Type, true
		}
	}
}

// checkTypes checks that the option hive_types names keys of folders only.
func (h *hive) checkTypes(opt *filesOptions) error {
	for _, c := range opt.hiveTypes {
		if h.index(c.Name) >= 0 {
			continue
		}
		e := sqlstate.New(sqlstate.UndefinedColumn, "option \"hive_types\" names column \"%s\", which no folder has", c.Name)
		if h == nil {
			return e.WithHint("Not all files lie in folders of the same keys, written key=value.")
		}
		var names []string
		for _, k := range h.keys {
			names = append(names, k.name)
		}
		return e.WithHint("Folders have %s.", strings.Join(names, ", "))
	}
	return nil
}

func (h *hive) index(name string) int {
	if h == nil {
		return -1
	}
	return slices.IndexFunc(h.keys, func(k hiveKey) bool { return k.name == name })
}

// hiveColumn collects the values of one key.
type hiveColumn struct {
	key     *hiveKey
	codes   map[string]uint32 // by what folders are called
	values  []*vec.Vector     // by code: one row each; none before the key has its type
	all     *vec.Vector       // by code, where they were made together; nil: values has them
	folders []string          // by code: where the value was met
	file    []uint32          // by file: the code
}

// code returns the code of a value; folder is where it was met.
func (c *hiveColumn) code(raw, folder string) (uint32, error) {
	if code, ok := c.codes[raw]; ok {
		return code, nil
	}
	if c.key.settled {
		v, err := c.key.value(raw, folder)
		if err != nil {
			return 0, err
		}
		c.values = append(c.values, v)
	}
	code := uint32(len(c.codes))
	c.codes[raw] = code
	c.folders = append(c.folders, folder)
	return code, nil
}

// class returns the kinds of the values met.
func (c *hiveColumn) class() (all hiveClass) {
	for raw := range c.codes {
		all |= classOf(raw)
	}
	return all
}

// convert makes the values, once the key has its type.
func (c *hiveColumn) convert() error {
	raws := make([]string, len(c.codes))
	for raw, code := range c.codes {
		raws[code] = raw
	}
	for code, raw := range raws {
		v, err := c.key.value(raw, c.folders[code])
		if err != nil {
			return err
		}
		c.values = append(c.values, v)
	}
	return nil
}

// value returns the value that a folder's name stands for, as one row.
func (k *hiveKey) value(raw, folder string) (*vec.Vector, error) {
	if raw == hiveNull || raw == "" && k.typ.ID != types.Text && k.typ.ID != types.Varchar {
		return vec.NewNull(k.typ, 1), nil
	}
	s := unescape(raw)
	if !utf8.ValidString(s) {
		return nil, sqlstate.New(sqlstate.InvalidEncoding, "the name of folder \"%s\" is not in UTF-8", strings.ToValidUTF8(folder, "\uFFFD")).
			WithHint("Say hive_partitioning => false to read the files without columns of their folders' names.")
	}
	v, err := text.Const(k.typ, s, &text.Style{})
	c := classOf(raw)
	if err == nil && (k.given || k.typ.ID != types.Int64 || c == hiveInt || c == hivePadded && k.calendar()) {
		return v, nil
	}
	e := sqlstate.New(sqlstate.BadTextValue, "folder \"%s\" does not fit column \"%s\": \"%s\" is no %s", folder, k.name, s, k.typ.Base())
	if k.given {
		return nil, e.WithHint("The option hive_types gives the column its type.")
	}
	return nil, e.WithHint("The type was found from the names of some folders. Set it: hive_types => {'%s': 'VARCHAR'}.", k.name)
}

// distinct returns how many values there are.
func (c *hiveColumn) distinct() int {
	if c.all != nil {
		return c.all.Len
	}
	return len(c.values)
}

// dict returns the values as one vector.
func (c *hiveColumn) dict() *vec.Vector {
	if c.all != nil {
		return c.all
	}
	b := vec.NewBuilder(c.key.typ)
	for _, v := range c.values {
		b.AppendFrom(v, 0)
	}
	return b.Finish()
}
