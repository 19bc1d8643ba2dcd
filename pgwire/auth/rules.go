package auth

import (
	"bufio"
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// Method is how a client proves who it is.
type Method string

const (
	Trust  Method = "trust"         // it need not
	SCRAM  Method = "scram-sha-256" // by a password
	Cert   Method = "cert"          // by a TLS certificate with the user's name
	Reject Method = "reject"
)

// Rules say which client proves who it is in which way; the first one that fits counts, and where none does, the client
// may not connect. They are written as in PostgreSQL's pg_hba.conf.
type Rules struct {
	file *watched[[]rule]
}

// Client is who wants to connect, and from where.
type Client struct {
	User, Database string
	Addr           netip.Addr // not valid: a socket of this machine
	TLS            bool
}

// rule is a line of the rules.
type rule struct {
	kind            string   // local, host, hostssl or hostnossl
	databases       []string // names; nil: all
	users           []string
	nets            []netip.Prefix // nil: all
	method          Method
	needsClientCert string // clientcert: "", "verify-ca" or "verify-full"
}

// LoadRules reads a file of rules.
func LoadRules(path string) (*Rules, error) {
	r := &Rules{}
	var err error
	r.file, err = watch(func() ([]rule, error) {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return parseRules(path, b)
	}, path)
	return r, err
}

// ParseRules reads rules from a text.
func ParseRules(text string) (*Rules, error) {
	r := &Rules{}
	var err error
	r.file, err = watch(func() ([]rule, error) { return parseRules("rules", []byte(text)) })
	return r, err
}

// TrustLoopback are the rules of a server without users: clients of the machine itself may connect.
func TrustLoopback() *Rules {
	return mustRules("local all all trust\nhost all all 127.0.0.0/8 trust\nhost all all ::1/128 trust")
}

// TrustAll lets everybody connect.
func TrustAll() *Rules { return mustRules("local all all trust\nhost all all all trust") }

// Passwords are the rules of a server with users.
func Passwords() *Rules {
	return mustRules("local all all scram-sha-256\nhost all all all scram-sha-256")
}

func mustRules(text string) *Rules {
	r, err := ParseRules(text)
	if err != nil {
		panic(err)
	}
	return r
}

// TrustsOthers reports whether clients of other machines may connect without proving who they are.
func (r *Rules) TrustsOthers() bool {
	rules, _ := r.file.get()
	for _, x := range rules {
		if x.method != Trust || x.kind == "local" {
			continue
		}
		if x.nets == nil || slices.ContainsFunc(x.nets, func(p netip.Prefix) bool { return !p.Addr().IsLoopback() }) {
			return true
		}
	}
	return false
}

// Uses reports whether a rule has a method.
func (r *Rules) Uses(m Method) bool {
	rules, _ := r.file.get()
	return slices.ContainsFunc(rules, func(x rule) bool { return x.method == m })
}

// Find returns how a client has to prove who it is, and whether it needs a TLS certificate besides, "verify-ca" or
// "verify-full". ok is false when no rule fits. The error says that the file has changed and is not read.
func (r *Rules) Find(c Client) (m Method, clientCert string, ok bool, err error) {
	rules, err := r.file.get()
	for _, x := range rules {
		if x.fits(c) {
			return x.method, x.needsClientCert, true, err
		}
	}
	return "", "", false, err
}

func (x *rule) fits(c Client) bool {
	local := !c.Addr.IsValid()
	switch {
	case local != (x.kind == "local"), x.kind == "hostssl" && !c.TLS, x.kind == "hostnossl" && c.TLS:
		return false
	case x.databases != nil && !slices.Contains(x.databases, c.Database), x.users != nil && !slices.Contains(x.users, c.User):
		return false
	}
	addr := c.Addr.Unmap()
	return local || x.nets == nil || slices.ContainsFunc(x.nets, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func parseRules(name string, b []byte) ([]rule, error) {
	var rules []rule
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		words, err := ruleWords(lines.Text())
		var x rule
		if err == nil && len(words) > 0 {
			x, err = parseRule(words)
		}
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", name, n, err)
		}
		if len(words) > 0 {
			rules = append(rules, x)
		}
	}
	return rules, lines.Err()
}

// ruleWord is a word of a rule: names separated by commas. A keyword in quotes is a name.
type ruleWord []struct {
	text   string
	quoted bool
}

func (w ruleWord) is(keyword string) bool {
	return len(w) == 1 && !w[0].quoted && w[0].text == keyword
}

func (w ruleWord) plain() string {
	if len(w) == 1 {
		return w[0].text
	}
	return ""
}

// ruleWords splits a line at spaces; # begins a comment.
func ruleWords(line string) ([]ruleWord, error) {
	var words []ruleWord
	more := false // behind a comma
	for s := strings.TrimSpace(line); s != "" && s[0] != '#'; s = strings.TrimSpace(s) {
		text, isQuoted := "", s[0] == '"'
		if isQuoted {
			var ok bool
			if text, s, ok = quoted(s); !ok {
				return nil, fmt.Errorf("a quote is not closed")
			}
		} else {
			n := strings.IndexAny(s, ", \t#\"")
			if n < 0 {
				n = len(s)
			}
			text, s = s[:n], s[n:]
		}
		item := struct {
			text   string
			quoted bool
		}{text, isQuoted}
		if more {
			words[len(words)-1] = append(words[len(words)-1], item)
		} else {
			words = append(words, ruleWord{item})
		}
		more = strings.HasPrefix(s, ",")
		s = strings.TrimPrefix(s, ",")
	}
	return words, nil
}

func parseRule(words []ruleWord) (x rule, err error) {
	x.kind = words[0].plain()
	switch x.kind {
	case "local", "host", "hostssl", "hostnossl":
	default:
		return x, fmt.Errorf("a rule begins with local, host, hostssl or hostnossl, not %q", x.kind)
	}
	if len(words) < 4 {
		return x, fmt.Errorf("want %s DATABASE USER ADDRESS METHOD (local has no ADDRESS)", x.kind)
	}
	if x.databases, err = ruleNames(words[1]); err != nil {
		return x, err
	}
	if x.users, err = ruleNames(words[2]); err != nil {
		return x, err
	}
	rest := words[3:]
	if x.kind != "local" {
		if rest, err = x.address(rest); err != nil {
			return x, err
		}
	}
	return x, x.methodAndOptions(rest)
}

// ruleNames returns the names of a list, nil for all.
func ruleNames(w ruleWord) ([]string, error) {
	if w.is("all") {
		return nil, nil
	}
	names := []string{}
	for _, n := range w {
		if !n.quoted && n.text != "" && (n.text[0] == '+' || n.text[0] == '@' || n.text[0] == '/' || n.text == "sameuser" || n.text == "samerole") {
			return nil, fmt.Errorf("%s is not supported; list the names", n.text)
		}
		if !n.quoted && n.text == "all" {
			return nil, nil
		}
		names = append(names, n.text)
	}
	return names, nil
}

// address reads an address with its mask, which may be a word of its own, and returns the words behind it.
func (x *rule) address(words []ruleWord) ([]ruleWord, error) {
	text := words[0].plain()
	switch text {
	case "all":
		return words[1:], nil
	case "localhost":
		x.nets = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
		return words[1:], nil
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		x.nets = []netip.Prefix{p.Masked()}
		return words[1:], nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no address such as 10.0.0.0/8 (names of hosts are not supported)", text)
	}
	if len(words) > 1 {
		if mask, err := netip.ParseAddr(words[1].plain()); err == nil {
			bits, err := maskBits(mask)
			if err != nil {
				return nil, err
			}
			x.nets = []netip.Prefix{netip.PrefixFrom(a, bits).Masked()}
			return words[2:], nil
		}
	}
	return nil, fmt.Errorf("the address %s needs a mask, such as %s/%d", a, a, a.BitLen())
}

func maskBits(mask netip.Addr) (int, error) {
	n, ended := 0, false
	for _, b := range mask.AsSlice() {
		for bit := byte(0x80); bit != 0; bit >>= 1 {
			switch {
			case b&bit == 0:
				ended = true
			case ended:
				return 0, fmt.Errorf("%s is no mask", mask)
			default:
				n++
			}
		}
	}
	return n, nil
}

func (x *rule) methodAndOptions(words []ruleWord) error {
	if len(words) == 0 {
		return fmt.Errorf("the method is missing")
	}
	x.method = Method(words[0].plain())
	switch x.method {
	case Trust, SCRAM, Reject:
	case Cert:
		if x.kind != "hostssl" {
			return fmt.Errorf("cert needs hostssl")
		}
		x.needsClientCert = "verify-full"
	default:
		return fmt.Errorf("the method %q is not supported; there are trust, scram-sha-256, cert and reject", x.method)
	}
	for _, w := range words[1:] {
		switch w.plain() {
		case "clientcert=verify-ca", "clientcert=verify-full":
			if x.kind != "hostssl" {
				return fmt.Errorf("clientcert needs hostssl")
			}
			if x.method != Cert {
				x.needsClientCert = strings.TrimPrefix(w.plain(), "clientcert=")
			}
		default:
			return fmt.Errorf("the option %q is not supported", w.plain())
		}
	}
	return nil
}
