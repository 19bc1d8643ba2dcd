package main

import (
	"context"
	"fmt"
	"io"
	"net"

	"gsql"
	"gsql/dashboard"
)

// dashboardOff is the address of no dashboard.
const dashboardOff = "off"

// serveDashboard shows the dashboard of a DB until ctx is done, in a goroutine of its own.
func serveDashboard(ctx context.Context, l net.Listener, db *gsql.DB, connections func() int) {
	s := &dashboard.Server{DB: db, Connections: connections}
	go func() { _ = s.Serve(ctx, l) }()
}

// listenDashboard listens at the address of a server's dashboard; nil is none. An address that nobody asked for may
// be taken, which is worth a warning.
func listenDashboard(addr string, asked bool, stderr io.Writer) (net.Listener, error) {
	if addr == dashboardOff {
		return nil, nil
	}
	l, err := dashboard.Listen(addr)
	if err != nil && !asked {
		fmt.Fprintf(stderr, "WARNING:  no dashboard: %v\nHINT:  Choose another address with --dashboard, or turn it off with --dashboard off.\n", err)
		return nil, nil
	}
	return l, err
}

// listenOnce listens at the address of a one-shot run's dashboard: any free port when the default one is taken, as it
// is beside a server.
func listenOnce(addr string) (net.Listener, error) {
	l, err := dashboard.Listen(addr)
	if err != nil && addr == dashboard.DefaultAddr {
		return dashboard.Listen("127.0.0.1:0")
	}
	return l, err
}
