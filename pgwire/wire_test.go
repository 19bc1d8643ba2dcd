package pgwire

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgproto3/v2"

	"gsql"
)

var (
	rewrite  = flag.Bool("rewrite", false, "write the conversations of testdata as they are held")
	postgres = flag.String("postgres", "", "hold the conversations with a PostgreSQL server at this address (host:port, or a socket's path) instead")
)

// TestConversations holds the conversations of testdata. A case begins with lines of comment that say what it is
// about, and has a connection of its own. Lines that begin with > are messages for the server, those that begin
// with < what it answers. Messages without an answer between them are sent at once. With -postgres all cases but
// those whose comment has the word gsql are held with PostgreSQL, which shows where gsql differs.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	addr := *postgres
	if addr == "" {
		addr = startServer(t, gsqlConfig())
	}
	folder, err := filepath.Abs("../testdata/files")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			for _, c := range splitCases(string(b)) {
				out.WriteString(strings.ReplaceAll(hold(t, addr, c), folder, "FOLDER"))
			}
			if *rewrite && *postgres == "" {
				if err := os.WriteFile(f, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if out.String() != string(b) {
				t.Errorf("%s:\n%s", f, lineDiff(string(b), out.String()))
			}
		})
	}
}

func gsqlConfig() gsql.Config { return gsql.Config{Dir: "../testdata/files", Restrict: true} }

// startServer serves a DB on loopback until the test ends.
func startServer(t testing.TB, cfg gsql.Config) string {
	t.Helper()
	_, addr := serve(t, cfg)
	return addr
}

func serve(t testing.TB, cfg gsql.Config, options ...func(s *Server)) (*Server, string) {
	t.Helper()
	db, err := gsql.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{DB: db}
	for _, o := range options {
		o(s)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-done; err != ErrServerClosed {
			t.Errorf("Serve: %v", err)
		}
	})
	return s, l.Addr().String()
}

func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	network := "tcp"
	if strings.HasPrefix(addr, "/") {
		network = "unix"
	}
	nc, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(30 * time.Second))
	return nc
}

// splitCases splits a file where a comment follows something else.
func splitCases(s string) []string {
	var cases []string
	var cur strings.Builder
	comment := true
	for _, line := range strings.SplitAfter(s, "\n") {
		if c := strings.HasPrefix(line, "#"); c && !comment {
			cases = append(cases, cur.String())
			cur.Reset()
			comment = true
		} else if !c && strings.TrimSpace(line) != "" {
			comment = false
		}
		cur.WriteString(line)
	}
	return append(cases, cur.String())
}

// hold holds one conversation and returns it with the answers that came.
func hold(t *testing.T, addr, text string) string {
	t.Helper()
	comment, _, _ := strings.Cut(text, "\n>")
	if *postgres != "" && strings.Contains(comment, "gsql") {
		return text
	}
	w := &wire{t: t, nc: dial(t, addr)}
	defer w.nc.Close()
	var out strings.Builder
	var group []string
	answer := func() {
		if len(group) > 0 {
			out.WriteString(w.exchange(group))
		}
		group = nil
	}
	lines := strings.SplitAfter(text, "\n")
	started := false
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "<"):
			answer()
			continue
		case strings.HasPrefix(line, ">"):
			words, err := splitMessage(strings.TrimSpace(line[1:]))
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if !started && words[0] != "Startup" && words[0] != "RawStart" && words[0] != "SSLRequest" && words[0] != "GSSRequest" {
				w.start()
			}
			started = true
			out.WriteString(line)
			group = append(group, line)
			// A line with another kind of content, or an explicit pause, ends a group.
			if i+1 < len(lines) && !strings.HasPrefix(lines[i+1], ">") {
				answer()
			}
		default:
			answer()
			out.WriteString(line)
		}
	}
	answer()
	return out.String()
}

// wire is the client's side of a conversation.
type wire struct {
	t      *testing.T
	nc     net.Conn
	buf    []byte
	closed bool
}

