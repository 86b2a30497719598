// SPDX-License-Identifier: Apache-2.0

package huawei_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	bssintl "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/bssintl/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/bssintl/v2/model"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
)

const reseller = "0b5e9bb21980d20c0f0fc00874a9e000"

// vendor is the provider's own client, pointed at where ours would go.
func vendor(t *testing.T, ours huawei.Config) *bssintl.BssintlClient {
	t.Helper()
	key := global.NewCredentialsBuilder().WithAk(ours.Credentials.AccessKey).WithSk(ours.Credentials.SecretKey).WithDomainId("domain-1")
	if token := ours.Credentials.SecurityToken; token != "" {
		key = key.WithSecurityToken(token)
	}
	credentials, err := key.SafeBuild()
	require.NoError(t, err)
	client, err := bssintl.BssintlClientBuilder().
		WithEndpoint(ours.Endpoint).
		WithCredential(credentials).
		WithHttpConfig(config.DefaultHttpConfig().
			WithHttpTransport(&http.Transport{DisableKeepAlives: true}).
			WithUserAgent("test")). // else it writes a file into the home directory
		SafeBuild()
	require.NoError(t, err)
	return bssintl.NewBssintlClient(client)
}

func pointer[T any](v T) *T { return &v }

// vendorBudget has every field that the vendor's model has.
func vendorBudget(amount string) *model.UpdateSubCustomerBudgetRequest {
	return &model.UpdateSubCustomerBudgetRequest{Body: &model.ModSubCustomerBudgetReq{
		CustomerId:          customer,
		BudgetAmount:        pointer(decimal.RequireFromString(amount)),
		CancelPartnerFrozen: pointer("1"),
		IndirectPartnerId:   pointer(reseller),
		BudgetType:          pointer(model.GetModSubCustomerBudgetReqBudgetTypeEnum().PACKAGE),
		FrozenOperateType:   pointer(int32(1)),
	}}
}

// The fake is no friend of our client alone: the provider's own sets and reads budgets on it.
func TestVendorClientOnFake(t *testing.T) {
	for name, token := range map[string]string{"permanent key": "", "temporary key": "token+with/odd=characters"} {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud(t, func(s *huaweitest.Server) { s.SecurityToken = token })
			cloud.Quota.Update(customer, func(s *quotatest.State) { s.Frozen, s.Budget.Used = true, quota.MustMoney("30.25 USD") })
			client := vendor(t, cloud.Config())

			set, err := client.UpdateSubCustomerBudget(vendorBudget("100.10"))
			require.NoError(t, err)
			require.Equal(t, http.StatusNoContent, set.HttpStatusCode)
			state, _ := cloud.Quota.Customer(customer)
			require.True(t, state.Budget.Limit.Equal(quota.MustMoney("100.10 USD")))
			require.Equal(t, []any{reseller, quota.OneOff, quota.FreezeAutomatically, false},
				[]any{state.Budget.Reseller, state.Budget.Period, state.Budget.OnExceed, state.Frozen})

			shown, err := client.ShowSubCustomerBudget(&model.ShowSubCustomerBudgetRequest{CustomerId: customer, IndirectPartnerId: pointer(reseller)})
			require.NoError(t, err)
			require.True(t, shown.BudgetAmount.Equal(decimal.RequireFromString("100.1")))
			require.True(t, shown.UsedAmount.Equal(decimal.RequireFromString("30.25")))
			require.Equal(t, []any{int32(1), "USD", "PACKAGE"}, []any{*shown.MeasureId, *shown.Currency, shown.BudgetType.Value()})

			for _, r := range cloud.Requests() {
				require.True(t, r.Signed)
				require.Equal(t, "domain-1", r.Header.Get("X-Domain-Id"))
			}
		})
	}
}

