package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

var (
	idleTimeout = 30 * time.Second // of a server that sends nothing
	firstPause  = 100 * time.Millisecond
	errIdle     = errors.New("the server sends nothing more")
)

// statusError is an answer that is none.
type statusError struct{ status int }

func (e statusError) Error() string {
	return fmt.Sprintf("the server answers with status %d", e.status)
}

// retriable reports whether to try again may help: not where the server understood and says no.
func retriable(err error) bool {
	var s statusError
	if errors.As(err, &s) {
		return s.status == http.StatusRequestTimeout || s.status == http.StatusTooManyRequests || s.status >= 500
	}
	var known *sqlstate.Error
	return !errors.As(err, &known) && !errors.Is(err, context.Canceled)
}

// web reads files from web servers.
type web struct {
	store  *Store
	client *http.Client
	temp   string

	mu     sync.Mutex
	copies map[string]*copied // by URL and version
}

// copied is a file that a server gives as a whole only.
type copied struct {
	once sync.Once
	path string
	err  error
}

func newWeb(s *Store, temp string) *web {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = idleTimeout
	t.MaxIdleConnsPerHost = 16
	t.DisableCompression = true // the bytes as they lie there
	client := &http.Client{Transport: t, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		switch {
		case len(via) > 10:
			return errors.New("there are too many redirections")
		case !s.allowed(r.URL.String()):
			return denied(r.URL.String())
		}
		return nil
	}}
	return &web{store: s, client: client, temp: temp, copies: map[string]*copied{}}
}

func (w *web) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var err error
	for _, c := range w.copies {
		if c.path != "" {
			err = errors.Join(err, os.Remove(c.path))
		}
	}
	clear(w.copies)
	return err
}

// get sends a request for a file, or for a range of it.
func (w *web) get(ctx context.Context, url string, rng string, version string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" is not a valid URL", shown(url))
	}
	if rng != "" {
		req.Header.Set("Range", rng)
	}
	if version != "" && strings.HasPrefix(version, `"`) {
		req.Header.Set("If-Match", version)
	}
	if s := w.store.secret(url); s != nil && s.Token != "" {
		req.Header.Set("Authorization", "Bearer "+s.Token)
	}
	req.Header.Set("User-Agent", "gsql")
	return w.client.Do(req)
}

// files returns the file at a URL.
func (w *web) files(ctx context.Context, url string) ([]file.File, error) {
	var f file.File
	err := again(ctx, func() (err error) {
		f, err = w.stat(ctx, url)
		return err
	})
	if err != nil {
		var s statusError
		errors.As(err, &s)
		return nil, failed(url, s.status, err)
	}
	return []file.File{f}, nil
}

// again calls f until it succeeds, or to call it again is no use.
func again(ctx context.Context, f func() error) error {
	for try := 0; ; try++ {
		err := f()
		if err == nil || try+1 >= attempts || !retriable(err) || !pause(ctx, try) {
			return err
		}
	}
}

const wholeOnly = "whole " // in front of the version of a file that is given as a whole only

// stat asks for one byte: the answer tells the size, the version, and whether ranges are given.
func (w *web) stat(ctx context.Context, url string) (file.File, error) {
	r, err := w.get(ctx, url, "bytes=0-0", "")
	if err != nil {
		return file.File{}, err
	}
	defer r.Body.Close()
	f := file.File{Path: url, Store: w.store, Version: r.Header.Get("ETag")}
	f.Codec, _ = file.CodecOf(withoutQuery(url))
	if t, err := http.ParseTime(r.Header.Get("Last-Modified")); err == nil {
		f.ModTime = t
	}
	switch r.StatusCode {
	case http.StatusPartialContent:
		_, total, _ := strings.Cut(r.Header.Get("Content-Range"), "/")
		f.Size, err = strconv.ParseInt(total, 10, 64)
		if err == nil {
			return f, nil
		}
	case http.StatusRequestedRangeNotSatisfiable: // of an empty file
		if strings.HasSuffix(r.Header.Get("Content-Range"), "/0") {
			return f, nil
		}
		return f, statusError{r.StatusCode}
	case http.StatusOK:
	default:
		return f, statusError{r.StatusCode}
	}
	f.Version = wholeOnly + f.Version
	path, err := w.copy(ctx, f)
	if err != nil {
		return f, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return f, err
	}
	f.Size = info.Size()
	return f, nil
}

// copy returns the path of a copy of a file that is given as a whole only.
func (w *web) copy(ctx context.Context, f file.File) (string, error) {
	key := f.Path + "\n" + f.Version + f.ModTime.String()
	w.mu.Lock()
	c := w.copies[key]
	if c == nil {
		c = &copied{}
		w.copies[key] = c
	}
	w.mu.Unlock()
	c.once.Do(func() { c.path, c.err = w.download(ctx, f.Path) })
	if c.err != nil {
		w.mu.Lock()
		delete(w.copies, key)
		w.mu.Unlock()
	}
	return c.path, c.err
}

func (w *web) download(ctx context.Context, url string) (path string, err error) {
	r, err := w.get(ctx, url, "", "")
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return "", statusError{r.StatusCode}
	}
	out, err := os.CreateTemp(w.temp, "gsql-copy-*")
	if err != nil {
		return "", file.Error(w.temp, err)
	}
	n, err := io.Copy(out, r.Body)
	err = errors.Join(err, out.Close())
	if err == nil && r.ContentLength >= 0 && n != r.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		os.Remove(out.Name())
		return "", err
	}
	return out.Name(), nil
}

func (w *web) open(f file.File) (file.Handle, error) {
	if strings.HasPrefix(f.Version, wholeOnly) {
		path, err := w.copy(context.Background(), f)
		if err != nil {
			return nil, failed(f.Path, 0, err)
		}
		h, err := os.Open(path)
		if err != nil {
			return nil, file.Error(f.Path, err)
		}
		return h, nil
	}
	return newObject(w.store.cache, f.Path+"\n"+f.Version+f.ModTime.String(), f.Size, func(ctx context.Context, from, to int64) (io.ReadCloser, error) {
		r, err := w.get(ctx, f.Path, fmt.Sprintf("bytes=%d-%d", from, to-1), f.Version)
		if err != nil {
			return nil, err
		}
		if err := rangeOf(r, f, from); err != nil {
			r.Body.Close()
			return nil, err
		}
		return r.Body, nil
	}), nil
}

// rangeOf checks that an answer is the range that was asked for, of the file that was looked at.
func rangeOf(r *http.Response, f file.File, from int64) error {
	switch {
	case r.StatusCode == http.StatusPreconditionFailed:
		return changed(f.Path)
	case r.StatusCode >= 400:
		if err := (statusError{r.StatusCode}); retriable(err) {
			return err
		}
		return failed(f.Path, r.StatusCode, nil)
	case r.StatusCode != http.StatusPartialContent:
		return changed(f.Path) // it gave ranges before
	}
	if v := r.Header.Get("ETag"); v != f.Version {
		return changed(f.Path)
	}
	if want := fmt.Sprintf("bytes %d-", from); !strings.HasPrefix(r.Header.Get("Content-Range"), want) || !strings.HasSuffix(r.Header.Get("Content-Range"), fmt.Sprintf("/%d", f.Size)) {
		return changed(f.Path)
	}
	return nil
}

func withoutQuery(url string) string {
	url, _, _ = strings.Cut(url, "?")
	url, _, _ = strings.Cut(url, "#")
	return url
}
