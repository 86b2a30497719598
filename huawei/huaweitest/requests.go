// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
)

// Request is one request that arrived, whatever became of it.
type Request struct {
	Operation string // "UpdateSubCustomerBudget", "ShowSubCustomerBudget"; empty for what the API does not have
	Method    string
	Path      string
	Query     string      // as it was sent
	Body      []byte      // the first 64 KiB of it
	Header    http.Header // the few of interest: Content-Type, Host, User-Agent, X-Domain-Id, X-Sdk-Date
	Signed    bool        // with a signature, and a good one
	Token     bool        // with an X-Auth-Token, and a good one
	Status    int         // that was answered; 0 where nothing was
	RequestID string      // of the answer, even where that was lost
}

// maxRequests bounds the log: the newest remain. maxLogged bounds the body in it.
const (
	maxRequests = 10_000
	maxLogged   = 64 << 10
)

// loggedHeaders have no secret in them.
var loggedHeaders = []string{"Content-Type", "User-Agent", "X-Domain-Id", "X-Sdk-Date"}

const requestIDHeader = "X-Request-Id"

type requestLog struct {
	ids   atomic.Int64
	mu    sync.Mutex
	kept  []*Request
	total int
}

// Requests lists the requests in the order of their arrival, the last 10,000 of them.
func (s *Server) Requests() []Request {
	l := &s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	requests := make([]Request, 0, len(l.kept))
	oldest := 0
	if l.total > len(l.kept) {
		oldest = l.total % maxRequests
	}
	for i := range l.kept {
		r := *l.kept[(oldest+i)%len(l.kept)]
		r.Body, r.Header = bytes.Clone(r.Body), r.Header.Clone()
		requests = append(requests, r)
	}
	return requests
}

// nextID is what the provider's look like: 32 hexadecimal digits.
func (l *requestLog) nextID() string { return fmt.Sprintf("%032x", l.ids.Add(1)) }

// add keeps a request, and returns what notes its status.
func (l *requestLog) add(in *incoming) (answered func(status int)) {
	r := in.http
	kept := &Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Body: bytes.Clone(in.body[:min(len(in.body), maxLogged)]), Header: http.Header{"Host": {r.Host}},
		Signed: in.auth.signed(), Token: in.auth.byToken(), RequestID: in.id,
	}
	if in.op != nil {
		kept.Operation = in.op.name
	}
	for _, name := range loggedHeaders {
		if values := r.Header.Values(name); len(values) > 0 {
			kept.Header[name] = values
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) < maxRequests {
		l.kept = append(l.kept, kept)
	} else {
		l.kept[l.total%maxRequests] = kept
	}
	l.total++
	return func(status int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		kept.Status = status
	}
}

// watched notes the status before it goes out, so that who has the answer finds it noted.
type watched struct {
	http.ResponseWriter
	answered func(status int)
}

func (w *watched) WriteHeader(status int) {
	w.answered(status)
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController, which cuts connections.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }
