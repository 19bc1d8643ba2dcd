package pgwire

import (
	"bytes"
	"encoding/binary"
	"slices"
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

// run serves a connection from its first byte to its last.
func (c *conn) run() {
	defer c.close()
	if err := c.begin(); err != nil || c.session == nil {
		c.logRefused(err)
		_ = c.fatal(err)
		return
	}
	err := c.serve()
	if isRegularEnd(err) {
		err = nil
	}
	c.srv.Log.Info("connection ended", "pid", c.pid, "duration", time.Since(c.act.begun), "error", err)
}

// begin does what comes before the first query, in the time that there is for it. There is no session after
// a CancelRequest.
func (c *conn) begin() error {
	c.mu.Lock()
	if !c.down {
		_ = c.raw.SetDeadline(time.Now().Add(c.srv.StartupTimeout))
	}
	c.mu.Unlock()
	params, version, err := c.readStartup()
	if err == nil && params != nil {
		err = c.start(params, version)
	}
	if c.isDown() {
		return shuttingDown()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.down {
		_ = c.raw.SetDeadline(time.Time{})
	}
	return err
}

func shuttingDown() error { return sqlstate.New("57P03", "the database system is shutting down") }

// readStartup answers requests for encryption and returns the parameters of the startup packet; nil after
// a CancelRequest.
func (c *conn) readStartup() (params map[string]string, version uint32, err error) {
	if first, err := c.in.peek(); err != nil {
		return nil, 0, err
	} else if first == tlsHandshake && c.srv.TLS != nil {
		if err := c.encrypt(true); err != nil {
			return nil, 0, err
		}
	}
	for range 4 { // at most one request for each kind of encryption
		code, body, err := c.startupPacket()
		switch {
		case err != nil:
			return nil, 0, err
		case code == codeGSS && c.tls == nil, code == codeSSL && c.tls == nil:
			if err := c.answerEncryption(code == codeSSL && c.srv.TLS != nil); err != nil {
				return nil, 0, err
			}
		case code == codeCancel:
			if len(body) == 8 {
				c.srv.cancel(binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:]))
			}
			return nil, 0, nil
		case code>>16 != 3:
			return nil, 0, sqlstate.New(sqlstate.FeatureNotSupported, "unsupported frontend protocol %d.%d: server supports 3.0 to 3.0", code>>16, code&0xffff)
		default:
			params, err := startupParams(body)
			return params, code, err
		}
	}
	return nil, 0, errLength
}

// startupPacket reads a packet of the time before messages have types.
func (c *conn) startupPacket() (code uint32, body []byte, err error) {
	head, err := c.in.take(8)
	if err != nil {
		return 0, nil, err
	}
	size, code := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
	if size < 8 || size > maxStartup {
		return 0, nil, errLength
	}
	body, err = c.in.take(int(size - 8))
	return code, body, err
}

// answerEncryption tells whether the connection will be encrypted, and begins it.
func (c *conn) answerEncryption(yes bool) error {
	_ = c.raw.SetWriteDeadline(time.Now().Add(c.srv.StartupTimeout))
	answer := byte('N')
	if yes {
		answer = 'S'
		if c.in.buffered() > 0 { // somebody between may have put it there, in the clear
			return sqlstate.New(sqlstate.ProtocolViolation, "received unencrypted data after SSL request").
				WithDetail("This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.")
		}
	}
	if _, err := c.raw.Write([]byte{answer}); err != nil {
		return lostError{err}
	}
	if yes {
		return c.encrypt(false)
	}
	return nil
}