// start opens the session as most cases want it.
func (w *wire) start() {
	w.write(startup(3<<16, "user", "tester", "database", "files", "TimeZone", "UTC"))
	for {
		kind, body, err := w.read()
		if err != nil {
			w.t.Fatalf("startup: %v", err)
		}
		if kind == 'E' {
			w.t.Fatalf("startup: %s", show(kind, body))
		}
		if kind == 'Z' {
			return
		}
	}
}

func (w *wire) write(b []byte) { _, _ = w.nc.Write(b) } // a lost connection shows when it is read

func (w *wire) read() (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(w.nc, head[:]); err != nil {
		return 0, nil, err
	}
	body = make([]byte, binary.BigEndian.Uint32(head[1:])-4)
	_, err = io.ReadFull(w.nc, body)
	return head[0], body, err
}

// exchange sends messages and returns all answers as lines.
func (w *wire) exchange(group []string) string {
	var b []byte
	ready, flush, single, end := 0, false, 0, false
	for _, line := range group {
		words, err := splitMessage(strings.TrimSpace(line[1:]))
		if err != nil {
			w.t.Fatalf("%s: %v", line, err)
		}
		msg, err := encodeMessage(words)
		if err != nil {
			w.t.Fatalf("%s: %v", line, err)
		}
		b = append(b, msg...)
		switch words[0] {
		case "Query", "Sync", "FunctionCall", "Startup":
			ready++
		case "Flush":
			flush = true
		case "SSLRequest", "GSSRequest":
			single++
		case "Terminate":
			end = true
		case "Raw", "RawStart":
			switch {
			case len(words) == 2: // the connection ends
				end = true
			case words[2] == "ready": // there is a Query or a Sync in it
				ready++
			}
		}
	}
	// What a Flush answers has no end of its own: the answer to one more message tells it.
	const mark = "the end of the group"
	if flush && ready == 0 {
		msg, _ := encodeMessage([]string{"Close", "P", mark})
		b = append(b, append(msg, 'H', 0, 0, 0, 4)...)
	}
	w.write(b)
	var out strings.Builder
	for range single {
		var answer [1]byte
		if _, err := io.ReadFull(w.nc, answer[:]); err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintf(&out, "< %c\n", answer[0])
	}
	for ready > 0 || end || flush {
		kind, body, err := w.read()
		if err != nil {
			if !errors.Is(err, io.EOF) && !isReset(err) {
				w.t.Fatalf("%s: %v", group[len(group)-1], err)
			}
			out.WriteString("< (closed)\n")
			w.closed = true
			break
		}
		if kind == '3' && flush && ready == 0 { // the mark: cases with Flush close nothing themselves
			break
		}
		out.WriteString("< " + show(kind, body) + "\n")
		if kind == 'Z' {
			if ready--; ready == 0 && !end {
				break
			}
		}
		if kind == 'E' && flush && ready == 0 && !strings.Contains(show(kind, body), "FATAL") {
			break
		}
	}
	return out.String()
}

func isReset(err error) bool {
	var ne *net.OpError
	return errors.As(err, &ne) && !ne.Timeout()
}

func startup(version uint32, pairs ...string) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 4), version)
	for _, s := range pairs {
		b = append(append(b, s...), 0)
	}
	b = append(b, 0)
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// splitMessage splits a line at spaces; words may be Go strings in quotes, and x"..." is bytes in hexadecimal.
func splitMessage(s string) ([]string, error) {
	var words []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if bin := strings.HasPrefix(s, `x"`); bin || s[0] == '"' {
			if bin {
				s = s[1:]
			}
			q, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, err
			}
			s = s[len(q):]
			word, err := strconv.Unquote(q)
			if err != nil {
				return nil, err
			}
			if bin {
				raw, err := hex.DecodeString(word)
				if err != nil {
					return nil, err
				}
				word = string(raw)
			}
			words = append(words, word)
			continue
		}
		word, rest, _ := strings.Cut(s, " ")
		if word == "NULL" {
			word = null
		}
		words, s = append(words, word), rest
	}
	return words, nil
}

const null = "\x00NULL"

