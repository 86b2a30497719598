// SPDX-License-Identifier: Apache-2.0

package huawei_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

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

// vendorFreeze and vendorUnfreeze have every field that the vendor's models have.
func vendorFreeze(customers ...string) *model.FreezeSubCustomersRequest {
	return &model.FreezeSubCustomersRequest{Body: &model.FreezeSubCustomersReq{
		CustomerIds: customers, Reason: "Arrears", IndirectPartnerId: pointer(reseller),
		FreezeType: pointer(model.GetFreezeSubCustomersReqFreezeTypeEnum().ACCOUNT_AND_RESOURCE),
	}}
}

func vendorUnfreeze(customers ...string) *model.UnfreezeSubCustomersRequest {
	return &model.UnfreezeSubCustomersRequest{Body: &model.UnfreezeSubCustomersReq{
		CustomerIds: customers, Reason: "Paid", IndirectPartnerId: pointer(reseller),
		UnfreezeType: pointer(model.GetUnfreezeSubCustomersReqUnfreezeTypeEnum().ACCOUNT_AND_RESOURCE),
	}}
}

// The vendor's own client freezes, lists and reads on the fake. Without the wrinkles: it cannot decode a count or a flag
// that is a string, though the vendor's own sample of ListSubCustomers has both.
func TestVendorClientOnTheOtherOperations(t *testing.T) {
	for _, noContent := range []bool{false, true} {
		cloud := newCloud(t, func(s *huaweitest.Server) {
			s.Wrinkles.NoContent = noContent
			s.Resellers = []huawei.Reseller{{ID: reseller, Name: "name"}}
			s.Partner.Limit, s.Partner.Balance = decimal.New(10000, 0), decimal.New(1018, -2)
		})
		client := vendor(t, cloud.Config())
		cloud.Quota.Update(customer, func(s *quotatest.State) { s.Budget.Reseller, s.Name = reseller, "name" })
		_, err := client.UpdateSubCustomerBudget(vendorBudget("100.10"))
		require.NoError(t, err)

		frozen, err := client.FreezeSubCustomers(vendorFreeze(customer))
		require.NoError(t, err)
		require.Nil(t, frozen.ErrorDetails)
		state, _ := cloud.Quota.Customer(customer)
		require.True(t, state.Frozen && state.FrozenResources)

		frozen, err = client.FreezeSubCustomers(vendorFreeze(customer, "nobody"))
		require.NoError(t, err, "a partial failure is none to the vendor's client")
		require.Len(t, *frozen.ErrorDetails, 1)
		require.Equal(t, []string{"nobody", "CBC.99000035"}, []string{*(*frozen.ErrorDetails)[0].Id, *(*frozen.ErrorDetails)[0].ErrorCode})

		list, err := client.ListSubCustomers(&model.ListSubCustomersRequest{Body: &model.QuerySubCustomerListReq{IndirectPartnerId: pointer(reseller)}})
		require.NoError(t, err)
		require.Equal(t, int32(1), *list.Count)
		require.Equal(t, []any{customer, "name", int32(2), "3"},
			[]any{(*list.CustomerInfos)[0].CustomerId, (*list.CustomerInfos)[0].AccountName, *(*list.CustomerInfos)[0].IsFrozen, *(*list.CustomerInfos)[0].AssociationType})

		_, err = client.UnfreezeSubCustomers(vendorUnfreeze(customer))
		require.NoError(t, err)
		state, _ = cloud.Quota.Customer(customer)
		require.False(t, state.Frozen || state.FrozenResources)

		read, err := client.ListSubCustomerBudget(&model.ListSubCustomerBudgetRequest{Body: &model.ListSubCustomerBudgetReq{
			CustomerIds: []string{customer, "nobody"}, IndirectPartnerId: pointer(reseller),
		}})
		require.NoError(t, err)
		require.Len(t, *read.BudgetInfos, 1)
		require.True(t, (*read.BudgetInfos)[0].BudgetAmount.Equal(decimal.RequireFromString("100.1")))

		kept, err := client.ListSubCustomerBudgetRecords(&model.ListSubCustomerBudgetRecordsRequest{
			CustomerId: customer, IndirectPartnerId: pointer(reseller), OperationType: pointer("SETTING"), BudgetType: pointer("PACKAGE"), Limit: pointer(int32(5)),
		})
		require.NoError(t, err)
		require.Equal(t, int32(1), *kept.TotalCount)
		require.True(t, (*kept.RecordList)[0].BudgetAmount.Equal(decimal.RequireFromString("100.1")))

		partners, err := client.ListIndirectPartners(&model.ListIndirectPartnersRequest{Body: &model.QueryIndirectPartnersReq{}})
		require.NoError(t, err)
		require.Equal(t, reseller, *(*partners.IndirectPartners)[0].IndirectPartnerId)

		own, err := client.ShowPartnerConsumptionQuota(&model.ShowPartnerConsumptionQuotaRequest{})
		require.NoError(t, err)
		require.Equal(t, []string{"10000", "-10.18"}, []string{*own.ConsumptionQuota, *own.UsedConsumptionQuota})

		wrinkled := newCloud(t, func(s *huaweitest.Server) { s.Wrinkles.IntegersAsText = true })
		_, err = vendor(t, wrinkled.Config()).ListSubCustomers(&model.ListSubCustomersRequest{Body: &model.QuerySubCustomerListReq{}})
		require.Error(t, err, "the vendor's client reads strings now: say so above")
	}
}

