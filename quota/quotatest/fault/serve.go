// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net"
	"net/http"
	"time"
)

// Serve acts f out on a server. The function regular carries the request out and returns the regular reply; it is
// called once or not at all, so that it must hold every effect of the request. Serve reads what is left of the body.
func Serve(w http.ResponseWriter, r *http.Request, f Fault, regular func() (status int, header http.Header, body []byte)) {
	_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that a caller goes away
	status, header, body := f.reply(regular)
	f.seen()
	if pause(r.Context(), f.Delay) != nil {
		panic(http.ErrAbortHandler)
	}
	switch {
	case f.Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case f.Drop:
		cut(w, false)
	case f.Reset, f.Refuse:
		cut(w, true)
	default:
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		send(w, r, body, f.Drip)
	}
}

func (f Fault) reply(regular func() (int, http.Header, []byte)) (int, http.Header, []byte) {
	status, header, body := f.Status, f.Header, []byte(f.Body)
	if f.Applied || f.regular() {
		s, h, b := regular()
		if f.regular() {
			status, header, body = s, h, b
		}
	}
	header = header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	if f.Mangle != nil {
		body = f.Mangle(header, body)
	}
	if f.Gzip && len(body) > 0 {
		header.Set("Content-Encoding", "gzip")
		body = compressed(body)
	}
	if len(body) > 0 {
		if status == http.StatusNoContent { // it has grown a body
			status = http.StatusOK
		}
		if header.Get("Content-Type") == "" {
			header.Set("Content-Type", "application/json; charset=utf-8")
		}
	}
	return status, header, body
}

// send writes the body, byte by byte where drip says so. A caller who goes away never gets the end of it.
func send(w http.ResponseWriter, r *http.Request, body []byte, drip time.Duration) {
	if drip <= 0 {
		_, _ = w.Write(body)
		return
	}
	flow := http.NewResponseController(w)
	for i := range body {
		_ = flow.Flush()
		if pause(r.Context(), drip) != nil {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(body[i : i+1])
	}
}

// cut closes the connection without a word; with reset the other side gets an RST. Under HTTP/2 the stream is reset.
func cut(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer func() { _ = conn.Close() }()
	if !reset {
		return
	}
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		defer func() { _ = secure.NetConn().Close() }()
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

func compressed(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body) // neither fails on a buffer
	_ = z.Close()
	return b.Bytes()
}