// encodeMessage makes the bytes of a message of the client.
func encodeMessage(w []string) ([]byte, error) {
	arg := func(i int) string {
		if i < len(w) {
			return w[i]
		}
		return ""
	}
	var m pgproto3.FrontendMessage
	switch w[0] {
	case "Startup":
		version := uint32(3 << 16)
		pairs := w[1:]
		if len(pairs)%2 == 1 {
			major, minor, _ := strings.Cut(pairs[0], ".")
			a, _ := strconv.Atoi(major)
			b, _ := strconv.Atoi(minor)
			version, pairs = uint32(a<<16|b), pairs[1:]
		}
		return startup(version, pairs...), nil
	case "SSLRequest":
		return binary.BigEndian.AppendUint32([]byte{0, 0, 0, 8}, codeSSL), nil
	case "GSSRequest":
		return binary.BigEndian.AppendUint32([]byte{0, 0, 0, 8}, codeGSS), nil
	case "Raw", "RawStart":
		return hex.DecodeString(w[1])
	case "Query", "Skipped": // one that is not answered
		m = &pgproto3.Query{String: arg(1)}
	case "Parse":
		p := &pgproto3.Parse{Name: arg(1), Query: arg(2)}
		for _, o := range w[min(3, len(w)):] {
			oid, err := strconv.ParseUint(o, 10, 32)
			if err != nil {
				return nil, err
			}
			p.ParameterOIDs = append(p.ParameterOIDs, uint32(oid))
		}
		m = p
	case "Bind":
		b := &pgproto3.Bind{DestinationPortal: arg(1), PreparedStatement: arg(2)}
		rest := w[min(3, len(w)):]
		for len(rest) > 0 {
			switch {
			case strings.HasPrefix(rest[0], "in="):
				b.ParameterFormatCodes = formatCodes(rest[0][3:])
			case strings.HasPrefix(rest[0], "out="):
				b.ResultFormatCodes = formatCodes(rest[0][4:])
			case rest[0] == null:
				b.Parameters = append(b.Parameters, nil)
			default:
				b.Parameters = append(b.Parameters, []byte(rest[0]))
			}
			rest = rest[1:]
		}
		m = b
	case "Describe":
		m = &pgproto3.Describe{ObjectType: arg(1)[0], Name: arg(2)}
	case "Execute":
		n, _ := strconv.Atoi(arg(2))
		m = &pgproto3.Execute{Portal: arg(1), MaxRows: uint32(n)}
	case "Close":
		m = &pgproto3.Close{ObjectType: arg(1)[0], Name: arg(2)}
	case "Sync":
		m = &pgproto3.Sync{}
	case "Flush":
		m = &pgproto3.Flush{}
	case "Terminate":
		m = &pgproto3.Terminate{}
	case "CopyData":
		m = &pgproto3.CopyData{Data: []byte(arg(1))}
	case "CopyDone":
		m = &pgproto3.CopyDone{}
	case "CopyFail":
		m = &pgproto3.CopyFail{Message: arg(1)}
	case "FunctionCall":
		m = &pgproto3.FunctionCall{Function: 2000}
	default:
		return nil, fmt.Errorf("no message %q", w[0])
	}
	return m.Encode(nil)
}

func formatCodes(s string) []int16 {
	var out []int16
	for _, x := range strings.Split(s, ",") {
		n, _ := strconv.Atoi(x)
		out = append(out, int16(n))
	}
	return out
}

