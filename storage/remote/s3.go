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

// location is what a URL such as s3://bucket/key says.
func location(pattern string) (scheme, bucket, key string, err error) {
	scheme, rest, _ := strings.Cut(pattern, "://")
	bucket, key, _ = strings.Cut(rest, "/")
	if bucket == "" || strings.ContainsAny(bucket, "*?[{ ") {
		return "", "", "", sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" names no bucket", pattern).WithHint("Write s3://bucket/key.")
	}
	return strings.ToLower(scheme), bucket, clean(key), nil
}

// at finds the place of a URL.
func (b *buckets) at(url string) (place, error) {
	scheme, bucket, key, err := location(url)
	if err != nil {
		return place{}, err
	}
	c, err := b.client(scheme, url)
	return place{s3{c}, scheme + "://" + bucket + "/", bucket, key}, err
}

// s3 is a server of S3's protocol.
type s3 struct{ core *minio.Core }

func (c s3) stat(ctx context.Context, bucket, key string) (entry, error) {
	info, err := c.core.StatObject(ctx, bucket, key, minio.StatObjectOptions{})
	return entry{info.Size, info.LastModified, info.ETag}, s3Error(err)
}

func (c s3) list(ctx context.Context, bucket, prefix string, each func(key string, e entry) error) error {
	return c.names(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}, each)
}

func (c s3) children(ctx context.Context, bucket, prefix string, each func(key string, e entry) error) error {
	return c.names(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix}, each)
}

func (c s3) names(ctx context.Context, bucket string, opt minio.ListObjectsOptions, each func(key string, e entry) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // which ends the listing
	for o := range c.core.Client.ListObjects(ctx, bucket, opt) {
		if o.Err != nil {
			return s3Error(o.Err)
		}
		if err := each(o.Key, entry{o.Size, o.LastModified, o.ETag}); err != nil {
			return err
		}
	}
	return nil
}

func (c s3) get(ctx context.Context, bucket, key, version string, from, to int64) (io.ReadCloser, error) {
	var opt minio.GetObjectOptions
	err := opt.SetRange(from, to-1)
	if version != "" {
		err = errors.Join(err, opt.SetMatchETag(version))
	}
	if err != nil {
		return nil, err
	}
	in, _, _, err := c.core.GetObject(ctx, bucket, key, opt)
	if err = s3Error(err); err != nil {
		return nil, err
	}
	return in, nil
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
