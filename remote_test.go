package gsql_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/klauspost/compress/gzip"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"gsql"
)

// TestRemoteFiles queries files of an S3 store and of a web server, with and without the right to.
func TestRemoteFiles(t *testing.T) {
	orders, err := os.ReadFile(filepath.Join("testdata", "files", "orders.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprint(w, "n\n3\n4\n")
	w.Close()
	files := map[string][]byte{"year=2023/a.csv": []byte("n\n1\n2\n"), "year=2024/b.csv": []byte("n\n5\n"), "year=2024/c.csv.gz": packed.Bytes(), "orders.parquet": orders}

	store := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	defer store.Close()
	c, err := minio.New(strings.TrimPrefix(store.URL, "http://"), &minio.Options{Creds: credentials.NewStaticV4("id", "key", ""), Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := c.MakeBucket(ctx, "data", minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	for k, v := range files {
		if _, err := c.PutObject(ctx, "data", k, bytes.NewReader(v), int64(len(v)), minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, store.URL, http.StatusFound)
			return
		}
		http.ServeContent(w, r, "", time.Unix(1, 0), bytes.NewReader(files[strings.TrimPrefix(r.URL.Path, "/pub/")]))
	}))
	defer site.Close()

	secret := "CREATE SECRET (TYPE s3, KEY_ID 'id', SECRET 'key', REGION 'us-east-1', ENDPOINT '" + store.URL + "')"
	db := openDB(t, gsql.Config{})
	must := func(db *gsql.DB, query string) string {
		t.Helper()
		got, err := textOf(db, query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return got
	}
	must(db, secret)
	for query, want := range map[string]string{
		"SELECT sum(n), count(*) FROM 's3://data/**/*.csv*'":                                                 "15|5",
		"SELECT sum(n) FROM 's3://data/year=2024/'":                                                          "12",
		"SELECT count(*) FROM 's3://data/orders.parquet'":                                                    must(db, "SELECT count(*) FROM 'testdata/files/orders.parquet'"),
		"SELECT sum(n) FROM '" + site.URL + "/pub/year=2024/c.csv.gz'":                                       "7",
		"SELECT city FROM '" + site.URL + "/pub/orders.parquet' WHERE id = 1":                                "Köln",
		"SELECT sum(n) FROM read_csv(['" + site.URL + "/pub/year=2023/a.csv', 's3://data/year=2024/b.csv'])": "8",
	} {
		if got := must(db, query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if _, err := textOf(db, secret); err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("the same secret again: %v", err)
	}
	must(db, "DROP SECRET __default_s3")
	must(db, "CREATE OR REPLACE SECRET x (TYPE s3, KEY_ID 'id', SECRET 'key', REGION 'us-east-1', ENDPOINT '"+store.URL+"', SCOPE 's3://data/')")

	limited := openDB(t, gsql.Config{Dir: t.TempDir(), Restrict: true, AllowPaths: []string{site.URL + "/pub", site.URL + "/away"}})
	if got := must(limited, "SELECT sum(n) FROM '"+site.URL+"/pub/year=2023/a.csv'"); got != "3" {
		t.Errorf("allowed: %s", got)
	}
	for _, path := range []string{"s3://data/orders.parquet", site.URL + "/other.csv", site.URL + "/pub/../x.csv", site.URL + "/public.csv", site.URL + "/away"} {
		if _, err := textOf(limited, "SELECT * FROM '"+path+"'"); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s is not denied: %v", path, err)
		}
	}
}

// textOf returns the rows of a query, values divided by | and rows by newlines.
func textOf(db *gsql.DB, query string) (string, error) {
	rows, err := db.Query(context.Background(), query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var values []string
		for _, v := range rows.Values() {
			values = append(values, fmt.Sprint(v))
		}
		lines = append(lines, strings.Join(values, "|"))
	}
	return strings.Join(lines, "\n"), rows.Err()
}
