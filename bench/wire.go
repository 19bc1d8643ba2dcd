package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"
)

// wire compares how fast two servers of PostgreSQL's protocol send the rows of a table, which both must have under a
// name: as the answer of a query, in text and in binary, and as COPY in its three forms. The client is the same, in turn; it
// counts messages and bytes and looks at nothing else, so that the servers are what takes time. A server is
// postgres://USER@HOST:PORT/DATABASE, and trusts the client.
func wire(o options) error {
	if flag.NArg() < 3 {
		return fmt.Errorf("say wire, a table, and the addresses of one or two servers")
	}
	table, servers := flag.Arg(1), flag.Args()[2:]
	query := "SELECT * FROM " + table
	ways := []struct {
		name string
		ask  []byte
		row  byte // the type of messages that rows are
	}{
		{"text", simpleQuery(query), 'D'},
		{"binary", extendedQuery(query, 1), 'D'},
		{"copy text", simpleQuery("COPY (" + query + ") TO STDOUT"), 'd'},
		{"copy csv", simpleQuery("COPY (" + query + ") TO STDOUT (FORMAT csv)"), 'd'},
		{"copy binary", simpleQuery("COPY (" + query + ") TO STDOUT (FORMAT binary)"), 'd'},
	}
	fmt.Printf("%-12s", "rows/s")
	for i := range servers {
		fmt.Printf(" %12s", fmt.Sprintf("server %d", i+1))
	}
	fmt.Println(" 2nd / 1st")
	for _, w := range ways {
		times := make([][]float64, len(servers))
		var rows int64
		for range o.runs {
			for i, s := range servers {
				n, took, err := drainServer(s, w.ask, w.row)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", s, w.name, err)
				}
				rows = n
				times[i] = append(times[i], took)
			}
		}
		fmt.Printf("%-12s", w.name)
		for _, t := range times {
			fmt.Printf(" %12.0f", float64(rows)/median(t))
		}
		if len(times) == 2 {
			fmt.Printf(" %9.2f", median(times[0])/median(times[1]))
		}
		fmt.Println()
	}
	return nil
}

// drainServer sends messages over a connection of its own and counts those of a type that come until the server is ready again.
func drainServer(server string, ask []byte, row byte) (rows int64, seconds float64, err error) {
	u, err := url.Parse(server)
	if err != nil {
		return 0, 0, err
	}
	nc, err := net.Dial("tcp", u.Host)
	if err != nil {
		return 0, 0, err
	}
	defer nc.Close()
	r := bufio.NewReaderSize(nc, 256<<10)
	start := binary.BigEndian.AppendUint32(make([]byte, 4), 3<<16)
	start = append(start, "user\x00"+u.User.Username()+"\x00database\x00"+u.Path[min(1, len(u.Path)):]+"\x00\x00"...)
	binary.BigEndian.PutUint32(start, uint32(len(start)))
	if _, err := nc.Write(start); err != nil {
		return 0, 0, err
	}
	if _, err := untilReady(r, 0); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if _, err := nc.Write(ask); err != nil {
		return 0, 0, err
	}
	rows, err = untilReady(r, row)
	return rows, time.Since(began).Seconds(), err
}

func untilReady(r *bufio.Reader, count byte) (n int64, err error) {
	for {
		head, err := r.Peek(5)
		if err != nil {
			return n, err
		}
		kind, size := head[0], int(binary.BigEndian.Uint32(head[1:]))+1
		if kind == 'E' {
			body := make([]byte, size)
			_, err := io.ReadFull(r, body)
			return n, fmt.Errorf("%q %v", body, err)
		}
		if _, err := r.Discard(size); err != nil {
			return n, err
		}
		switch kind {
		case 'Z':
			return n, nil
		case count:
			n++
		}
	}
}

func wireMessage(kind byte, body ...byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4)), body...)
}

func simpleQuery(query string) []byte { return wireMessage('Q', append([]byte(query), 0)...) }

// extendedQuery asks for all columns in one format.
func extendedQuery(query string, format byte) (b []byte) {
	b = wireMessage('P', append([]byte("\x00"+query), 0, 0, 0)...)
	b = append(b, wireMessage('B', 0, 0, 0, 0, 0, 0, 0, 1, 0, format)...)
	b = append(b, wireMessage('E', 0, 0, 0, 0, 0)...)
	return append(b, wireMessage('S')...)
}
