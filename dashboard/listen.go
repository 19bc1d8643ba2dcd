package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// DefaultAddr is where the dashboard is looked for.
const DefaultAddr = "127.0.0.1:8787"

// Listen listens on an address, which must be a loopback one.
func Listen(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	refused := fmt.Errorf("will not show the dashboard on %s: it has no authentication yet, so only a loopback address such as %s is safe", addr, DefaultAddr)
	if !loopback(host) {
		return nil, refused
	}
	l, err := net.Listen("tcp", addr)
	if err == nil && !loopback(l.Addr().String()) { // localhost is what the machine says it is
		l.Close()
		return nil, refused
	}
	return l, err
}

// Serve answers the connections of a listener until ctx is done.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(io.Discard, "", 0)}
	defer context.AfterFunc(ctx, func() { h.Close() })()
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
