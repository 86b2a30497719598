// SPDX-License-Identifier: Apache-2.0

package alibaba_test

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/bssopenapi"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
)

// vendor is the provider's own client, pointed at the fake. It signs in version 1.0, in the query.
type vendor struct {
	*bssopenapi.Client
	host string
}

func (c *cloud) vendor(t *testing.T) vendor {
	t.Helper()
	config := c.Config()
	client, err := bssopenapi.NewClientWithStsToken("cn-hangzhou",
		config.Credentials.AccessKeyID, config.Credentials.AccessKeySecret, config.Credentials.SecurityToken)
	require.NoError(t, err)
	t.Cleanup(client.Shutdown)
	return vendor{client, strings.TrimPrefix(config.Endpoint, "http://")}
}

// aim points a request at the fake.
func (v vendor) aim(r *requests.RpcRequest) {
	r.Domain, r.Scheme = v.host, requests.HTTP
}

func (v vendor) createQuota(t *testing.T, amount, key string) {
	t.Helper()
	r := bssopenapi.CreateCreateResellerUserQuotaRequest()
	v.aim(r.RpcRequest)
	r.OwnerId, r.Amount, r.Currency, r.OutBizId = customer, amount, "CNY", key
	reply, err := v.CreateResellerUserQuota(r)
	require.NoError(t, err)
	require.True(t, reply.Success && reply.Data)
	require.Equal(t, "200", reply.Code)
}

func (v vendor) setQuota(t *testing.T, amount, key string) {
	t.Helper()
	r := bssopenapi.CreateSetResellerUserQuotaRequest()
	v.aim(r.RpcRequest)
	r.OwnerId, r.Amount, r.Currency, r.OutBizId = customer, amount, "CNY", key
	reply, err := v.SetResellerUserQuota(r)
	require.NoError(t, err)
	require.True(t, reply.Success && reply.Data)
}

func (v vendor) change(t *testing.T, direction, amount, key, extend string) (consumed string) {
	t.Helper()
	r := bssopenapi.CreateChangeResellerConsumeAmountRequest()
	v.aim(r.RpcRequest)
	r.OwnerId, r.AdjustType, r.Amount, r.Currency = customer, direction, amount, "CNY"
	r.BusinessType, r.Source, r.OutBizId, r.ExtendMap = "quota_amount_adjust", "resell", key, extend
	reply, err := v.ChangeResellerConsumeAmount(r)
	require.NoError(t, err)
	require.True(t, reply.Success)
	return reply.Data
}

func (v vendor) available(t *testing.T) string {
	t.Helper()
	r := bssopenapi.CreateQueryResellerAvailableQuotaRequest()
	v.aim(r.RpcRequest)
	r.OwnerId = customer
	reply, err := v.QueryResellerAvailableQuota(r)
	require.NoError(t, err)
	return reply.Data
}

func (v vendor) allocate(t *testing.T, tr costunit.Transfer) (moved bool) {
	t.Helper()
	r := bssopenapi.CreateAllocateCostUnitResourceRequest()
	v.aim(r.RpcRequest)
	r.FromUnitUserId, r.FromUnitId = requests.Integer(tr.From.Owner), requests.Integer(tr.From.ID)
	r.ToUnitUserId, r.ToUnitId = requests.Integer(tr.To.Owner), requests.Integer(tr.To.ID)
	list := []bssopenapi.AllocateCostUnitResourceResourceInstanceList{}
	for _, res := range tr.Resources {
		list = append(list, bssopenapi.AllocateCostUnitResourceResourceInstanceList{
			ResourceId: res.ID, CommodityCode: res.Product, ResourceUserId: res.Owner, ApportionCode: res.Component,
		})
	}
	r.ResourceInstanceList = &list
	reply, err := v.AllocateCostUnitResource(r)
	require.NoError(t, err)
	require.False(t, reply.Success, "as in the published sample")
	return reply.Data.IsSuccess
}

