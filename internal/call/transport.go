// SPDX-License-Identifier: Apache-2.0

package call

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// newTransport is a pool of this client's own. Idle connections are dropped before the provider does (Alibaba reaps
// them near 10 s), because a connection that dies under a change makes the change uncertain.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           0, // bounded per host
		MaxIdleConnsPerHost:    128,
		IdleConnTimeout:        5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
