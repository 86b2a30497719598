// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"bytes"
	"fmt"
	"net/http"
)

// Request is one request that arrived, whatever became of it.
type Request struct {
	Operation string // "UpdateSubCustomerBudget" and the like; empty for what the API does not have
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

// maxLogged bounds the body in the log.
const maxLogged = 64 << 10

// loggedHeaders have no secret in them.
var loggedHeaders = []string{"Content-Type", "User-Agent", "X-Domain-Id", "X-Sdk-Date"}

const requestIDHeader = "X-Request-Id"

// Requests lists the requests in the order of their arrival, the last 10,000 of them.
func (s *Server) Requests() []Request {
	return s.log.List(func(r Request) Request {
		r.Body, r.Header = bytes.Clone(r.Body), r.Header.Clone()
		return r
	})
}

// nextID is what the provider's look like: 32 hexadecimal digits.
func (s *Server) nextID() string { return fmt.Sprintf("%032x", s.ids.Add(1)) }

// logged keeps a request, and returns w, watched for the status.
func (s *Server) logged(w http.ResponseWriter, in *incoming) http.ResponseWriter {
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
	return s.log.Add(kept, w, func(r *Request, status int) { r.Status = status })
}
