// Package copytext reads what COPY ... FROM reads, and writes what COPY ... TO writes: records of fields in PostgreSQL's
// text format or as CSV. Its reader is about values as they are written; what they mean is for the caller to say.
package copytext

import (
	"strings"

	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// Options are those of COPY.
type Options struct {
	Format                 string // "text" or "csv", or one that this package does not read or write
	Delimiter              byte
	Quote, Escape          byte // of CSV
	Null                   string
	Header, HeaderMatch    bool
	ForceNotNull           []string // columns in which no field of CSV is NULL
	ForceNull              []string // columns in which quoted fields of CSV may be NULL, too
	allNotNull, allForNull bool
	ForceQuote             []string // columns whose values are quoted in CSV
	allQuoted              bool
	to                     bool
}

// ReadOptions gives the options of COPY FROM their meaning.
func ReadOptions(list []syntax.Option) (*Options, error) { return readOptions(list, false) }

// ReadOptionsTo gives the options of COPY TO their meaning.
func ReadOptionsTo(list []syntax.Option) (*Options, error) { return readOptions(list, true) }

func readOptions(list []syntax.Option, to bool) (*Options, error) {
	o := &Options{Format: "text", to: to}
	seen := map[string]string{}
	for _, opt := range list {
		name := opt.Name
		if alias, ok := map[string]string{"delim": "delimiter", "sep": "delimiter", "nullstr": "null"}[name]; ok {
			name = alias
		}
		if _, twice := seen[name]; twice {
			return nil, sqlstate.New(sqlstate.SyntaxError, "conflicting or redundant options").At(opt.Pos)
		}
		seen[name] = opt.Value
		if err := o.set(name, opt); err != nil {
			return nil, err
		}
	}
	return o, o.complete(seen)
}

// set reads one option.
func (o *Options) set(name string, opt syntax.Option) error {
	switch name {
	case "format":
		switch opt.Value {
		case "text", "csv":
			o.Format = opt.Value
		case "parquet", "json":
			if o.to {
				return sqlstate.Unsupported("Use FORMAT csv, text or binary.", "COPY TO in format %s is not supported", opt.Value).At(opt.Pos)
			}
			o.Format = opt.Value
		case "binary":
			o.Format = opt.Value
		default:
			return sqlstate.New(sqlstate.InvalidParameterValue, "COPY format \"%s\" not recognized", opt.Value).At(opt.Pos)
		}
	case "header":
		return o.setHeader(opt)
	case "delimiter", "quote", "escape", "null", "freeze":
	case "encoding":
		switch strings.ToLower(opt.Value) {
		case "utf8", "utf-8", "unicode":
		default:
			return sqlstate.Unsupported("Convert the file to UTF-8.", "encoding \"%s\" is not supported", opt.Value).At(opt.Pos)
		}
	case "force_not_null":
		o.ForceNotNull, o.allNotNull = opt.List, opt.Star
	case "force_null":
		o.ForceNull, o.allForNull = opt.List, opt.Star
	case "force_quote":
		if o.to {
			o.ForceQuote, o.allQuoted = opt.List, opt.Star
			break
		}
		return sqlstate.New(sqlstate.FeatureNotSupported, "COPY force quote only available using COPY TO").At(opt.Pos)
	default:
		return sqlstate.New(sqlstate.SyntaxError, "option \"%s\" not recognized", opt.Name).At(opt.Pos)
	}
	return nil
}

func (o *Options) setHeader(opt syntax.Option) error {
	switch strings.ToLower(opt.Value) {
	case "", "true", "on", "1":
		o.Header = true
	case "match":
		if o.to {
			return sqlstate.New(sqlstate.FeatureNotSupported, "cannot use \"match\" with HEADER in COPY TO").At(opt.Pos)
		}
		o.Header, o.HeaderMatch = true, true
	case "false", "off", "0":
	default:
		return sqlstate.New(sqlstate.SyntaxError, "header requires a Boolean value or \"match\"")
	}
	return nil
}

// complete fills in defaults and checks what does not go together.
func (o *Options) complete(seen map[string]string) error {
	csv := o.Format == "csv"
	if o.Format == "binary" {
		return o.checkBinary(seen)
	}
	var err error
	single := func(name, initial string) byte {
		s, ok := seen[name]
		if !ok {
			s = initial
		}
		switch {
		case len(s) != 1 && err == nil && name == "delimiter":
			err = sqlstate.New(sqlstate.FeatureNotSupported, "COPY delimiter must be a single one-byte character")
		case len(s) != 1 && err == nil:
			err = sqlstate.New(sqlstate.FeatureNotSupported, "COPY %s must be a single one-byte character", name)
		case ok && name != "delimiter" && !csv && err == nil:
			err = sqlstate.New(sqlstate.FeatureNotSupported, "COPY %s available only in CSV mode", name)
		}
		if err != nil {
			return 0
		}
		return s[0]
	}
	if csv {
		o.Delimiter = single("delimiter", ",")
		o.Null = seen["null"]
	} else {
		o.Delimiter = single("delimiter", "\t")
		if null, ok := seen["null"]; ok {
			o.Null = null
		} else {
			o.Null = `\N`
		}
	}
	o.Quote = single("quote", `"`)
	o.Escape = single("escape", string([]byte{o.Quote}))
	if err != nil {
		return err
	}
	return o.check(csv)
}

// checkBinary refuses the options of text.
func (o *Options) checkBinary(seen map[string]string) error {
	for _, name := range []string{"delimiter", "null"} {
		if _, ok := seen[name]; ok {
			return sqlstate.New(sqlstate.SyntaxError, "cannot specify %s in BINARY mode", strings.ToUpper(name))
		}
	}
	if o.Header {
		return sqlstate.New(sqlstate.FeatureNotSupported, "cannot specify HEADER in BINARY mode")
	}
	for _, name := range []string{"quote", "escape", "force_quote"} {
		if _, ok := seen[name]; ok {
			return sqlstate.New(sqlstate.FeatureNotSupported, "COPY %s available only in CSV mode", strings.ReplaceAll(name, "_", " "))
		}
	}
	return nil
}

func (o *Options) check(csv bool) error {
	switch {
	case o.Delimiter == '\n' || o.Delimiter == '\r':
		return sqlstate.New(sqlstate.InvalidParameterValue, "COPY delimiter cannot be newline or carriage return")
	case strings.ContainsAny(o.Null, "\r\n"):
		return sqlstate.New(sqlstate.InvalidParameterValue, "COPY null representation cannot use newline or carriage return")
	case !csv && strings.IndexByte("\\.abcdefghijklmnopqrstuvwxyz0123456789", o.Delimiter) >= 0:
		return sqlstate.New(sqlstate.InvalidParameterValue, "COPY delimiter cannot be \"%c\"", o.Delimiter)
	case csv && o.Delimiter == o.Quote:
		return sqlstate.New(sqlstate.InvalidParameterValue, "COPY delimiter and quote must be different")
	case strings.IndexByte(o.Null, o.Delimiter) >= 0:
		return sqlstate.New(sqlstate.FeatureNotSupported, "COPY delimiter must not appear in the NULL specification")
	case csv && strings.IndexByte(o.Null, o.Quote) >= 0:
		return sqlstate.New(sqlstate.FeatureNotSupported, "CSV quote character must not appear in the NULL specification")
	case !csv && (o.ForceNotNull != nil || o.allNotNull):
		return sqlstate.New(sqlstate.FeatureNotSupported, "COPY force not null available only in CSV mode")
	case !csv && (o.ForceNull != nil || o.allForNull):
		return sqlstate.New(sqlstate.FeatureNotSupported, "COPY force null available only in CSV mode")
	case !csv && (o.ForceQuote != nil || o.allQuoted):
		return sqlstate.New(sqlstate.FeatureNotSupported, "COPY force quote available only in CSV mode")
	case o.to && (o.ForceNotNull != nil || o.allNotNull):
		return sqlstate.New(sqlstate.FeatureNotSupported, "COPY force not null only available using COPY FROM")
	case o.to && (o.ForceNull != nil || o.allForNull):
		return sqlstate.New(sqlstate.FeatureNotSupported, "COPY force null only available using COPY FROM")
	}
	return nil
}
