// SPDX-License-Identifier: Apache-2.0

// Package fakeserver holds what both fake clouds are served with: a listener that is started and closed cleanly, and a
// bounded log of the requests.
package fakeserver

import (
	"cmp"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Listener serves a handler on an address of this machine. The zero value is ready; it is started once.
type Listener struct {
	mu       sync.Mutex
	endpoint string
	http     *http.Server
	serving  sync.WaitGroup // the accept loop
	conns    sync.WaitGroup // connections with a goroutine of their own
}

// Start listens on addr, such as "127.0.0.1:8080"; empty means a free port of this machine. It returns the URL to send
// requests to.
func (l *Listener) Start(addr string, handler http.Handler) (endpoint string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.http != nil {
		return "", errors.New("this fake server was started before")
	}
	listener, err := net.Listen("tcp", cmp.Or(addr, "127.0.0.1:0"))
	if err != nil {
		return "", err
	}
	l.endpoint = "http://" + reachable(listener.Addr())
	l.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ConnState:         l.count,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	l.serving.Go(func() { _ = l.http.Serve(listener) })
	return l.endpoint, nil
}

// Endpoint is the URL to send requests to; before Start one that no request ever reaches.
func (l *Listener) Endpoint() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return cmp.Or(l.endpoint, "https://fake-server-not-started.invalid")
}

// Close cuts all connections and returns when nothing runs any more. Closing one that does not run is no mistake.
func (l *Listener) Close() {
	l.mu.Lock()
	running := l.http
	l.mu.Unlock()
	if running == nil {
		return
	}
	_ = running.Close()
	l.serving.Wait()
	l.conns.Wait()
}

// count follows the connections. It is called for a new one by the accept loop, and for a closed one at its very end.
func (l *Listener) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		l.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		l.conns.Done()
	case http.StateActive, http.StateIdle:
	}
}

// reachable is addr as this machine reaches it.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Port}).String()
}
