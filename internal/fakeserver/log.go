// SPDX-License-Identifier: Apache-2.0

package fakeserver

import (
	"net/http"
	"sync"
)

// maxRequests bounds a log: the newest remain.
const maxRequests = 10_000

// Log keeps the last requests. The zero value is ready, and safe for concurrent use.
type Log[R any] struct {
	mu    sync.Mutex
	kept  []*R
	total int
}

// List gives a copy of what is kept, in the order of arrival; clone must copy what a request refers to.
func (l *Log[R]) List(clone func(R) R) []R {
	l.mu.Lock()
	defer l.mu.Unlock()
	requests := make([]R, 0, len(l.kept))
	oldest := 0
	if l.total > len(l.kept) {
		oldest = l.total % maxRequests
	}
	for i := range l.kept {
		requests = append(requests, clone(*l.kept[(oldest+i)%len(l.kept)]))
	}
	return requests
}

// Add keeps a request, and returns w, watched: note is told the status before it goes out, so that who has the answer
// finds it noted.
func (l *Log[R]) Add(request *R, w http.ResponseWriter, note func(request *R, status int)) http.ResponseWriter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) < maxRequests {
		l.kept = append(l.kept, request)
	} else {
		l.kept[l.total%maxRequests] = request
	}
	l.total++
	return &watched{w, func(status int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		note(request, status)
	}}
}

type watched struct {
	http.ResponseWriter
	note func(status int)
}

func (w *watched) WriteHeader(status int) {
	w.note(status)
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController, which cuts connections.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }
