// SPDX-License-Identifier: Apache-2.0

package huaweitest_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

func TestEveryCode(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	for _, c := range huaweitest.Codes() {
		t.Run(strconv.Itoa(c.Status)+" "+c.Code, func(t *testing.T) {
			s.Faults.Add("*", huaweitest.Code(c.Status, c.Code))
			a := send(t, endpoint, write(goodAmount))
			require.Equal(t, c.Status, a.status)
			require.Equal(t, c.Code, a.Code)
			require.NotEmpty(t, a.Message)
			require.Equal(t, strings.HasPrefix(c.Code, "APIG"), a.GatewaysID != "")
			require.Empty(t, a.header.Values("Huaweitest-Code"))
			if c.Operation != "ShowSubCustomerBudget" && c.Code != "CBC.0150" {
				require.Equal(t, c.Message, a.Message)
			}
			require.Empty(t, s.Quota.Changes(""))
		})
	}
}

func TestCodeOfNoDocument(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	applied := huaweitest.Code(500, "CBC.0999")
	applied.Applied = true
	s.Faults.Add("*", huaweitest.Code(418, "CBC.12345678"), huaweitest.Code(429, "APIG.0308"), applied)

	a := send(t, endpoint, write(goodAmount))
	require.Equal(t, []any{418, "CBC.12345678", "Unknown error."}, []any{a.status, a.Code, a.Message})
	a = send(t, endpoint, write(goodAmount))
	require.Equal(t, []any{429, "APIG.0308", "The throttling threshold has been reached."}, []any{a.status, a.Code, a.Message})
	require.Empty(t, s.Quota.Changes(""))
	a = send(t, endpoint, write(goodAmount))
	require.Equal(t, []any{500, "CBC.0999"}, []any{a.status, a.Code})
	require.Len(t, s.Quota.Changes(""), 1, "it was carried out before")
}

// A bare status gets the envelope that this API would send; what a script spells out is sent as it is.
func TestScriptedStatuses(t *testing.T) {
	for _, tt := range []struct {
		fault  fault.Fault
		status int
		code   string
		text   string
	}{
		{fault.Unauthorized, 401, "APIGW.0301", ""},
		{fault.Fault{Status: http.StatusForbidden}, 403, "CBC.0151", ""},
		{fault.Throttled, 429, "APIGW.0308", ""},
		{fault.Unavailable, 503, "", ""},
		{fault.Reply(400, `{"error_code":"X"}`), 400, "X", `{"error_code":"X"}`},
	} {
		s := huaweitest.Server{Wrinkles: huaweitest.Wrinkles{ExtraFields: true}}
		endpoint := start(t, &s)
		s.Faults.Add("UpdateSubCustomerBudget", tt.fault)
		a := send(t, endpoint, write(goodAmount))
		require.Equal(t, []any{tt.status, tt.code}, []any{a.status, a.Code})
		if tt.text != "" {
			require.Equal(t, tt.text, a.text)
		}
	}
	var s huaweitest.Server
	endpoint := start(t, &s)
	s.Faults.Add("UpdateSubCustomerBudget", fault.ThrottledFor(2e9))
	require.Equal(t, "2", send(t, endpoint, write(goodAmount)).header.Get("Retry-After"))
}

// Faults scripted in the model come out as this API's errors, too.
func TestModelFaults(t *testing.T) {
	for _, tt := range []struct {
		fault  fault.Fault
		status int
		code   string
	}{
		{fault.Throttled, 429, "CBC.0250"},
		{fault.Unauthorized, 401, "APIGW.0301"},
		{fault.Fault{Status: 403}, 403, "CBC.0151"},
		{fault.LostReply, 500, "CBC.0999"},
	} {
		var s huaweitest.Server
		endpoint := start(t, &s)
		s.Quota.Faults.Add("*", tt.fault, tt.fault)
		a := send(t, endpoint, write(goodAmount))
		require.Equal(t, []any{tt.status, tt.code}, []any{a.status, a.Code})
		a = send(t, endpoint, read("customer_id=1"))
		require.Equal(t, []any{tt.status, tt.code}, []any{a.status, a.Code})
	}
}
