package storage

import (
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/remote"
)

// splitArchive splits a pattern behind its first part that names an archive: dir/a.zip/b/*.csv. ok is false when there
// is none, or a folder has that name.
func (c *Catalog) splitArchive(pattern string) (archives, members string, ok bool) {
	at, host := 0, -1
	if remote.IsURL(pattern) {
		host = 2 // which may end like a file
	}
	for i, part := range strings.Split(filepath.ToSlash(pattern), "/") {
		if at += len(part) + 1; i <= host || !file.IsArchive(part) {
			continue
		}
		archives, members = pattern[:at-1], pattern[min(at, len(pattern)):]
		if remote.IsURL(pattern) {
			return archives, members, members != "" || strings.HasSuffix(pattern, part)
		}
		return archives, filepath.ToSlash(members), !isFolder(c.full(archives))
	}
	return "", "", false
}

// archived returns the files in archives that a pattern names: those that match what stands behind the archive's name,
// or without that all data files.
func (c *Catalog) archived(archives, members, pattern string) ([]file.File, error) {
	if !doublestar.ValidatePattern(members) {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" is not a valid glob: %v", pattern, doublestar.ErrBadPattern)
	}
	found, err := c.matching(archives)
	if err != nil {
		return nil, err
	}
	var out []file.File
	for _, a := range found {
		all, err := c.members(a)
		if err != nil {
			return nil, err
		}
		for _, f := range all {
			name := strings.TrimPrefix(f.Path, a.Path+"/")
			if ok := doublestar.MatchUnvalidated(members, name); ok || members == name || members == "" && formatOf(name) != "" {
				out = append(out, f)
			}
		}
	}
	if len(out) == 0 {
		e := sqlstate.New(sqlstate.UndefinedFile, "no files match \"%s\"", pattern)
		if len(found) == 1 {
			if all, _ := c.members(found[0]); len(all) > 0 {
				e = e.WithHint("The archive has %s.", memberNames(found[0], all))
			}
		}
		return nil, e
	}
	return out, nil
}

// memberNames lists the first members of an archive.
func memberNames(archive file.File, all []file.File) string {
	const most = 5
	var names []string
	for _, f := range all[:min(len(all), most)] {
		names = append(names, "\""+strings.TrimPrefix(f.Path, archive.Path+"/")+"\"")
	}
	s := strings.Join(names, ", ")
	if len(all) > most {
		s += " and others"
	}
	return s
}

// maxArchives bounds the archives whose members the catalog remembers.
const maxArchives = 256

// members lists an archive, or remembers what it listed while the archive has not changed: a compressed tar must be read
// as a whole for it.
func (c *Catalog) members(archive file.File) ([]file.File, error) {
	c.mu.Lock()
	known, ok := c.archives[archive]
	c.mu.Unlock()
	if ok {
		return known, nil
	}
	list, err := file.Members(archive)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.archives) >= maxArchives || c.archives == nil {
		c.archives = map[file.File][]file.File{}
	}
	c.archives[archive] = list
	return list, nil
}
