// SPDX-License-Identifier: Apache-2.0

package huaweitest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

func TestWrinklesOfSuccess(t *testing.T) {
	for _, tt := range []struct {
		name     string
		wrinkles huaweitest.Wrinkles
		want     string
	}{
		{"none", huaweitest.Wrinkles{}, `{"budget_amount":100.1,"used_amount":0.0,"measure_id":1,"currency":"USD","budget_type":"MONTHLY"}`},
		{"strings", huaweitest.Wrinkles{AmountsAsStrings: true}, `{"budget_amount":"100.1","used_amount":"0.0","measure_id":1,"currency":"USD","budget_type":"MONTHLY"}`},
		{"decimals", huaweitest.Wrinkles{EightDecimals: true}, `{"budget_amount":100.10000000,"used_amount":0.00000000,"measure_id":1,"currency":"USD","budget_type":"MONTHLY"}`},
		{"integers", huaweitest.Wrinkles{IntegersAsText: true}, `{"budget_amount":100.1,"used_amount":0.0,"measure_id":"1","currency":"USD","budget_type":"MONTHLY"}`},
		{"nulls", huaweitest.Wrinkles{Nulls: true}, `{"budget_amount":100.1,"used_amount":0.0,"measure_id":null,"currency":null,"budget_type":"MONTHLY"}`},
		{"extra", huaweitest.Wrinkles{ExtraFields: true}, `{"budget_amount":100.1,"used_amount":0.0,"measure_id":1,"currency":"USD","budget_type":"MONTHLY","budget_version":3,"ext":{"budget_amount":null}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := huaweitest.Server{Wrinkles: tt.wrinkles}
			endpoint := start(t, &s)
			s.Quota.Update("1", func(state *quotatest.State) { state.Budget.Limit = quota.MustMoney("100.1 USD") })
			require.Equal(t, tt.want, send(t, endpoint, read("customer_id=1")).text)
		})
	}
	s := huaweitest.Server{Wrinkles: huaweitest.Wrinkles{ZeroForNone: true}}
	endpoint := start(t, &s)
	require.Equal(t, `{"budget_amount":0.0,"used_amount":0.0,"measure_id":1,"currency":"USD","budget_type":"MONTHLY"}`, send(t, endpoint, read("customer_id=1")).text)
}

func TestWrinklesOfErrors(t *testing.T) {
	const id = "00000000000000000000000000000001"
	denied, throttled, unauthorized := huaweitest.Code(403, "CBC.0151"), fault.Throttled, huaweitest.Code(401, "APIGW.0307")
	for _, tt := range []struct {
		name     string
		wrinkles huaweitest.Wrinkles
		fault    fault.Fault
		want     string
	}{
		{"none", huaweitest.Wrinkles{}, denied, `{"error_code":"CBC.0151","error_msg":"Access denied."}`},
		{"none, gateway", huaweitest.Wrinkles{}, throttled, `{"error_msg":"The throttling threshold has been reached.","error_code":"APIGW.0308","request_id":"` + id + `"}`},
		{"camel case", huaweitest.Wrinkles{CamelCaseErrors: true}, denied, `{"errorCode":"CBC.0151","errorMsg":"Access denied."}`},
		{"nested", huaweitest.Wrinkles{NestedErrors: true}, denied, `{"error":{"error_code":"CBC.0151","error_msg":"Access denied."}}`},
		{"both", huaweitest.Wrinkles{NestedErrors: true, CamelCaseErrors: true}, denied, `{"error":{"errorCode":"CBC.0151","errorMsg":"Access denied."}}`},
		{"numeric", huaweitest.Wrinkles{NumericCodes: true}, unauthorized, `{"error":{"code":401,"message":"The token must be updated.","title":"Unauthorized"}}`},
		{"numeric, not of the API", huaweitest.Wrinkles{NumericCodes: true}, denied, `{"error_code":"CBC.0151","error_msg":"Access denied."}`},
		{"prefix", huaweitest.Wrinkles{ShortPrefix: true}, unauthorized, `{"error_msg":"The token must be updated.","error_code":"APIG.0307","request_id":"` + id + `"}`},
		{"text", huaweitest.Wrinkles{TextForThrottled: true}, throttled, `Blocked by olc`},
		{"extra", huaweitest.Wrinkles{ExtraFields: true}, denied, `{"error_code":"CBC.0151","error_msg":"Access denied.","fail_check_items":{"error_code":""}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := huaweitest.Server{Wrinkles: tt.wrinkles}
			endpoint := start(t, &s)
			s.Faults.Add("*", tt.fault)
			require.Equal(t, tt.want, send(t, endpoint, read("customer_id=1")).text)
		})
	}
}
