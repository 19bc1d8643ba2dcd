package pgwire

import (
	"gsql/exec/text"
)

// A client's texts are in the encoding of its setting client_encoding: what it sends is converted to UTF-8 where messages
// are read, and what it gets from UTF-8 where they are written. nil is UTF-8.

// takeSettings looks at settings that may have changed, of which the connection keeps what they mean.
func (c *conn) takeSettings() {
	v := c.session.SettingsVersion()
	if v == c.taken {
		return
	}
	c.taken = v
	name, _ := c.session.Setting("client_encoding")
	c.enc, _, _, _ = text.LookupEncoding(name) // the setting was checked
}

// fromClient converts a text that the client has sent.
func (c *conn) fromClient(s string) (string, error) {
	if c.enc == nil || s == "" {
		return s, nil
	}
	b, err := c.enc.Decode(nil, []byte(s))
	return string(b), err
}

// fromClientAll converts texts where they stand.
func (c *conn) fromClientAll(texts ...*string) (err error) {
	if c.enc == nil {
		return nil
	}
	for _, s := range texts {
		if *s, err = c.fromClient(*s); err != nil {
			return err
		}
	}
	return nil
}

// forClient makes a text fit for messages to the client; characters that it cannot have become question marks.
func (c *conn) forClient(s string) string {
	if s = clean(s); c.enc == nil || s == "" {
		return s
	}
	return string(c.enc.EncodeLoosely(nil, []byte(s)))
}

// encodeFrom converts what dst has from a place on. That is never longer than before.
func encodeFrom(dst []byte, at int, enc *text.Encoding) ([]byte, error) {
	if enc == nil {
		return dst, nil
	}
	return enc.Encode(dst[:at], dst[at:])
}

// decodeChecked converts bytes of a text, which must be valid.
func decodeChecked(b []byte, enc *text.Encoding) (string, error) {
	if enc != nil {
		d, err := enc.Decode(nil, b)
		return string(d), err
	}
	s := string(b)
	return s, checkText(s)
}
