package auth

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// Certs are the files of a server's TLS certificate, its key, and maybe the authorities whose certificates clients may
// have.
type Certs struct {
	file *watched[*loadedCerts]
}

type loadedCerts struct {
	cert    tls.Certificate
	clients *x509.CertPool // nil: clients have no certificates
}

// LoadCerts reads the files, all PEM; clientCA may be "".
func LoadCerts(cert, key, clientCA string) (*Certs, error) {
	c := &Certs{}
	paths := []string{cert, key}
	if clientCA != "" {
		paths = append(paths, clientCA)
	}
	var err error
	c.file, err = watch(func() (*loadedCerts, error) { return readCerts(cert, key, clientCA) }, paths...)
	return c, err
}

func readCerts(cert, key, clientCA string) (*loadedCerts, error) {
	l := &loadedCerts{}
	var err error
	if l.cert, err = tls.LoadX509KeyPair(cert, key); err != nil {
		return nil, err
	}
	if l.cert.Leaf == nil {
		return nil, errors.New("auth: a certificate without its parsed form")
	}
	if clientCA == "" {
		return l, nil
	}
	b, err := os.ReadFile(clientCA)
	if err != nil {
		return nil, err
	}
	l.clients = x509.NewCertPool()
	if !l.clients.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s: no certificates in it", clientCA)
	}
	return l, nil
}

// Config returns the TLS configuration of a connection and the data that binds SCRAM to it. The error says that the
// files have changed and are not read; the rest is as before then.
func (c *Certs) Config() (cfg *tls.Config, binding []byte, err error) {
	l, err := c.file.get()
	cfg = &tls.Config{Certificates: []tls.Certificate{l.cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"postgresql"},
		SessionTicketsDisabled: true}
	if l.clients != nil {
		cfg.ClientCAs, cfg.ClientAuth = l.clients, tls.VerifyClientCertIfGiven
	}
	return cfg, endPoint(l.cert.Leaf), err
}

// endPoint is the channel binding tls-server-end-point of RFC 5929: the certificate's hash by the function of its
// signature, but SHA-256 where that is weaker or none.
func endPoint(cert *x509.Certificate) []byte {
	switch cert.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		h := sha512.Sum384(cert.Raw)
		return h[:]
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		h := sha512.Sum512(cert.Raw)
		return h[:]
	}
	h := sha256.Sum256(cert.Raw)
	return h[:]
}
