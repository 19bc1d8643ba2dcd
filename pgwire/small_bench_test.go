package pgwire

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"gsql"
)

// BenchmarkSmall measures the round trip of small queries in pgbench's three query modes: as one Query message, with a
// statement that is parsed each time, and with one that has a name.
func BenchmarkSmall(b *testing.B) {
	addr := startServer(b, gsql.Config{Dir: "../testdata/files", Restrict: true})
	for _, q := range []struct{ name, text, extra string }{
		{"one", "select 1", ""},
		{"point", "select name from point where id = 500", "create table if not exists point as select i as id, 'name' || i as name from range(1000) r(i)"},
		{"file", "select population from cities where city = 'Bonn'", ""},
	} {
		for _, mode := range []string{"simple", "extended", "prepared"} {
			b.Run(q.name+"/"+mode, func(b *testing.B) {
				c := newRawClient(b, addr)
				if q.extra != "" {
					c.ask(b, messageOf("Query", q.extra))
				}
				round := messageOf("Query", q.text)
				tail := concat(messageOf("Bind", "", ""), messageOf("Describe", "P", ""), messageOf("Execute", "", "0"), messageOf("Sync"))
				switch mode {
				case "extended":
					round = concat(messageOf("Parse", "", q.text), tail)
				case "prepared":
					c.ask(b, concat(messageOf("Parse", "p", q.text), messageOf("Sync")))
					round = concat(messageOf("Bind", "", "p"), messageOf("Execute", "", "0"), messageOf("Sync"))
				}
				c.ask(b, round)
				b.ReportAllocs()
				b.ResetTimer()
				for b.Loop() {
					c.ask(b, round)
				}
			})
		}
	}
}

func messageOf(words ...string) []byte {
	m, err := encodeMessage(words)
	if err != nil {
		panic(err)
	}
	return m
}

func concat(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// rawClient is a client that looks at no more of the messages than their types and lengths.
type rawClient struct {
	nc net.Conn
	r  *bufio.Reader
}

func newRawClient(t testing.TB, addr string) *rawClient {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	c := &rawClient{nc, bufio.NewReaderSize(nc, 64<<10)}
	c.ask(t, startup(3<<16, "user", "tester"))
	return c
}

// ask sends messages and reads to the next ReadyForQuery. An error that the server tells is one of the test's.
func (c *rawClient) ask(t testing.TB, messages []byte) {
	if _, err := c.nc.Write(messages); err != nil {
		t.Fatal(err)
	}
	for {
		head, err := c.r.Peek(5)
		if err != nil {
			t.Fatal(err)
		}
		kind, size := head[0], int(binary.BigEndian.Uint32(head[1:]))+1
		if kind == 'E' {
			body, _ := c.r.Peek(size)
			t.Fatalf("error: %q", body)
		}
		if _, err := c.r.Discard(size); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if kind == 'Z' {
			return
		}
	}
}
