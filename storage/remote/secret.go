package remote

import "strings"

// Secret is how to get at the files below a URL.
type Secret struct {
	Name    string
	Scope   string // a URL in front of those that it is for; "" is all of its type
	Type    string // s3, gcs, azure or http
	ID, Key string // in Azure the name of the account and its key
	Token   string // of a session in S3, a bearer's in HTTP, a shared access signature in Azure
	// Connection is Azure's connection string, which says all of this.
	Connection string
	Region     string
	Endpoint   string // host:port or a URL
	Plain      bool   // without TLS
	PathStyle  bool   // bucket in the path, not in the host
}

// SetSecret adds a secret, or replaces the one with its name.
func (s *Store) SetSecret(x Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.secrets {
		if s.secrets[i].Name == x.Name {
			s.secrets[i] = x
			return
		}
	}
	s.secrets = append(s.secrets, x)
}

// DropSecret removes a secret, and reports whether there was one.
func (s *Store) DropSecret(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.secrets {
		if s.secrets[i].Name == name {
			s.secrets = append(s.secrets[:i], s.secrets[i+1:]...)
			return true
		}
	}
	return false
}

// Secrets returns the secrets, without what is secret.
func (s *Store) Secrets() []Secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := append([]Secret(nil), s.secrets...)
	for i := range out {
		out[i].ID, out[i].Key, out[i].Token, out[i].Connection = "", "", "", ""
	}
	return out
}

// secret returns the secret for a URL, the one with the longest scope; nil if there is none.
func (s *Store) secret(url string) *Secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	var best *Secret
	for i := range s.secrets {
		x := &s.secrets[i]
		if x.fits(url) && (best == nil || len(x.Scope) > len(best.Scope)) {
			best = x
		}
	}
	if best == nil {
		return nil
	}
	c := *best
	return &c
}

func (x *Secret) fits(url string) bool {
	if x.Scope != "" {
		return strings.HasPrefix(url, x.Scope)
	}
	scheme, _, _ := strings.Cut(strings.ToLower(url), "://")
	switch x.Type {
	case "http":
		return scheme == "http" || scheme == "https"
	case "azure":
		return scheme == "az" || scheme == "azure" || scheme == "abfs" || scheme == "abfss"
	case "gcs":
		return scheme == "gs" || scheme == "gcs"
	}
	return scheme == "s3" || scheme == "s3a" || scheme == "r2"
}
