package remote

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"gsql/exec/sqlstate"
)

// azure reads files from Azure's blob storage.
type azure struct {
	store *Store

	mu      sync.Mutex
	clients map[account]*azblob.Client
}

// account is a storage account with the credentials for it.
type account struct {
	url        string // of the service
	name, key  string
	sas        string
	connection string // a connection string, which says all of that
}

func newAzure(s *Store) *azure { return &azure{store: s, clients: map[account]*azblob.Client{}} }

// at finds the place of a URL: az://container/key, az://account.blob.core.windows.net/container/key, or
// abfss://container@account.dfs.core.windows.net/key.
func (a *azure) at(url string) (place, error) {
	scheme, rest, _ := strings.Cut(url, "://")
	first, key, _ := strings.Cut(rest, "/")
	container, host := first, ""
	if c, h, ok := strings.Cut(first, "@"); ok {
		container, host = c, h
	} else if strings.Contains(first, ".") {
		host = first
		container, key, _ = strings.Cut(key, "/")
	}
	if container == "" || strings.ContainsAny(container, "*?[{ ") {
		return place{}, sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" names no container", url).
			WithHint("Write az://container/key, or abfss://container@account.dfs.core.windows.net/key.")
	}
	root := strings.ToLower(scheme) + "://" + first + "/"
	if host == first {
		root += container + "/"
	}
	c, err := a.client(url, host)
	return place{blobs{c}, root, container, clean(key)}, err
}

// client returns the client for a URL: with the secret for it, or else what the environment says.
func (a *azure) client(url, host string) (*azblob.Client, error) {
	x, err := a.account(url, host)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.clients[x]; c != nil {
		return c, nil
	}
	c, err := x.client()
	if err != nil {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "the credentials for \"%s\" are not valid", shown(url)).
			WithDetail("%v", err)
	}
	a.clients[x] = c
	return c, nil
}

func (a *azure) account(url, host string) (account, error) {
	s := a.store.secret(url)
	if s == nil {
		s = &Secret{ID: os.Getenv("AZURE_STORAGE_ACCOUNT"), Key: os.Getenv("AZURE_STORAGE_KEY"), Token: os.Getenv("AZURE_STORAGE_SAS_TOKEN"),
			Connection: os.Getenv("AZURE_STORAGE_CONNECTION_STRING")}
	}
	name, domain, _ := strings.Cut(host, ".")
	if s.Connection != "" && (host == "" || strings.Contains(s.Connection, "AccountName="+name+";")) {
		return account{connection: s.Connection}, nil
	}
	x := account{name: firstOf(name, s.ID), sas: strings.TrimPrefix(s.Token, "?")}
	if s.ID == x.name {
		x.key = s.Key
	}
	switch {
	case s.Endpoint != "":
		x.url = s.Endpoint
		if !strings.Contains(x.url, "://") {
			x.url = map[bool]string{true: "http://", false: "https://"}[s.Plain] + x.url
		}
	case x.name == "":
		return x, sqlstate.New(sqlstate.InvalidParameterValue, "it is not known which storage account \"%s\" is in", shown(url)).
			WithHint("Write az://ACCOUNT.blob.core.windows.net/container/key, use CREATE SECRET (TYPE azure, ACCOUNT_NAME '...'), or set AZURE_STORAGE_ACCOUNT.")
	default:
		// The files of a data lake (dfs) are blobs, too.
		x.url = "https://" + x.name + "." + strings.Replace(firstOf(domain, "blob.core.windows.net"), "dfs.", "blob.", 1)
	}
	return x, nil
}

func (x account) client() (*azblob.Client, error) {
	opt := &azblob.ClientOptions{ClientOptions: azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}, // see again
		Telemetry: policy.TelemetryOptions{Disabled: true}}}
	switch {
	case x.connection != "":
		return azblob.NewClientFromConnectionString(x.connection, opt)
	case x.sas != "":
		return azblob.NewClientWithNoCredential(strings.TrimSuffix(x.url, "/")+"/?"+x.sas, opt)
	case x.key != "":
		cred, err := azblob.NewSharedKeyCredential(x.name, x.key)
		if err != nil {
			return nil, errors.New("the account's key is not in base64") // and is not to be shown
		}
		return azblob.NewClientWithSharedKeyCredential(x.url, cred, opt)
	}
	return azblob.NewClientWithNoCredential(x.url, opt)
}

// blobs is a storage account.
type blobs struct{ c *azblob.Client }

func (b blobs) blob(container, key string) *blob.Client {
	return b.c.ServiceClient().NewContainerClient(container).NewBlobClient(key)
}

func (b blobs) stat(ctx context.Context, container, key string) (e entry, err error) {
	p, err := b.blob(container, key).GetProperties(ctx, nil)
	if err != nil {
		return e, azureError(err)
	}
	if p.Metadata["Hdi_isfolder"] != nil || p.Metadata["hdi_isfolder"] != nil {
		return e, statusError{http.StatusNotFound} // a folder of a data lake
	}
	return newEntry(p.ContentLength, p.LastModified, p.ETag), nil
}

func (b blobs) list(ctx context.Context, container, prefix string, each func(key string, e entry) error) error {
	pages := b.c.NewListBlobsFlatPager(container, &azblob.ListBlobsFlatOptions{Prefix: &prefix, Include: azblob.ListBlobsInclude{Metadata: true}})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return azureError(err)
		}
		for _, x := range page.Segment.BlobItems {
			if x.Name == nil || x.Properties == nil || x.Metadata["hdi_isfolder"] != nil {
				continue
			}
			if err := each(*x.Name, newEntry(x.Properties.ContentLength, x.Properties.LastModified, x.Properties.ETag)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b blobs) children(ctx context.Context, name, prefix string, each func(key string, e entry) error) error {
	pages := b.c.ServiceClient().NewContainerClient(name).NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{Prefix: &prefix})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return azureError(err)
		}
		for _, x := range page.Segment.BlobPrefixes {
			if x.Name == nil {
				continue
			}
			if err := each(*x.Name, entry{}); err != nil {
				return err
			}
		}
		for _, x := range page.Segment.BlobItems {
			if x.Name == nil || x.Properties == nil {
				continue
			}
			if err := each(*x.Name, newEntry(x.Properties.ContentLength, x.Properties.LastModified, x.Properties.ETag)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b blobs) get(ctx context.Context, container, key, version string, from, to int64) (io.ReadCloser, error) {
	tag := azcore.ETag(version)
	opt := &azblob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: from, Count: to - from}}
	if version != "" {
		opt.AccessConditions = &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &tag}}
	}
	r, err := b.blob(container, key).DownloadStream(ctx, opt)
	if err != nil {
		return nil, azureError(err)
	}
	return r.Body, nil
}

// newEntry makes an entry of what an answer tells.
func newEntry(size *int64, mtime *time.Time, tag *azcore.ETag) (e entry) {
	if size != nil {
		e.size = *size
	}
	if mtime != nil {
		e.mtime = *mtime
	}
	if tag != nil {
		e.version = string(*tag)
	}
	return e
}

// azureError makes a statusError of an answer that is none.
func azureError(err error) error {
	var r *azcore.ResponseError
	if errors.As(err, &r) {
		return statusError{r.StatusCode}
	}
	return err
}
