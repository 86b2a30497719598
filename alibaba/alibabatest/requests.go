// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"maps"
	"net/http"
	"net/url"
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

// Requests lists the requests in the order of their arrival, the last 10,000 of them.
func (s *Server) Requests() []Request {
	return s.log.List(func(r Request) Request {
		r.Params = maps.Clone(r.Params)
		return r
	})
}

// logged keeps a request, and returns w, watched for the status.
func (s *Server) logged(w http.ResponseWriter, in *incoming) http.ResponseWriter {
	return s.log.Add(&Request{
		Operation: in.action, Method: in.http.Method, Path: in.http.URL.Path, Params: in.business(),
		Scheme: in.scheme, Nonce: in.nonce, Time: in.received, RequestID: in.id,
	}, w, func(r *Request, status int) { r.Status = status })
}
