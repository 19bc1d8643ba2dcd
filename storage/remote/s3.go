package remote

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// buckets reads files from object stores that speak S3's protocol.
type buckets struct {
	store *Store

	mu      sync.Mutex
	clients map[endpoint]*minio.Core
}

// endpoint is a server with the credentials for it.
type endpoint struct {
	host, region        string
	plain, path         bool
	id, key, token, gcs string
}

func newBuckets(s *Store) *buckets { return &buckets{store: s, clients: map[endpoint]*minio.Core{}} }

const maxKeys = 1_000_000

// location is what a URL such as s3://bucket/key says.
func location(pattern string) (scheme, bucket, key string, err error) {
	scheme, rest, _ := strings.Cut(pattern, "://")
	bucket, key, _ = strings.Cut(rest, "/")
	if bucket == "" || strings.ContainsAny(bucket, "*?[{ ") {
		return "", "", "", sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" names no bucket", pattern).WithHint("Write s3://bucket/key.")
	}
	return strings.ToLower(scheme), bucket, clean(key), nil
}

func (b *buckets) files(ctx context.Context, pattern string) ([]file.File, error) {
	scheme, bucket, key, err := location(pattern)
	if err != nil {
		return nil, err
	}
	c, err := b.client(scheme, pattern)
	if err != nil {
		return nil, err
	}
	if key != "" && !isGlob(key) && !strings.HasSuffix(key, "/") {
		f, err := b.stat(ctx, c, pattern, bucket, key)
		if sqlstate.Of(err) != sqlstate.UndefinedFile {
			return []file.File{f}, err
		}
		key += "/" // perhaps a folder
		if found, err := b.list(ctx, c, scheme, bucket, key); err == nil && len(found) > 0 {
			return found, nil
		}
		return nil, err
	}
	found, err := b.list(ctx, c, scheme, bucket, key)
	if err == nil && len(found) == 0 {
		err = sqlstate.New(sqlstate.UndefinedFile, "no files match \"%s\"", pattern)
	}
	return found, err
}

func (b *buckets) stat(ctx context.Context, c *minio.Core, url, bucket, key string) (f file.File, err error) {
	err = again(ctx, func() error {
		info, err := c.StatObject(ctx, bucket, key, minio.StatObjectOptions{})
		f = b.file(url, info)
		return s3Error(err)
	})
	return f, b.failed(url, err)
}

func (b *buckets) file(url string, info minio.ObjectInfo) file.File {
	f := file.File{Path: url, Size: info.Size, ModTime: info.LastModified, Store: b.store, Version: info.ETag}
	f.Codec, _ = file.CodecOf(url)
	return f
}

// list returns the files that a glob matches, or that lie below a prefix.
func (b *buckets) list(ctx context.Context, c *minio.Core, scheme, bucket, pattern string) ([]file.File, error) {
	prefix := base(pattern)
	found := map[string]file.File{}
	var names []string
	root := scheme + "://" + bucket + "/"
	err := again(ctx, func() error {
		clear(found)
		names = names[:0]
		for o := range c.Client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
			if o.Err != nil {
				return s3Error(o.Err)
			}
			if len(found) == maxKeys {
				return sqlstate.New(sqlstate.ProgramLimitExceeded, "more than %d files lie below \"%s\"", maxKeys, root+prefix)
			}
			if strings.HasSuffix(o.Key, "/") {
				continue // a folder, as some programs write them
			}
			found[o.Key] = b.file(root+o.Key, o)
			names = append(names, o.Key)
		}
		return nil
	})
	if err != nil {
		return nil, b.failed(root+pattern, err)
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

func (b *buckets) open(f file.File) (file.Handle, error) {
	scheme, bucket, key, err := location(f.Path)
	if err != nil {
		return nil, err
	}
	c, err := b.client(scheme, f.Path)
	if err != nil {
		return nil, err
	}
	return newObject(b.store.cache, f.Path+"\n"+f.Version, f.Size, func(ctx context.Context, from, to int64) (io.ReadCloser, error) {
		var opt minio.GetObjectOptions
		if err := errors.Join(opt.SetRange(from, to-1), opt.SetMatchETag(f.Version)); err != nil {
			return nil, err
		}
		in, _, _, err := c.GetObject(ctx, bucket, key, opt)
		if err = s3Error(err); err != nil {
			if !retriable(err) {
				err = b.failed(f.Path, err)
			}
			return nil, err
		}
		return in, nil
	}), nil
}

// s3Error makes a statusError of an answer that is none.
func s3Error(err error) error {
	if err == nil {
		return nil
	}
	if r := minio.ToErrorResponse(err); r.StatusCode != 0 {
		if r.Code == "NoSuchBucket" || r.Code == "NoSuchKey" {
			r.StatusCode = http.StatusNotFound
		}
		return statusError{r.StatusCode}
	}
	return err
}

func (b *buckets) failed(url string, err error) error {
	if err == nil {
		return nil
	}
	var s statusError
	errors.As(err, &s)
	return failed(url, s.status, err)
}

// client returns the client for a URL: with the secret for it, or else what the environment says.
func (b *buckets) client(scheme, url string) (*minio.Core, error) {
	e, chain := b.endpoint(scheme, url)
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.clients[e]; c != nil {
		return c, nil
	}
	opt := &minio.Options{Creds: chain, Secure: !e.plain, Region: e.region, MaxRetries: 1}
	if e.path {
		opt.BucketLookup = minio.BucketLookupPath
	}
	c, err := minio.NewCore(e.host, opt)
	if err != nil {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "the endpoint \"%s\" is not valid: %v", e.host, err)
	}
	b.clients[e] = c
	return c, nil
}

func (b *buckets) endpoint(scheme, address string) (endpoint, *credentials.Credentials) {
	e := endpoint{host: "s3.amazonaws.com", region: firstOf(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))}
	if scheme == "gs" || scheme == "gcs" {
		e.host, e.gcs = "storage.googleapis.com", "gcs"
	}
	if at := firstOf(os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL")); at != "" && e.gcs == "" {
		e.at(at)
	}
	s := b.store.secret(address)
	if s == nil {
		return e, environment()
	}
	if s.Endpoint != "" {
		e.at(s.Endpoint)
	}
	e.region = firstOf(s.Region, e.region)
	e.plain, e.path = e.plain || s.Plain, e.path || s.PathStyle
	e.id, e.key, e.token = s.ID, s.Key, s.Token
	if s.ID == "" {
		return e, environment()
	}
	return e, credentials.NewStaticV4(s.ID, s.Key, s.Token)
}

// at sets the server from host:port, or from a URL, which says whether it is to be encrypted. Servers of one's own have
// seldom a name for each bucket.
func (e *endpoint) at(s string) {
	e.path = true
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		e.host = s
		return
	}
	e.host, e.plain = u.Host, u.Scheme == "http"
}

// environment looks for credentials where other programs do; without any, requests are anonymous.
func environment() *credentials.Credentials {
	return credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{}, &credentials.EnvMinio{}, &credentials.FileAWSCredentials{}, machineRole(),
	})
}

// machineRole takes the role of a machine of the cloud, where the environment tells that there is one: to ask everywhere
// would wait for an answer that does not come.
func machineRole() credentials.Provider {
	for _, name := range []string{"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		if os.Getenv(name) != "" {
			return &credentials.IAM{Client: &http.Client{Timeout: idleTimeout}}
		}
	}
	return &credentials.Static{}
}

func firstOf(s ...string) string {
	for _, x := range s {
		if x != "" {
			return x
		}
	}
	return ""
}
