// SPDX-License-Identifier: Apache-2.0

package call

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/resellkit/resell/errors"
)

// ParseEndpoint reads an endpoint override: scheme and host only, and https unless the host is this machine. The host is
// this machine or below one of the domains; without domains any host will do.
func ParseEndpoint(field, endpoint string, domains ...string) (*url.URL, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, errors.Invalid(field, "(unreadable)", "must be a URL such as https://host")
	}
	shown := (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String() // userinfo and query may be secret
	host := u.Hostname()
	rule := ""
	switch {
	case u.User != nil:
		rule = "must not carry a user or password"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		rule = "must be scheme and host only"
	case host == "":
		rule = "must name a host, as in https://host"
	case net.ParseIP(host) == nil && !hostname(host):
		rule = "must name a host in ASCII letters, digits and hyphens, with single dots between them"
	case !port(u):
		rule = "must have a port from 1 to 65535, or none and no colon"
	case u.Scheme != "https" && u.Scheme != "http":
		rule = "must begin with https://"
	case loopback(host):
	case u.Scheme == "http":
		rule = "must be https; plain http is for this machine (loopback) only"
	case !below(host, domains):
		rule = "must be a host below " + strings.Join(domains, " or ") + ", or this machine; requests are signed for no other host unless Config.AnyHost is set"
	}
	if rule != "" {
		return nil, errors.Invalid(field, shown, rule)
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: "/"}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// below reports whether host is a name below one of the domains, or there are none.
func below(host string, domains []string) bool {
	host = strings.ToLower(host)
	return len(domains) == 0 || strings.HasSuffix(host, nowhere) ||
		slices.ContainsFunc(domains, func(domain string) bool { return strings.HasSuffix(host, "."+domain) })
}

// nowhere is the domain that no resolver knows (RFC 6761): that of a fake which is not started, or is served in memory.
const nowhere = ".invalid"

// hostname reports whether host is dotted labels of plain characters. Anything else may be read in two ways: net/http, for
// one, takes a full-width dot for a dot.
func hostname(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, plain) != "" {
			return false
		}
	}
	return true
}

const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// port reports whether u has a port that can be dialled, or none.
func port(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}
