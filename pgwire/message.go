package pgwire

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgproto3/v2"

	"gsql/exec/sqlstate"
)

// decodable are the messages with a body that matters.
type decodable interface {
	pgproto3.FrontendMessage
	Decode(body []byte) error
}

// decode reads the body of a message. pgproto3 panics on some malformed ones.
func decode[M any, P interface {
	*M
	decodable
}](body []byte) (m M, err error) {
	defer func() {
		if recover() != nil {
			err = malformed()
		}
	}()
	if P(&m).Decode(body) != nil {
		err = malformed()
	}
	return m, err
}

func malformed() error {
	return sqlstate.New(sqlstate.ProtocolViolation, "invalid message format")
}

// checkText fails for a text that is not UTF-8; errors show the first bytes that are wrong.
func checkText(s string) error {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\": 0x%02x", s[i])
		}
		if r == 0 {
			return sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\": 0x00")
		}
		i += n
	}
	return nil
}

// message appends a message to the output.
func (c *conn) message(kind byte, body []byte) {
	c.out = append(c.out, kind)
	c.out = binary.BigEndian.AppendUint32(c.out, uint32(len(body)+4))
	c.out = append(c.out, body...)
}

// send appends a message; pgproto3 fails to encode only those that are too large, which these are not.
func (c *conn) send(m pgproto3.BackendMessage) {
	if out, err := m.Encode(c.out); err == nil {
		c.out = out
	}
}

func (c *conn) parameterStatus(name, value string) {
	c.send(&pgproto3.ParameterStatus{Name: clean(name), Value: c.forClient(value)})
}

func (c *conn) complete(tag string) {
	at := c.beginMessage('C')
	c.out = append(append(c.out, tag...), 0)
	c.endMessage(at)
	c.takeSettings()
}

// ready tells that the next query may come, and before that of notifications and of settings that have changed.
func (c *conn) ready() error {
	if err := c.sendNotifications(); err != nil {
		return err
	}
	if c.takeSettings(); c.taken != c.told {
		c.tellSettings()
		c.told = c.taken
	}
	c.out = append(c.out, 'Z', 0, 0, 0, 5, byte(c.session.Status()))
	return nil
}

// tellSettings tells of the settings that have changed.
func (c *conn) tellSettings() {
	for _, name := range reported {
		if v, _ := c.session.Setting(name); v != c.reported[name] {
			c.reported[name] = v
			c.parameterStatus(name, v)
		}
	}
}

// clean makes a text fit for messages, in which strings end with a zero byte: names of columns and values in
// messages can come from files.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// errorResponse is an error as a message; positions count characters of the query's text.
func (c *conn) errorResponse(severity string, e *sqlstate.Error, query string) *pgproto3.ErrorResponse {
	m := &pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: string(e.Code), Message: c.forClient(e.Message),
		Detail: c.forClient(e.Detail), Hint: c.forClient(e.Hint), Where: c.forClient(e.Where)}
	if e.Position > 0 && e.Position-1 <= len(query) {
		m.Position = int32(utf8.RuneCountInString(query[:e.Position-1]) + 1)
	}
	return m
}

func (c *conn) writeError(severity string, e *sqlstate.Error, query string) {
	c.send(c.errorResponse(severity, e, query))
}

func (c *conn) writeNotice(severity string, e *sqlstate.Error) {
	c.send((*pgproto3.NoticeResponse)(c.errorResponse(severity, e, "")))
}
