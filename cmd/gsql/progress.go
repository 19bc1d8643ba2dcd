package main

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"gsql"
	"gsql/exec/mem"
)

const (
	progressDelay = 500 * time.Millisecond // a query that takes no longer has no line
	progressEvery = 100 * time.Millisecond
	rateWindow    = 2 * time.Second // rates are averages over it
)

// progress is the line on the terminal that tells how far a statement is.
type progress struct {
	query func() (gsql.Query, bool)
	err   io.Writer
	stop  chan struct{}
	done  chan struct{} // closed when the line is gone
}

// startProgress watches a statement of a session and draws on err, a terminal, when it takes long.
func startProgress(s *gsql.Session, err io.Writer) *progress {
	p := &progress{query: s.Current, err: err, stop: make(chan struct{}), done: make(chan struct{})}
	go p.watch()
	return p
}

// end takes the line away; it may be called twice, and on nil, from one goroutine.
func (p *progress) end() {
	if p == nil {
		return
	}
	select {
	case <-p.stop:
	default:
		close(p.stop)
	}
	<-p.done
}

func (p *progress) watch() {
	defer close(p.done)
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	var m pace
	var l *progressLine
	for {
		select {
		case <-p.stop:
			l.remove()
			return
		case now := <-tick.C:
			q, ok := p.query()
			if !ok {
				continue
			}
			m.update(&q, now)
			if q.Duration >= progressDelay {
				if l == nil {
					l = newProgressLine(p.err)
				}
				l.show(&m)
			}
		}
	}
}

// progressLine is a bar with a text behind it.
type progressLine struct {
	bars *mpb.Progress
	bar  *mpb.Bar
	text atomic.Pointer[string]
}

// barSteps is the total of the bar. The bar is taken away when the query ends, not when it is full.
const barSteps = 1000

func newProgressLine(err io.Writer) *progressLine {
	l := &progressLine{bars: mpb.New(mpb.WithOutput(err), mpb.WithRefreshRate(progressEvery))}
	l.text.Store(new(string))
	l.bar = l.bars.New(barSteps, mpb.BarStyle(), mpb.BarWidth(24), mpb.BarFillerTrim(),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return *l.text.Load() })))
	return l
}

func (l *progressLine) show(m *pace) {
	text := m.String()
	l.text.Store(&text)
	l.bar.SetCurrent(min(int64(m.share*barSteps), barSteps-1))
}

func (l *progressLine) remove() {
	if l != nil {
		l.bar.Abort(true)
		l.bars.Wait()
	}
}

// pace makes of what is known of a running query, time and again, what the line says. Its share never falls.
type pace struct {
	id      int64
	share   float64 // of the input, 0 to 1
	rows    float64 // a second
	bytes   float64 // a second
	memory  int64
	spilled int64
	took    time.Duration
	left    time.Duration // 0: not known

	past []moment // of the last rateWindow, and one before
}

// moment is what had been done at a time.
type moment struct {
	at          time.Time
	rows, bytes int64
}

func (m *pace) update(q *gsql.Query, now time.Time) {
	if q.ID != m.id {
		*m = pace{id: q.ID}
	}
	m.share = max(m.share, min(q.Share(), 1))
	m.memory, m.spilled, m.took = q.MemoryNow, q.SpilledBytes, q.Duration
	m.past = append(m.past, moment{now, q.RowsRead, q.BytesRead})
	for len(m.past) > 2 && now.Sub(m.past[1].at) >= rateWindow {
		m.past = m.past[1:]
	}
	first := m.past[0]
	if s := now.Sub(first.at).Seconds(); s > 0 {
		m.rows, m.bytes = max(0, float64(q.RowsRead-first.rows))/s, max(0, float64(q.BytesRead-first.bytes))/s
	}
	m.left = 0
	if m.share > 0.01 && m.share < 1 {
		m.left = time.Duration(float64(m.took) * (1 - m.share) / m.share)
	}
}

// String returns the text of the line.
func (m *pace) String() string {
	parts := []string{" " + seconds(m.took)}
	if m.share > 0 {
		parts[0] = fmt.Sprintf("%3.0f %%", 100*m.share)
	}
	if m.rows > 0 {
		parts = append(parts, short(m.rows)+" rows/s")
	}
	if m.bytes > 0 {
		parts = append(parts, mem.Format(int64(m.bytes))+"/s")
	}
	if m.memory > 0 {
		parts = append(parts, "memory "+mem.Format(m.memory))
	}
	if m.spilled > 0 {
		parts = append(parts, "spilled "+mem.Format(m.spilled))
	}
	if m.left > 0 {
		parts = append(parts, seconds(m.left)+" left")
	}
	return strings.Join(parts, "  ")
}

// short writes a large number in few characters: 13.2M.
func short(x float64) string {
	for _, u := range []struct {
		of   float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if x >= u.of {
			return fmt.Sprintf("%.1f%s", x/u.of, u.name)
		}
	}
	return fmt.Sprintf("%.0f", x)
}

func seconds(d time.Duration) string { return max(d, time.Second).Round(time.Second).String() }