func (v vendor) resources(t *testing.T, unit costunit.Unit, page, size string) (ids []string) {
	t.Helper()
	r := bssopenapi.CreateQueryCostUnitResourceRequest()
	v.aim(r.RpcRequest)
	r.OwnerUid, r.UnitId = requests.Integer(unit.Owner), requests.Integer(unit.ID)
	r.PageNum, r.PageSize = requests.Integer(page), requests.Integer(size)
	reply, err := v.QueryCostUnitResource(r)
	require.NoError(t, err)
	for _, dto := range reply.Data.ResourceInstanceDtoList {
		ids = append(ids, dto.ResourceId)
	}
	return ids
}

func (v vendor) units(t *testing.T, owner, parent, page, size string) (told []costunit.Details) {
	t.Helper()
	r := bssopenapi.CreateQueryCostUnitRequest()
	v.aim(r.RpcRequest)
	r.OwnerUid, r.ParentUnitId = requests.Integer(owner), requests.Integer(parent)
	r.PageNum, r.PageSize = requests.Integer(page), requests.Integer(size)
	reply, err := v.QueryCostUnit(r)
	require.NoError(t, err)
	require.True(t, reply.Success)
	for _, d := range reply.Data.CostUnitDtoList {
		told = append(told, vendorUnit(d.UnitId, d.OwnerUid, d.ParentUnitId, d.UnitName))
	}
	return told
}

// vendorUnit has the parent as on the wire.
func vendorUnit(id, owner, parent int64, name string) costunit.Details {
	text := func(n int64) string { return strconv.FormatInt(n, 10) }
	return costunit.Details{Unit: costunit.Unit{ID: text(id), Owner: text(owner)}, Parent: text(parent), Name: name}
}

func (v vendor) createUnits(t *testing.T, definitions ...costunit.Definition) (made []costunit.Details) {
	t.Helper()
	r := bssopenapi.CreateCreateCostUnitRequest()
	v.aim(r.RpcRequest)
	list := []bssopenapi.CreateCostUnitUnitEntityList{}
	for _, d := range definitions {
		list = append(list, bssopenapi.CreateCostUnitUnitEntityList{UnitName: d.Name, ParentUnitId: d.Parent, OwnerUid: d.Owner})
	}
	r.UnitEntityList = &list
	reply, err := v.CreateCostUnit(r)
	require.NoError(t, err)
	require.True(t, reply.Success)
	for _, d := range reply.Data.CostUnitDtoList {
		made = append(made, vendorUnit(d.UnitId, d.OwnerUid, d.ParentUnitId, d.UnitName))
	}
	return made
}

func (v vendor) renameUnits(t *testing.T, renamings ...costunit.Renaming) (done []bool) {
	t.Helper()
	r := bssopenapi.CreateModifyCostUnitRequest()
	v.aim(r.RpcRequest)
	list := []bssopenapi.ModifyCostUnitUnitEntityList{}
	for _, n := range renamings {
		list = append(list, bssopenapi.ModifyCostUnitUnitEntityList{NewUnitName: n.Name, UnitId: n.Unit.ID, OwnerUid: n.Unit.Owner})
	}
	r.UnitEntityList = &list
	reply, err := v.ModifyCostUnit(r)
	require.NoError(t, err)
	require.True(t, reply.Success)
	for i, d := range reply.Data {
		require.Equal(t, renamings[i].Unit, vendorUnit(d.UnitId, d.OwnerUid, 0, "").Unit)
		done = append(done, d.IsSuccess)
	}
	return done
}

func (v vendor) deleteUnit(t *testing.T, unit costunit.Unit) bool {
	t.Helper()
	r := bssopenapi.CreateDeleteCostUnitRequest()
	v.aim(r.RpcRequest)
	r.OwnerUid, r.UnitId = requests.Integer(unit.Owner), requests.Integer(unit.ID)
	reply, err := v.DeleteCostUnit(r)
	require.NoError(t, err)
	require.True(t, reply.Success)
	require.Equal(t, unit, vendorUnit(reply.Data.UnitId, reply.Data.OwnerUid, 0, "").Unit)
	return reply.Data.IsSuccess
}

func (v vendor) setStatus(t *testing.T, businessType, status, stopMode string) {
	t.Helper()
	r := bssopenapi.CreateSetResellerUserStatusRequest()
	v.aim(r.RpcRequest)
	r.OwnerId, r.BusinessType, r.Status, r.StopMode = customer, businessType, status, stopMode
	reply, err := v.SetResellerUserStatus(r)
	require.NoError(t, err)
	require.True(t, reply.Success && reply.Data)
}

