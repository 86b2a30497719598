// SPDX-License-Identifier: Apache-2.0

package huaweitest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/internal/sdkhmac"
)

// Each row spoils a request that is good without it.
func TestAuthentication(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := []struct {
		name     string
		spoil    func(*message)
		code     string
		contains string
	}{
		{"unknown key", func(m *message) { m.key.ID = "ANOTHERKEY" }, "APIGW.0301", "ak not exist"},
		{"wrong secret", func(m *message) { m.key.Secret = "another" }, "APIGW.0301", "verify aksk signature fail"},
		{"no authorization", func(m *message) { m.key.ID = "" }, "APIGW.0301", "x-auth-token not found"},
		{"clock slow", func(m *message) { m.at = m.at.Add(-16 * time.Minute) }, "APIGW.0301", "signature expired"},
		{"clock fast", func(m *message) { m.at = m.at.Add(16 * time.Minute) }, "APIGW.0301", "signature expired"},
		{"another algorithm", func(m *message) {
			m.after = set("Authorization", "V11-HMAC-SHA256 Access=x, SignedHeaders=x, Signature=x")
		}, "APIGW.0301", "not by SDK-HMAC-SHA256"},
		{"date not signed", func(m *message) {
			m.after = func(r *http.Request) {
				r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "x-sdk-date", "", 1))
			}
		}, "APIGW.0301", "X-Sdk-Date"},
		{"signed header changed", func(m *message) { m.before, m.after = set("X-Domain-Id", "a"), set("X-Domain-Id", "b") }, "APIGW.0301", "verify"},
		{"body changed", func(m *message) {
			m.after = func(r *http.Request) {
				r.Body = http.NoBody
				r.ContentLength = 0
			}
		}, "APIGW.0301", "verify"},
		{"query changed", func(m *message) { m.after = func(r *http.Request) { r.URL.RawQuery = "a=b" } }, "APIGW.0301", "verify"},
		{"security token not wanted", func(m *message) { m.key.Token = "TOKEN" }, "APIGW.0301", "security token"},
		{"wrong token", func(m *message) { m.key.ID, m.after = "", set("X-Auth-Token", "another") }, "APIGW.0307", "must be updated"},
		{"bad signature beside a good token", func(m *message) { m.key.Secret, m.after = "another", set("X-Auth-Token", huaweitest.DefaultToken) }, "APIGW.0301", "verify"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s huaweitest.Server
			endpoint := start(t, &s)
			require.Equal(t, http.StatusNoContent, send(t, endpoint, write(goodAmount)).status, "control")
			changes := len(s.Quota.Changes(""))

			m := write(goodAmount)
			tt.spoil(&m)
			a := send(t, endpoint, m)
			require.Equal(t, http.StatusUnauthorized, a.status, a.text)
			require.Equal(t, tt.code, a.Code)
			require.Contains(t, a.Message, tt.contains)
			require.Equal(t, a.header.Get("X-Request-Id"), a.GatewaysID)
			require.Len(t, s.Quota.Changes(""), changes)
			last := s.Requests()[1]
			require.False(t, last.Signed || last.Token)
			require.Equal(t, http.StatusUnauthorized, last.Status)
		})
	}
}

func TestSecurityToken(t *testing.T) {
	s := huaweitest.Server{AccessKey: "AK", SecretKey: "SK", SecurityToken: "TOKEN"}
	endpoint := start(t, &s)
	for _, tt := range []struct {
		token  string
		status int
	}{{"TOKEN", 204}, {"", 401}, {"ANOTHER", 401}} {
		m := write(goodAmount)
		m.key = sdkhmac.Key{ID: "AK", Secret: "SK", Token: tt.token}
		a := send(t, endpoint, m)
		require.Equal(t, tt.status, a.status, a.text)
	}
}

func TestAuthToken(t *testing.T) {
	s := huaweitest.Server{Token: "TOKEN"}
	endpoint := start(t, &s)
	for _, tt := range []struct {
		token  string
		status int
	}{{"TOKEN", 204}, {huaweitest.DefaultToken, 401}} {
		m := write(goodAmount)
		m.key, m.after = sdkhmac.Key{}, func(r *http.Request) { r.Header.Set("X-Auth-Token", tt.token) }
		a := send(t, endpoint, m)
		require.Equal(t, tt.status, a.status, a.text)
	}
	first := s.Requests()[0]
	require.True(t, first.Token)
	require.False(t, first.Signed)
}

// The very same signed request may come twice: there is no nonce in this scheme.
func TestSameRequestTwice(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	m := write(goodAmount)
	for range 2 {
		require.Equal(t, http.StatusNoContent, send(t, endpoint, m).status)
	}
	require.Len(t, s.Quota.Changes(""), 2)
}

func TestClock(t *testing.T) {
	now := time.Date(2024, 1, 29, 8, 0, 0, 0, time.UTC)
	s := huaweitest.Server{Now: func() time.Time { return now }}
	endpoint := start(t, &s)
	for _, tt := range []struct {
		skew   time.Duration
		status int
	}{{0, 204}, {15 * time.Minute, 204}, {-15 * time.Minute, 204}, {15*time.Minute + time.Second, 401}, {-15*time.Minute - time.Second, 401}} {
		m := write(goodAmount)
		m.at = now.Add(tt.skew)
		a := send(t, endpoint, m)
		require.Equal(t, tt.status, a.status, a.text)
	}
}

func TestKeyLock(t *testing.T) {
	good, bad := write(goodAmount), write(goodAmount)
	bad.key.Secret = "another"
	now := time.Now()

	t.Run("control: without LockKey", func(t *testing.T) {
		var s huaweitest.Server
		endpoint := start(t, &s)
		for range 6 {
			require.Equal(t, http.StatusUnauthorized, send(t, endpoint, bad).status)
		}
		require.Equal(t, http.StatusNoContent, send(t, endpoint, good).status)
	})
	t.Run("fifth failure locks for five minutes", func(t *testing.T) {
		s := huaweitest.Server{LockKey: true, Now: func() time.Time { return now }}
		endpoint := start(t, &s)
		for range 5 {
			require.Contains(t, send(t, endpoint, bad).Message, "verify aksk signature fail")
		}
		a := send(t, endpoint, good)
		require.Equal(t, http.StatusUnauthorized, a.status)
		require.Contains(t, a.Message, "reach the limit")

		now = now.Add(4*time.Minute + 59*time.Second)
		good.at = now
		require.Equal(t, http.StatusUnauthorized, send(t, endpoint, good).status)
		now = now.Add(time.Second)
		require.Equal(t, http.StatusNoContent, send(t, endpoint, good).status)
	})
	t.Run("a success begins the count anew", func(t *testing.T) {
		s := huaweitest.Server{LockKey: true, Now: func() time.Time { return now }}
		endpoint := start(t, &s)
		for range 3 {
			for range 4 {
				require.Equal(t, http.StatusUnauthorized, send(t, endpoint, bad).status)
			}
			require.Equal(t, http.StatusNoContent, send(t, endpoint, good).status)
		}
	})
}
