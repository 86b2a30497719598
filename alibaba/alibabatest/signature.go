// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"crypto/hmac"
	"errors"
	"sync"
	"time"

	"github.com/resellkit/resell/internal/acs"
)

// window is how far a request's time may be from the server's.
const window = 15 * time.Minute

// authenticate says why a request is refused, before it is looked at what it wants.
func (s *Server) authenticate(in *incoming) *refusal {
	if in.problem != "" {
		return refuse("", "InvalidParameter", in.problem)
	}
	signed, err := s.verify(in)
	if err != nil {
		return in.refuseSignature(err)
	}
	switch age := in.received.Sub(signed.At); {
	case age > window || age < -window:
		return refuse("", "InvalidTimeStamp.Expired", "")
	case !hmac.Equal([]byte(signed.Token), []byte(s.SecurityToken)):
		return refuse("", "InvalidSecurityToken.MismatchWithAccessKey", "")
	case !s.nonces.first(signed.AccessKeyID+" "+signed.Nonce, in.received):
		return refuse("", "SignatureNonceUsed", "")
	}
	for name, values := range in.params {
		if len(values) > 1 {
			return refuse("", "InvalidParameter", name+" is given twice")
		}
	}
	return nil
}

func (s *Server) verify(in *incoming) (acs.Signed, error) {
	secretOf := func(id string) (string, bool) { return s.accessKeySecret(), id == s.accessKeyID() }
	switch in.scheme {
	case SchemeV3:
		return acs.VerifyV3(in.http, in.body, secretOf)
	case SchemeV1:
		return acs.VerifyV1(in.http, in.form, secretOf)
	}
	return acs.Signed{}, acs.ErrIncomplete
}

// signatureCodes says how the gateway calls what is wrong with a signature.
var signatureCodes = map[error]string{
	acs.ErrIncomplete: "IncompleteSignature",
	acs.ErrTime:       "InvalidTimeStamp.Format",
	acs.ErrUnknownKey: "InvalidAccessKeyId.NotFound",
	acs.ErrMismatch:   "SignatureDoesNotMatch",
}

func (in *incoming) refuseSignature(err error) *refusal {
	for known, code := range signatureCodes {
		if !errors.Is(err, known) {
			continue
		}
		detail := ""
		if known == acs.ErrMismatch { //nolint:errorlint // identity is meant
			detail = "server string to sign is:" + in.signedText()
		}
		return refuse("", code, detail)
	}
	return refuse("", "IncompleteSignature", "")
}

// nonces remembers which were used, at least as long as a request that bears one would be taken, and for a bounded
// number: in two generations, of which the older is forgotten as a whole.
type nonces struct {
	mu           sync.Mutex
	fresh, stale map[string]bool
	turned       time.Time
}

const maxFresh = 100_000

func (n *nonces) first(nonce string, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fresh[nonce] || n.stale[nonce] {
		return false
	}
	if n.fresh == nil || len(n.fresh) >= maxFresh || now.Sub(n.turned) > 2*window {
		n.fresh, n.stale, n.turned = make(map[string]bool), n.fresh, now
	}
	n.fresh[nonce] = true
	return true
}
