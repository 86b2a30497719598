// SPDX-License-Identifier: Apache-2.0

package call

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

// hosts is what an endpoint's rules say of it, where only hosts below provider.test are allowed: "" is allowed, "else" is
// allowed where any host is, and anything else is a part of the refusal.
var hosts = map[string]string{
	"https://api.provider.test":                    "",
	"https://API.Provider.TEST":                    "",
	"HTTPS://api.provider.test/":                   "",
	"https://a.b-c.provider.test:8443":             "",
	"https://api.second.test":                      "",
	"http://127.0.0.1:8081":                        "",
	"http://127.8.9.10":                            "",
	"http://[::1]:1":                               "",
	"http://localhost:9":                           "",
	"https://LOCALHOST":                            "",
	"https://[::ffff:127.0.0.1]":                   "",
	"https://fake-server-not-started.invalid":      "",
	"http://fake-server-not-started.invalid":       "must be https",
	"https://invalid":                              "else",
	"https://evilinvalid":                          "else",
	"https://provider.test":                        "else",
	"https://evilprovider.test":                    "else",
	"https://api.provider.test.evil.test":          "else",
	"https://api-provider.test":                    "else",
	"https://provider.test.localhost":              "else",
	"https://proxy.example:8443":                   "else",
	"https://10.0.0.5":                             "else",
	"https://[2001:db8::1]:443":                    "else",
	"https://0.0.0.0":                              "else",
	"https://127.1":                                "else",
	"https://2130706433":                           "else",
	"https://xn--provder-b5a.test":                 "else",
	"https://api.provider.test.":                   "single dots",
	"https://api..provider.test":                   "single dots",
	"https://.provider.test":                       "single dots",
	"https://-.provider.test":                      "ASCII letters",
	"https://api.provider。test":                    "ASCII letters",
	"https://evil.test／.provider.test":             "ASCII letters",
	"https://api.prov\u0456der.test":               "ASCII letters",
	"https://evil.test%E3%80%82provider.test":      "ASCII letters",
	"https://evil.test;.provider.test":             "ASCII letters",
	"https://[::1%25.provider.test]":               "ASCII letters",
	"https://evil.test%2F.provider.test":           "unreadable",
	"https://evil.test\\.provider.test":            "unreadable",
	"https://evil.test\n.provider.test":            "unreadable",
	"https://evil.test .provider.test":             "unreadable",
	"https://api.provider.test@evil.test":          "user or password",
	"https://api.provider.test:pass@evil.test":     "user or password",
	"https://evil.test?.provider.test":             "scheme and host only",
	"https://evil.test#.provider.test":             "scheme and host only",
	"https://evil.test/.provider.test":             "scheme and host only",
	"https://api.provider.test?":                   "scheme and host only",
	"https://api.provider.test:":                   "a port from 1 to 65535",
	"https://api.provider.test:0":                  "a port from 1 to 65535",
	"https://api.provider.test:65536":              "a port from 1 to 65535",
	"https://api.provider.test:443x":               "unreadable",
	"https:api.provider.test":                      "name a host",
	"https:///api.provider.test":                   "only", // a path, and no host
	"http://api.provider.test":                     "must be https",
	"http://localhost.evil.test":                   "must be https",
	"http://127.0.0.1.evil.test":                   "must be https",
	"http://0.0.0.0":                               "must be https",
	"ftp://api.provider.test":                      "must begin with https://",
	"wss://127.0.0.1":                              "must begin with https://",
	"api.provider.test":                            "only",
	"//api.provider.test":                          "must begin with https://",
	"https://api.provider.test/?AccessKeyId=PLANT": "scheme and host only",
	"https://PLANT:PLANT@api.provider.test":        "user or password",
	"https://api.provider.test:PLANT":              "unreadable",
}

func TestEndpointHosts(t *testing.T) {
	for endpoint, want := range hosts {
		for _, domains := range [][]string{{"provider.test", "second.test"}, nil} {
			u, err := ParseEndpoint("Config.Endpoint", endpoint, domains...)
			if want == "" || (want == "else" && domains == nil) {
				require.NoError(t, err, endpoint)
				require.Equal(t, "/", u.Path)
				require.Regexp(t, `^[a-z0-9.:\[\]-]+$`, u.Host, "in one spelling, so that what is signed is what is sent")
				continue
			}
			require.ErrorIs(t, err, errors.ErrInvalid, "%s (%v)", endpoint, domains)
			require.ErrorContains(t, err, "Config.Endpoint = ")
			require.NotContains(t, err.Error(), "PLANT")
			if want == "else" {
				want := "must be a host below provider.test or second.test, or this machine; requests are signed for no other host unless Config.AnyHost is set"
				require.ErrorContains(t, err, want)
				continue
			}
			require.ErrorContains(t, err, want, endpoint)
		}
	}
}
