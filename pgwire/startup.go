package pgwire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"gsql/exec/sqlstate"
)

// Codes that stand in place of a protocol version.
const (
	codeCancel = 80877102
	codeSSL    = 80877103
	codeGSS    = 80877104
	protocol30 = 3 << 16
)

// handle runs a connection from its first byte to its last.
func (s *Server) handle(nc net.Conn) {
	c := newConn(s, nc)
	defer c.close()
	_ = nc.SetDeadline(time.Now().Add(startupTimeout))
	params, version, err := c.readStartup()
	if err != nil || params == nil {
		return
	}
	if err := c.start(params, version); err != nil {
		if e := asError(err); e != nil {
			c.writeError("FATAL", e, "")
			_ = c.flush()
		}
		return
	}
	_ = nc.SetDeadline(time.Time{})
	if err := c.serve(); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		s.Log.Info("connection lost", "pid", c.pid, "error", err)
	}
}

// readStartup answers requests for encryption and returns the parameters of the startup packet; nil after
// a CancelRequest.
func (c *conn) readStartup() (params map[string]string, version uint32, err error) {
	for range 4 { // at most one request for each kind of encryption
		var head [8]byte
		if _, err := io.ReadFull(c.in, head[:]); err != nil {
			return nil, 0, err
		}
		size, code := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:])
		if size < 8 || size > maxStartup {
			return nil, 0, errors.New("pgwire: bad length of startup packet")
		}
		body := make([]byte, size-8)
		if _, err := io.ReadFull(c.in, body); err != nil {
			return nil, 0, err
		}
		switch code {
		case codeSSL, codeGSS:
			if _, err := c.nc.Write([]byte{'N'}); err != nil {
				return nil, 0, err
			}
		case codeCancel:
			if len(body) == 8 {
				c.srv.cancel(binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:]))
			}
			return nil, 0, nil
		default:
			params, err := startupParams(body)
			return params, code, err
		}
	}
	return nil, 0, errors.New("pgwire: too many requests before startup")
}

func startupParams(b []byte) (map[string]string, error) {
	params := map[string]string{}
	for len(b) > 1 {
		parts := bytes.SplitN(b, []byte{0}, 3)
		if len(parts) < 3 {
			return nil, errors.New("pgwire: startup packet is cut")
		}
		params[strings.ToLower(string(parts[0]))] = string(parts[1])
		b = parts[2]
	}
	return params, nil
}

// start opens the session and sends what a client waits for before its first query.
func (c *conn) start(params map[string]string, version uint32) error {
	if version>>16 != 3 {
		return sqlstate.New(sqlstate.FeatureNotSupported, "unsupported frontend protocol %d.%d: server supports 3.0 to 3.0", version>>16, version&0xffff)
	}
	var unknown []string
	for name := range params {
		if strings.HasPrefix(name, "_pq_.") {
			unknown = append(unknown, name)
		}
	}
	if version != protocol30 || len(unknown) > 0 {
		c.negotiate(unknown)
	}
	user := params["user"]
	if user == "" {
		return sqlstate.New(sqlstate.InvalidAuthorization, "no PostgreSQL user name specified in startup packet")
	}
	if params["replication"] != "" && params["replication"] != "false" && params["replication"] != "0" {
		return sqlstate.Unsupported("", "replication connections are not supported")
	}
	database := params["database"]
	if database == "" {
		database = user
	}
	c.session = c.srv.DB.Session()
	c.session.SetIdentity(user, database)
	if err := c.applyParams(params); err != nil {
		return err
	}
	if !c.srv.register(c) {
		return sqlstate.New(sqlstate.TooManyConnections, "sorry, too many clients already")
	}
	c.message('R', []byte{0, 0, 0, 0}) // AuthenticationOk
	for _, name := range reported {
		v, _ := c.session.Setting(name)
		c.reported[name] = v
		c.parameterStatus(name, v)
	}
	c.message('K', binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, c.pid), c.secret))
	c.ready()
	return c.flush()
}

// reported are the settings whose values clients are told when they change.
var reported = []string{"application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby",
	"integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding", "server_version", "session_authorization",
	"standard_conforming_strings", "TimeZone"}

// applyParams makes the startup packet's settings the session's defaults. Settings that gsql does not have but
// PostgreSQL may are left alone.
func (c *conn) applyParams(params map[string]string) error {
	settings := c.session
	for name, value := range params {
		switch name {
		case "user", "database", "replication":
			continue
		case "options":
			if err := c.applyOptions(value); err != nil {
				return err
			}
			continue
		}
		if strings.HasPrefix(name, "_pq_.") {
			continue
		}
		if err := settings.SetDefault(name, value); err != nil && sqlstate.Of(err) != sqlstate.UndefinedObject {
			return err
		}
	}
	return nil
}

// applyOptions reads -c name=value and --name=value.
func (c *conn) applyOptions(options string) error {
	words := strings.Fields(strings.ReplaceAll(options, `\ `, "\x00"))
	for i := 0; i < len(words); i++ {
		w := strings.ReplaceAll(words[i], "\x00", " ")
		switch {
		case w == "-c" && i+1 < len(words):
			i++
			w = strings.ReplaceAll(words[i], "\x00", " ")
		case strings.HasPrefix(w, "-c"):
			w = w[2:]
		case strings.HasPrefix(w, "--"):
			w = w[2:]
		default:
			continue
		}
		name, value, ok := strings.Cut(w, "=")
		if !ok {
			continue
		}
		if err := c.session.SetDefault(strings.ReplaceAll(name, "-", "_"), value); err != nil {
			return err
		}
	}
	return nil
}

// negotiate tells a client of a later protocol that this is 3.0, and which options are not known.
func (c *conn) negotiate(unknown []string) {
	b := binary.BigEndian.AppendUint32(nil, protocol30)
	b = binary.BigEndian.AppendUint32(b, uint32(len(unknown)))
	for _, n := range unknown {
		b = append(append(b, n...), 0)
	}
	c.message('v', b)
}