// show writes a message of the server as a line.
func show(kind byte, body []byte) string {
	be := binary.BigEndian
	switch kind {
	case 'R':
		return fmt.Sprintf("Authentication %d", be.Uint32(body))
	case 'S':
		parts := strings.Split(string(body), "\x00")
		if parts[0] == "server_version" {
			parts[1] = "..."
		}
		return "ParameterStatus " + parts[0] + " = " + parts[1]
	case 'K':
		return fmt.Sprintf("BackendKeyData of %d bytes", len(body))
	case 'Z':
		return "ReadyForQuery " + string(body)
	case 'v':
		return fmt.Sprintf("NegotiateProtocolVersion %08x %d %q", be.Uint32(body), be.Uint32(body[4:]), body[8:])
	case 'C':
		return "CommandComplete " + strings.TrimSuffix(string(body), "\x00")
	case 'E', 'N':
		return showError(kind, body)
	case 'T':
		return showRowDescription(body)
	case 't':
		s := "ParameterDescription"
		for b := body[2:]; len(b) > 0; b = b[4:] {
			s += fmt.Sprintf(" %d", be.Uint32(b))
		}
		return s
	case 'D':
		return showDataRow(body)
	case 'A':
		parts := strings.Split(string(body[4:]), "\x00")
		return fmt.Sprintf("NotificationResponse %s %q", parts[0], parts[1])
	}
	if kind == 'G' || kind == 'H' || kind == 'W' {
		name := map[byte]string{'G': "CopyInResponse", 'H': "CopyOutResponse", 'W': "CopyBothResponse"}[kind]
		return fmt.Sprintf("%s of format %d, %d columns", name, body[0], be.Uint16(body[1:]))
	}
	if kind == 'd' {
		return "CopyData" + showValue(body)
	}
	names := map[byte]string{'c': "CopyDone", '1': "ParseComplete", '2': "BindComplete", '3': "CloseComplete", 'n': "NoData", 's': "PortalSuspended", 'I': "EmptyQueryResponse"}
	if names[kind] == "" || len(body) > 0 {
		return fmt.Sprintf("%c %x", kind, body)
	}
	return names[kind]
}

func showError(kind byte, body []byte) string {
	s := map[byte]string{'E': "ErrorResponse", 'N': "NoticeResponse"}[kind]
	fields := map[byte]string{}
	for len(body) > 1 {
		v, rest, _ := strings.Cut(string(body[1:]), "\x00")
		fields[body[0]] = v
		body = []byte(rest)
	}
	s += fmt.Sprintf(" %s %s %q", fields['V'], fields['C'], fields['M'])
	for _, f := range "DHPW" {
		if v, ok := fields[byte(f)]; ok {
			s += fmt.Sprintf(" %c=%q", f, v)
		}
	}
	return s
}

func showRowDescription(body []byte) string {
	be := binary.BigEndian
	var cols []string
	for b := body[2:]; len(b) > 0; b = b[18:] {
		name, rest, _ := strings.Cut(string(b), "\x00")
		b = []byte(rest)
		if !utf8.ValidString(name) {
			name = strconv.Quote(name)
		}
		c := fmt.Sprintf("%s(%d,%d", name, be.Uint32(b[6:]), int16(be.Uint16(b[10:])))
		if mod := int32(be.Uint32(b[12:])); mod != -1 {
			c += fmt.Sprintf(",mod %d", mod)
		}
		if be.Uint16(b[16:]) == 1 {
			c += ",binary"
		}
		cols = append(cols, c+")")
	}
	return "RowDescription " + strings.Join(cols, " ")
}

func showDataRow(body []byte) string {
	s := "DataRow"
	for b := body[2:]; len(b) > 0; {
		n := int32(binary.BigEndian.Uint32(b))
		b = b[4:]
		if n < 0 {
			s += " NULL"
			continue
		}
		s += showValue(b[:n])
		b = b[n:]
	}
	return s
}

func showValue(b []byte) string {
	if utf8.Valid(b) && strings.IndexFunc(string(b), func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }) < 0 {
		return fmt.Sprintf(" %q", b)
	}
	return fmt.Sprintf(" x\"%x\"", b)
}

// lineDiff shows the lines that two texts do not share at their beginning and end.
func lineDiff(want, got string) string {
	w, g := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	var out strings.Builder
	i, j := 0, 0
	for i < len(w) || j < len(g) {
		switch {
		case i < len(w) && j < len(g) && w[i] == g[j]:
			if strings.HasPrefix(w[i], "#") || strings.HasPrefix(w[i], ">") {
				out.WriteString("  " + w[i])
			}
			i, j = i+1, j+1
		case i < len(w) && strings.HasPrefix(w[i], "<"):
			out.WriteString("- " + w[i])
			i++
		case j < len(g) && strings.HasPrefix(g[j], "<"):
			out.WriteString("+ " + g[j])
			j++
		default:
			i, j = i+1, j+1
		}
	}
	return out.String()
}
