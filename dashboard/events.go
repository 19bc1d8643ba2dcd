package dashboard

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

const (
	// interval is the time between two events of a stream.
	interval = 500 * time.Millisecond
	// maxStreams bounds how many pages are open at once.
	maxStreams = 32
	// slowest is how long a client may take for an event before it is dropped.
	slowest = 5 * time.Second
)

// events sends server-sent events until the client leaves: "status" every interval, and "query" about the query that
// the request names, whenever something of it has changed.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	var id int64
	if q := r.URL.Query().Get("query"); q != "" {
		var err error
		if id, err = strconv.ParseInt(q, 10, 64); err != nil {
			fail(w, http.StatusBadRequest, "the query is named by its number")
			return
		}
	}
	if r.Method != http.MethodGet {
		return
	}
	if !s.enter() {
		fail(w, http.StatusServiceUnavailable, "too many pages show the dashboard already")
		return
	}
	defer s.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var sent []byte
	for {
		_ = out.SetWriteDeadline(time.Now().Add(slowest)) // a writer that has none is nobody's connection
		ok := send(w, "status", s.sampleStatus())
		if id > 0 && ok {
			b := s.sampleQuery(id)
			if b == nil {
				b = []byte("null")
			}
			if !bytes.Equal(b, sent) {
				ok = send(w, "query", b)
				sent = b
			}
		}
		if !ok || out.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// send writes an event, and reports whether it could. data has no line ends.
func send(w http.ResponseWriter, event string, data []byte) bool {
	_, err := w.Write(append(append([]byte("event: "+event+"\ndata: "), data...), "\n\n"...))
	return err == nil
}

func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams >= maxStreams {
		return false
	}
	s.streams++
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streams--
}
