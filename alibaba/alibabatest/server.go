// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"cmp"
	"sync"
	"time"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/costunit/costunittest"
	"github.com/resellkit/resell/internal/fakeserver"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// What the zero Server takes for its own.
const (
	DefaultAccessKeyID     = "testid"
	DefaultAccessKeySecret = "testsecret"
	DefaultAccount         = "5000000000000005"
)

// Server is a BSS OpenAPI in memory, and a handler. The zero value is ready. Set the fields before the first request.
type Server struct {
	// AccessKeyID and AccessKeySecret are the one key that is known; default DefaultAccessKeyID, DefaultAccessKeySecret.
	AccessKeyID, AccessKeySecret string
	// SecurityToken makes the key a temporary one: it must be presented, and exactly. Empty: the key is permanent.
	SecurityToken string
	// Account is the reseller's own, on which a request without OwnerId acts; default DefaultAccount.
	Account string
	// Now is the server's clock, which a request's time must be near; default time.Now.
	Now func() time.Time

	// Quota holds the ledgers. Script faults on the Server, by operation, rather than there.
	Quota quotatest.Provider
	// Units holds the cost units.
	Units costunittest.Provider
	// Balance is what QueryAccountBalance answers: 0.00 for what is nil, but no QuotaLimit.
	Balance alibaba.Balance
	// Faults says what goes wrong with which operation, such as "SetResellerUserQuota", or "*". Requests that are
	// refused for their signature, version or method meet none.
	Faults fault.Script
	// Wrinkles are oddities of the replies.
	Wrinkles Wrinkles

	nonces   nonces
	hosted   sync.Map   // ids of the customers that Alibaba looks after
	creating sync.Mutex // of cost units, so that all of a request are made or none
	log      fakeserver.Log[Request]
	listener fakeserver.Listener
}

// Start listens on addr, such as "127.0.0.1:8080"; empty means a free port of this machine. It returns the URL to send
// requests to.
func (s *Server) Start(addr string) (endpoint string, err error) {
	return s.listener.Start(addr, s)
}

// Close cuts all connections and returns when nothing runs any more. Closing a server that does not run is no mistake.
// Quota, Units and Requests can still be looked at.
func (s *Server) Close() { s.listener.Close() }

// Config returns what alibaba.New needs to speak to this server: its key, its currency, its endpoint, and waits between
// attempts of milliseconds. Before Start the endpoint is one that no request ever reaches.
func (s *Server) Config() alibaba.Config {
	return alibaba.Config{
		Credentials: alibaba.Credentials{
			AccessKeyID:     s.accessKeyID(),
			AccessKeySecret: s.accessKeySecret(),
			SecurityToken:   s.SecurityToken,
		},
		Site:     alibaba.China,
		Currency: s.currency(),
		Endpoint: s.listener.Endpoint(),
		Retry:    alibaba.Retry{Base: time.Millisecond, Throttled: time.Millisecond, Cap: 100 * time.Millisecond},
	}
}

func (s *Server) accessKeyID() string     { return cmp.Or(s.AccessKeyID, DefaultAccessKeyID) }
func (s *Server) accessKeySecret() string { return cmp.Or(s.AccessKeySecret, DefaultAccessKeySecret) }
func (s *Server) account() string         { return cmp.Or(s.Account, DefaultAccount) }

func (s *Server) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s *Server) currency() quota.Currency { return cmp.Or(s.Quota.Currency, quota.CNY) }
