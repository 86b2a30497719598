// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"crypto/hmac"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/resellkit/resell/internal/sdkhmac"
)

// authentication is what a request presents, judged.
type authentication struct {
	key     string   // the access key, where it is the known one
	refused *refusal // nil: good
}

func (a authentication) signed() bool  { return a.refused == nil && a.key != "" }
func (a authentication) byToken() bool { return a.refused == nil && a.key == "" }

// authenticate judges and changes nothing. Where there are both, a signature goes before a token.
func (s *Server) authenticate(in *incoming) authentication {
	token := in.http.Header.Get("X-Auth-Token")
	switch {
	case in.http.Header.Get("Authorization") != "":
		return s.verify(in)
	case token == "":
		return authentication{refused: unauthenticated("x-auth-token not found")}
	case !hmac.Equal([]byte(token), []byte(s.token())):
		return authentication{refused: refuse(http.StatusUnauthorized, "APIGW.0307", "")}
	}
	return authentication{}
}

const dateLayout = "20060102T150405Z"

func (s *Server) verify(in *incoming) (a authentication) {
	now := s.now()
	signed, err := sdkhmac.Verify(in.http, in.body, now, func(id string) (string, bool) {
		if id != s.accessKey() {
			return "", false
		}
		a.key = id
		return s.secretKey(), true
	})
	switch {
	case errors.Is(err, sdkhmac.ErrUnknownKey):
		a.refused = unauthenticated("ak not exist")
	case errors.Is(err, sdkhmac.ErrMismatch):
		a.refused = unauthenticated("verify aksk signature fail")
	case errors.Is(err, sdkhmac.ErrTime):
		a.refused = unauthenticated("calc ak sk signature fail:signature expired, signature time:" +
			in.http.Header.Get("X-Sdk-Date") + ", server time:" + now.UTC().Format(dateLayout))
	case err != nil:
		a.refused = unauthenticated(err.Error()) // names headers, never what they hold
	case !hmac.Equal([]byte(signed.Token), []byte(s.SecurityToken)):
		a.refused = unauthenticated("security token of another key, missing or not wanted")
	}
	return a
}

func unauthenticated(why string) *refusal {
	return refuse(http.StatusUnauthorized, "APIGW.0301", why)
}

// A key that fails so often in a row is locked for so long.
const (
	lockAfter = 5
	lockedFor = 5 * time.Minute
)

// keyLock counts what was refused of the one key there is.
type keyLock struct {
	mu    sync.Mutex
	fails int
	until time.Time
}

// admit counts, and says why a request is refused: a locked key is, however good its signature.
func (l *keyLock) admit(a authentication, now time.Time) *refusal {
	if a.key == "" {
		return a.refused
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case now.Before(l.until):
		return unauthenticated("AK access failed to reach the limit,forbidden")
	case a.refused == nil:
		l.fails = 0
		return nil
	}
	l.fails++
	if l.fails >= lockAfter {
		l.fails, l.until = 0, now.Add(lockedFor)
	}
	return a.refused
}
