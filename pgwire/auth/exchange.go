package auth

import (
	"errors"
	"strings"

	"github.com/xdg-go/scram"
)

// Mechanisms of SASL.
const (
	mechanism     = "SCRAM-SHA-256"
	mechanismPlus = "SCRAM-SHA-256-PLUS" // bound to the TLS connection
)

// Exchange is the server's side of a SCRAM exchange with one client.
type Exchange struct {
	conversation *scram.ServerConversation
	bound        bool // PLUS is offered
	changed      error
}

// ErrMalformed is an answer of a client that is none.
var ErrMalformed = errors.New("malformed SCRAM message")

// Begin begins an exchange with one who says to be a user. binding is of the TLS connection, nil without one.
func (u *Users) Begin(user string, binding []byte) (*Exchange, error) {
	x := &Exchange{bound: binding != nil}
	server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) { // the name in the message does not count
		c, err := u.lookup(user)
		x.changed = err
		return c, nil
	})
	if err != nil {
		return nil, err
	}
	if x.conversation = server.NewConversation(); x.bound {
		x.conversation = server.NewConversationWithChannelBinding(scram.ChannelBinding{Type: scram.ChannelBindingTLSServerEndpoint, Data: binding})
	}
	return x, nil
}

// Mechanisms are the names that are offered.
func (x *Exchange) Mechanisms() []string {
	if x.bound {
		return []string{mechanismPlus, mechanism}
	}
	return []string{mechanism}
}

// First answers the client's first message, which chooses a mechanism.
func (x *Exchange) First(chosen string, message []byte) ([]byte, error) {
	binds := strings.HasPrefix(string(message), "p=")
	if chosen != mechanism && !(chosen == mechanismPlus && x.bound) || binds != (chosen == mechanismPlus) {
		return nil, ErrMalformed
	}
	answer, err := x.conversation.Step(string(message))
	if err != nil {
		return nil, ErrMalformed
	}
	return []byte(answer), nil
}

// Final answers the client's last message. ok is false when the password is wrong.
func (x *Exchange) Final(message []byte) (answer []byte, ok bool, err error) {
	out, err := x.conversation.Step(string(message))
	switch {
	case x.conversation.Valid():
		return []byte(out), true, nil
	case err != nil && out != scram.ErrInvalidProof:
		return nil, false, ErrMalformed
	}
	return nil, false, nil
}

// Changed tells that the file of users has changed and cannot be read, so what it said before counts.
func (x *Exchange) Changed() error { return x.changed }
