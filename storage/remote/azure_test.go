package remote

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gsql/exec/sqlstate"
)

// blobServer answers as Azure does, with listings of two names a page.
type blobServer struct {
	account string // in front of the container
	blobs   map[string][]byte
	tag     string
	mu      sync.Mutex
	asked   []string // the Authorization or the signature of each request
}

func (s *blobServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	auth := r.Header.Get("Authorization")
	if sig := r.URL.Query().Get("sig"); sig != "" {
		auth = "sas " + sig
	}
	s.mu.Lock()
	s.asked = append(s.asked, auth)
	s.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/"+s.account+"/")
	container, key, _ := strings.Cut(path, "/")
	switch {
	case container != "data":
		w.WriteHeader(http.StatusNotFound)
	case r.URL.Query().Get("delimiter") == "/":
		s.children(w, r.URL.Query().Get("prefix"))
	case r.URL.Query().Get("comp") == "list":
		s.list(w, r.URL.Query().Get("prefix"), r.URL.Query().Get("marker"))
	case s.blobs[key] == nil:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Header().Set("ETag", s.tag)
		if m := r.Header.Get("If-Match"); m != "" && m != s.tag {
			w.WriteHeader(http.StatusPreconditionFailed)
			return
		}
		if g := r.Header.Get("x-ms-range"); g != "" {
			r.Header.Set("Range", g)
		}
		if key == "folder" {
			w.Header().Set("x-ms-meta-hdi_isfolder", "true")
		}
		http.ServeContent(w, r, "", time.Unix(1, 0), bytes.NewReader(s.blobs[key]))
	}
}

