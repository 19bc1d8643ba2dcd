package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"gsql"
	"gsql/dashboard"
	"gsql/pgwire"
	"gsql/pgwire/auth"
)

const serveUsage = `gsql serve makes a folder a PostgreSQL server: each data file, and each folder of data files, is a table.

Usage:
  gsql serve [DIR] [flags]

Examples:
  gsql serve data
  psql -h 127.0.0.1 -c 'SELECT * FROM sales LIMIT 5'
  gsql serve data --listen 127.0.0.1:6000 --allow-path /mnt/archive
  gsql serve data --allow-write=data/results

  gsql passwd users ann          # asks for a password
  gsql serve data --listen :5432 --users users --tls-cert server.crt --tls-key server.key

Clients may read files in DIR and below the paths of --allow-path, and no others. They may write none, unless there is
--allow-write: then COPY ... TO and INSERT write below DIR, or with --allow-write=FOLDER below that folder alone.

Without --users and --rules clients of this machine connect without a password, and no others can. With --users all
need one. --rules names a file of lines as in PostgreSQL's pg_hba.conf, of which the first that fits a client counts:

  # TYPE   DATABASE  USER  ADDRESS      METHOD: trust, scram-sha-256, cert or reject
  host     all       all   localhost    trust
  hostssl  all       all   10.0.0.0/8   scram-sha-256
  hostssl  all       ann   all          cert

Flags:
`

// serveOptions are the flags of gsql serve.
type serveOptions struct {
	cfg                    gsql.Config
	listen, board, metrics string
	users, rules           string
	cert, key, clientCA    string
	insecure, verbose      bool
	logFormat              string
	maxConns               int
	slow, startup, grace   time.Duration
	settings               []string
	write                  []string // folders, servedFolder being that of DIR
}

// servedFolder stands for DIR, which may be named behind --allow-write.
const servedFolder = "(DIR)"

// allowWriting turns writing on in the folders that were named.
func (o *serveOptions) allowWriting() {
	o.cfg.AllowWrite = len(o.write) > 0
	for _, dir := range o.write {
		if dir == servedFolder {
			dir = o.cfg.Dir
		}
		o.cfg.WritePaths = append(o.cfg.WritePaths, dir)
	}
}

func serveFlags(o *serveOptions) *pflag.FlagSet {
	fs := pflag.NewFlagSet("gsql serve", pflag.ContinueOnError)
	fs.SortFlags = false
	fs.Usage = func() { printUsage(os.Stdout, serveUsage, fs) }
	fs.StringVar(&o.listen, "listen", "127.0.0.1:5432", "`address` to listen on")
	fs.StringArrayVar(&o.cfg.AllowPaths, "allow-path", nil, "`folder` beside DIR that clients may read, too; may be repeated")
	fs.StringArrayVar(&o.write, "allow-write", nil, "`folder` that clients may write in, DIR if none is named; may be repeated")
	fs.Lookup("allow-write").NoOptDefVal = servedFolder
	fs.StringVar(&o.users, "users", "", "`file` of users with their passwords, which gsql passwd writes")
	fs.StringVar(&o.rules, "rules", "", "`file` of who may connect, and how they prove who they are")
	fs.StringVar(&o.cert, "tls-cert", "", "`file` of the certificate for TLS, read again when it changes")
	fs.StringVar(&o.key, "tls-key", "", "`file` of the certificate's key")
	fs.StringVar(&o.clientCA, "tls-client-ca", "", "`file` of the authorities of clients' certificates")
	fs.BoolVar(&o.insecure, "insecure", false, "let clients of other machines connect without proving who they are")
	fs.StringVar(&o.board, "dashboard", dashboard.DefaultAddr, "`address` of the page that shows running queries, loopback only; off turns it off")
	fs.StringVar(&o.metrics, "metrics", "", "`address` at which Prometheus gets metrics over HTTP, at /metrics")
	fs.IntVar(&o.maxConns, "max-connections", 200, "`number` of connections at most")
	fs.StringArrayVar(&o.settings, "set", nil, "`name=value` of a setting that sessions begin with, such as statement_timeout=1min; may be repeated")
	fs.DurationVar(&o.startup, "startup-timeout", 30*time.Second, "`time` that clients have until their session begins")
	fs.DurationVar(&o.grace, "grace", 3*time.Second, "`time` that queries have to end when the server is stopped")
	fs.DurationVar(&o.slow, "log-slow", 0, "log statements that take this `time` or longer; 0 logs none")
	fs.StringVar(&o.logFormat, "log-format", "text", "`format` of the log: text or json")
	fs.BoolVarP(&o.verbose, "verbose", "v", false, "log connections and failed statements")
	addConfigFlags(fs, &o.cfg)
	return fs
}

// serve runs the server until it is told to stop, and returns the exit status.
func serve(args []string) int {
	o := &serveOptions{cfg: gsql.Config{Restrict: true, Dir: "."}}
	fs := serveFlags(o)
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
		o.cfg.Dir = fs.Arg(0)
	}
	o.allowWriting()
	s, err := o.server()
	var board net.Listener
	if err == nil {
		board, err = listenDashboard(o.board, fs.Changed("dashboard"), os.Stderr)
	}
	if err == nil {
		err = o.run(s, board)
	}
	if err != nil {
		printError(os.Stderr, "", err)
		return 1
	}
	return 0
}

