// SPDX-License-Identifier: Apache-2.0

package huaweitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

const (
	freezePath      = "/v2/partners/sub-customers/freeze"
	unfreezePath    = "/v2/partners/sub-customers/unfreeze"
	customersPath   = "/v2/partners/sub-customers/query"
	resellersPath   = "/v2/partners/indirect-partners/query"
	budgetsPath     = path + "/query"
	recordsPath     = path + "/records"
	consumptionPath = "/v2/partners/credit/consumption-quota"
)

func post(to, body string) message {
	return message{method: http.MethodPost, path: to, body: body, key: key, at: time.Now()}
}

func get(from, query string) message {
	return message{method: http.MethodGet, path: from, query: query, key: key, at: time.Now()}
}

// What the documents do not allow is CBC.0100, and names the field.
func TestRefusedRequests(t *testing.T) {
	long := strings.Repeat("x", 65)
	eleven, hundred := strings.TrimSuffix(strings.Repeat(`"1",`, 11), ","), strings.TrimSuffix(strings.Repeat(`"1",`, 101), ",")
	var s huaweitest.Server
	endpoint := start(t, &s)
	s.Quota.Update("1", func(*quotatest.State) {})
	for _, tt := range []struct {
		m        message
		contains string
	}{
		{post(freezePath, ``), "JSON object"},
		{post(freezePath, `[]`), "JSON object"},
		{post(freezePath, `{"reason":"x"}`), "customer_ids"},
		{post(freezePath, `{"customer_ids":null,"reason":"x"}`), "customer_ids"},
		{post(freezePath, `{"customer_ids":[],"reason":"x"}`), "customer_ids"},
		{post(freezePath, `{"customer_ids":"1","reason":"x"}`), "customer_ids"},
		{post(freezePath, `{"customer_ids":[1],"reason":"x"}`), "customer_ids"},
		{post(freezePath, `{"customer_ids":[""],"reason":"x"}`), "customer_ids"},
		{post(freezePath, `{"customer_ids":["`+long+`"],"reason":"x"}`), "customer_ids"},
		{post(freezePath, `{"customer_ids":[`+eleven+`],"reason":"x"}`), "customer_ids"},
		{post(freezePath, `{"customer_ids":["1"]}`), "reason"},
		{post(freezePath, `{"customer_ids":["1"],"reason":""}`), "reason"},
		{post(freezePath, `{"customer_ids":["1"],"reason":"`+strings.Repeat("x", 257)+`"}`), "reason"},
		{post(freezePath, `{"customer_ids":["1"],"reason":"x","freeze_type":""}`), "freeze_type"},
		{post(freezePath, `{"customer_ids":["1"],"reason":"x","freeze_type":"account"}`), "freeze_type"},
		{post(freezePath, `{"customer_ids":["1"],"reason":"x","indirect_partner_id":"`+long+`"}`), "indirect_partner_id"},
		{post(unfreezePath, `{"customer_ids":["1"],"reason":"x","unfreeze_type":""}`), "unfreeze_type"},
		{post(unfreezePath, `{"customer_ids":["1"],"reason":"x","unfreeze_type":1}`), "unfreeze_type"},
		{post(customersPath, `{"limit":0}`), "limit"},
		{post(customersPath, `{"limit":101}`), "limit"},
		{post(customersPath, `{"limit":"10"}`), "limit"},
		{post(customersPath, `{"offset":-1}`), "offset"},
		{post(customersPath, `{"offset":40000001}`), "offset"},
		{post(customersPath, `{"association_type":"4"}`), "association_type"},
		{post(customersPath, `{"association_type":1}`), "association_type"},
		{post(customersPath, `{"associated_on_begin":""}`), "associated_on_begin"},
		{post(customersPath, `{"associated_on_end":"2019-05-06"}`), "associated_on_end"},
		{post(customersPath, `{"associated_on_end":"2019-05-06T08:05:01+00:00"}`), "associated_on_end"},
		{post(customersPath, `{"account_name":"a b"}`), "account_name"},
		{post(customersPath, `{"account_name":"`+strings.Repeat("x", 129)+`"}`), "account_name"},
		{post(customersPath, `{"customer":7}`), "customer"},
		{post(customersPath, `{"label":"`+long+`"}`), "label"},
		{post(customersPath, `{"customer_id":"`+long+`"}`), "customer_id"},
		{post(resellersPath, `{"limit":101}`), "limit"},
		{post(resellersPath, `{"account_name":"`+long+`"}`), "account_name"},
		{post(resellersPath, `{"associated_on_begin":"soon"}`), "associated_on_begin"},
		{post(budgetsPath, `{}`), "customer_ids"},
		{post(budgetsPath, `{"customer_ids":[]}`), "customer_ids"},
		{post(budgetsPath, `{"customer_ids":[`+hundred+`]}`), "customer_ids"},
		{get(recordsPath, ""), "customer_id"},
		{get(recordsPath, "customer_id="), "customer_id"},
		{get(recordsPath, "customer_id=1&limit=101"), "limit"},
		{get(recordsPath, "customer_id=1&limit=x"), "limit"},
		{get(recordsPath, "customer_id=1&offset=-1"), "offset"},
		{get(recordsPath, "customer_id=1&operation_type="), "operation_type"},
		{get(recordsPath, "customer_id=1&operation_type=SET"), "operation_type"},
		{get(recordsPath, "budget_type=&customer_id=1"), "budget_type"},
	} {
		t.Run(tt.m.path+" "+tt.m.body+tt.m.query, func(t *testing.T) {
			if tt.m.method == http.MethodPost {
				tt.m.before = func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }
			}
			a := send(t, endpoint, tt.m)
			require.Equal(t, []any{http.StatusBadRequest, "CBC.0100"}, []any{a.status, a.Code}, a.text)
			require.Contains(t, a.Message, tt.contains)
			require.Empty(t, s.Quota.Changes(""))
		})
	}
	for _, to := range []string{freezePath, unfreezePath, customersPath, resellersPath, budgetsPath} {
		m := post(to, `{"customer_ids":["1"],"reason":"x"}`)
		m.before = func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }
		require.Equal(t, "CBC.0100", send(t, endpoint, m).Code)
		m.before = nil
		require.Empty(t, send(t, endpoint, m).Code, "control")
	}
}

