package gsql

import (
	"maps"
	"slices"
	"sync"

	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// Notification is what NOTIFY sends to the sessions that listen to a channel.
type Notification struct {
	PID              int32 // of the session that sent it
	Channel, Payload string
}

// size is what it takes in the queue, about.
func (n *Notification) size() int { return 64 + len(n.Channel) + len(n.Payload) }

const (
	maxChannel = 63      // bytes of a channel's name
	maxPayload = 8000    // bytes of a payload, which must be fewer
	maxQueued  = 8 << 20 // bytes of notifications that a session has not taken yet
	takeBytes  = 64 << 10
)

// channels has who listens to what, and a queue of the notifications that were sent and that some session has still to take:
// one for all, so that what sessions do not take holds no more memory than the queue may.
type channels struct {
	mu        sync.Mutex
	listeners map[*Session]*listener
	queue     []Notification
	first     int // number of the first notification in the queue
	bytes     int // of the queue
}

// listener is a session that listens to channels.
type listener struct {
	channels map[string]bool
	next     int // number of the notification that it takes next
	wake     func()
}

// listening is LISTEN or UNLISTEN, which count when the transaction commits.
type listening struct {
	channel string
	on, all bool
}

// notes are the notifications of a transaction, each once.
type notes struct {
	list  []Notification
	sent  map[Notification]bool // those of list
	bytes int
}

func (n *notes) add(x Notification) error {
	if n.sent[x] {
		return nil
	}
	if n.bytes+x.size() > maxQueued {
		return queueFull()
	}
	if n.sent == nil {
		n.sent = map[Notification]bool{}
	}
	n.list, n.sent[x], n.bytes = append(n.list, x), true, n.bytes+x.size()
	return nil
}

// cut forgets all but the first ones.
func (n *notes) cut(first int) {
	for _, x := range n.list[first:] {
		delete(n.sent, x)
		n.bytes -= x.size()
	}
	if n.list = n.list[:first]; first == 0 {
		*n = notes{}
	}
}

func queueFull() error {
	return sqlstate.New(sqlstate.ProgramLimitExceeded, "too many notifications in the NOTIFY queue")
}

// OnNotification sets the function that is called when there are notifications for the session, which Notifications returns.
// It may be called by any goroutine while sessions are locked, so that it must not wait for anything or use a session. A
// session without it cannot listen.
func (s *Session) OnNotification(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notified = f
}

// Notifications takes the next notifications of the channels that the session listens to, in the order in which they were
// sent: some of them, nil when there are no more, and none within a transaction.
func (s *Session) Notifications() []Notification {
	s.mu.Lock()
	within := s.tx.status != Idle || len(s.tx.points) > 0
	s.mu.Unlock()
	if within {
		return nil
	}
	return s.db.channels.take(s)
}

func checkChannel(channel string) error {
	switch {
	case channel == "":
		return sqlstate.New(sqlstate.InvalidParameterValue, "channel name cannot be empty")
	case len(channel) > maxChannel:
		return sqlstate.New(sqlstate.InvalidParameterValue, "channel name too long")
	}
	return nil
}

func (s *Session) listen(channel string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.notified == nil {
		return sqlstate.Unsupported("Connect to a server, or set Session.OnNotification.", "LISTEN is not supported where nobody takes notifications")
	}
	return s.changeListening(listening{channel: channel, on: true})
}

func (s *Session) unlisten(stmt *syntax.UnlistenStmt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changeListening(listening{channel: stmt.Channel, all: stmt.All})
}

// changeListening notes a change, and makes it where there is no transaction. The session's lock is held.
func (s *Session) changeListening(l listening) error {
	if s.tx.listening = append(s.tx.listening, l); len(s.tx.points) == 0 {
		return s.commit()
	}
	return nil
}

// notify sends a notification when the transaction commits; without one, when the statement has ended.
func (s *Session) notify(channel, payload string) error {
	if err := checkChannel(channel); err != nil {
		return err
	}
	if len(payload) >= maxPayload {
		return sqlstate.New(sqlstate.InvalidParameterValue, "payload string too long")
	}
	n := Notification{PID: s.processID(), Channel: channel, Payload: payload}
	if s.db.channels.full(n.size()) {
		return queueFull()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tx.notes.add(n)
}

// notifyNow is notify for a statement that ends with it.
func (s *Session) notifyNow(channel, payload string) error {
	if err := s.notify(channel, payload); err != nil {
		return err
	}
	return s.sendNotes()
}

// sendNotes sends the notifications of a statement outside of a transaction.
func (s *Session) sendNotes() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tx.points) > 0 || len(s.tx.notes.list) == 0 {
		return nil
	}
	err := s.commit()
	s.forgetChannels(0, 0)
	return err
}

