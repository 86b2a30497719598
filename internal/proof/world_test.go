// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// attempts is how many requests one call may make, everywhere here.
const attempts = 4

// looks is how often a caller here lets a client look for what is to come.
const looks = 3

// settings are what a client is made with, and what a control breaks.
type settings struct {
	attempts int
	timeout  time.Duration // of one attempt
	late     time.Duration // how long a call may take beyond all waits that are due
	patience time.Duration // how long connections and goroutines may take to end after the last reply
	wrap     func(http.RoundTripper) http.RoundTripper
}

// cloud is one of the two: how its requests are told apart, and how a fake and a client of it are made.
type cloud struct {
	name   string
	opOf   func(*http.Request) string // the operation that a request asks for
	open   func(*world) (http.Handler, *fault.Script)
	client func(w *world, endpoint string, transport http.RoundTripper, s settings) error
	faults func() []script
	rows   []row
	// subject is the type of its client.
	subject reflect.Type
}

// world is a fake that runs, a client on it, and who watches both.
type world struct {
	alibaba      *alibaba.Client
	alibabaCloud *alibabatest.Server
	huawei       *huawei.Client
	huaweiCloud  *huaweitest.Server

	cloud  *cloud
	target string // the operation whose requests meet the faults
	settings
	server *httptest.Server
	wire   *wire

	mu       sync.Mutex
	next     map[string][]fault.Fault // by operation, for its next requests, one each
	ever     *fault.Fault             // for all requests of the target after that
	requests int                      // that the server saw
	watching func(op string)          // is told of every request; see watched
	strayed  []string                 // requests that no operation makes, such as those of a client that follows a redirect
	wrong    []string
	conns    map[net.Conn]bool
}

// newWorld starts the fake of a cloud, and makes a client of it. The requests of target are those that meet faults.
func newWorld(c *cloud, target string, s settings) (*world, error) {
	w := &world{cloud: c, target: target, settings: s, conns: make(map[net.Conn]bool)}
	handler, script := c.open(w)
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		op := w.seen(r)
		if f, struck := w.take(op); struck {
			script.Add(op, f)
		}
		handler.ServeHTTP(rw, r)
	}))
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.server.Config.ConnState = w.connState
	w.server.Start()
	w.wire = newWire(w)
	var transport http.RoundTripper = w.wire
	if s.wrap != nil {
		transport = s.wrap(transport)
	}
	if err := c.client(w, w.server.URL, transport, s); err != nil {
		w.server.Close()
		return nil, err
	}
	return w, nil
}

// seen counts a request that reached the server.
func (w *world) seen(r *http.Request) (op string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	if w.watching != nil {
		w.watching(w.cloud.opOf(r))
	}
	if op = w.cloud.opOf(r); op == "" || r.URL.Path == fault.RedirectPath {
		w.strayed = append(w.strayed, r.Method+" "+r.URL.Path)
	}
	return op
}

// watched tells f of every request that reaches the server, until the end.
func (w *world) watched(f func(op string)) (end func()) {
	set := func(f func(string)) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.watching = f
	}
	set(f)
	return func() { set(nil) }
}

// take is the fault that a request of op meets. One that refuses connections has struck before, on the wire.
func (w *world) take(op string) (fault.Fault, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch next := w.next[op]; {
	case len(next) > 0 && !next[0].Refuse:
		w.next[op] = next[1:]
		return next[0], true
	case len(next) == 0 && op == w.target && w.ever != nil && !w.ever.Refuse:
		return *w.ever, true
	}
	return fault.Fault{}, false
}

// refuses reports whether the connection for this request is refused.
func (w *world) refuses(r *http.Request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	op := w.cloud.opOf(r)
	switch next := w.next[op]; {
	case len(next) > 0 && next[0].Refuse:
		w.next[op] = next[1:]
		return true
	case len(next) == 0 && op == w.target && w.ever != nil:
		return w.ever.Refuse
	}
	return false
}

// strike scripts what the next requests of the target meet, and what all later ones do (nil: nothing).
func (w *world) strike(ever *fault.Fault, next ...fault.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next, w.ever = map[string][]fault.Fault{w.target: next}, ever
}

// strikeNext scripts one more fault, for whatever operation.
func (w *world) strikeNext(op string, f fault.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next[op] = append(w.next[op], f)
}

// seenSoFar is how many requests the server saw.
func (w *world) seenSoFar() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests
}

// pending is how many faults are still to strike the target.
func (w *world) pending() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.next[w.target])
}

func (w *world) blameStrayed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.strayed) > 0 {
		w.wrong = append(w.wrong, "sent what no operation sends: "+strings.Join(w.strayed, ", "))
		w.strayed = nil
	}
}

func (w *world) connState(conn net.Conn, state http.ConnState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch state {
	case http.StateClosed, http.StateHijacked:
		delete(w.conns, conn)
	case http.StateNew, http.StateActive, http.StateIdle:
		w.conns[conn] = true
	}
}

// served is how many connections the server has.
func (w *world) served() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.conns)
}
