// SPDX-License-Identifier: Apache-2.0

package call

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// maxConnections is how many connections to one host a client opens. More calls at once wait for one, within the time of
// their attempt: without a bound, each burst dials anew what the last one closed, and a thousand in parallel are a quarter
// slower than sixty-four. A call that finds none in time was never sent, which is a better thing to know than a doubt.
const maxConnections = 128

// NewTransport is a pool for one client. Idle connections are dropped before the provider does (Alibaba reaps them near
// 10 s), because a connection that dies under a change makes the change uncertain.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           0, // bounded per host
		MaxIdleConnsPerHost:    maxConnections,
		MaxConnsPerHost:        maxConnections,
		IdleConnTimeout:        5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
