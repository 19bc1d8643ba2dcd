// Package remote reads files of object stores and web servers: s3://, gs:// (through its S3 interface), az:// and abfss://, http://
// and https://.
//
// A file is read in ranges. What is read is kept in blocks in a bounded cache, which all queries share; who reads on
// from where the last range ended gets ever larger ranges, and the next one is fetched before it is asked for. A file
// that a server gives as a whole only is first copied into a temporary file.
package remote

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"sort"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// Config says what a Store may use.
type Config struct {
	CacheBytes int64  // of blocks kept in memory; 0: 128 MiB
	TempDir    string // for files that servers give as a whole only; "" is the system's
	// Allowed tells what may be read; nil: everything.
	Allowed func(url string) bool
}

// Store reads remote files. It is safe for concurrent use.
type Store struct {
	cache   *cache
	allowed func(url string) bool
	web     *web
	s3      *buckets
	azure   *azure

	mu      sync.Mutex
	secrets []Secret
}

const defaultCache = 128 << 20

// New returns a store.
func New(cfg Config) *Store {
	if cfg.CacheBytes <= 0 {
		cfg.CacheBytes = defaultCache
	}
	s := &Store{cache: newCache(cfg.CacheBytes), allowed: cfg.Allowed}
	if s.allowed == nil {
		s.allowed = func(string) bool { return true }
	}
	s.web = newWeb(s, cfg.TempDir)
	s.s3, s.azure = newBuckets(s), newAzure(s)
	return s
}

// Identity says what the files are of, beside their URLs.
func (s *Store) Identity() string { return "remote" }

// Close removes what the store keeps.
func (s *Store) Close() error { return s.web.close() }

// IsURL reports whether a path names a remote file.
func IsURL(path string) bool {
	scheme, _, ok := strings.Cut(path, "://")
	if !ok || scheme == "" {
		return false
	}
	for _, c := range scheme {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '+' {
			return false
		}
	}
	return true
}

// Files returns the files that a URL names: one, or, in an object store, those that match a glob or lie below a prefix
// that ends in a slash.
func (s *Store) Files(ctx context.Context, pattern string) ([]file.File, error) {
	if !s.allowed(pattern) {
		return nil, denied(pattern)
	}
	b, err := s.backend(pattern)
	if err != nil {
		return nil, err
	}
	return b.files(ctx, pattern)
}

// backend is what finds and opens the files of a scheme.
type backend interface {
	files(ctx context.Context, pattern string) ([]file.File, error)
	open(f file.File) (file.Handle, error)
}

func (s *Store) backend(url string) (backend, error) {
	switch scheme, _, _ := strings.Cut(url, "://"); strings.ToLower(scheme) {
	case "s3", "s3a", "gs", "gcs", "r2":
		return &objects{s, s.s3.at}, nil
	case "az", "azure", "abfs", "abfss":
		return &objects{s, s.azure.at}, nil
	case "http", "https":
		return s.web, nil
	default:
		return nil, sqlstate.Unsupported("Known are s3://, gs://, az://, abfss://, http:// and https://.", "\"%s\" is not supported", scheme+"://")
	}
}

// Open opens a file that Files returned.
func (s *Store) Open(f file.File) (file.Handle, error) {
	b, err := s.backend(f.Path)
	if err != nil {
		return nil, err
	}
	return b.open(f)
}

// matching returns those of some names that a glob matches, in order.
func matching(pattern string, names []string) ([]string, error) {
	if !doublestar.ValidatePattern(pattern) {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" is not a valid glob: %v", pattern, doublestar.ErrBadPattern)
	}
	var out []string
	for _, n := range names {
		if hidden(n) {
			continue
		}
		if doublestar.MatchUnvalidated(pattern, n) {
			out = append(out, n)
		}
	}
	sort.Strings(out)
	return out, nil
}

// hidden reports whether a part of a key begins with a point or an underscore: what writers leave beside the data.
func hidden(key string) bool {
	for part := range strings.SplitSeq(key, "/") {
		if part != "" && (part[0] == '.' || part[0] == '_' && !strings.Contains(part, "=")) {
			return true
		}
	}
	return false
}

// failed is the error of a request. status is HTTP's, 0 if there was no answer.
func failed(url string, status int, err error) error {
	url = shown(url)
	switch status {
	case 404, 410:
		return sqlstate.New(sqlstate.UndefinedFile, "could not open file \"%s\": not found", url)
	case 401, 403:
		return sqlstate.New(sqlstate.InsufficientPrivilege, "could not open file \"%s\": access denied", url).
			WithHint("Credentials come from CREATE SECRET, or from the environment, as other programs have them there (AWS_ACCESS_KEY_ID, AWS_PROFILE, AZURE_STORAGE_CONNECTION_STRING and the like).")
	case 412:
		return changed(url)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var known *sqlstate.Error
	if errors.As(err, &known) {
		return err
	}
	if status != 0 {
		err = fmt.Errorf("the server answers with status %d", status)
	}
	e := sqlstate.New(sqlstate.IOError, "could not read file \"%s\": %v", url, err)
	e.Err = err
	return e
}

func denied(url string) error {
	return sqlstate.New(sqlstate.InsufficientPrivilege, "permission denied to read \"%s\"", shown(url)).
		WithHint("Start the server with --allow-path and the beginning of the address.")
}

func changed(url string) error {
	return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "file \"%s\" has changed since the query was planned", url).WithHint("Run the query again.")
}

// shown is a URL without passwords and signatures.
func shown(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return s
	}
	if u.RawQuery != "" {
		u.RawQuery = "..."
	}
	return u.Redacted()
}

// base is the part of a glob in front of its first special character, up to the last slash.
func base(pattern string) string {
	if i := strings.IndexAny(pattern, "*?[{"); i >= 0 {
		pattern = pattern[:i]
		return pattern[:strings.LastIndexByte(pattern, '/')+1]
	}
	return pattern
}

func isGlob(pattern string) bool { return base(pattern) != pattern }

// clean makes a key of the path of a URL.
func clean(p string) string {
	slash := strings.HasSuffix(p, "/")
	p = strings.TrimPrefix(path.Clean("/"+p), "/")
	if slash && p != "" {
		p += "/"
	}
	return p
}