func (v vendor) customers(t *testing.T) []string {
	t.Helper()
	r := bssopenapi.CreateGetCustomerListRequest()
	v.aim(r.RpcRequest)
	reply, err := v.GetCustomerList(r)
	require.NoError(t, err)
	return reply.Data.UidList
}

func (v vendor) info(t *testing.T) alibaba.CustomerInfo {
	t.Helper()
	r := bssopenapi.CreateGetCustomerAccountInfoRequest()
	v.aim(r.RpcRequest)
	r.OwnerId = customer
	reply, err := v.GetCustomerAccountInfo(r)
	require.NoError(t, err)
	d := reply.Data
	return alibaba.CustomerInfo{
		ID: customer, Mpk: strconv.FormatInt(d.Mpk, 10), LoginEmail: d.LoginEmail, HostingStatus: d.HostingStatus,
		CreditLimitStatus: d.CreditLimitStatus, AccountType: d.AccountType, Certified: d.IsCertified,
	}
}

func (v vendor) setAlarms(t *testing.T, thresholds string) {
	t.Helper()
	r := bssopenapi.CreateSetResellerUserAlarmThresholdRequest()
	v.aim(r.RpcRequest)
	r.OwnerId, r.AlarmType, r.AlarmThresholds = customer, "quota_low_balance", thresholds
	reply, err := v.SetResellerUserAlarmThreshold(r)
	require.NoError(t, err)
	require.True(t, reply.Success && reply.Data)
}

func (v vendor) alarms(t *testing.T) (told []string) {
	t.Helper()
	r := bssopenapi.CreateQueryResellerUserAlarmThresholdRequest()
	v.aim(r.RpcRequest)
	r.OwnerId, r.AlarmType = customer, "quota_low_balance"
	reply, err := v.QueryResellerUserAlarmThreshold(r)
	require.NoError(t, err)
	require.Len(t, reply.Data, reply.Count)
	for _, d := range reply.Data {
		told = append(told, fmt.Sprint(d.ThresholdType, " ", d.ThresholdAmount, " ", d.Numerator, "/", d.Denominator))
	}
	return told
}

func (v vendor) balance(t *testing.T) (told []string) {
	t.Helper()
	r := bssopenapi.CreateQueryAccountBalanceRequest()
	v.aim(r.RpcRequest)
	reply, err := v.QueryAccountBalance(r)
	require.NoError(t, err)
	d := reply.Data
	return []string{d.AvailableAmount, d.AvailableCashAmount, d.CreditAmount, d.MybankCreditAmount, d.Currency}
}

// documentedThresholds is the published sample, and an amount.
const documentedThresholds = `[{"denominator":100,"numerator":30,"thresholdType":1},{"thresholdAmount":"100.00","thresholdType":0}]`

