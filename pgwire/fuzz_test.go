package pgwire

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gsql"
)

// FuzzStartup sends bytes instead of a startup packet: the server must answer or close, and stay.
func FuzzStartup(f *testing.F) {
	f.Add(startup(3<<16, "user", "u"))
	f.Add(startup(3<<16|2, "user", "u", "_pq_.x", "y", "options", `-c a=b\ c --d=e`))
	f.Add(append([]byte{0, 0, 0, 8, 4, 210, 22, 47}, startup(3<<16, "user", "u", "TimeZone", "x")...))
	f.Add([]byte{0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2})
	f.Add([]byte{0, 0, 0, 8, 0, 3, 0, 0})
	s := fuzzServer(f)
	f.Fuzz(func(t *testing.T, b []byte) { talk(t, s, b) })
}

// FuzzMessages sends bytes behind a startup packet.
func FuzzMessages(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	recorded, err2 := filepath.Glob("testdata/postgres/[a-ce-z]*.txt")
	if err != nil || err2 != nil {
		f.Fatal(err, err2)
	}
	files = append(files, recorded...)
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range splitCases(string(b)) {
			var stream []byte
			for line := range strings.Lines(c) {
				words, err := splitMessage(strings.TrimPrefix(line, ">"))
				if err != nil || len(words) == 0 || !strings.HasPrefix(line, ">") || words[0] == "Startup" || strings.Contains(line, "generate_series(1, 1000") {
					continue
				}
				if msg, err := encodeMessage(words); err == nil {
					stream = append(stream, msg...)
				}
			}
			f.Add(stream)
		}
	}
	s := fuzzServer(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		talk(t, s, append(startup(3<<16, "user", "u", "statement_timeout", "100"), b...))
	})
}

func fuzzServer(f *testing.F) *Server {
	db, err := gsql.Open(gsql.Config{Dir: "../testdata/files", Restrict: true, MemoryLimit: 64 << 20})
	if err != nil {
		f.Fatal(err)
	}
	s := &Server{DB: db}
	s.begin(nil)
	return s
}

// talk sends b on a connection, whose other side closes behind it, and checks that what the server sends are messages.
func talk(t *testing.T, s *Server, b []byte) {
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		newConn(s, server).run()
	}()
	_ = client.SetDeadline(time.Now().Add(20 * time.Second))
	answers := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(client)
		answers <- all
	}()
	_, _ = client.Write(b)
	time.Sleep(time.Millisecond) // let it answer before it sees the end
	client.Close()
	out := <-answers
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the connection hangs")
	}
	out = []byte(strings.TrimLeft(string(out), "N"))
	for len(out) >= 5 {
		n := int(binary.BigEndian.Uint32(out[1:]))
		if n < 4 || n > maxMessage {
			t.Fatalf("a message of length %d", n)
		}
		if n+1 > len(out) {
			return // cut by the end of the connection
		}
		show(out[0], out[5:n+1])
		out = out[n+1:]
	}
}