// startupParams reads names and values, each ended by a zero byte, and a zero byte behind them all. Settings may be
// named in any case, and the last one counts.
func startupParams(b []byte) (map[string]string, error) {
	params := map[string]string{}
	for len(b) > 0 && b[0] != 0 {
		parts := bytes.SplitN(b, []byte{0}, 3)
		if len(parts) < 3 {
			break
		}
		name := string(parts[0])
		if !strings.HasPrefix(name, "_pq_.") {
			name = strings.ToLower(name)
		}
		params[name] = string(parts[1])
		b = parts[2]
	}
	if len(b) != 1 || b[0] != 0 {
		return nil, sqlstate.New(sqlstate.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte")
	}
	return params, nil
}

// start opens the session and sends what a client waits for before its first query.
func (c *conn) start(params map[string]string, version uint32) error {
	c.negotiate(params, version)
	user := params["user"]
	if user == "" {
		return sqlstate.New(sqlstate.InvalidAuthorization, "no PostgreSQL user name specified in startup packet")
	}
	if err := checkText(user + params["database"]); err != nil {
		return err
	}
	switch params["replication"] {
	case "", "0", "off", "no", "false":
	default:
		return sqlstate.Unsupported("", "replication connections are not supported")
	}
	database := params["database"]
	if database == "" {
		database = user
	}
	if err := c.authenticate(user, database); err != nil {
		return err
	}
	c.authMessage(authOK, nil)
	session := c.srv.DB.Session()
	session.SetIdentity(user, database)
	session.OnNotice(c.writeNotice)
	session.OnNotification(c.wake)
	c.session = session
	now := time.Now()
	c.act = activity{user: user, database: database, begun: now, changed: now, session: session}
	for name, value := range c.srv.Defaults {
		if err := session.SetDefault(name, value); err != nil {
			return err
		}
	}
	if err := c.applyParams(params); err != nil {
		return err
	}
	if err := c.srv.register(c); err != nil {
		return err
	}
	c.logConnection()
	c.takeSettings()
	for _, name := range reported {
		v, _ := c.session.Setting(name)
		c.reported[name] = v
		c.parameterStatus(name, v)
	}
	c.message('K', binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, c.pid), c.secret))
	if err := c.ready(); err != nil {
		return err
	}
	return c.flush()
}

// reported are the settings whose values clients are told when they change.
var reported = []string{"application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby",
	"integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding", "server_version", "session_authorization",
	"standard_conforming_strings", "TimeZone"}

// applyParams makes the startup packet's settings the session's defaults.
func (c *conn) applyParams(params map[string]string) error {
	for name, value := range params {
		if err := checkText(name + value); err != nil {
			return err
		}
		switch {
		case name == "user", name == "database", name == "replication", strings.HasPrefix(name, "_pq_."):
		case name == "options":
			if err := c.applyOptions(value); err != nil {
				return err
			}
		default:
			if err := c.session.SetDefault(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// applyOptions reads -c name=value and --name=value.
func (c *conn) applyOptions(options string) error {
	words := optionWords(options)
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "-c" && i+1 < len(words):
			i++
			w = words[i]
		case strings.HasPrefix(w, "-c"):
			w = w[2:]
		case strings.HasPrefix(w, "--"):
			w = w[2:]
		default:
			return sqlstate.New(sqlstate.SyntaxError, "invalid command-line argument for server process: %s", w)
		}
		name, value, ok := strings.Cut(w, "=")
		if !ok {
			return sqlstate.New(sqlstate.SyntaxError, "-c %s requires a value", w)
		}
		if err := c.session.SetDefault(strings.ReplaceAll(name, "-", "_"), value); err != nil {
			return err
		}
	}
	return nil
}

// optionWords splits at spaces; a backslash keeps the next character.
func optionWords(s string) []string {
	var words []string
	word, in := []byte{}, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r':
			if in {
				words = append(words, string(word))
			}
			word, in = word[:0], false
			continue
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		word, in = append(word, s[i]), true
	}
	if in {
		words = append(words, string(word))
	}
	return words
}

// negotiate tells a client of a later protocol that this is 3.0, and which options are not known.
func (c *conn) negotiate(params map[string]string, version uint32) {
	var unknown []string
	for name := range params {
		if strings.HasPrefix(name, "_pq_.") {
			unknown = append(unknown, name)
		}
	}
	if version == protocol30 && len(unknown) == 0 {
		return
	}
	slices.Sort(unknown)
	b := binary.BigEndian.AppendUint32(nil, protocol30)
	b = binary.BigEndian.AppendUint32(b, uint32(len(unknown)))
	for _, n := range unknown {
		b = append(append(b, n...), 0)
	}
	c.message('v', b)
}

// logRefused logs why a connection got no session. Many are not worth it: clients that try an encryption, or ask whether
// anybody listens.
func (c *conn) logRefused(err error) {
	if e := asError(err); e != nil {
		c.srv.metrics.refused.Add(1)
		c.srv.Log.Warn("connection refused", "client", c.clientAddr(), "code", string(e.Code), "error", e.Message)
	}
}
