// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"net/http"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	bssintl "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/bssintl/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/bssintl/v2/model"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

func pointer[T any](v T) *T { return &v }

func TestDoPost(t *testing.T) {
	w := answers(reply{status: 200, body: `{"measure_id":1,"currency":"USD","budget_infos":[{"customer_id":"c1","budget_amount":100.10,"used_amount":"2.5","budget_type":"MONTHLY"}]}`})
	client := newTestClient(t, w)
	definition := bssintl.GenReqDefForListSubCustomerBudget()
	got, err := client.Do(t.Context(), &model.ListSubCustomerBudgetRequest{Body: &model.ListSubCustomerBudgetReq{
		CustomerIds: []string{"c1", "c<2>"}, IndirectPartnerId: pointer("r1"),
	}}, definition)
	require.NoError(t, err)
	list, ok := got.(*model.ListSubCustomerBudgetResponse)
	require.True(t, ok)
	require.Equal(t, 200, list.HttpStatusCode)
	require.Len(t, *list.BudgetInfos, 1)
	require.True(t, decimal.RequireFromString("100.1").Equal(*(*list.BudgetInfos)[0].BudgetAmount))
	require.NotSame(t, definition.Response, list, "the definition's own value is not shared between calls")
	require.Zero(t, *definition.Response.(*model.ListSubCustomerBudgetResponse))

	r := w.requests[0]
	require.Equal(t, http.MethodPost, r.Method)
	require.Equal(t, "https://bss-intl.myhuaweicloud.com/v2/partners/sub-customers/budget/query", r.URL.String())
	require.Equal(t, `{"customer_ids":["c1","c<2>"],"indirect_partner_id":"r1"}`, r.body)
	require.Equal(t, "application/json", r.Header.Get("Content-Type"))
	verify(t, r, testKey)
}

func TestDoPathQueryHeader(t *testing.T) {
	w := answers(reply{status: 200, body: `{}`})
	client := newTestClient(t, w)
	_, err := client.Do(t.Context(), model.ListSubCustomerBudgetRecordsRequest{
		CustomerId: "c 1", BudgetType: pointer("MONTHLY"), Offset: pointer(int32(0)), Limit: pointer(int32(100)),
	}, bssintl.GenReqDefForListSubCustomerBudgetRecords())
	require.NoError(t, err)
	_, err = client.Do(t.Context(), &model.AutoRenewalResourcesRequest{ResourceId: "a/b c", Body: &model.AutoRenewalResourcesReq{}}, bssintl.GenReqDefForAutoRenewalResources())
	require.NoError(t, err)
	_, err = client.Do(t.Context(), &model.ListServiceTypesRequest{XLanguage: pointer("en_US"), Limit: pointer(int32(1))}, bssintl.GenReqDefForListServiceTypes())
	require.NoError(t, err)
	_, err = client.Do(t.Context(), &model.ListCustomerOrdersRequest{Method: pointer(model.GetListCustomerOrdersRequestMethodEnum().ONESELF)}, bssintl.GenReqDefForListCustomerOrders())
	require.NoError(t, err)

	require.Equal(t, "/v2/partners/sub-customers/budget/records?budget_type=MONTHLY&customer_id=c%201&limit=100&offset=0", w.requests[0].URL.RequestURI())
	require.Empty(t, w.requests[0].Header.Get("Content-Type"))
	require.Equal(t, "/v2/orders/subscriptions/resources/autorenew/a%2Fb%20c", w.requests[1].URL.RequestURI())
	require.Equal(t, []string{"en_US"}, w.requests[2].Header["X-Language"])
	require.Contains(t, w.requests[2].Header.Get("Authorization"), "x-language")
	require.Equal(t, "/v2/orders/customer-orders?method=oneself", w.requests[3].URL.RequestURI())
	for _, r := range w.requests {
		verify(t, r, testKey)
	}
}