// endNotifying ends what a statement outside of a transaction has notified of.
func (s *Session) endNotifying(err error) {
	if err == nil {
		_ = s.sendNotes() // there is nobody left to tell; the statement itself has done what it was to do
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tx.points) == 0 {
		s.forgetChannels(0, 0)
	}
}

// forgetChannels undoes LISTEN, UNLISTEN and NOTIFY but for the first ones. The session's lock is held.
func (s *Session) forgetChannels(firstListening, firstNotes int) {
	s.tx.listening = s.tx.listening[:min(firstListening, len(s.tx.listening))]
	s.tx.notes.cut(min(firstNotes, len(s.tx.notes.list)))
}

// commit makes the changes of a session's transaction: those of its relations, by a function that may fail, and then those
// of channels. What one transaction sends comes before what the next one does. The session's lock is held.
func (c *channels) commit(s *Session, relations func() error) error {
	wake, err := c.publish(s, relations)
	for _, f := range wake {
		f()
	}
	return err
}

// publish is commit but for waking listeners, which it returns.
func (c *channels) publish(s *Session, relations func() error) (wake []func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tx := &s.tx
	if c.bytes+tx.notes.bytes > maxQueued && len(c.listeners) > 0 {
		return nil, queueFull()
	}
	if err := relations(); err != nil {
		return nil, err
	}
	for _, l := range tx.listening {
		c.change(s, l)
	}
	wake = c.send(tx.notes.list)
	tx.listening, tx.notes = nil, notes{}
	return wake, nil
}

// change makes a session listen to a channel, or stop it.
func (c *channels) change(s *Session, l listening) {
	at := c.listeners[s]
	switch {
	case l.on && at == nil:
		if c.listeners == nil {
			c.listeners = map[*Session]*listener{}
		}
		at = &listener{channels: map[string]bool{}, next: c.end(), wake: s.notified}
		c.listeners[s] = at
		fallthrough
	case l.on:
		at.channels[l.channel] = true
		return
	case at == nil:
		return
	case l.all:
		clear(at.channels)
	default:
		delete(at.channels, l.channel)
	}
	if len(at.channels) == 0 {
		delete(c.listeners, s)
		c.trim()
	}
}

func (c *channels) end() int { return c.first + len(c.queue) }

// send appends notifications to the queue, where anybody listens, and returns what wakes those that are meant. A session that
// has taken everything and listens to none of them need not look at them.
func (c *channels) send(list []Notification) (wake []func()) {
	if len(list) == 0 || len(c.listeners) == 0 {
		return nil
	}
	end := c.end()
	for i := range list {
		c.bytes += list[i].size()
	}
	c.queue = append(c.queue, list...)
	for _, l := range c.listeners {
		if slices.ContainsFunc(list, func(n Notification) bool { return l.channels[n.Channel] }) {
			wake = append(wake, l.wake)
		} else if l.next == end {
			l.next = c.end()
		}
	}
	c.trim()
	return wake
}

// take returns the next notifications for a session.
func (c *channels) take(s *Session) (out []Notification) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.listeners[s]
	if l == nil {
		return nil
	}
	for bytes := 0; l.next < c.end() && bytes < takeBytes; l.next++ {
		if n := c.queue[l.next-c.first]; l.channels[n.Channel] {
			out = append(out, n)
			bytes += n.size()
		}
	}
	c.trim()
	return out
}

// leave ends the listening of a session.
func (c *channels) leave(s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.listeners[s] != nil {
		delete(c.listeners, s)
		c.trim()
	}
}

// trim drops what all have taken from the queue.
func (c *channels) trim() {
	next := c.end()
	for _, l := range c.listeners {
		next = min(next, l.next)
	}
	n := next - c.first
	for i := range n {
		c.bytes -= c.queue[i].size()
		c.queue[i] = Notification{}
	}
	if c.queue, c.first = c.queue[n:], next; len(c.queue) == 0 {
		c.queue = nil
	}
}

// of lists the channels that a session listens to.
func (c *channels) of(s *Session) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.listeners[s]; l != nil {
		return slices.Sorted(maps.Keys(l.channels))
	}
	return nil
}

// full reports whether there is no room for a notification of a size.
func (c *channels) full(size int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes+size > maxQueued
}

// usage is how full the queue is, from 0 to 1.
func (c *channels) usage() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return float64(c.bytes) / maxQueued
}
