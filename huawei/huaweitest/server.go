// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"cmp"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/resellkit/resell/costunit/costunittest"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/internal/fakeserver"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// What the zero Server takes for its own. All of it is made up.
const (
	DefaultAccessKey = "FAKEACCESSKEY"
	DefaultSecretKey = "fake-secret-key"
	DefaultToken     = "fake-token"
)

// Server is the partner API and that of enterprise projects in memory, and a handler. The zero value is ready. Set the fields before the first
// request.
type Server struct {
	// AccessKey and SecretKey are the one key that is known; default DefaultAccessKey, DefaultSecretKey.
	AccessKey, SecretKey string
	// SecurityToken makes the key a temporary one: it must be presented, and exactly. Empty: the key is permanent.
	SecurityToken string
	// Token is taken as X-Auth-Token in place of a signature; default DefaultToken.
	Token string
	// LockKey locks the key for five minutes after five refused signatures in a row, as the provider does. Tests that
	// share a server with it can lock each other out. Scripted faults do not count.
	LockKey bool
	// Now is the server's clock, for X-Sdk-Date and the lock; default time.Now.
	Now func() time.Time

	// Quota holds the customers and their budgets. Its Currency is USD where it is not set. Script faults on the Server, by
	// operation, rather than there.
	Quota quotatest.Provider
	// Resellers are the indirect partners of a distributor.
	Resellers []huawei.Reseller
	// Partner is what the partner itself may owe.
	Partner PartnerQuota
	// Units holds the enterprise projects and their resources; all owners are empty. Its NewID makes UUIDs where it is not
	// set.
	Units costunittest.Provider
	// MigrationDelay is how long after its acceptance a migration is made. It is made when the next request about
	// enterprise projects arrives after that.
	MigrationDelay time.Duration
	// MigrationLost says which resources never arrive, though their migration is accepted. Nil: none.
	MigrationLost func(resourceID string) bool
	// Faults says what goes wrong with which operation: "UpdateSubCustomerBudget" and the like, or "*".
	// Requests that are refused for their path, method, size or signature meet none.
	Faults fault.Script
	// Wrinkles are oddities of the replies.
	Wrinkles Wrinkles

	records  records
	projects projects
	roster   roster
	log      fakeserver.Log[Request]
	lock     keyLock
	listener fakeserver.Listener
	ids      atomic.Int64
	prepared sync.Once
}

// Start listens on addr, such as "127.0.0.1:8080"; empty means a free port of this machine. It returns the URL to send
// requests to.
func (s *Server) Start(addr string) (endpoint string, err error) {
	s.prepare()
	return s.listener.Start(addr, s)
}

// Close cuts all connections and returns when nothing runs any more. Closing a server that does not run is no mistake.
// Quota and Requests can still be looked at.
func (s *Server) Close() { s.listener.Close() }

// Config returns what huawei.New needs to speak to this server: its key, its endpoint for both APIs, and waits between attempts of
// milliseconds. Before Start the endpoint is one that no request ever reaches.
func (s *Server) Config() huawei.Config {
	s.prepare()
	return huawei.Config{
		Credentials: huawei.Credentials{AccessKey: s.accessKey(), SecretKey: s.secretKey(), SecurityToken: s.SecurityToken},
		Site:        huawei.International,
		Endpoint:    s.listener.Endpoint(),

		ProjectsEndpoint: s.listener.Endpoint(),

		Retry: huawei.Retry{Base: time.Millisecond, Throttled: time.Millisecond, Cap: 100 * time.Millisecond},
	}
}

// prepare gives the models the currency and the ids of this API where nobody chose others.
func (s *Server) prepare() {
	s.prepared.Do(func() {
		s.Quota.Currency = cmp.Or(s.Quota.Currency, quota.USD)
		if s.Units.NewID == nil {
			s.Units.NewID = func(n int) string { return fmt.Sprintf("5aa119a8-d25b-45a7-8d1b-%012x", n) }
		}
	})
}

func (s *Server) accessKey() string { return cmp.Or(s.AccessKey, DefaultAccessKey) }
func (s *Server) secretKey() string { return cmp.Or(s.SecretKey, DefaultSecretKey) }
func (s *Server) token() string     { return cmp.Or(s.Token, DefaultToken) }

func (s *Server) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}
