// SPDX-License-Identifier: Apache-2.0

package call

import (
	"net"
	"net/url"
	"strings"

	"github.com/resellkit/resell/errors"
)

// ParseEndpoint reads an endpoint override: scheme and host only, and https unless the host is this machine.
func ParseEndpoint(field, endpoint string) (*url.URL, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, errors.Invalid(field, "(unreadable)", "must be a URL such as https://host")
	}
	shown := (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String() // userinfo and query may be secret
	rule := ""
	switch {
	case u.User != nil:
		rule = "must not carry a user or password"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		rule = "must be scheme and host only"
	case u.Hostname() == "":
		rule = "must name a host, as in https://host"
	case u.Scheme == "https":
	case u.Scheme != "http":
		rule = "must begin with https://"
	case !loopback(u.Hostname()):
		rule = "must be https; plain http is for this machine (loopback) only"
	}
	if rule != "" {
		return nil, errors.Invalid(field, shown, rule)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}
