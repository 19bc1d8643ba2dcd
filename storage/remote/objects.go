package remote

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// service is what an object store is asked for. Errors are statusErrors where the store has answered.
type service interface {
	stat(ctx context.Context, bucket, key string) (entry, error)
	// list calls each with the objects whose keys begin with a prefix.
	list(ctx context.Context, bucket, prefix string, each func(key string, e entry) error) error
	// children calls each with the objects whose keys have a prefix and no slash behind it; and once with the beginnings of
	// the others' keys up to that slash, which are folders.
	children(ctx context.Context, bucket, prefix string, each func(key string, e entry) error) error
	// get reads a range of an object, from one offset up to, not with, another, if it has the version still; "" is any.
	get(ctx context.Context, bucket, key, version string, from, to int64) (io.ReadCloser, error)
}

// entry is what a store tells of an object.
type entry struct {
	size    int64
	mtime   time.Time
	version string // changes with the content
}

// place is what a URL of an object store says.
type place struct {
	service
	root   string // the URL up to the key
	bucket string
	key    string
}

const maxKeys = 1_000_000

// objects finds and opens files of object stores, in which there are no folders but only keys.
type objects struct {
	store *Store
	// at finds the place of a URL.
	at func(url string) (place, error)
}

func (b *objects) files(ctx context.Context, pattern string) ([]file.File, error) {
	p, err := b.at(pattern)
	if err != nil {
		return nil, err
	}
	if p.key != "" && !isGlob(p.key) && !strings.HasSuffix(p.key, "/") {
		f, err := b.stat(ctx, p, pattern)
		if sqlstate.Of(err) != sqlstate.UndefinedFile {
			return []file.File{f}, err
		}
		p.key += "/" // perhaps a folder
		if found, err := b.list(ctx, p); err == nil && len(found) > 0 {
			return found, nil
		}
		return nil, err
	}
	found, err := b.list(ctx, p)
	if err == nil && len(found) == 0 {
		err = sqlstate.New(sqlstate.UndefinedFile, "no files match \"%s\"", pattern)
	}
	return found, err
}

func (b *objects) stat(ctx context.Context, p place, url string) (f file.File, err error) {
	err = again(ctx, func() error {
		e, err := p.stat(ctx, p.bucket, p.key)
		f = b.file(url, e)
		return err
	})
	return f, answered(url, err)
}

func (b *objects) file(url string, e entry) file.File {
	f := file.File{Path: url, Size: e.size, ModTime: e.mtime, Store: b.store, Version: e.version}
	f.Codec, _ = file.CodecOf(url)
	return f
}

// list returns the files that a glob matches, or that lie below a prefix.
func (b *objects) list(ctx context.Context, p place) ([]file.File, error) {
	prefix, pattern := base(p.key), p.key
	found := map[string]file.File{}
	var names []string
	err := again(ctx, func() error {
		clear(found)
		names = names[:0]
		return p.list(ctx, p.bucket, prefix, func(key string, e entry) error {
			if len(found) == maxKeys {
				return sqlstate.New(sqlstate.ProgramLimitExceeded, "more than %d files lie below \"%s\"", maxKeys, p.root+prefix)
			}
			if strings.HasSuffix(key, "/") {
				return nil // a folder, as some programs write them
			}
			found[key] = b.file(p.root+key, e)
			names = append(names, key)
			return nil
		})
	})
	if err != nil {
		return nil, answered(p.root+pattern, err)
	}
	if !isGlob(pattern) {
		pattern = escapeGlob(prefix) + "**"
	}
	names, err = matching(pattern, names)
	if err != nil {
		return nil, err
	}
	out := make([]file.File, len(names))
	for i, n := range names {
		out[i] = found[n]
	}
	return out, nil
}

func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "{", `\{`).Replace(s)
}

func (b *objects) open(f file.File) (file.Handle, error) {
	p, err := b.at(f.Path)
	if err != nil {
		return nil, err
	}
	return newObject(b.store.cache, f.Path+"\n"+f.Version, f.Size, func(ctx context.Context, from, to int64) (io.ReadCloser, error) {
		in, err := p.get(ctx, p.bucket, p.key, f.Version, from, to)
		if err != nil && !retriable(err) {
			err = answered(f.Path, err)
		}
		return in, err
	}), nil
}

// answered is the error of a request that a store has answered, or not.
func answered(url string, err error) error {
	if err == nil {
		return nil
	}
	var s statusError
	errors.As(err, &s)
	return failed(url, s.status, err)
}