// The fake is no friend of our client alone: the provider's own does all sixteen operations on it.
func TestVendorClientOnFake(t *testing.T) {
	for name, token := range map[string]string{"permanent key": "", "temporary key": "token+with/odd=characters"} {
		t.Run(name, func(t *testing.T) {
			c := start(t, func(s *alibabatest.Server, c *alibaba.Config) {
				s.SecurityToken, c.Credentials.SecurityToken = token, token
			})
			v := c.vendor(t)
			v.createQuota(t, "500", "create-1")
			v.setQuota(t, "750.00", "set-1")
			require.Equal(t, "300.00", v.change(t, "increase", "300.00", "up-1", `{"order":"42"}`))
			require.Equal(t, "299.90", v.change(t, "decrease", "0.1", "down-1", ""))
			require.Equal(t, "299.90", v.change(t, "decrease", "0.1", "down-1", ""), "again")
			require.Equal(t, "450.10", v.available(t))
			require.Equal(t, []quotatest.Change{
				{Op: "CreateQuota", Customer: customer, Amount: cny("500"), Key: "create-1"},
				{Op: "SetQuota", Customer: customer, Amount: cny("750.00"), Key: "set-1"},
				{Op: "IncreaseConsumption", Customer: customer, Amount: cny("300.00"), Key: "up-1"},
				{Op: "DecreaseConsumption", Customer: customer, Amount: cny("0.1"), Key: "down-1"},
			}, c.Quota.Changes(""))

			c.Units.Put(fromUnit, resources(3)...)
			c.Units.Put(toUnit)
			require.True(t, v.allocate(t, transfer(3)))
			require.Equal(t, resources(3), c.Units.Holds(toUnit))
			require.Equal(t, []string{resources(3)[2].ID}, v.resources(t, toUnit, "2", "2"))

			top := v.createUnits(t, costunit.Definition{Owner: customer, Parent: "-1", Name: "sales"}, costunit.Definition{Owner: customer, Parent: "-1", Name: "北京 & co"})
			require.Len(t, top, 2)
			below := v.createUnits(t, costunit.Definition{Owner: customer, Parent: top[0].ID, Name: "sales"})
			require.Equal(t, append(top, below...), v.units(t, customer, "-1", "1", "300"))
			require.Equal(t, below, v.units(t, customer, top[0].ID, "", ""))
			require.Equal(t, []bool{true, false}, v.renameUnits(t, costunit.Renaming{Unit: below[0].Unit, Name: "new"}, costunit.Renaming{Unit: top[1].Unit, Name: "sales"}))
			require.False(t, v.deleteUnit(t, top[0].Unit), "one is below it")
			require.True(t, v.deleteUnit(t, below[0].Unit))
			require.True(t, v.deleteUnit(t, top[0].Unit))
			require.Equal(t, top[1:], v.units(t, customer, "-1", "1", "20"))

			require.Equal(t, []string{customer}, v.customers(t))
			info := alibaba.CustomerInfo{
				ID: customer, Mpk: alibabatest.DefaultAccount, LoginEmail: customer + "@example.com",
				HostingStatus: "FREEZE", CreditLimitStatus: "Thaw", AccountType: "1", Certified: true,
			}
			require.Equal(t, info, v.info(t))
			v.setStatus(t, "FREEZE", "Freeze", "1")
			v.setStatus(t, "TRUSTEESHIP", "Trusteeship", "")
			info.HostingStatus, info.CreditLimitStatus = "TRUSTEESHIP", "Freeze"
			require.Equal(t, info, v.info(t))
			v.setStatus(t, "FREEZE", "Thaw", "")
			v.setStatus(t, "TRUSTEESHIP", "TrusteeshipCancel", "0")
			info.HostingStatus, info.CreditLimitStatus = "FREEZE", "Thaw"
			require.Equal(t, info, v.info(t))
			v.setAlarms(t, documentedThresholds)
			require.Equal(t, []string{"1 0.00 30/100", "0 100.00 0/0"}, v.alarms(t))
			v.setAlarms(t, "")
			require.Empty(t, v.alarms(t))
			require.Equal(t, []string{"0.00", "0.00", "0.00", "0.00", "CNY"}, v.balance(t))
			for _, r := range c.Requests() {
				require.Equal(t, alibabatest.SchemeV1, r.Scheme)
				require.Equal(t, 200, r.Status)
			}
		})
	}
}

const oddName = `a b&c=d%20+e/f?g#h"i'*~单元`

