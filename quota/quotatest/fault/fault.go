// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"net/http"
	"time"
)

// Fault is what goes wrong with one request. The zero Fault is no fault: the regular reply, at once.
type Fault struct {
	Name string // for test names and messages

	// Applied: the operation is carried out before things go wrong. It need not be set where the regular reply is
	// given, changed or not: that cannot be had without carrying the operation out.
	Applied bool

	// How the reply fails to come; at most one is set.
	Refuse bool // the request never left: nothing was sent. A server, which cannot unsee a request, resets the connection
	Drop   bool // the connection is closed without an answer
	Reset  bool // the connection is reset (RST) without an answer
	Hang   bool // there is no answer until the caller goes away

	// What is answered instead of the regular reply; Status 0 is the regular reply. A fake puts its provider's own
	// envelope into a 401, 403 or 429 whose Body is empty.
	Status int
	Header http.Header
	Body   string

	// Mangle changes the reply into one that nobody can read. It may change the header in place.
	Mangle func(header http.Header, body []byte) []byte
	Gzip   bool          // the reply is compressed, which is legal
	Delay  time.Duration // before the answer
	Drip   time.Duration // between one byte of the body and the next; in memory a Delay

	// Seen, where set, is called when a request has met this fault (after it was carried out, where Applied).
	Seen func()
}

// regular reports whether the reply is the regular one, whatever is then done to it.
func (f Fault) regular() bool {
	return f.Status == 0 && !f.Refuse && !f.Drop && !f.Reset && !f.Hang
}

func (f Fault) seen() {
	if f.Seen != nil {
		f.Seen()
	}
}