// server returns the server that the flags describe, without its DB. It is an error if anybody could connect from
// elsewhere without proving who they are.
func (o *serveOptions) server() (*pgwire.Server, error) {
	s := &pgwire.Server{MaxConnections: o.maxConns, SlowStatement: o.slow, StartupTimeout: o.startup, Grace: o.grace, Defaults: map[string]string{}}
	for _, set := range o.settings {
		name, value, ok := strings.Cut(set, "=")
		if !ok {
			return nil, fmt.Errorf("--set %s: want name=value", set)
		}
		s.Defaults[name] = value
	}
	var err error
	if s.Log, err = o.log(); err != nil {
		return nil, err
	}
	if (o.cert == "") != (o.key == "") || o.clientCA != "" && o.cert == "" {
		return nil, errors.New("TLS needs --tls-cert and --tls-key")
	}
	if o.cert != "" {
		if s.TLS, err = auth.LoadCerts(o.cert, o.key, o.clientCA); err != nil {
			return nil, err
		}
	}
	if o.users != "" {
		if s.Users, err = auth.LoadUsers(o.users); err != nil {
			return nil, err
		}
	}
	if s.Rules, err = o.accessRules(); err != nil {
		return nil, err
	}
	return s, o.checkAccess(s)
}

func (o *serveOptions) accessRules() (*auth.Rules, error) {
	switch {
	case o.rules != "":
		return auth.LoadRules(o.rules)
	case o.users != "":
		return auth.Passwords(), nil
	case o.insecure:
		return auth.TrustAll(), nil
	}
	return auth.TrustLoopback(), nil
}

// checkAccess refuses what would let strangers in, and what nobody could get in with.
func (o *serveOptions) checkAccess(s *pgwire.Server) error {
	switch local, err := isLoopback(o.listen); {
	case err != nil:
		return err
	case !local && !o.insecure && o.users == "" && o.rules == "":
		return fmt.Errorf("will not listen on %s: clients of other machines need --users or --rules to prove who they are. With --insecure everybody who reaches the address reads the files", o.listen)
	case !local && !o.insecure && s.Rules.TrustsOthers():
		return fmt.Errorf("will not listen on %s: a rule of %s trusts clients of other machines. --insecure allows it", o.listen, o.rules)
	case !local && s.TLS == nil:
		s.Log.Warn("connections from other machines are not encrypted without --tls-cert and --tls-key")
	}
	if s.Users == nil && s.Rules.Uses(auth.SCRAM) {
		return fmt.Errorf("%s asks for passwords: --users names the file that has them", o.rules)
	}
	if s.Rules.Uses(auth.Cert) && o.clientCA == "" {
		return fmt.Errorf("%s asks for certificates: --tls-client-ca names the file of the authorities that issue them", o.rules)
	}
	return nil
}

// isLoopback reports whether only this machine reaches an address.
func isLoopback(listen string) (bool, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false, err
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}

func (o *serveOptions) log() (*slog.Logger, error) {
	opts := &slog.HandlerOptions{Level: slog.LevelWarn}
	if o.verbose {
		opts.Level = slog.LevelInfo
	}
	switch o.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(os.Stderr, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, opts)), nil
	}
	return nil, fmt.Errorf("--log-format %s: want text or json", o.logFormat)
}

// run serves clients and, unless board is nil, the dashboard.
func (o *serveOptions) run(s *pgwire.Server, board net.Listener) error {
	if board != nil {
		defer board.Close()
	}
	db, err := gsql.Open(o.cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := checkSettings(db, s.Defaults); err != nil {
		return err
	}
	db.LimitGoHeap(os.Getenv)
	if err := db.RunStartup(context.Background()); err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	s.DB = db
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.metrics != "" {
		if err := serveMetrics(ctx, o.metrics, s); err != nil {
			l.Close()
			return err
		}
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	if board != nil {
		serveDashboard(ctx, board, db, s.Connections)
		fmt.Fprintf(os.Stderr, "dashboard: http://%s/\n", board.Addr())
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	tables, _ := db.Tables()
	fmt.Fprintf(os.Stderr, "serving %s with %d tables: psql -h %s -p %s\n", o.cfg.Dir, len(tables), host, port)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		stop() // a second signal ends the process at once
		shutdown, cancel := context.WithTimeout(context.Background(), o.grace+5*time.Second)
		defer cancel()
		return s.Close(shutdown)
	}
}

// checkSettings fails for settings that no session could begin with.
func checkSettings(db *gsql.DB, settings map[string]string) error {
	session := db.Session()
	defer session.Close()
	for name, value := range settings {
		if err := session.SetDefault(name, value); err != nil {
			return fmt.Errorf("--set %s: %w", name, err)
		}
	}
	return nil
}

// serveMetrics answers Prometheus until ctx is done.
func serveMetrics(ctx context.Context, addr string, s *pgwire.Server) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.Metrics())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	context.AfterFunc(ctx, func() { server.Close() })
	go func() { _ = server.Serve(l) }()
	return nil
}