// What our client sends is what the provider's own request models send for the same values, but for what any request
// carries.
func TestParametersAreTheVendors(t *testing.T) {
	odd := resources(3)
	odd[1].ID, odd[1].Component = `a b&c=d%20+e/f?g#h"i'*~资源`, ""
	moving := costunit.Transfer{From: fromUnit, To: toUnit, Resources: odd}
	loose := costunit.Transfer{From: costunit.Unit{ID: "0", Owner: fromUnit.Owner}, To: toUnit, Resources: odd}
	removed := costunit.Transfer{From: fromUnit, To: costunit.Unit{ID: "-1", Owner: fromUnit.Owner}, Resources: odd}
	ours := func(tr costunit.Transfer) costunit.Transfer { // -1 is wire alone
		if tr.To.ID == "-1" {
			tr.To.ID = costunit.Unallocated
		}
		return tr
	}
	for _, row := range []struct {
		name   string
		vendor func(*testing.T, vendor)
		ours   func(*testing.T, *alibaba.Client) error
	}{
		{
			"create", func(t *testing.T, v vendor) { v.createQuota(t, "500.00", "key-1") },
			func(t *testing.T, c *alibaba.Client) error {
				_, err := c.CreateQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("500"), Key: "key-1"})
				return err
			},
		},
		{
			"create without a key", func(t *testing.T, v vendor) { v.createQuota(t, "500.00", "") },
			func(t *testing.T, c *alibaba.Client) error {
				_, err := c.CreateQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("500")})
				return err
			},
		},
		{
			"set", func(t *testing.T, v vendor) { v.setQuota(t, "750.00", "key-1") },
			func(t *testing.T, c *alibaba.Client) error {
				_, err := c.SetQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("750"), Key: "key-1"})
				return err
			},
		},
		{
			"increase", func(t *testing.T, v vendor) { v.change(t, "increase", "10.00", "key-1", `{"a":"1","b":"2"}`) },
			func(t *testing.T, c *alibaba.Client) error {
				_, err := c.IncreaseConsumption(t.Context(), quota.Adjustment{Customer: customer, Amount: cny("10"), Key: "key-1", Metadata: map[string]string{"b": "2", "a": "1"}})
				return err
			},
		},
		{
			"decrease", func(t *testing.T, v vendor) { v.change(t, "decrease", "10.00", "key-1", "") },
			func(t *testing.T, c *alibaba.Client) error {
				_, err := c.DecreaseConsumption(t.Context(), quota.Adjustment{Customer: customer, Amount: cny("10"), Key: "key-1"})
				return err
			},
		},
		{
			"available", func(t *testing.T, v vendor) { v.available(t) },
			func(t *testing.T, c *alibaba.Client) error {
				_, err := c.AvailableQuota(t.Context(), customer)
				return err
			},
		},
		{"freeze", vendorSets("FREEZE", "Freeze", "0"), weFreeze((*alibaba.Client).Freeze, false)},
		{"freeze with resources", vendorSets("FREEZE", "Freeze", "1"), weFreeze((*alibaba.Client).Freeze, true)},
		{"unfreeze", vendorSets("FREEZE", "Thaw", ""), weFreeze((*alibaba.Client).Unfreeze, false)},
		{"unfreeze with resources", vendorSets("FREEZE", "Thaw", ""), weFreeze((*alibaba.Client).Unfreeze, true)},
		{
			"host", vendorSets("TRUSTEESHIP", "Trusteeship", ""),
			func(t *testing.T, c *alibaba.Client) error { _, err := c.Host(t.Context(), customer); return err },
		},
		{
			"unhost", vendorSets("TRUSTEESHIP", "TrusteeshipCancel", ""),
			func(t *testing.T, c *alibaba.Client) error { _, err := c.Unhost(t.Context(), customer); return err },
		},
		{
			"customers", func(t *testing.T, v vendor) { v.customers(t) },
			func(t *testing.T, c *alibaba.Client) error { _, err := customersOf(t.Context(), c); return err },
		},
		{
			"customer info", func(t *testing.T, v vendor) { v.info(t) },
			func(t *testing.T, c *alibaba.Client) error {
				_, err := c.CustomerInfo(t.Context(), customer)
				return err
			},
		},
		{
			"set alarms", func(t *testing.T, v vendor) { v.setAlarms(t, documentedThresholds) },
			func(t *testing.T, c *alibaba.Client) error {
				_, err := c.SetAlarms(t.Context(), someAlarms())
				return err
			},
		},
		{
			"clear alarms", func(t *testing.T, v vendor) { v.setAlarms(t, "") },
			func(t *testing.T, c *alibaba.Client) error {
				_, err := c.SetAlarms(t.Context(), quota.Alarms{Customer: customer, Clear: true})
				return err
			},
		},
		{
			"alarms", func(t *testing.T, v vendor) { v.alarms(t) },
			func(t *testing.T, c *alibaba.Client) error { _, err := c.Alarms(t.Context(), customer); return err },
		},
		{
			"balance", func(t *testing.T, v vendor) { v.balance(t) },
			func(t *testing.T, c *alibaba.Client) error { _, err := c.Balance(t.Context()); return err },
		},
		{"transfer", vendorMoves(moving), weMove(ours(moving))},
		{"transfer from no unit", vendorMoves(loose), weMove(ours(loose))},
		{"transfer to no unit", vendorMoves(removed), weMove(ours(removed))},
		{
			"resources", func(t *testing.T, v vendor) { v.resources(t, fromUnit, "1", "100") },
			func(t *testing.T, c *alibaba.Client) error {
				_, err := gather(c.Resources(t.Context(), costunit.Query{Unit: fromUnit}))
				return err
			},
		},
		{
			"units", func(t *testing.T, v vendor) { v.units(t, fromUnit.Owner, "-1", "1", "300") },
			func(t *testing.T, c *alibaba.Client) error {
				_, err := gather(c.Units(t.Context(), fromUnit.Owner))
				return err
			},
		},
		{
			"found units", func(t *testing.T, v vendor) {
				v.createUnits(t, costunit.Definition{Owner: fromUnit.Owner, Parent: "-1", Name: oddName}, costunit.Definition{Owner: fromUnit.Owner, Parent: fromUnit.ID, Name: "sales"})
			},
			func(t *testing.T, c *alibaba.Client) error {
				_, err := c.CreateUnits(t.Context(), costunit.Definition{Owner: fromUnit.Owner, Name: oddName}, costunit.Definition{Owner: fromUnit.Owner, Parent: fromUnit.ID, Name: "sales"})
				return err
			},
		},
		{
			"rename units", func(t *testing.T, v vendor) {
				v.renameUnits(t, costunit.Renaming{Unit: fromUnit, Name: oddName}, costunit.Renaming{Unit: toUnit, Name: "sales"})
			},
			func(t *testing.T, c *alibaba.Client) error {
				_, err := c.RenameUnits(t.Context(), costunit.Renaming{Unit: fromUnit, Name: oddName}, costunit.Renaming{Unit: toUnit, Name: "sales"})
				return err
			},
		},
		{
			"delete unit", func(t *testing.T, v vendor) { v.deleteUnit(t, toUnit) },
			func(t *testing.T, c *alibaba.Client) error { return c.DeleteUnit(t.Context(), toUnit) },
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			var sent []url.Values
			for _, who := range []func(*cloud){
				func(c *cloud) { row.vendor(t, c.vendor(t)) },
				func(c *cloud) { require.NoError(t, row.ours(t, c.client)) },
			} {
				c := start(t)
				if !strings.HasPrefix(row.name, "create") {
					c.open(customer)
				}
				c.Units.Put(fromUnit, odd...)
				c.Units.Put(toUnit)
				if row.name == "transfer from no unit" {
					c.Units.Put(loose.From, odd...)
				}
				who(c)
				require.NotEmpty(t, c.Requests())
				last := c.Requests()[len(c.Requests())-1] // of a creation; before it our client looks
				sent = append(sent, last.Params)
			}
			require.Equal(t, withoutEmpty(sent[0]), sent[1])
		})
	}
}

func vendorSets(businessType, status, stopMode string) func(*testing.T, vendor) {
	return func(t *testing.T, v vendor) { v.setStatus(t, businessType, status, stopMode) }
}

func weFreeze(call func(*alibaba.Client, context.Context, quota.Freeze) (quota.Receipt, error), resources bool) func(*testing.T, *alibaba.Client) error {
	return func(t *testing.T, c *alibaba.Client) error {
		_, err := call(c, t.Context(), quota.Freeze{Customer: customer, Reason: "not sent", Resources: resources})
		return err
	}
}

func vendorMoves(tr costunit.Transfer) func(*testing.T, vendor) {
	return func(t *testing.T, v vendor) { require.True(t, v.allocate(t, tr)) }
}

func weMove(tr costunit.Transfer) func(*testing.T, *alibaba.Client) error {
	return func(t *testing.T, c *alibaba.Client) error {
		_, err := c.TransferResources(t.Context(), tr)
		return err
	}
}

// withoutEmpty leaves out what the vendor's models send empty.
func withoutEmpty(v url.Values) url.Values {
	for name := range v {
		if v.Get(name) == "" {
			delete(v, name)
		}
	}
	return v
}