func TestDoReplies(t *testing.T) {
	freeze := func(c *Client) (any, error) {
		return c.Do(t.Context(), &model.FreezeSubCustomersRequest{Body: &model.FreezeSubCustomersReq{CustomerIds: []string{"c1"}, Reason: "r"}}, bssintl.GenReqDefForFreezeSubCustomers())
	}
	show := func(c *Client) (any, error) {
		return c.Do(t.Context(), &model.ShowSubCustomerBudgetRequest{CustomerId: "c1"}, bssintl.GenReqDefForShowSubCustomerBudget())
	}
	tests := []struct {
		name  string
		do    func(*Client) (any, error)
		reply reply
		want  error
		sent  int
	}{
		{"write, 200", freeze, reply{status: 200, body: "{}"}, nil, 1},
		{"write, 200 empty", freeze, reply{status: 200}, nil, 1},
		{"write, 204", freeze, reply{status: 204}, nil, 1},
		{"write, no details", freeze, reply{status: 200, body: `{"error_details":[]}`}, nil, 1},
		{"write, partly failed", freeze, reply{status: 200, body: `{"error_details":[{"id":"c1","error_code":"CBC.0151","error_msg":"m"}]}`}, errors.ErrUncertain, 1},
		{"write, 200 with a code", freeze, reply{status: 200, body: `{"error_code":"CBC.0100","error_msg":"m"}`}, errors.ErrInvalid, 1},
		{"write, HTML", freeze, reply{status: 200, body: `<html>`}, errors.ErrUncertain, 1},
		{"write, list", freeze, reply{status: 200, body: `[]`}, errors.ErrUncertain, 1},
		{"write, of another form", freeze, reply{status: 200, body: `{"error_details":null,"request_id":5}`}, nil, 1},
		{"write in doubt is not repeated", freeze, reply{status: 500, body: `{"error_code":"CBC.0999"}`}, errors.ErrUncertain, 1},
		{"write throttled is repeated", freeze, reply{status: 429, body: `{"error_code":"CBC.0250"}`}, errors.ErrThrottled, 4},
		{"read, 200", show, reply{status: 200, body: `{"budget_amount":1}`}, nil, 1},
		{"read, 200 empty", show, reply{status: 200}, errors.ErrUnavailable, 4},
		{"read, misfit", show, reply{status: 200, body: `{"budget_amount":"many"}`}, errors.ErrUnavailable, 4},
		{"read, 500", show, reply{status: 500}, errors.ErrUnavailable, 4},
		{"read, 302", show, reply{status: 302}, errors.ErrUnavailable, 4},
		{"read, the table knows its operation", show, reply{status: 400, body: `{"error_code":"CBC.99005024"}`}, errors.ErrConflict, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(tt.reply)
			got, err := tt.do(newTestClient(t, w))
			requireClass(t, tt.want, err)
			require.Len(t, w.requests, tt.sent)
			if tt.want != nil {
				require.Nil(t, got)
				require.Contains(t, []string{"FreezeSubCustomers", "ShowSubCustomerBudget"}, failureOf(t, err).Op)
				return
			}
			require.NotNil(t, got)
		})
	}
}

type panickyRequest struct {
	Body *panicky `json:"body,omitempty"`
}

type panicky struct{}

func (panicky) MarshalJSON() ([]byte, error) { panic("PLANTED") }

type emptyRequest struct {
	CustomerId *string `json:"customer_id"`
}

type oddRequest struct {
	CustomerId []string `json:"customer_id"`
}

type panickyResponse struct{ panicky }

func (*panickyResponse) UnmarshalJSON([]byte) error { panic("PLANTED") }

func TestDoRefuses(t *testing.T) {
	show := bssintl.GenReqDefForShowSubCustomerBudget()
	tests := []struct {
		name       string
		request    any
		definition *def.HttpRequestDef
		want       string
	}{
		{"nothing", nil, nil, "request"},
		{"no definition", &model.ShowSubCustomerBudgetRequest{}, nil, "definition"},
		{"no response model", &model.ShowSubCustomerBudgetRequest{}, &def.HttpRequestDef{Method: "GET", Path: "/v2"}, "definition"},
		{"no struct", "text", show, "request"},
		{"nil model", (*model.ShowSubCustomerBudgetRequest)(nil), show, "request"},
		{"the definition of another operation", &model.FreezeSubCustomersRequest{}, show, "CustomerId"},
		{"a field that must be set", &emptyRequest{}, show, "CustomerId"},
		{"a field that cannot be sent", &oddRequest{CustomerId: []string{"a"}}, &def.HttpRequestDef{Method: "GET", Path: "/v2", Response: show.Response, RequestFields: show.RequestFields[:1]}, "CustomerId"},
		{"no path parameter", &model.AutoRenewalResourcesRequest{}, bssintl.GenReqDefForAutoRenewalResources(), "ResourceId"},
		{"a path that leaves its place", &model.AutoRenewalResourcesRequest{ResourceId: ".."}, bssintl.GenReqDefForAutoRenewalResources(), "ResourceId"},
		{"a path that no field fills", &model.ListInvoicesRequest{}, bssintl.GenReqDefForListInvoices(), "{domain_id}"},
		{"a model that panics", &panickyRequest{Body: &panicky{}}, bssintl.GenReqDefForListSubCustomerBudget(), "panick"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(reply{status: 200, body: "{}"})
			_, err := newTestClient(t, w).Do(t.Context(), tt.request, tt.definition)
			requireClass(t, errors.ErrInvalid, err)
			_ = failureOf(t, err)
			require.ErrorContains(t, err, tt.want)
			requireClean(t, err.Error())
			require.Empty(t, w.requests)
		})
	}
}

func TestDoSurvivesAResponseThatPanics(t *testing.T) {
	w := answers(reply{status: 200, body: `{"a":1}`})
	_, err := newTestClient(t, w).Do(t.Context(), &model.FreezeSubCustomersRequest{}, &def.HttpRequestDef{Method: "POST", Path: "/v2", Response: &panickyResponse{}})
	requireClass(t, errors.ErrUncertain, err)
	requireClean(t, err.Error())
}
