// SPDX-License-Identifier: Apache-2.0

package huaweitest_test

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/internal/sdkhmac"
)

const (
	path     = "/v2/partners/sub-customers/budget"
	customer = "053a48736500d5f40ffec01689b88480"
	reseller = "0b5e9bb21980d20c0f0fc00874a9e000"
)

var key = sdkhmac.Key{ID: huaweitest.DefaultAccessKey, Secret: huaweitest.DefaultSecretKey}

// message is a request to be made.
type message struct {
	method, path, query, body string
	key                       sdkhmac.Key
	at                        time.Time
	before, after             func(*http.Request) // changes before and after it is signed
}

// write is a good budget write, and read a good read.
func write(fields string) message {
	return message{method: http.MethodPost, path: path, body: `{"customer_id":"` + customer + `"` + fields + `}`, key: key, at: time.Now()}
}

func read(query string) message {
	return message{method: http.MethodGet, path: path, query: query, key: key, at: time.Now()}
}

const goodAmount = `,"budget_amount":100.1`

// answer is what came back.
type answer struct {
	status     int
	header     http.Header
	text       string
	Code       string `json:"error_code"`
	Message    string `json:"error_msg"`
	GatewaysID string `json:"request_id"`
	Inner      struct {
		Code    string `json:"error_code"`
		Message string `json:"error_msg"`
	} `json:"error"` // as EPS has it
}

// send signs and sends m.
func send(t *testing.T, endpoint string, m message) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), m.method, endpoint+m.path, strings.NewReader(m.body))
	require.NoError(t, err)
	req.URL.RawQuery = m.query
	if m.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if m.before != nil {
		m.before(req)
	}
	if m.key.ID != "" {
		sdkhmac.Sign(req, []byte(m.body), m.key, m.at)
	}
	if m.after != nil {
		m.after(req)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	reply, err := client.Do(req)
	require.NoError(t, err)
	defer func() { _ = reply.Body.Close() }()
	body, err := io.ReadAll(reply.Body)
	require.NoError(t, err)
	a := answer{status: reply.StatusCode, header: reply.Header, text: string(body)}
	_ = json.Unmarshal(body, &a)
	a.Code, a.Message = cmp.Or(a.Code, a.Inner.Code), cmp.Or(a.Message, a.Inner.Message)
	return a
}

// start runs s for the length of the test, and sees that nothing of it is left.
func start(t *testing.T, s *huaweitest.Server) (endpoint string) {
	t.Helper()
	endpoint, err := s.Start("")
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return endpoint
}

// requireNoLeaks waits until there are no more goroutines than before.
func requireNoLeaks(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			require.Failf(t, "goroutines are left", "%s", stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(time.Millisecond)
	}
}
