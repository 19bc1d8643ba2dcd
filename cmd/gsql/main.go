// Command gsql queries files with SQL and serves folders to PostgreSQL's clients. See gsql --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"gsql"
	"gsql/dashboard"
	"gsql/exec/sqlstate"
)

const usage = `gsql queries folders of CSV, JSON, Parquet and other files with PostgreSQL's SQL.

Usage:
  gsql [flags] -c 'SELECT ...'     run statements and print the results
  gsql [flags] -f FILE             run the statements of a file
  gsql [flags] < FILE              the same from standard input
  gsql serve [DIR] [flags]         serve a folder to psql and other PostgreSQL clients
  gsql passwd FILE USER            set the password of a user of the server

Examples:
  gsql -c "SELECT * FROM 'sales/*.csv' LIMIT 5"
  gsql -c "SELECT city, avg(price) FROM 'sales.parquet' GROUP BY city ORDER BY 2 DESC"
  gsql -c "SELECT count(*) FROM 's3://bucket/logs/*.json.gz'"
  gsql -c "COPY (SELECT * FROM 'logs/*.csv') TO 'logs.parquet'"
  gsql -c "COPY sales TO 'by-year/' (FORMAT parquet, PARTITION_BY (year), OVERWRITE)" -C data
  gsql -C data --csv -c 'SELECT * FROM sales WHERE year = 2024' > sales-2024.csv
  gsql -c "EXPLAIN ANALYZE SELECT count(*) FROM 'logs/**/*.ndjson'"
  gsql --profile profile.html -c "SELECT count(*) FROM 'logs/**/*.ndjson'"
  gsql serve data        # and then elsewhere: psql -h 127.0.0.1
  gsql --dashboard -c "SELECT count(*) FROM 'logs/**/*.ndjson'"

Flags:
`

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(serve(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "passwd" {
		os.Exit(passwd(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan int, 1)
	go func() { done <- oneShot(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr) }()
	select {
	case code := <-done:
		os.Exit(code)
	case sig := <-signals:
		cancel()
		select {
		case <-done: // which has told of it
		case <-signals:
		case <-time.After(patience):
			fmt.Fprintln(os.Stderr, "ERROR: ", "canceling statement due to user request")
		}
		if sig == syscall.SIGTERM {
			os.Exit(128 + int(syscall.SIGTERM))
		}
		os.Exit(128 + int(syscall.SIGINT))
	}
}

// patience is how long an interrupted query may take to end. The end of the process frees what it holds in any case.
const patience = 50 * time.Millisecond

// options are the flags of a one-shot run.
type options struct {
	commands []string
	files    []string
	cfg      gsql.Config
	format   format
	profile  string

	dashboard string // its address; "": none
}

// parseFlags reads the command line. The flags are psql's where psql has one.
func parseFlags(args []string, stdin io.Reader, out io.Writer) (*options, error) {
	o := &options{format: format{kind: "aligned"}}
	fs := pflag.NewFlagSet("gsql", pflag.ContinueOnError)
	fs.SetOutput(out)
	fs.SortFlags = false
	fs.Usage = func() { printUsage(out, usage, fs) }
	csv, json, unaligned := false, false, false
	fs.StringArrayVarP(&o.commands, "command", "c", nil, "run the SQL statements in this `text`")
	fs.StringArrayVarP(&o.files, "file", "f", nil, "run the SQL statements in this `file`; - is standard input")
	fs.StringVarP(&o.cfg.Dir, "directory", "C", "", "`folder` whose files and folders are tables, and where paths start")
	fs.BoolVar(&csv, "csv", false, "print results as CSV")
	fs.BoolVar(&json, "json", false, "print results as a JSON array with one object a line")
	fs.BoolVarP(&unaligned, "no-align", "A", false, "print results without aligning columns")
	fs.BoolVarP(&o.format.tuplesOnly, "tuples-only", "t", false, "print rows only, without header and footer")
	fs.BoolVarP(&o.format.expanded, "expanded", "x", false, "print one value a line")
	fs.StringVarP(&o.format.separator, "field-separator", "F", "|", "`text` between the columns with -A")
	fs.BoolVarP(&o.format.quiet, "quiet", "q", false, "print results only, not the names of commands")
	fs.StringVar(&o.format.null, "null", "", "`text` for NULL")
	fs.StringVar(&o.profile, "profile", "", "write what the queries did into this `file`, a page for a browser")
	addConfigFlags(fs, &o.cfg)
	fs.StringVar(&o.dashboard, "dashboard", "", "show the queries in a browser while they run, at this loopback `address`")
	fs.Lookup("dashboard").NoOptDefVal = dashboard.DefaultAddr
	version := fs.Bool("version", false, "print the version")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if *version {
		fmt.Fprintln(out, "gsql", gsql.Version)
		return nil, pflag.ErrHelp
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q; SQL goes behind -c", fs.Arg(0))
	}
	if len(args) == 0 && isTerminal(stdin) {
		fs.Usage()
		return nil, pflag.ErrHelp
	}
	for kind, set := range map[string]bool{"csv": csv, "json": json, "unaligned": unaligned} {
		if set {
			o.format.kind = kind
		}
	}
	if csv && json {
		return nil, errors.New("--csv and --json exclude each other")
	}
	return o, nil
}

// printUsage prints a text and the flags.
func printUsage(out io.Writer, text string, fs *pflag.FlagSet) {
	fmt.Fprint(out, text)
	var heads, texts []string
	width := 0
	fs.VisitAll(func(f *pflag.Flag) {
		name, text := pflag.UnquoteUsage(f)
		head := "      --" + f.Name
		if f.Shorthand != "" {
			head = "  -" + f.Shorthand + ", --" + f.Name
		}
		switch {
		case name == "" || f.Value.Type() == "bool":
		case f.NoOptDefVal != "":
			head += "[=" + strings.ToUpper(name) + "]"
		default:
			head += " " + strings.ToUpper(name)
		}
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" && f.DefValue != "[]" {
			text += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		heads, texts = append(heads, head), append(texts, text)
		width = max(width, len(head))
	})
	for i, head := range heads {
		fmt.Fprintf(out, "%-*s   %s\n", width, head, texts[i])
	}
}

// isTerminal reports whether somebody would have to type the input.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	if err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(st, null)
}

// addConfigFlags adds what one-shot runs and the server share.
func addConfigFlags(fs *pflag.FlagSet, cfg *gsql.Config) {
	fs.IntVar(&cfg.Partitions, "partitions", 0, "`number` of partitions that a query works on at once (default one per core)")
	fs.IntVar(&cfg.Workers, "workers", 0, "`number` of tasks of all queries that run at once (default one per core)")
	fs.Var((*byteSize)(&cfg.MemoryLimit), "memory", "memory that queries may take, in `bytes` or such as 2GB; the rest goes to disk (default 80 % of the memory)")
	fs.StringVar(&cfg.TempDir, "temp-dir", "", "`folder` for what does not fit in memory (default the system's for temporary files)")
	fs.Var((*byteSize)(&cfg.TempLimit), "temp-limit", "what may lie there at a time, in `bytes` or such as 100GB (default 90 % of what is free)")
	fs.StringVar(&cfg.TimeZone, "timezone", "UTC", "time `zone` of the session")
}

// oneShot runs the statements of the command line, of files or of standard input, and returns the exit status:
// 1 when a statement failed, 2 for a wrong command line.
func oneShot(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stdin, stdout)
	if errors.Is(err, pflag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "gsql: %v\nTry gsql --help.\n", err)
		return 2
	}
	o.cfg.AllowWrite = true
	db, err := gsql.Open(o.cfg)
	if err != nil {
		printError(stderr, "", err)
		return 1
	}
	defer db.Close()
	db.LimitGoHeap(os.Getenv)
	if err := db.RunStartup(ctx); err != nil {
		printError(stderr, "", err)
		return 1
	}
	if o.dashboard != "" && o.dashboard != dashboardOff {
		l, err := listenOnce(o.dashboard)
		if err != nil {
			printError(stderr, "", err)
			return 1
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		serveDashboard(ctx, l, db, nil)
		fmt.Fprintf(stderr, "dashboard: http://%s/\n", l.Addr())
	}
	texts, err := o.texts(stdin)
	if err != nil {
		fmt.Fprintln(stderr, "gsql:", err)
		return 1
	}
	s := db.Session()
	defer s.Close()
	r := &run{session: s, format: o.format, out: stdout, err: stderr, watch: isTerminal(stderr) && !o.format.quiet}
	if len(o.commands) > 0 && !slices.Contains(o.files, "-") {
		r.in = stdin
	}
	if o.profile != "" {
		r.profile = &profilePage{}
	}
	s.OnNotice(func(severity string, n *sqlstate.Error) {
		r.progress.end()
		printMessage(stderr, severity, "", n)
	})
	code := runAll(ctx, r, texts)
	if o.profile != "" {
		if err := r.profile.write(o.profile); err != nil {
			fmt.Fprintln(stderr, "gsql:", err)
			return 1
		}
	}
	return code
}

// runAll runs texts up to the first error and returns the exit status.
func runAll(ctx context.Context, r *run, texts []script) int {
	for _, t := range texts {
		if err := r.text(ctx, t); err != nil {
			if errors.Is(err, syscall.EPIPE) { // whoever reads has seen enough
				return 0
			}
			printError(r.err, t.sql, err)
			return 1
		}
	}
	return 0
}

// script is SQL to run. That of the command line is one transaction, as the text of psql -c is.
type script struct {
	sql    string
	atomic bool
}

func (o *options) texts(stdin io.Reader) ([]script, error) {
	var texts []script
	for _, c := range o.commands {
		texts = append(texts, script{c, true})
	}
	files := o.files
	if len(o.commands)+len(o.files) == 0 {
		files = []string{"-"}
	}
	for _, f := range files {
		b, err := readFile(f, stdin)
		if err != nil {
			return nil, err
		}
		texts = append(texts, script{strings.TrimPrefix(string(b), "\uFEFF"), false})
	}
	return texts, nil
}

func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}

// byteSize is a number of bytes on the command line: 512MB, 2GB, 1GiB.
type byteSize int64

func (b *byteSize) Type() string { return "bytes" }

func (b *byteSize) String() string {
	if *b == 0 {
		return ""
	}
	return fmt.Sprint(int64(*b))
}

func (b *byteSize) Set(s string) error {
	var n float64
	var unit string
	if _, err := fmt.Sscanf(strings.ToUpper(s), "%g%s", &n, &unit); err != nil && unit != "" || n < 0 {
		return fmt.Errorf("%q is no size; write 512MB or 2GB", s)
	}
	factor, ok := map[string]float64{"": 1, "B": 1, "K": 1 << 10, "KB": 1 << 10, "KIB": 1 << 10, "M": 1 << 20, "MB": 1 << 20, "MIB": 1 << 20,
		"G": 1 << 30, "GB": 1 << 30, "GIB": 1 << 30, "T": 1 << 40, "TB": 1 << 40, "TIB": 1 << 40}[unit]
	if !ok || n == 0 {
		return fmt.Errorf("%q is no size; write 512MB or 2GB", s)
	}
	*b = byteSize(n * factor)
	return nil
}