// What our client sends for the other operations has the fields of the vendor's models, with the same values.
func TestOtherFieldsAreTheVendors(t *testing.T) {
	at := time.Date(2019, time.May, 6, 8, 5, 1, 0, time.UTC)
	const text = "2019-05-06T08:05:01Z"
	for _, tt := range []struct {
		name   string
		theirs func(*bssintl.BssintlClient) error
		ours   func(context.Context, *huawei.Client) error
	}{
		{"freeze", func(c *bssintl.BssintlClient) error {
			_, err := c.FreezeSubCustomers(vendorFreeze(customer, "c2"))
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			_, err := c.FreezeAll(ctx, []string{customer, "c2"}, quota.Freeze{Reseller: reseller, Reason: "Arrears", Resources: true})
			return err
		}},
		{"unfreeze", func(c *bssintl.BssintlClient) error {
			_, err := c.UnfreezeSubCustomers(vendorUnfreeze(customer))
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			_, err := c.Unfreeze(ctx, quota.Freeze{Customer: customer, Reseller: reseller, Reason: "Paid", Resources: true})
			return err
		}},
		{"customers", func(c *bssintl.BssintlClient) error {
			_, err := c.ListSubCustomers(&model.ListSubCustomersRequest{Body: &model.QuerySubCustomerListReq{
				AccountName: pointer("a"), Customer: pointer("b"), Label: pointer("c"), AssociationType: pointer("1"), AssociatedOnBegin: pointer(text),
				AssociatedOnEnd: pointer(text), CustomerId: pointer(customer), IndirectPartnerId: pointer(reseller), Offset: pointer(int32(0)), Limit: pointer(int32(100)),
			}})
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			return firstError(c.ListCustomers(ctx, huawei.CustomerFilter{
				AccountName: "a", Name: "b", Label: "c", Association: huawei.Consulting, AssociatedFrom: at, AssociatedTo: at, Customer: customer, Reseller: reseller,
			}))
		}},
		{"resellers", func(c *bssintl.BssintlClient) error {
			_, err := c.ListIndirectPartners(&model.ListIndirectPartnersRequest{Body: &model.QueryIndirectPartnersReq{
				AccountName: pointer("a"), AssociatedOnBegin: pointer(text), AssociatedOnEnd: pointer(text), IndirectPartnerId: pointer(reseller),
				Offset: pointer(int32(0)), Limit: pointer(int32(100)),
			}})
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			return firstError(c.ListResellers(ctx, huawei.ResellerFilter{AccountName: "a", AssociatedFrom: at, AssociatedTo: at, Reseller: reseller}))
		}},
		{"budgets", func(c *bssintl.BssintlClient) error {
			_, err := c.ListSubCustomerBudget(&model.ListSubCustomerBudgetRequest{Body: &model.ListSubCustomerBudgetReq{
				CustomerIds: []string{customer}, IndirectPartnerId: pointer(reseller),
			}})
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			return firstError(c.StandingsOf(ctx, reseller, customer))
		}},
		{"records", func(c *bssintl.BssintlClient) error {
			_, err := c.ListSubCustomerBudgetRecords(&model.ListSubCustomerBudgetRecordsRequest{
				CustomerId: customer, IndirectPartnerId: pointer(reseller), Offset: pointer(int32(0)), Limit: pointer(int32(100)),
			})
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			return firstError(c.BudgetRecords(ctx, customer, reseller))
		}},
		{"consumption", func(c *bssintl.BssintlClient) error {
			_, err := c.ShowPartnerConsumptionQuota(&model.ShowPartnerConsumptionQuotaRequest{})
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			_, err := c.ConsumptionQuota(ctx)
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cloud := newCloud(t)
			for _, id := range []string{customer, "c2"} {
				cloud.Quota.Update(id, func(s *quotatest.State) { s.Budget.Reseller = reseller })
			}
			require.NoError(t, tt.theirs(vendor(t, cloud.Config())))
			require.NoError(t, tt.ours(t.Context(), newClient(t, cloud)))
			requests := cloud.Requests()
			require.Len(t, requests, 2)
			require.Equal(t, []string{requests[0].Operation, requests[0].Query}, []string{requests[1].Operation, requests[1].Query})
			if len(requests[0].Body)+len(requests[1].Body) > 0 {
				require.Equal(t, fieldsOf(t, requests[0]), fieldsOf(t, requests[1]))
			}
		})
	}
}