// The control: a customer without a budget, a wrong secret and a documented refusal look to the vendor's client as they
// do in its own documents.
func TestVendorClientIsRefused(t *testing.T) {
	cloud := newCloud(t)
	client := vendor(t, cloud.Config())
	none, err := client.ShowSubCustomerBudget(&model.ShowSubCustomerBudgetRequest{CustomerId: customer})
	require.NoError(t, err)
	require.Nil(t, none.BudgetAmount)
	require.Nil(t, none.BudgetType)

	for _, tt := range []struct {
		amount string
		status int
		code   string
	}{{"0.001", 400, "CBC.0100"}, {"1e20", 400, "CBC.0100"}} {
		_, err = client.UpdateSubCustomerBudget(vendorBudget(tt.amount))
		refused, ok := errors.AsType[*sdkerr.ServiceResponseError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, []any{tt.status, tt.code}, []any{refused.StatusCode, refused.ErrorCode})
		require.NotEmpty(t, refused.RequestId)
	}
	require.Empty(t, cloud.Quota.Changes(""))

	ours := cloud.Config()
	ours.Credentials.SecretKey = "another"
	_, err = vendor(t, ours).UpdateSubCustomerBudget(vendorBudget("1"))
	refused, ok := errors.AsType[*sdkerr.ServiceResponseError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []any{401, "APIGW.0301"}, []any{refused.StatusCode, refused.ErrorCode})
}

// What our client sends has the fields of the vendor's models, with the same values. The amount alone is written in
// another way: a number with two decimals, as in the documents, where the vendor's client quotes it and cuts zeros.
func TestFieldsAreTheVendors(t *testing.T) {
	whole := quota.Budget{
		Customer: customer, Reseller: reseller, Limit: quota.MustMoney("100.10 USD"),
		Period: quota.OneOff, OnExceed: quota.FreezeAutomatically, Unfreeze: true,
	}
	least := quota.Budget{Customer: customer, Limit: quota.MustMoney("100.10 USD"), Period: quota.Monthly}
	vendorLeast := &model.UpdateSubCustomerBudgetRequest{Body: &model.ModSubCustomerBudgetReq{
		CustomerId: customer, BudgetAmount: pointer(decimal.RequireFromString("100.10")),
		BudgetType: pointer(model.GetModSubCustomerBudgetReqBudgetTypeEnum().MONTHLY),
	}}
	for _, tt := range []struct {
		name   string
		ours   quota.Budget
		theirs *model.UpdateSubCustomerBudgetRequest
		fields int
	}{{"every field", whole, vendorBudget("100.10"), 6}, {"few", least, vendorLeast, 3}} {
		t.Run(tt.name, func(t *testing.T) {
			cloud := newCloud(t)
			_, err := vendor(t, cloud.Config()).UpdateSubCustomerBudget(tt.theirs)
			require.NoError(t, err)
			_, err = newClient(t, cloud).SetBudget(t.Context(), tt.ours)
			require.NoError(t, err)
			theirs, ours := fieldsOf(t, cloud.Requests()[0]), fieldsOf(t, cloud.Requests()[1])
			require.Len(t, ours, tt.fields)
			require.Equal(t, slices.Sorted(maps.Keys(theirs)), slices.Sorted(maps.Keys(ours)))
			require.Equal(t, []string{`"100.1"`, `100.10`}, []string{theirs["budget_amount"], ours["budget_amount"]})
			delete(theirs, "budget_amount")
			delete(ours, "budget_amount")
			require.Equal(t, theirs, ours)
		})
	}

	cloud := newCloud(t)
	_, err := vendor(t, cloud.Config()).ShowSubCustomerBudget(&model.ShowSubCustomerBudgetRequest{CustomerId: customer, IndirectPartnerId: pointer(reseller)})
	require.NoError(t, err)
	_, err = newClient(t, cloud).BudgetOf(t.Context(), customer, reseller)
	require.NoError(t, err)
	requests := cloud.Requests()
	require.Equal(t, requests[0].Query, requests[1].Query)
}

// fieldsOf gives the body's fields as they were written.
func fieldsOf(t *testing.T, r huaweitest.Request) map[string]string {
	t.Helper()
	var raw map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(r.Body, &raw))
	fields := make(map[string]string, len(raw))
	for name, value := range raw {
		fields[name] = string(value)
	}
	return fields
}
