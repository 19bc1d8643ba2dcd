// Package dashboard shows what a gsql.DB does in a browser: its queries, and of each the stages, tasks and
// operators with what they have done so far. It is one page of static files that listens to a stream of events,
// whose numbers come from the counters that queries keep anyway.
//
//	http.Handle("/gsql/", http.StripPrefix("/gsql", &dashboard.Server{DB: db}))
//
// There is no authentication yet, so only the machine itself is answered. Other pages in the same browser are kept out,
// too: requests must name a loopback host (a foreign name that resolves to this machine is an attack) and must not come
// from another site, and whoever cancels a query must know a token that only the page has.
package dashboard

import (
	"crypto/rand"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"html"
	"net"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"gsql"
)

// Server is the dashboard of a DB. Its fields must be set before it is used.
type Server struct {
	DB          *gsql.DB
	Connections func() int // the number of clients that are connected; nil: not shown

	once  sync.Once
	mux   *http.ServeMux
	token string // without which no query is cancelled

	mu      sync.Mutex
	streams int
	status  sample
	details map[int64]sample
}

//go:embed static
var static embed.FS

// contentTypes are the kinds of static files. They are not left to the machine's own list, which may be wrong.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// contentPolicy allows the page its own files and nothing else.
const contentPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// tokenHeader is where a cancel request has the token. Another site's page cannot even send such a header without being
// allowed to, which it never is.
const tokenHeader = "X-Gsql-Token"

func (s *Server) start() {
	s.token, s.details = rand.Text(), map[int64]sample{}
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("GET /{$}", s.page)
	s.mux.HandleFunc("GET /{file}", s.file)
	s.mux.HandleFunc("GET /events", s.events)
	s.mux.HandleFunc("GET /api/status", s.apiStatus)
	s.mux.HandleFunc("GET /api/queries/{id}", s.apiQuery)
	s.mux.HandleFunc("POST /api/queries/{id}/cancel", s.apiCancel)
}

// ServeHTTP answers requests for the page, its files, the stream of events, and the same data once.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.once.Do(s.start)
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if why := refusal(r); why != "" {
		fail(w, http.StatusForbidden, why)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<10)
	s.mux.ServeHTTP(w, r)
}

// refusal returns why a request is not answered, "" when it is.
func refusal(r *http.Request) string {
	if !loopback(r.RemoteAddr) {
		return "the dashboard has no authentication yet, so it answers only to the machine it runs on"
	}
	if !loopback(r.Host) {
		return "the dashboard answers only under a loopback name such as localhost or 127.0.0.1"
	}
	if o := r.Header.Get("Origin"); o != "" && o != "http://"+r.Host && o != "https://"+r.Host {
		return "the dashboard does not answer to pages of other origins"
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return ""
	}
	if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" {
		return "" // a link to the page
	}
	return "the dashboard does not answer to pages of other sites"
}

// loopback reports whether a host, with or without a port, is this machine by a name that nobody else can give.
func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

func fail(w http.ResponseWriter, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": message})
}

func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	b, err := static.ReadFile("static/index.html")
	if err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	text := strings.NewReplacer("{{token}}", html.EscapeString(s.token), "{{version}}", html.EscapeString(gsql.Version)).Replace(string(b))
	_, _ = w.Write([]byte(text))
}

func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	b, err := static.ReadFile("static/" + name)
	kind := contentTypes[path.Ext(name)]
	if err != nil || kind == "" {
		fail(w, http.StatusNotFound, "there is no such file")
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(b)
}

func (s *Server) apiStatus(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.sampleStatus())
}

func (s *Server) apiQuery(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	b := s.sampleQuery(id)
	if err != nil || b == nil {
		fail(w, http.StatusNotFound, "there is no such query, or it is too long ago")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b)
}

func (s *Server) apiCancel(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get(tokenHeader)), []byte(s.token)) != 1 {
		fail(w, http.StatusForbidden, "the request does not have the page's token; reload the page")
		return
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || !s.DB.Cancel(id) {
		fail(w, http.StatusNotFound, "there is no such query, or it has ended")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{\"cancelled\":true}\n"))
}