func TestFreezing(t *testing.T) {
	for _, tt := range []struct {
		name      string
		wrinkles  huaweitest.Wrinkles
		status    int
		done, bad string
	}{
		{"plain", huaweitest.Wrinkles{}, 200, ``,
			`{"error_details":[{"error_code":"CBC.99000035","error_msg":"The customer does not exist.","id":"nobody"}]}`},
		{"no content", huaweitest.Wrinkles{NoContent: true}, 204, ``,
			`{"error_details":[{"error_code":"CBC.99000035","error_msg":"The customer does not exist.","id":"nobody"}]}`},
		{"nulls", huaweitest.Wrinkles{Nulls: true}, 200, `{"error_code":null,"error_msg":null,"error_details":null}`,
			`{"error_details":[{"error_code":"CBC.99000035","error_msg":"The customer does not exist.","id":"nobody"}]}`},
		{"camel case", huaweitest.Wrinkles{CamelCaseErrors: true}, 200, ``,
			`{"errorDetails":[{"errorCode":"CBC.99000035","errorMsg":"The customer does not exist.","id":"nobody"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := huaweitest.Server{Wrinkles: tt.wrinkles}
			endpoint := start(t, &s)
			s.Quota.Update("1", func(*quotatest.State) {})
			frozen := func() (account, resources bool) {
				state, _ := s.Quota.Customer("1")
				return state.Frozen, state.FrozenResources
			}
			a := send(t, endpoint, post(freezePath, `{"customer_ids":["1"],"reason":"x"}`))
			require.Equal(t, []any{tt.status, tt.done}, []any{a.status, a.text})
			account, resources := frozen()
			require.Equal(t, []bool{true, false}, []bool{account, resources})

			a = send(t, endpoint, post(unfreezePath, `{"customer_ids":["nobody","1"],"reason":"x","unfreeze_type":null}`))
			require.Equal(t, []any{200, tt.bad}, []any{a.status, a.text})
			account, _ = frozen()
			require.False(t, account, "the others are done")
		})
	}
}

// Of one customer each: another type, another reseller; and what a script has in the model refuses the whole.
func TestFreezingRefused(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	s.Quota.Update("1", func(state *quotatest.State) { state.Frozen, state.FrozenResources = true, true })
	s.Quota.Update("2", func(state *quotatest.State) { state.Budget.Reseller = reseller })
	for _, tt := range []struct{ body, code string }{
		{`{"customer_ids":["1"],"reason":"x"}`, "CBC.99005024"},
		{`{"customer_ids":["1"],"reason":"x","unfreeze_type":"ACCOUNT"}`, "CBC.99005024"},
		{`{"customer_ids":["2"],"reason":"x"}`, "CBC.99000037"},
		{`{"customer_ids":["2"],"reason":"x","indirect_partner_id":"another"}`, "CBC.99000037"},
	} {
		a := send(t, endpoint, post(unfreezePath, tt.body))
		require.Equal(t, 200, a.status)
		require.Contains(t, a.text, tt.code)
	}
	a := send(t, endpoint, post(unfreezePath, `{"customer_ids":["1"],"reason":"x","unfreeze_type":"ACCOUNT_AND_RESOURCE"}`))
	require.Empty(t, a.text)
	a = send(t, endpoint, post(freezePath, `{"customer_ids":["2"],"reason":"x","indirect_partner_id":"`+reseller+`"}`))
	require.Empty(t, a.text)
	s.Quota.Faults.Add("Freeze", fault.Unauthorized)
	require.Equal(t, "APIGW.0301", send(t, endpoint, post(freezePath, `{"customer_ids":["1"],"reason":"x"}`)).Code)
}

func TestPartialFailure(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	s.Quota.Update("1", func(*quotatest.State) {})
	applied := huaweitest.PartialFailure("CBC.0151", "2")
	applied.Applied = true
	s.Faults.Add("FreezeSubCustomers", huaweitest.PartialFailure("CBC.0151", "1"), applied)
	for i, id := range []string{"1", "2"} {
		a := send(t, endpoint, post(freezePath, `{"customer_ids":["1"],"reason":"x"}`))
		require.Equal(t, []any{200, `{"error_details":[{"error_code":"CBC.0151","error_msg":"Access denied.","id":"` + id + `"}]}`}, []any{a.status, a.text})
		state, _ := s.Quota.Customer("1")
		require.Equal(t, i == 1, state.Frozen)
	}
}

func TestListing(t *testing.T) {
	s := huaweitest.Server{}
	endpoint := start(t, &s)
	associated := time.Date(2021, time.January, 5, 6, 35, 51, 0, time.UTC)
	s.Quota.Update("b", func(state *quotatest.State) { state.Name, state.Associated = "betahc", associated })
	require.Equal(t, `{"customer_infos":[{"customer":"betahc","account_name":"betahc","customer_id":"b","associated_on":"2021-01-05T06:35:51Z",`+
		`"association_type":"3","label":"","telephone":"134****6666","verified_status":"2","country_code":"0086","customer_type":1,"is_frozen":0,`+
		`"account_managers":[{"account_name":"manager"}],"customer_level":"V0"}],"count":1}`, send(t, endpoint, post(customersPath, `{}`)).text)

	odd := huaweitest.Server{Wrinkles: huaweitest.Wrinkles{IntegersAsText: true, Nulls: true}}
	there := start(t, &odd)
	odd.Quota.Update("b", func(state *quotatest.State) { state.Frozen, state.FrozenResources = true, true })
	require.Equal(t, `{"customer_infos":[{"customer":"","account_name":"","customer_id":"b","associated_on":null,`+
		`"association_type":"3","label":null,"telephone":"134****6666","verified_status":"2","country_code":"0086","customer_type":"1","is_frozen":"2",`+
		`"account_managers":null,"customer_level":"V0"}],"count":"1"}`, send(t, there, post(customersPath, `{}`)).text)

	for i := range 30 {
		s.Quota.Update(fmt.Sprintf("c%02d", i), func(state *quotatest.State) { state.Name = "other" })
	}
	s.Quota.Update("r", func(state *quotatest.State) { state.Budget.Reseller = reseller })
	for _, tt := range []struct {
		body  string
		count int
		ids   string
	}{
		{`{}`, 31, "b c00 c01 c02 c03 c04 c05 c06 c07 c08"},
		{`{"offset":null,"limit":null}`, 31, "b c00 c01 c02 c03 c04 c05 c06 c07 c08"},
		{`{"offset":1,"limit":2}`, 31, "c00 c01"},
		{`{"offset":30,"limit":100}`, 31, "c29"},
		{`{"offset":31}`, 31, ""},
		{`{"offset":40000000}`, 31, ""},
		{`{"account_name":"tah"}`, 1, "b"},
		{`{"customer":"betahc","label":null}`, 1, "b"},
		{`{"label":"x"}`, 0, ""},
		{`{"association_type":"1"}`, 0, ""},
		{`{"association_type":"3","limit":1}`, 31, "b"},
		{`{"customer_id":"c07"}`, 1, "c07"},
		{`{"indirect_partner_id":"` + reseller + `"}`, 1, "r"},
		{`{"associated_on_begin":"2021-01-05T06:35:51Z","associated_on_end":"2021-01-05T06:35:51Z"}`, 1, "b"},
		{`{"associated_on_begin":"2021-01-05T06:35:52Z"}`, 0, ""},
		{`{"associated_on_end":"2021-01-05T06:35:50Z"}`, 0, ""},
	} {
		var list struct {
			Count int `json:"count"`
			Infos []struct {
				ID string `json:"customer_id"`
			} `json:"customer_infos"`
		}
		a := send(t, endpoint, post(customersPath, tt.body))
		require.NoError(t, json.Unmarshal([]byte(a.text), &list), a.text)
		ids := make([]string, len(list.Infos))
		for i, info := range list.Infos {
			ids[i] = info.ID
		}
		require.Equal(t, []any{tt.count, tt.ids}, []any{list.Count, strings.Join(ids, " ")}, tt.body)
	}
	// Who leaves is gone from the next page on.
	send(t, endpoint, post(customersPath, `{}`))
	s.Quota.Remove("b")
	require.Contains(t, send(t, endpoint, post(customersPath, `{"offset":29,"limit":1}`)).text, `"c29"`)
}

func TestListingResellers(t *testing.T) {
	s := huaweitest.Server{Resellers: []huawei.Reseller{
		{ID: "1", AccountName: "account_name", Name: "name", Telephone: "186", Email: "x@y.z", ManagerID: "m", Manager: "manager", Associated: time.Date(2017, 12, 17, 10, 32, 2, 0, time.UTC)},
		{ID: "2", AccountName: "another"},
	}}
	endpoint := start(t, &s)
	require.Equal(t, `{"count":1,"indirect_partners":[{"indirect_partner_id":"1","mobile_phone":"186","email":"x@y.z","account_name":"account_name","name":"name",`+
		`"associated_on":"2017-12-17T10:32:02Z","account_manager_id":"m","account_manager_name":"manager"}]}`,
		send(t, endpoint, post(resellersPath, `{"account_name":"count","associated_on_begin":"2017-12-17T10:32:02Z"}`)).text)
	require.Contains(t, send(t, endpoint, post(resellersPath, `{"offset":1}`)).text, `"another"`)
	require.Equal(t, `{"count":0,"indirect_partners":[]}`, send(t, endpoint, post(resellersPath, `{"indirect_partner_id":"3"}`)).text)
}

func TestBudgets(t *testing.T) {
	s := huaweitest.Server{Partner: huaweitest.PartnerQuota{
		Limit: decimal.New(10000, 0), Balance: decimal.New(1018, -2), Coupons: decimal.New(1003, -2), Due: decimal.New(50028, -2), Unbilled: decimal.New(20, 0),
	}}
	s.Now = time.Now
	endpoint := start(t, &s)
	send(t, endpoint, write(goodAmount))
	send(t, endpoint, write(`,"budget_amount":50,"budget_type":"PACKAGE"`))
	s.Quota.Update("2", func(*quotatest.State) {})
	s.Quota.Update("3", func(state *quotatest.State) {
		state.Budget.Reseller, state.Budget.Limit = reseller, quota.MustMoney("7 USD")
	})
	require.Equal(t, `{"measure_id":1,"currency":"USD","budget_infos":[{"customer_id":"2","budget_amount":null,"used_amount":null,"budget_type":null},`+
		`{"customer_id":"`+customer+`","budget_amount":50.0,"used_amount":0.0,"budget_type":"PACKAGE"}]}`,
		send(t, endpoint, post(budgetsPath, `{"customer_ids":["2","nobody","`+customer+`","2","3"]}`)).text)
	require.Equal(t, `{"measure_id":1,"currency":"USD","budget_infos":[{"customer_id":"3","budget_amount":7.0,"used_amount":0.0,"budget_type":"MONTHLY"}]}`,
		send(t, endpoint, post(budgetsPath, `{"customer_ids":["2","3"],"indirect_partner_id":"`+reseller+`"}`)).text)

	of := func(query string) string {
		return send(t, endpoint, get(recordsPath, "customer_id="+customer+query)).text
	}
	at := s.Requests()[1].Header.Get("X-Sdk-Date")[:8]
	require.Contains(t, of("&limit=1"), `{"total_count":2,"measure_id":1,"currency":"USD","record_list":[{"budget_amount":50.0,"operation_type":"SETTING","operation_time":"`+at[:4]+"-"+at[4:6]+"-"+at[6:])
	require.Contains(t, of("&offset=1"), `"budget_amount":100.1,`)
	monthly := send(t, endpoint, get(recordsPath, "budget_type=MONTHLY&customer_id="+customer+"&operation_type=SETTING")).text
	require.Contains(t, monthly, `"total_count":1,`)
	require.NotContains(t, monthly, "PACKAGE")
	require.Contains(t, of("&operation_type=DELETE"), `"total_count":0,`)
	require.Contains(t, send(t, endpoint, get(recordsPath, "customer_id=nobody")).text, `"total_count":0,`)
	require.Equal(t, "CBC.99000037", send(t, endpoint, get(recordsPath, "customer_id=3")).Code)

	require.Equal(t, `{"consumption_quota":"10000","amount":"10.18","coupon_amount":"10.03","due_amount":"500.28","unbilled_amount":"20",`+
		`"used_consumption_quota":"500.07","currency":"USD","measure_id":1}`, send(t, endpoint, get(consumptionPath, "")).text)
}