func (s *blobServer) list(w http.ResponseWriter, prefix, marker string) {
	var names []string
	for k := range s.blobs {
		if strings.HasPrefix(k, prefix) {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	from, _ := strconv.Atoi(marker)
	var out bytes.Buffer
	out.WriteString(xml.Header + "<EnumerationResults><Blobs>")
	for _, n := range names[min(from, len(names)):min(from+2, len(names))] {
		out.WriteString("<Blob><Name>")
		_ = xml.EscapeText(&out, []byte(n))
		fmt.Fprintf(&out, "</Name><Properties><Content-Length>%d</Content-Length><Etag>%s</Etag><Last-Modified>Thu, 01 Jan 1970 00:00:01 GMT</Last-Modified></Properties>", len(s.blobs[n]), s.tag)
		if n == "folder" {
			out.WriteString("<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>")
		}
		out.WriteString("</Blob>")
	}
	out.WriteString("</Blobs>")
	if from+2 < len(names) {
		fmt.Fprintf(&out, "<NextMarker>%d</NextMarker>", from+2)
	}
	out.WriteString("</EnumerationResults>")
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write(out.Bytes())
}

func TestAzure(t *testing.T) {
	quickly(t)
	for _, name := range []string{"AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_CONNECTION_STRING"} {
		t.Setenv(name, "")
	}
	backend := &blobServer{account: "acc", tag: `"v1"`, blobs: map[string][]byte{
		"a.csv": []byte("x\n1\n"), "big.bin": content(4<<20 + 5), "year=2024/m=1/a.parquet": []byte("1"), "year=2024/m=2/b.parquet": []byte("2"),
		"year=2025/m=1/c.csv": []byte("3"), "year=2024/_SUCCESS": []byte("ok"), "odd name [1].csv": []byte("5"), "folder": {},
	}}
	srv := &faulty{Handler: backend}
	ts := httptest.NewServer(srv)
	defer ts.Close()
	s := New(Config{CacheBytes: 2 << 20})
	s.SetSecret(Secret{Name: "s", Type: "azure", ID: "acc", Key: "c2VjcmV0", Endpoint: ts.URL + "/acc"})
	for pattern, want := range map[string]string{
		"az://data/a.csv":              "az://data/a.csv",
		"az://data/year=2024/":         "az://data/year=2024/m=1/a.parquet az://data/year=2024/m=2/b.parquet",
		"az://data/year=2024":          "az://data/year=2024/m=1/a.parquet az://data/year=2024/m=2/b.parquet",
		"azure://data/*/m=1/*":         "azure://data/year=2024/m=1/a.parquet azure://data/year=2025/m=1/c.csv",
		"az://data/**/*.parquet":       "az://data/year=2024/m=1/a.parquet az://data/year=2024/m=2/b.parquet",
		`az://data/odd name \[1\].csv`: "az://data/odd name [1].csv",
		"az://data/*":                  "az://data/a.csv az://data/big.bin az://data/odd name [1].csv",
		"az://data/folder":             "!58P01",
		"az://data/none.csv":           "!58P01",
		"az://data/none/*.csv":         "!58P01",
		"az://other/a.csv":             "!58P01",
		"az:///a.csv":                  "!22023",
		"abfss://data@acc.dfs.core.windows.net/year=2025/*/*":     "abfss://data@acc.dfs.core.windows.net/year=2025/m=1/c.csv",
		"az://acc.blob.core.windows.net/data/year=2025/m=1/*.csv": "az://acc.blob.core.windows.net/data/year=2025/m=1/c.csv",
	} {
		list, err := s.Files(context.Background(), pattern)
		var names []string
		for _, f := range list {
			names = append(names, f.Path)
			if h, err := f.Open(); err != nil {
				t.Errorf("%s: %v", f.Path, err)
			} else {
				h.Close()
			}
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = "!" + string(sqlstate.Of(err))
		}
		if got != want {
			t.Errorf("%s: %s (%v), want %s", pattern, got, err, want)
		}
	}
	for _, a := range backend.asked {
		if !strings.HasPrefix(a, "SharedKey acc:") {
			t.Fatalf("a request is signed %q", a)
		}
	}
	srv.refuse.Store(2)
	list, err := s.Files(context.Background(), "az://data/big.bin")
	if err != nil {
		t.Fatal(err)
	}
	srv.cut.Store(3)
	srv.refuse.Store(1)
	readAll(t, list[0], backend.blobs["big.bin"])
	backend.tag = `"v2"`
	s.cache = newCache(2 << 20)
	h, err := list[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := h.ReadAt(make([]byte, 10), 0); sqlstate.Of(err) != sqlstate.ObjectNotInPrerequisite {
		t.Errorf("changed: %v", err)
	}
}

// TestAzureCredentials looks at what each way to give credentials asks for.
func TestAzureCredentials(t *testing.T) {
	quickly(t)
	backend := &blobServer{account: "acc", tag: `"v1"`, blobs: map[string][]byte{"a.csv": []byte("x\n1\n")}}
	ts := httptest.NewServer(backend)
	defer ts.Close()
	connection := "DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=c2VjcmV0;BlobEndpoint=" + ts.URL + "/acc;"
	for _, c := range []struct {
		name   string
		env    map[string]string
		secret *Secret
		want   string // what a request has, or the error
	}{
		{"connection string", nil, &Secret{Connection: connection}, "SharedKey acc:"},
		{"connection string of the environment", map[string]string{"AZURE_STORAGE_CONNECTION_STRING": connection}, nil, "SharedKey acc:"},
		{"shared access signature", nil, &Secret{ID: "acc", Token: "?sv=2024-01-01&sig=abc", Endpoint: ts.URL + "/acc"}, "sas abc"},
		{"anonymous", nil, &Secret{ID: "acc", Endpoint: ts.URL + "/acc"}, ""},
		{"no account", nil, nil, "!22023"},
		{"bad key", nil, &Secret{ID: "acc", Key: "???", Endpoint: ts.URL + "/acc"}, "!22023"},
		{"bad connection string", nil, &Secret{Connection: "nonsense"}, "!22023"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{"AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_CONNECTION_STRING"} {
				t.Setenv(name, c.env[name])
			}
			s := New(Config{})
			if c.secret != nil {
				c.secret.Name, c.secret.Type = "s", "azure"
				s.SetSecret(*c.secret)
			}
			backend.asked = nil
			_, err := s.Files(context.Background(), "az://data/a.csv")
			if strings.HasPrefix(c.want, "!") {
				if "!"+string(sqlstate.Of(err)) != c.want {
					t.Errorf("%v, want %s", err, c.want)
				}
				return
			}
			if err != nil || len(backend.asked) == 0 || !strings.HasPrefix(backend.asked[0], c.want) || c.want == "" && backend.asked[0] != "" {
				t.Errorf("%v, asked with %q, want %q", err, backend.asked, c.want)
			}
		})
	}
}

// children answers what lies right in a folder.
func (s *blobServer) children(w http.ResponseWriter, prefix string) {
	var out, folders bytes.Buffer
	out.WriteString(xml.Header + "<EnumerationResults><Blobs>")
	seen := map[string]bool{}
	for k, v := range s.blobs {
		rest, ok := strings.CutPrefix(k, prefix)
		if !ok {
			continue
		}
		if dir, _, ok := strings.Cut(rest, "/"); ok {
			if !seen[dir] {
				fmt.Fprintf(&folders, "<BlobPrefix><Name>%s%s/</Name></BlobPrefix>", prefix, dir)
			}
			seen[dir] = true
			continue
		}
		fmt.Fprintf(&out, "<Blob><Name>%s</Name><Properties><Content-Length>%d</Content-Length><Etag>%s</Etag></Properties></Blob>", k, len(v), s.tag)
	}
	out.Write(folders.Bytes())
	out.WriteString("</Blobs></EnumerationResults>")
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write(out.Bytes())
}

// What lies right in a folder is told whatever it is called, and a file whose size is known is not looked for.
func TestAzureFolder(t *testing.T) {
	backend := &blobServer{account: "acc", tag: `"v1"`, blobs: map[string][]byte{"t/_log/1": []byte("x"), "t/b.csv": []byte("12"), "t/_a": {}, "t/sub/x/y": {}, "u": {}}}
	ts := httptest.NewServer(backend)
	defer ts.Close()
	s := New(Config{})
	s.SetSecret(Secret{Name: "s", Type: "azure", ID: "acc", Key: "c2VjcmV0", Endpoint: ts.URL + "/acc"})
	ctx := context.Background()
	files, folders, err := s.Folder(ctx, "az://data/t")
	slices.Sort(folders)
	if err != nil || len(files) != 2 || files[0].Path != "az://data/t/_a" || files[1].Size != 2 || !slices.Equal(folders, []string{"_log", "sub"}) {
		t.Errorf("%v %v %v", files, folders, err)
	}
	asked := len(backend.asked)
	f, err := s.Known(ctx, "az://data/t/b.csv", 2)
	if err != nil || len(backend.asked) != asked {
		t.Fatal(f, err)
	}
	h, err := s.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	b := make([]byte, 2)
	if _, err := h.ReadAt(b, 0); err != nil || string(b) != "12" {
		t.Errorf("%q %v", b, err)
	}
	if f, err := s.Stat(ctx, "az://data/t/b.csv"); err != nil || f.Size != 2 {
		t.Error(f, err)
	}
	if _, err := s.Stat(ctx, "az://data/none"); err == nil {
		t.Error("a file that is not there")
	}
}
