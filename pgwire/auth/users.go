package auth

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"
)

// Users are the users of a file with one line for each, "name" "secret", where the secret is what PostgreSQL keeps of a
// password: SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey. Quotes in names are doubled; lines that begin with # do
// not count. Other programs know the form as PgBouncer's.
type Users struct {
	file *watched[map[string]scram.StoredCredentials]
	// mock makes the salt of users that are not there, which is always the same for a name, so that nobody can tell.
	mock []byte
}

// iterations is how often a new secret is hashed, and how often at least all of them are.
const iterations = 4096

// LoadUsers reads a file of users.
func LoadUsers(path string) (*Users, error) {
	u := &Users{mock: make([]byte, sha256.Size)}
	_, _ = rand.Read(u.mock) // never fails
	var err error
	u.file, err = watch(func() (map[string]scram.StoredCredentials, error) { return readUsers(path) }, path)
	return u, err
}

// lookup returns what a user's password is checked with; for one that is not there, something that none fits. The error
// says that the file has changed and is not read.
func (u *Users) lookup(name string) (scram.StoredCredentials, error) {
	users, err := u.file.get()
	if c, ok := users[name]; ok {
		return c, err
	}
	return u.nobody(name), err
}

// nobody returns credentials that no password fits, with a salt that depends on the name and a secret of this process.
func (u *Users) nobody(name string) scram.StoredCredentials {
	salt := sum(u.mock, "salt", name)[:16]
	return scram.StoredCredentials{KeyFactors: scram.KeyFactors{Salt: string(salt), Iters: iterations},
		StoredKey: sum(u.mock, "stored", name), ServerKey: sum(u.mock, "server", name)}
}

func sum(key []byte, what, name string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(what + "\x00" + name))
	return h.Sum(nil)
}

func readUsers(path string) (map[string]scram.StoredCredentials, error) {
	secrets, err := readSecrets(path)
	if err != nil {
		return nil, err
	}
	users := map[string]scram.StoredCredentials{}
	for name, secret := range secrets {
		if users[name], err = ParseSecret(secret); err != nil {
			return nil, fmt.Errorf("%s: user %q: %w", path, name, err)
		}
	}
	return users, nil
}

// readSecrets reads the names and secrets of a file as they are.
func readSecrets(path string) (map[string]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	secrets := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		name, rest, ok := quoted(line)
		secret, rest2, ok2 := quoted(strings.TrimSpace(rest))
		if !ok || !ok2 || rest2 != "" && rest2[0] != ' ' {
			return nil, fmt.Errorf("%s, line %d: want \"name\" \"secret\"", path, n)
		}
		if _, twice := secrets[name]; twice {
			return nil, fmt.Errorf("%s, line %d: user %q is there twice", path, n, name)
		}
		secrets[name] = secret
	}
	return secrets, lines.Err()
}

// quoted takes a text in double quotes from the front of a line.
func quoted(s string) (text, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != '"':
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == '"':
			b.WriteByte('"')
			i++
		default:
			return b.String(), s[i+1:], true
		}
	}
	return "", s, false
}

// NewSecret returns the secret of a password with a salt of its own.
func NewSecret(password string) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	c, err := scram.SHA256.NewClient("", password, "")
	if err != nil { // no text in the sense of SASLprep: the bytes count, as in PostgreSQL
		if c, err = scram.SHA256.NewClientUnprepped("", password, ""); err != nil {
			return "", err
		}
	}
	keys, err := c.GetStoredCredentialsWithError(scram.KeyFactors{Salt: string(salt), Iters: iterations})
	if err != nil {
		return "", err
	}
	enc := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", keys.Iters, enc(salt), enc(keys.StoredKey), enc(keys.ServerKey)), nil
}

// ParseSecret reads a secret.
func ParseSecret(s string) (c scram.StoredCredentials, err error) {
	bad := errors.New("want a secret SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, as gsql passwd makes it")
	parts := strings.Split(s, "$")
	if len(parts) != 3 || parts[0] != "SCRAM-SHA-256" {
		return c, bad
	}
	iters, salt, ok := strings.Cut(parts[1], ":")
	stored, server, ok2 := strings.Cut(parts[2], ":")
	if !ok || !ok2 {
		return c, bad
	}
	if c.Iters, err = strconv.Atoi(iters); err != nil || c.Iters < iterations {
		return c, fmt.Errorf("%s iterations are too few: %d is the least", iters, iterations)
	}
	rawSalt, err := base64.StdEncoding.DecodeString(salt)
	if err != nil || len(rawSalt) == 0 {
		return c, bad
	}
	c.Salt = string(rawSalt)
	if c.StoredKey, err = base64.StdEncoding.DecodeString(stored); err != nil || len(c.StoredKey) != sha256.Size {
		return c, bad
	}
	if c.ServerKey, err = base64.StdEncoding.DecodeString(server); err != nil || len(c.ServerKey) != sha256.Size {
		return c, bad
	}
	return c, nil
}

// SetUser writes a user with a secret into a file, which need not be there yet; "" removes the user. The file can be
// read by its owner alone.
func SetUser(path, name, secret string) error {
	secrets, err := readSecrets(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if secrets == nil {
		secrets = map[string]string{}
	}
	if strings.ContainsAny(name, "\n\r\x00") || name == "" {
		return fmt.Errorf("%q cannot be a user's name", name)
	}
	if _, ok := secrets[name]; secret == "" && !ok {
		return fmt.Errorf("there is no user %q in %s", name, path)
	}
	secrets[name] = secret
	if secret == "" {
		delete(secrets, name)
	}
	var b bytes.Buffer
	for _, n := range slices.Sorted(maps.Keys(secrets)) {
		fmt.Fprintf(&b, "\"%s\" \"%s\"\n", strings.ReplaceAll(n, `"`, `""`), secrets[n])
	}
	return replaceFile(path, b.Bytes())
}

// replaceFile writes a file at once: readers see the old one or the new one.
func replaceFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".users-*") // has mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
