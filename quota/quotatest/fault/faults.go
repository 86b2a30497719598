// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

// No reply.
var (
	// Refused: the request never left, as when nobody listens. On a server it is ResetBefore.
	Refused = Fault{Name: "refused", Refuse: true}
	// LostRequest: not carried out, and no answer.
	LostRequest = Fault{Name: "lost request", Drop: true}
	// LostReply: carried out, and no answer.
	LostReply = Fault{Name: "lost reply", Drop: true, Applied: true}
	// ResetBefore: the connection is reset before the request is carried out.
	ResetBefore = Fault{Name: "reset before", Reset: true}
	// ResetAfter: the connection is reset after the request was carried out.
	ResetAfter = Fault{Name: "reset after", Reset: true, Applied: true}
	// Hang: not carried out, and no answer until the caller goes away.
	Hang = Fault{Name: "hang", Hang: true}
	// HangApplied: carried out, and no answer until the caller goes away.
	HangApplied = Fault{Name: "hang, applied", Hang: true, Applied: true}
)

// A reply instead of the regular one.
var (
	// Unavailable is a bare 503.
	Unavailable = Fault{Name: "503", Status: http.StatusServiceUnavailable}
	// BadGateway is a 502 with the HTML page of a proxy.
	BadGateway = Fault{
		Name: "HTML 502", Status: http.StatusBadGateway,
		Header: http.Header{"Content-Type": {"text/html"}},
		Body:   "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
	}
	// Throttled is a 429 without a hint how long to wait; ThrottledFor gives one.
	Throttled = Fault{Name: "429", Status: http.StatusTooManyRequests}
	// Unauthorized is a 401.
	Unauthorized = Fault{Name: "401", Status: http.StatusUnauthorized}
	// EmptyOK is a 200 without a body, after the request was carried out.
	EmptyOK = Fault{Name: "empty 200", Status: http.StatusOK, Applied: true}
)

// The regular reply, changed on its way; the request was carried out.
var (
	// TruncatedJSON ends in the middle of the body, and says that this is all.
	TruncatedJSON = Fault{Name: "truncated JSON", Applied: true, Mangle: half}
	// CutReply announces the whole body, and closes the connection in the middle of it.
	CutReply = Fault{Name: "cut reply", Applied: true, Mangle: announcedHalf}
	// HugeReply is 20 MB long; what matters stands at the end.
	HugeReply = Fault{Name: "20 MB reply", Applied: true, Mangle: pad}
	// Gzipped is compressed, which is legal: nothing is wrong.
	Gzipped = Fault{Name: "gzip", Applied: true, Gzip: true}
	// SlowBody is sent at one byte a second.
	SlowBody = Fault{Name: "slow body", Applied: true, Drip: time.Second}
)

// RedirectPath is where Redirect points to. A request to it is the proof that a client followed.
const RedirectPath = "/redirected"

// All returns every ready-made fault, one of each kind, for tests of the form operation × fault.
func All() []Fault {
	return []Fault{
		Refused, LostRequest, LostReply, ResetBefore, ResetAfter, Hang, HangApplied,
		Unavailable, BadGateway, Throttled, ThrottledFor(time.Second), Unauthorized, EmptyOK,
		Redirect(http.StatusFound), Redirect(http.StatusTemporaryRedirect),
		TruncatedJSON, CutReply, HugeReply, Gzipped, SlowBody,
	}
}

// ThrottledFor is a 429 with Retry-After: wait in whole seconds, at least one.
func ThrottledFor(wait time.Duration) Fault {
	seconds := strconv.Itoa(max(1, int(wait.Seconds())))
	return Fault{Name: "429 wait " + seconds + " s", Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {seconds}}}
}

// Redirect sends the caller to another path of the same server: 302, 307 and so on. A client must not follow.
func Redirect(status int) Fault {
	return Fault{Name: strconv.Itoa(status), Status: status, Header: http.Header{"Location": {RedirectPath}}}
}

// Reply answers this instead of carrying the request out.
func Reply(status int, body string) Fault {
	return Fault{Name: "reply " + strconv.Itoa(status), Status: status, Body: body}
}

// Times returns f n times, for Script.Add.
func Times(n int, f Fault) []Fault {
	faults := make([]Fault, n)
	for i := range faults {
		faults[i] = f
	}
	return faults
}

const hugeSize = 20 << 20

func half(_ http.Header, body []byte) []byte { return body[:len(body)/2] }

func announcedHalf(header http.Header, body []byte) []byte {
	if len(body) > 0 {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return body[:len(body)/2]
}

func pad(_ http.Header, body []byte) []byte {
	return append(bytes.Repeat([]byte(" "), hugeSize), body...)
}
