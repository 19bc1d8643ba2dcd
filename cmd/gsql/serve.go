package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"gsql"
	"gsql/dashboard"
	"gsql/pgwire"
)

const serveUsage = `gsql serve makes a folder a PostgreSQL server: each data file, and each folder of data files, is a table.

Usage:
  gsql serve [DIR] [flags]

Examples:
  gsql serve data
  psql -h 127.0.0.1 -c 'SELECT * FROM sales LIMIT 5'
  gsql serve data --listen 127.0.0.1:6000 --allow-path /mnt/archive

Clients may read files in DIR and below the paths of --allow-path, and no others.

Flags:
`

// serve runs the server until it is told to stop, and returns the exit status.
func serve(args []string) int {
	cfg := gsql.Config{Restrict: true, Dir: "."}
	fs := pflag.NewFlagSet("gsql serve", pflag.ContinueOnError)
	fs.SortFlags = false
	fs.Usage = func() { printUsage(os.Stdout, serveUsage, fs) }
	listen := fs.String("listen", "127.0.0.1:5432", "`address` to listen on; loopback only, since clients need no password")
	fs.StringArrayVar(&cfg.AllowPaths, "allow-path", nil, "`folder` beside DIR that clients may read, too; may be repeated")
	board := fs.String("dashboard", dashboard.DefaultAddr, "`address` of the page that shows running queries, loopback only; off turns it off")
	maxConns := fs.Int("max-connections", 200, "`number` of connections at most")
	verbose := fs.BoolP("verbose", "v", false, "log connections and failed statements")
	addConfigFlags(fs, &cfg)
	if err := fs.Parse(args); errors.Is(err, pflag.ErrHelp) {
		return 0
	} else if err != nil {
		fmt.Fprintf(os.Stderr, "gsql serve: %v\nTry gsql serve --help.\n", err)
		return 2
	}
	if fs.NArg() > 1 {
		fmt.Fprintf(os.Stderr, "gsql serve: unexpected argument %q\n", fs.Arg(1))
		return 2
	}
	if fs.NArg() == 1 {
		cfg.Dir = fs.Arg(0)
	}
	l, err := listenDashboard(*board, fs.Changed("dashboard"), os.Stderr)
	if err == nil {
		err = runServer(cfg, *listen, l, *maxConns, *verbose)
	}
	if err != nil {
		printError(os.Stderr, "", err)
		return 1
	}
	return 0
}

// runServer serves clients at an address and, unless board is nil, the dashboard.
func runServer(cfg gsql.Config, listen string, board net.Listener, maxConns int, verbose bool) error {
	if board != nil {
		defer board.Close()
	}
	if err := checkLoopback(listen); err != nil {
		return err
	}
	db, err := gsql.Open(cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	db.LimitGoHeap(os.Getenv)
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelInfo
	}
	s := &pgwire.Server{DB: db, MaxConnections: maxConns, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	if board != nil {
		serveDashboard(ctx, board, db, s.Connections)
		fmt.Fprintf(os.Stderr, "dashboard: http://%s/\n", board.Addr())
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	tables, _ := db.Tables()
	fmt.Fprintf(os.Stderr, "serving %s with %d tables: psql -h %s -p %s\n", cfg.Dir, len(tables), host, port)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		stop() // a second signal ends the process at once
		shutdown, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return s.Close(shutdown)
	}
}

// checkLoopback refuses addresses that other machines could reach: there is no authentication yet.
func checkLoopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return err
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("will not listen on %s: clients need no password, so only a loopback address such as 127.0.0.1:5432 is safe", listen)
}
