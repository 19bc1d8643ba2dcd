package remote

import (
	"context"
	"slices"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// Folder returns what lies right in a folder of an object store, whatever it is called: the files in the order of their
// names, and the names of the folders. It is empty if there is no such folder.
func (s *Store) Folder(ctx context.Context, url string) (files []file.File, folders []string, err error) {
	url = strings.TrimSuffix(url, "/") + "/"
	b, web, err := s.objects(url)
	if err != nil {
		return nil, nil, err
	}
	if web != nil {
		return nil, nil, sqlstate.Unsupported("Read it from where its folders can be listed.", "listing what is at \"%s\" is not supported", shown(url))
	}
	p, err := b.at(url)
	if err != nil {
		return nil, nil, err
	}
	err = again(ctx, func() error {
		files, folders = nil, nil
		return p.children(ctx, p.bucket, p.key, func(key string, e entry) error {
			switch folder, is := strings.CutSuffix(key, "/"); {
			case is && key != p.key:
				folders = append(folders, strings.TrimPrefix(folder, p.key))
			case is:
			case len(files) == maxKeys:
				return sqlstate.New(sqlstate.ProgramLimitExceeded, "more than %d files lie in \"%s\"", maxKeys, url)
			default:
				files = append(files, b.file(p.root+key, e))
			}
			return nil
		})
	})
	slices.SortFunc(files, func(a, b file.File) int { return strings.Compare(a.Path, b.Path) })
	return files, folders, answered(url, err)
}

// objects returns what finds the files of a URL that may be read: of an object store, or of the web.
func (s *Store) objects(url string) (*objects, *web, error) {
	if !s.allowed(url) {
		return nil, nil, denied(url)
	}
	b, err := s.backend(url)
	switch b := b.(type) {
	case *objects:
		return b, nil, err
	case *web:
		return nil, b, err
	}
	return nil, nil, err
}

// Stat returns the file at a URL, in which no character has a meaning.
func (s *Store) Stat(ctx context.Context, url string) (file.File, error) {
	b, web, err := s.objects(url)
	if err != nil {
		return file.File{}, err
	}
	if web != nil {
		found, err := web.files(ctx, url)
		if err != nil {
			return file.File{}, err
		}
		return found[0], nil
	}
	p, err := b.at(url)
	if err != nil {
		return file.File{}, err
	}
	return b.stat(ctx, p, url)
}

// Known returns a file whose size is known and that is never changed, of an object store without looking for it.
func (s *Store) Known(ctx context.Context, url string, size int64) (file.File, error) {
	b, _, err := s.objects(url)
	switch {
	case err != nil:
		return file.File{}, err
	case b == nil || size <= 0:
		return s.Stat(ctx, url)
	}
	_, err = b.at(url)
	return file.File{Path: url, Size: size, Store: s}, err
}
