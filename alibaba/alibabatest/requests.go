// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Request is one request that arrived, whatever became of it.
type Request struct {
	Operation string // as the request calls it
	Method    string
	Path      string     // "/" of every sound request
	Params    url.Values // of the operation: without keys, tokens and signatures
	Scheme    string     // of the signature: SchemeV3, SchemeV1, or empty
	Nonce     string
	Time      time.Time // of arrival
	Status    int       // that was answered; 0 where nothing was
	RequestID string    // of the answer, even where that was lost
}

// maxRequests bounds the log: the newest remain.
const maxRequests = 10_000

type requestLog struct {
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
		r.Params = maps.Clone(r.Params)
		requests = append(requests, r)
	}
	return requests
}

// add keeps a request, and returns what notes its status.
func (l *requestLog) add(r *http.Request, in *incoming) (answered func(status int)) {
	kept := &Request{
		Operation: in.action, Method: r.Method, Path: r.URL.Path, Params: in.business(),
		Scheme: in.scheme, Nonce: in.nonce, Time: in.received, RequestID: in.id,
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
