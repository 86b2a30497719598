// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"net/http"

	"github.com/resellkit/resell/quota/quotatest/fault"
)

const apiVersion = "2017-12-14"

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := read(r, s.now())
	w = s.logged(w, in)

	op, refused := s.admit(in)
	if refused != nil {
		fault.Serve(w, r, fault.Fault{}, func() (int, http.Header, []byte) { return s.render(in, refused.reply(in)) })
		return
	}
	f, _ := s.Faults.Next(op.name)
	fault.Serve(w, r, s.dressed(f, op, in), func() (int, http.Header, []byte) {
		return s.render(in, op.answer(r.Context(), s, in))
	})
}

// admit returns the operation that is asked for, or why the gateway does not pass the request on.
func (s *Server) admit(in *incoming) (*operation, *refusal) {
	if refused := s.authenticate(in); refused != nil {
		return nil, refused
	}
	op, known := operations[in.action]
	method := in.http.Method
	switch {
	case !known:
		return nil, refuse("", "InvalidApi.NotFound", "")
	case in.version != apiVersion:
		return nil, refuse("", "NoSuchVersion", "")
	case method != http.MethodPost && (op.postOnly || method != http.MethodGet):
		return nil, refuse("", "UnsupportedHTTPMethod", "")
	}
	return op, nil
}

// dressed is a scripted fault with this API's envelope: around a documented code, and in the bare statuses that the API
// does not answer barely.
func (s *Server) dressed(f fault.Fault, op *operation, in *incoming) fault.Fault {
	code := f.Header.Get(codeHeader)
	if code == "" && f.Body == "" && f.Mangle == nil {
		code = bareStatus[f.Status]
	}
	if code == "" {
		return f
	}
	refused := refusal{DocumentedCode: documented(op.name, f.Status, code)}
	refused.Status = f.Status
	_, header, body := s.render(in, refused.reply(in))
	for name, values := range f.Header {
		if name != codeHeader {
			header[name] = values
		}
	}
	f.Header, f.Body = header, string(body)
	return f
}
