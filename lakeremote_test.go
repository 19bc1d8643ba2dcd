package gsql_test

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"gsql"
)

// Tables with logs are read from object stores as they are here, and servers read only what they may.
func TestLakeRemote(t *testing.T) {
	store := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	defer store.Close()
	c, err := minio.New(strings.TrimPrefix(store.URL, "http://"), &minio.Options{Creds: credentials.NewStaticV4("id", "key", ""), Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, bucket := range []string{"lake", "other"} {
		if err := c.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	upload := func(dir, bucket, prefix string) {
		t.Helper()
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			rel, _ := filepath.Rel(dir, path)
			_, err = c.PutObject(ctx, bucket, prefix+filepath.ToSlash(rel), bytes.NewReader(b), int64(len(b)), minio.PutObjectOptions{})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	d := newDelta(t)
	dv := vector("array", 1)
	vectorFile(t, filepath.Join(d.dir, "v.bin"), dv)
	d.commit(deltaProtocol("deletionVectors"), deltaMeta(nil, nil, deltaColumn("id", "long", nil)),
		d.add("x=1/a.parquet", rowsFrom(0, 3), object{"deletionVector": object{"storageType": "p", "pathOrInlineDv": "s3://lake/sub/delta/v.bin", "offset": 4, "sizeInBytes": len(dv), "cardinality": 1}}, idAndName...),
		d.add("gone.parquet", rowsFrom(0, 9), nil, idAndName...))
	d.commit(remove("gone.parquet"))
	upload(d.dir, "lake", "sub/delta/")
	x := newIceberg(t, icebergColumn(1, "id", "long"))
	x.location = "s3a://lake/sub/ice"
	x.manifest(0, "", x.data("data/a.parquet", rowsFrom(0, 3), nil, icebergCols...), x.data("data/b.parquet", rowsFrom(5, 6), object{"file_path": "s3://other/b.parquet"}, icebergCols...))
	x.commit()
	upload(x.dir, "lake", "sub/ice/")
	os.Rename(filepath.Join(x.dir, "data/b.parquet"), filepath.Join(x.dir, "b.parquet"))
	upload(x.dir, "other", "")

	site := httptest.NewServer(http.StripPrefix("/t", http.FileServer(http.Dir(x.dir))))
	defer site.Close()
	x.location = site.URL + "/t"
	x.manifests = nil
	x.manifest(0, "", x.data("data/a.parquet", rowsFrom(0, 3), nil, icebergCols...))
	x.commit()

	db := openDB(t, gsql.Config{})
	secret := "CREATE SECRET (TYPE s3, KEY_ID 'id', SECRET 'key', REGION 'us-east-1', ENDPOINT '" + store.URL + "')"
	asks(t, db, [][2]string{{secret, ""},
		{"SELECT id FROM 's3://lake/sub/delta' ORDER BY 1", "0|2"},
		{"SELECT id FROM delta_scan('s3://lake/sub/delta/', version => 0) WHERE id < 2 ORDER BY 1", "0|0|1"},
		{"SELECT count(*) FROM delta_history('s3://lake/sub/delta')", "2"},
		{"SELECT id, _file FROM 's3://lake/sub/ice' ORDER BY 1 DESC LIMIT 2", "5 s3://other/b.parquet|2 s3://lake/sub/ice/data/a.parquet"},
		{"SELECT count(*) FROM iceberg_scan('s3://lake/sub/ice/metadata/v1.metadata.json')", "4"},
		{"SELECT id FROM '" + site.URL + "/t/metadata/v2.metadata.json' ORDER BY 1", "0|1|2"},
		{"SELECT count(*) FROM read_parquet('s3://lake/sub/ice/')", "!folder \"s3://lake/sub/ice\" is a table of Iceberg"},
		{"SELECT count(*) FROM 's3://lake/sub/delta/*/*.parquet'", "3"},
		{"SELECT count(*) FROM delta_scan('s3://lake/sub/ice')", "!\"s3://lake/sub/ice\" is no table of Delta Lake"},
		{"SELECT count(*) FROM delta_scan('s3://none/x')", "!could not open file"},
		{"SELECT count(*) FROM iceberg_scan('http://127.0.0.1:1/x')", "!listing what is at \"http://127.0.0.1:1/x/\" is not supported"},
	})
	limited := openDB(t, gsql.Config{Dir: t.TempDir(), Restrict: true, AllowPaths: []string{"s3://lake/sub"}})
	asks(t, limited, [][2]string{{secret, ""},
		{"SELECT id FROM 's3://lake/sub/delta' ORDER BY 1", "0|2"},
		{"SELECT id FROM 's3://lake/sub/ice'", "!permission denied to read \"s3://other/b.parquet\""},
		{"SELECT id FROM delta_scan('s3://other/x')", "!permission denied to read"},
	})
}
