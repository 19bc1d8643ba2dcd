package pgwire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/copytext"
)

// A client that takes its time is told of an error in its rows before it has sent all of the next one.
func TestCopyTellsErrorsAtOnce(t *testing.T) {
	addr := startServer(t, gsqlConfig())
	binaryRow := func(fields ...string) string {
		b := binary.BigEndian.AppendUint16(nil, uint16(len(fields)))
		for _, f := range fields {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(f))), f...)
		}
		return string(b)
	}
	for _, c := range []struct{ how, data, code string }{
		{"", "1\nx\n2", "22P02"},
		{"", "1\n\\N\n2", "23502"},
		{" (format csv)", "1\n\n\"2\n", "23502"},
		{" (format csv, header)", "a\n-1\n", "23514"},
		{" (format binary)", binarySignature + binaryRow("\x00\x00\x00\x01") + "\x00\x01\xff\xff\xff\xff" + "\x00\x01\x00", "23502"},
		{" (format binary)", binarySignature + binaryRow("\xff\xff\xff\xff") + "\x00", "23514"},
	} {
		w := &wire{t: t, nc: dial(t, addr)}
		w.start()
		for _, m := range [][]string{{"Query", "create temp table late (a int not null check (a > 0)); copy late from stdin" + c.how}, {"CopyData", c.data}} {
			msg, err := encodeMessage(m)
			if err != nil {
				t.Fatal(err)
			}
			w.write(msg)
		}
		_ = w.nc.SetReadDeadline(time.Now().Add(10 * time.Second))
		for {
			kind, body, err := w.read()
			if err != nil {
				t.Fatalf("%s %q: %v", c.how, c.data, err)
			}
			if kind == 'E' {
				if got := show(kind, body); !strings.Contains(got, c.code) {
					t.Errorf("%s %q: %s", c.how, c.data, got)
				}
				break
			}
		}
		w.nc.Close()
	}
}

// stutter gives out data in parts, and between them says that one has to wait.
type stutter struct {
	data []byte
	size int
	wait bool
}

func (s *stutter) Read(b []byte) (int, error) {
	if s.wait = !s.wait; s.wait {
		return 0, copytext.ErrWait
	}
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.data[:min(s.size, len(s.data))])
	s.data = s.data[n:]
	return n, nil
}

// Rows in binary are the same however they come.
func TestBinaryRowsInParts(t *testing.T) {
	var data bytes.Buffer
	data.WriteString(binarySignature)
	want := ""
	for i := range 50 {
		data.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte{0, 2}, 4), uint32(i)))
		if i%7 == 0 {
			data.WriteString("\xff\xff\xff\xff")
			want += fmt.Sprintf("%d NULL\n", i)
			continue
		}
		s := strings.Repeat("x", i*i)
		data.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
		data.WriteString(s)
		want += fmt.Sprintf("%d %s\n", i, s)
	}
	data.WriteString("\xff\xff")
	for _, size := range []int{1, 3, 64, 1 << 20} {
		r := &binaryReader{in: &stutter{data: data.Bytes(), size: size}, types: []types.Type{types.Of(types.Int32), types.Of(types.Text)}, names: []string{"a", "b"}}
		columns := []*vec.Builder{vec.NewBuilder(r.types[0]), vec.NewBuilder(r.types[1])}
		var rows int
		for {
			n, err := r.read(columns, 7)
			if rows += n; err == io.EOF {
				break
			} else if err != nil && err != copytext.ErrWait {
				t.Fatal(err)
			}
		}
		a, b := columns[0].Finish(), columns[1].Finish()
		var got []byte
		for i := range rows {
			got = append(text.Append(got, a, i, nil), ' ')
			if b.IsNull(i) {
				got = append(got, "NULL"...)
			} else {
				got = text.Append(got, b, i, nil)
			}
			got = append(got, '\n')
		}
		if string(got) != want {
			t.Errorf("in parts of %d bytes:\n%s", size, got)
		}
	}
}
