// SPDX-License-Identifier: Apache-2.0

package alibabatest_test

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// to is a sound request to another operation. Parameters are name, value, name, value.
func to(action string, params ...string) *sent {
	s := sound()
	s.action, s.params = action, url.Values{}
	for i := 0; i < len(params); i += 2 {
		s.params.Set(params[i], params[i+1])
	}
	return s
}

const (
	create = "CreateResellerUserQuota"
	set    = "SetResellerUserQuota"
	change = "ChangeResellerConsumeAmount"
	query  = "QueryResellerAvailableQuota"
	move   = "AllocateCostUnitResource"
	held   = "QueryCostUnitResource"

	status  = "SetResellerUserStatus"
	listing = "GetCustomerList"
	info    = "GetCustomerAccountInfo"
	warn    = "SetResellerUserAlarmThreshold"
	warned  = "QueryResellerUserAlarmThreshold"
	balance = "QueryAccountBalance"

	units  = "QueryCostUnit"
	found  = "CreateCostUnit"
	rename = "ModifyCostUnit"
	remove = "DeleteCostUnit"
)

func changing(direction, amount, key string) *sent {
	return to(change, "OwnerId", customer, "AdjustType", direction, "Amount", amount, "Currency", "CNY",
		"BusinessType", "quota_amount_adjust", "Source", "system", "OutBizId", key)
}

func stating(business, state string) *sent {
	return to(status, "OwnerId", customer, "BusinessType", business, "Status", state)
}

func warning(thresholds string) *sent {
	return to(warn, "OwnerId", customer, "AlarmType", "quota_low_balance", "AlarmThresholds", thresholds)
}

func listed(parent string) *sent {
	return to(units, "OwnerUid", source.Owner, "ParentUnitId", parent)
}

func founding(names ...string) *sent {
	s := to(found)
	for i, name := range names {
		prefix := "UnitEntityList." + strconv.Itoa(i+1) + "."
		s.with(prefix+"OwnerUid", source.Owner).with(prefix+"ParentUnitId", "-1").with(prefix+"UnitName", name)
	}
	return s
}

func renaming(id, name string) *sent {
	return to(rename, "UnitEntityList.1.OwnerUid", source.Owner, "UnitEntityList.1.UnitId", id, "UnitEntityList.1.NewUnitName", name)
}

func removing(id string) *sent { return to(remove, "OwnerUid", source.Owner, "UnitId", id) }

// with and without change one parameter.
func (s *sent) with(name, value string) *sent { s.params.Set(name, value); return s }
func (s *sent) without(name string) *sent     { s.params.Del(name); return s }

var (
	source      = costunit.Unit{ID: "186419", Owner: "273394581313325532"}
	target      = costunit.Unit{ID: "9007199254740993", Owner: "9223372036854775807"} // beyond 2^53
	unallocated = costunit.Unit{ID: costunit.Unallocated, Owner: source.Owner}
)

func resources(n int) (list []costunit.Resource) {
	for i := range n {
		list = append(list, costunit.Resource{ID: fmt.Sprintf("cn-hangzhou;%03d", i), Product: "oss", Owner: "9223372036854775806", Component: "part"})
	}
	return list
}

func allocation(n int) *sent {
	s := to(move, "FromUnitUserId", source.Owner, "FromUnitId", source.ID, "ToUnitUserId", target.Owner, "ToUnitId", target.ID)
	for i, r := range resources(n) {
		prefix := "ResourceInstanceList." + strconv.Itoa(i+1) + "."
		s.with(prefix+"ResourceId", r.ID).with(prefix+"CommodityCode", r.Product).with(prefix+"ResourceUserId", r.Owner).with(prefix+"ApportionCode", r.Component)
	}
	return s
}

// prepared has an open ledger of 500.00 and 120 resources in the source.
func prepared() *alibabatest.Server {
	s := new(alibabatest.Server)
	open(s, customer)
	s.Quota.Update(customer, func(c *quotatest.State) { c.Alarms = []quota.Threshold{{Amount: quota.MustMoney("100 CNY")}} })
	much := quota.MustMoney("10000 CNY")
	s.Balance.Available, s.Balance.QuotaLimit = &much, &much
	s.Units.Put(source, resources(120)...)
	s.Units.Put(target)
	return s
}

// The published samples of success, but for the request id.
var samples = []struct {
	name    string
	request func() *sent
	json    string
}{
	{create, func() *sent { return to(create, "OwnerId", "77", "Amount", "100", "Currency", "CNY") },
		`{"Code":"200","Message":"Successful!","Data":true,"RequestId":"*","Success":true}`},
	{set, sound,
		`{"Code":"200","Message":"Successful!","Data":true,"RequestId":"*","Success":true}`},
	{change, func() *sent { return changing("increase", "300.00", "k") },
		`{"Code":"200","Message":"successful","Data":"300.00","RequestId":"*","Success":true}`},
	{query, func() *sent { return to(query, "OwnerId", customer) },
		`{"Code":"200","Message":"Successful!","Data":"500.00","RequestId":"*","Success":true}`},
	{status, func() *sent { return stating("FREEZE", "Freeze").with("StopMode", "0") },
		`{"Code":"200","Message":"Successful!","Data":true,"RequestId":"*","Success":true}`},
	{listing, func() *sent { return to(listing) },
		`{"Code":"200","Message":"Successful!","RequestId":"*","Success":true,"Data":{"UidList":["1234567890123456"]}}`},
	{info, func() *sent { return to(info, "OwnerId", customer) },
		`{"Code":"Success","Message":"Successful!","RequestId":"*","Success":true,"Data":{"Mpk":5000000000000005,"LoginEmail":"1234567890123456@example.com","HostingStatus":"FREEZE","AccountType":"1","CreditLimitStatus":"Thaw","IsCertified":true}}`},
	{warn, func() *sent { return warning(`[{"denominator":100,"numerator":30,"thresholdType":1}]`) },
		`{"Code":"200","Message":"Successful!","Data":true,"RequestId":"*","Success":true}`},
	{warned, func() *sent { return to(warned, "OwnerId", customer, "AlarmType", "quota_low_balance") },
		`{"Data":[{"ThresholdType":0,"ThresholdAmount":"100.00","Numerator":0,"Denominator":0}],"Count":1,"Success":true,"Code":"200","Message":"success","RequestId":"*"}`},
	{balance, func() *sent { return to(balance) },
		`{"Code":"200","Message":"success","RequestId":"*","Success":true,"Data":{"AvailableAmount":"10000.00","CreditAmount":"0.00","MybankCreditAmount":"0.00","Currency":"CNY","AvailableCashAmount":"0.00","QuotaLimit":"10000.00\n"}}`},
	{move, func() *sent { return allocation(2) },
		`{"Code":"success","Message":"Successful!","RequestId":"*","Success":false,"Data":{"ToUnitUserId":9223372036854775807,"IsSuccess":true,"ToUnitId":9007199254740993}}`},
	{units, func() *sent { return listed("-1") },
		`{"Code":"Success","Message":"Successful!","RequestId":"*","Success":true,"Data":{"PageNum":1,"PageSize":20,"TotalCount":1,"CostUnitDtoList":[{"ParentUnitId":-1,"UnitName":"186419","UnitId":186419,"OwnerUid":273394581313325532}]}}`},
	{found, func() *sent { return founding("test") },
		`{"Code":"Success","Message":"Successful！","RequestId":"*","Success":true,"Data":{"CostUnitDtoList":[{"ParentUnitId":-1,"UnitName":"test","UnitId":3000000000000001,"OwnerUid":273394581313325532}]}}`},
	{rename, func() *sent { return renaming(source.ID, "newTest") },
		`{"Code":"Success","Message":"Successful!","RequestId":"*","Success":true,"Data":[{"IsSuccess":true,"UnitId":186419,"OwnerUid":273394581313325532}]}`},
	{remove, func() *sent { return removing("5") },
		`{"Code":"Success","Message":"Successful！","RequestId":"*","Success":true,"Data":{"IsSuccess":true,"UnitId":5,"OwnerUid":273394581313325532}}`},
}

func TestSamples(t *testing.T) {
	for _, row := range samples {
		t.Run(row.name, func(t *testing.T) {
			s := prepared()
			if row.name == remove {
				s.Units.Put(costunit.Unit{ID: "5", Owner: source.Owner})
			}
			got := serve(t, s, row.request().v3())
			id, _ := got.json["RequestId"].(string)
			require.Equal(t, row.json, strings.Replace(got.body, id, "*", 1))
			require.Equal(t, id, got.header.Get("X-Acs-Request-Id"))
			require.NotEqual(t, id, serve(t, s, row.request().v3()).json["RequestId"])
		})
	}
}

// Who does not ask for JSON gets XML, with Success:true where the JSON sample says false.
func TestXML(t *testing.T) {
	for scheme, signed := range schemes {
		t.Run(scheme, func(t *testing.T) {
			s := prepared()
			request := allocation(2)
			request.plain = true
			got := serve(t, s, signed(request))
			require.Equal(t, "text/xml;charset=utf-8", got.header.Get("Content-Type"))
			require.Contains(t, got.body, "<AllocateCostUnitResourceResponse><Code>success</Code>")
			require.Contains(t, got.body, "<Success>true</Success><Data><CostUnitOperate><ToUnitUserId>9223372036854775807</ToUnitUserId><IsSuccess>true</IsSuccess>")

			request = sound()
			request.plain, request.key.ID = true, "nobody"
			got = serve(t, s, signed(request))
			require.Equal(t, 404, got.status)
			require.Contains(t, got.body, "<Error><RequestId>")
			require.Contains(t, got.body, "<Code>InvalidAccessKeyId.NotFound</Code>")

			request = to(query, "OwnerId", "88")
			request.plain = true
			got = serve(t, s, signed(request))
			require.Contains(t, got.body, "<QueryResellerAvailableQuotaResponse><Code>-304</Code>")
		})
	}
}

// answers are single requests to a prepared server.
var answers = []struct {
	name    string
	request func() *sent
	status  int
	code    string
	data    any
}{
	{"create again", func() *sent { return to(create, "OwnerId", customer, "Amount", "100", "Currency", "CNY") }, 400, "-303", nil},
	{"create without amount", func() *sent { return to(create, "OwnerId", "77", "Currency", "CNY") }, 400, "ParameterError", nil},
	{"create without currency", func() *sent { return to(create, "OwnerId", "77", "Amount", "100") }, 400, "ParameterError", nil},
	{"create in another currency", func() *sent { return to(create, "OwnerId", "77", "Amount", "100", "Currency", "JPY") }, 400, "ParameterError", nil},
	{"set without currency", sound, 200, "200", true},
	{"set to nothing", func() *sent { return sound().with("Amount", "0") }, 200, "200", true},
	{"set without amount", func() *sent { return sound().without("Amount") }, 400, "ParameterError", nil},
	{"set a negative amount", func() *sent { return sound().with("Amount", "-1") }, 400, "ParameterError", nil},
	{"set an exponent", func() *sent { return sound().with("Amount", "1e3") }, 400, "ParameterError", nil},
	{"set three decimals", func() *sent { return sound().with("Amount", "0.001") }, 400, "ParameterError", nil},
	{"set with a separator", func() *sent { return sound().with("Amount", "1,000") }, 400, "ParameterError", nil},
	{"set of nobody", func() *sent { return sound().with("OwnerId", "77") }, 400, "-304", nil},
	{"set of a name", func() *sent { return sound().with("OwnerId", "somebody") }, 400, "ParameterError", nil},
	{"set of account 0", func() *sent { return sound().with("OwnerId", "0") }, 400, "ParameterError", nil},
	{"set beyond int64", func() *sent { return sound().with("OwnerId", "9223372036854775808") }, 400, "ParameterError", nil},
	{"unknown parameter", func() *sent { return sound().with("Colour", "red") }, 200, "200", true},
	{"increase", func() *sent { return changing("increase", "10", "k") }, 200, "200", "10.00"},
	{"decrease", func() *sent { return changing("decrease", "10.5", "k") }, 200, "200", "-10.50"},
	{"increase by nothing", func() *sent { return changing("increase", "0", "k") }, 400, "ParameterError", nil},
	{"sideways", func() *sent { return changing("sideways", "10", "k") }, 400, "ParameterError", nil},
	{"change of nobody", func() *sent { return changing("increase", "10", "k").with("OwnerId", "77") }, 400, "-304", nil},
	{"change without currency", func() *sent { return changing("increase", "10", "k").without("Currency") }, 400, "ParameterError", nil},
	{"change without business type", func() *sent { return changing("increase", "10", "k").without("BusinessType") }, 400, "ParameterError", nil},
	{"change without source", func() *sent { return changing("increase", "10", "k").without("Source") }, 400, "ParameterError", nil},
	{"change without key", func() *sent { return changing("increase", "10", "") }, 400, "ParameterError", nil},
	{"extend map", func() *sent { return changing("increase", "10", "k").with("ExtendMap", `{"a":"b"}`) }, 200, "200", "10.00"},
	{"extend map that is none", func() *sent { return changing("increase", "10", "k").with("ExtendMap", `[]`) }, 400, "ParameterError", nil},
	{"available", func() *sent { return to(query, "OwnerId", customer, "ItemCodes", "[]") }, 200, "200", "500.00"},
	{"available of nobody", func() *sent { return to(query, "OwnerId", "77") }, 400, "-304", nil},
	{"freeze nobody", func() *sent { return stating("FREEZE", "Freeze").with("OwnerId", "77") }, 400, "-304", nil},
	{"thaw nobody", func() *sent { return stating("FREEZE", "Thaw").with("OwnerId", "77") }, 400, "-304", nil},
	{"freeze a name", func() *sent { return stating("FREEZE", "Freeze").with("OwnerId", "somebody") }, 400, "ParameterError", nil},
	{"freeze at once", func() *sent { return stating("FREEZE", "Freeze").with("StopMode", "1") }, 200, "200", true},
	{"freeze somehow", func() *sent { return stating("FREEZE", "Freeze").with("StopMode", "2") }, 400, "ParameterError", nil},
	{"freeze as hosting", func() *sent { return stating("TRUSTEESHIP", "Freeze") }, 400, "ParameterError", nil},
	{"host as freezing", func() *sent { return stating("FREEZE", "Trusteeship") }, 400, "ParameterError", nil},
	{"freeze in small letters", func() *sent { return stating("FREEZE", "freeze") }, 400, "ParameterError", nil},
	{"freeze without business type", func() *sent { return stating("FREEZE", "Freeze").without("BusinessType") }, 400, "ParameterError", nil},
	{"freeze without status", func() *sent { return stating("FREEZE", "Freeze").without("Status") }, 400, "ParameterError", nil},
	{"thaw who is not frozen", func() *sent { return stating("FREEZE", "Thaw") }, 200, "200", true},
	{"host", func() *sent { return stating("TRUSTEESHIP", "Trusteeship") }, 200, "200", true},
	{"unhost", func() *sent { return stating("TRUSTEESHIP", "TrusteeshipCancel") }, 200, "200", true},
	{"account of nobody", func() *sent { return to(info, "OwnerId", "77") }, 401, "VnoNoDataError", nil},
	{"account of a name", func() *sent { return to(info, "OwnerId", "somebody") }, 400, "ParameterError", nil},
	{"alarms of another type", func() *sent { return warning("").with("AlarmType", "month_consume_high") }, 400, "ParameterError", nil},
	{"alarms without type", func() *sent { return warning("").without("AlarmType") }, 400, "ParameterError", nil},
	{"no alarms", func() *sent { return warning("").without("AlarmThresholds") }, 200, "200", true},
	{"alarms of nobody", func() *sent { return warning("").with("OwnerId", "77") }, 400, "-304", nil},
	{"alarm of an amount", func() *sent { return warning(`[{"thresholdAmount":"100.00","thresholdType":0}]`) }, 200, "200", true},
	{"alarm of an amount as a number", func() *sent { return warning(`[{"thresholdAmount":100,"thresholdType":0}]`) }, 400, "ParameterError", nil},
	{"alarm of a negative amount", func() *sent { return warning(`[{"thresholdAmount":"-1","thresholdType":0}]`) }, 400, "ParameterError", nil},
	{"alarm of an amount as a ratio", func() *sent { return warning(`[{"thresholdAmount":"100.00","thresholdType":1}]`) }, 400, "ParameterError", nil},
	{"alarm of a ratio as an amount", func() *sent { return warning(`[{"denominator":100,"numerator":30,"thresholdType":0}]`) }, 400, "ParameterError", nil},
	{"alarm of a float", func() *sent { return warning(`[{"denominator":100,"numerator":0.3,"thresholdType":1}]`) }, 400, "ParameterError", nil},
	{"alarm above everything", func() *sent { return warning(`[{"denominator":100,"numerator":101,"thresholdType":1}]`) }, 400, "ParameterError", nil},
	{"alarm without type", func() *sent { return warning(`[{"denominator":100,"numerator":30}]`) }, 400, "ParameterError", nil},
	{"alarm with something else", func() *sent { return warning(`[{"denominator":100,"numerator":30,"thresholdType":1,"colour":"red"}]`) }, 400, "ParameterError", nil},
	{"alarms that are no array", func() *sent { return warning(`{"thresholdType":1}`) }, 400, "ParameterError", nil},
	{"alarms of an empty array", func() *sent { return warning(`[]`) }, 400, "ParameterError", nil},
	{"alarms with escapes", func() *sent { return warning(`[{\"denominator\":100,\"numerator\":30,\"thresholdType\":1}]`) }, 400, "ParameterError", nil},
	{"read alarms of another type", func() *sent { return to(warned, "OwnerId", customer, "AlarmType", "x") }, 400, "ParameterError", nil},
	{"read alarms of nobody", func() *sent { return to(warned, "OwnerId", "77", "AlarmType", "quota_low_balance") }, 400, "-304", nil},
	{"move without source", func() *sent { return allocation(1).without("FromUnitId") }, 400, "MissingParameter", nil},
	{"move nothing", func() *sent { return allocation(0) }, 400, "MissingParameter", nil},
	{"move 101", func() *sent { return allocation(101) }, 400, "InvalidParameter", nil},
	{"move without product", func() *sent { return allocation(2).without("ResourceInstanceList.2.CommodityCode") }, 400, "MissingParameter", nil},
	{"move for an owner by name", func() *sent { return allocation(2).with("ResourceInstanceList.2.ResourceUserId", "me") }, 400, "InvalidParameter", nil},
	{"move to 0", func() *sent { return allocation(1).with("ToUnitId", "0") }, 400, "InvalidParameter", nil},
	{"move from -1", func() *sent { return allocation(1).with("FromUnitId", "-1") }, 400, "InvalidParameter", nil},
	{"move to where it is", func() *sent { return allocation(1).with("ToUnitId", source.ID).with("ToUnitUserId", source.Owner) }, 400, "InvalidParameter", nil},
	{"units of nobody", func() *sent { return listed("-1").without("OwnerUid") }, 400, "MissingParameter", nil},
	{"units of a name", func() *sent { return listed("-1").with("OwnerUid", "me") }, 400, "InvalidParameter", nil},
	{"units without parent", func() *sent { return listed("-1").without("ParentUnitId") }, 400, "MissingParameter", nil},
	{"units below none", func() *sent { return listed("0") }, 400, "InvalidParameter", nil},
	{"units page 0", func() *sent { return listed("-1").with("PageNum", "0") }, 400, "InvalidParameter", nil},
	{"301 units", func() *sent { return listed("-1").with("PageSize", "301") }, 400, "InvalidParameter", nil},
	{"found nothing", func() *sent { return founding() }, 400, "MissingParameter", nil},
	{"found 101", func() *sent { return founding(names(101)...) }, 400, "InvalidParameter", nil},
	{"found without a name", func() *sent { return founding("a").without("UnitEntityList.1.UnitName") }, 400, "MissingParameter", nil},
	{"found without a parent", func() *sent { return founding("a").without("UnitEntityList.1.ParentUnitId") }, 400, "MissingParameter", nil},
	{"found without an owner", func() *sent { return founding("a").without("UnitEntityList.1.OwnerUid") }, 400, "MissingParameter", nil},
	{"found below 0", func() *sent { return founding("a").with("UnitEntityList.1.ParentUnitId", "0") }, 400, "InvalidParameter", nil},
	{"found below nothing", func() *sent { return founding("a").with("UnitEntityList.1.ParentUnitId", "77") }, 400, "UnitNotBelongToUser", nil},
	{"found for an owner by name", func() *sent { return founding("a").with("UnitEntityList.1.OwnerUid", "me") }, 400, "InvalidParameter", nil},
	{"found with a field too many", func() *sent { return founding("a").with("UnitEntityList.1.UnitId", "5") }, 400, "InvalidParameter", nil},
	{"found with a field in small letters", func() *sent { return founding("a").with("UnitEntityList.1.unitName", "a") }, 400, "InvalidParameter", nil},
	{"found from 0", func() *sent { return founding("a").with("UnitEntityList.0.UnitName", "b") }, 400, "InvalidParameter", nil},
	{"found as JSON", func() *sent { return founding("a").with("UnitEntityList", "[]") }, 400, "InvalidParameter", nil},
	{"found twice", func() *sent { return founding("a", "b", "a") }, 400, "InvalidParameter", nil},
	{"found what is there", func() *sent { return founding("a", source.ID) }, 400, "InvalidParameter", nil},
	{"rename nothing", func() *sent { return to(rename) }, 400, "MissingParameter", nil},
	{"rename to nothing", func() *sent { return renaming(source.ID, "") }, 400, "MissingParameter", nil},
	{"rename to a line end", func() *sent { return renaming(source.ID, "a\nb") }, 400, "InvalidParameter", nil},
	{"rename by the old field", func() *sent { return renaming(source.ID, "a").with("UnitEntityList.1.UnitName", "b") }, 400, "InvalidParameter", nil},
	{"rename the root", func() *sent { return renaming("-1", "a") }, 400, "InvalidParameter", nil},
	{"remove the root", func() *sent { return removing("-1") }, 400, "InvalidParameter", nil},
	{"remove nothing", func() *sent { return removing("") }, 400, "MissingParameter", nil},
	{"remove of nobody", func() *sent { return removing("5").without("OwnerUid") }, 400, "MissingParameter", nil},
	{"list without unit", func() *sent { return to(held, "OwnerUid", source.Owner) }, 400, "MissingParameter", nil},
	{"list page 0", func() *sent { return to(held, "OwnerUid", source.Owner, "UnitId", source.ID, "PageNum", "0") }, 400, "InvalidParameter", nil},
	{"list of an unknown unit", func() *sent { return to(held, "OwnerUid", source.Owner, "UnitId", "-5") }, 400, "InvalidParameter", nil},
}

func TestAnswers(t *testing.T) {
	for _, row := range answers {
		t.Run(row.name, func(t *testing.T) {
			s := prepared()
			before := len(s.Units.Moves())
			got := serve(t, s, row.request().v3())
			require.Equal(t, row.status, got.status, got.body)
			require.Equal(t, row.code, got.code(), got.body)
			require.Equal(t, row.data, got.json["Data"], got.body)
			if row.status != 200 {
				require.ElementsMatch(t, []string{"Code", "Message", "RequestId", "Success"}, keys(got.json))
				require.Equal(t, false, got.json["Success"])
				require.Empty(t, s.Quota.Changes(""))
				require.Len(t, s.Units.Moves(), before)
				require.Equal(t, []costunit.Details{{Unit: source, Name: source.ID}}, s.Units.List(source.Owner))
			}
		})
	}
}

func TestKeyIsBookedOnce(t *testing.T) {
	s := prepared()
	require.Equal(t, "10.00", serve(t, s, changing("increase", "10", "k").v3()).json["Data"])
	require.Equal(t, "30.00", serve(t, s, changing("increase", "20", "l").v3()).json["Data"])
	require.Equal(t, "10.00", serve(t, s, changing("increase", "10", "k").v3()).json["Data"], "as it was then")
	for _, other := range []*sent{changing("increase", "11", "k"), changing("decrease", "10", "k"), changing("increase", "10", "k").with("OwnerId", "88")} {
		open(s, "88")
		got := serve(t, s, other.v3())
		require.Equal(t, 400, got.status)
		require.Equal(t, "-1101", got.code())
	}
	require.Len(t, s.Quota.Changes(""), 2)
}

// A forgotten OwnerId hits the reseller itself, and the model shows it.
func TestWithoutOwnerTheResellerItselfIsMeant(t *testing.T) {
	for name, request := range map[string]*sent{
		"CreateQuota":         to(create, "Amount", "100", "Currency", "CNY"),
		"SetQuota":            sound().without("OwnerId"),
		"IncreaseConsumption": changing("increase", "10", "k").without("OwnerId"),
		"Freeze":              stating("FREEZE", "Freeze").without("OwnerId"),
		"SetAlarms":           warning("").without("OwnerId"),
	} {
		s := prepared()
		require.Equal(t, 200, serve(t, s, request.v3()).status, name)
		changes := s.Quota.Changes(alibabatest.DefaultAccount)
		require.Len(t, changes, 1)
		require.Equal(t, name, changes[0].Op)
	}
	s := &alibabatest.Server{Account: "99"}
	require.Equal(t, "0.00", serve(t, s, to(query).v3()).json["Data"])
	_, known := s.Quota.Customer("99")
	require.True(t, known)
}

func TestAllocateAllOrNothing(t *testing.T) {
	s := prepared()
	got := serve(t, s, allocation(2).with("ResourceInstanceList.2.ResourceId", "elsewhere").v3())
	require.Equal(t, 200, got.status)
	require.Equal(t, "success", got.code())
	require.Equal(t, false, got.json["Data"].(map[string]any)["IsSuccess"])
	require.Empty(t, s.Units.Moves())

	got = serve(t, s, allocation(100).v3())
	require.Equal(t, true, got.json["Data"].(map[string]any)["IsSuccess"], got.body)
	require.Equal(t, resources(100), s.Units.Holds(target))

	s.Units.Put(unallocated, costunit.Resource{ID: "loose", Product: "ecs", Owner: "7"})
	loose := to(move, "FromUnitUserId", unallocated.Owner, "FromUnitId", "0", "ToUnitUserId", target.Owner, "ToUnitId", target.ID,
		"ResourceInstanceList.7.ResourceId", "loose", "ResourceInstanceList.7.CommodityCode", "ecs", "ResourceInstanceList.7.ResourceUserId", "7")
	require.Equal(t, true, serve(t, s, loose.v3()).json["Data"].(map[string]any)["IsSuccess"])
	back := loose.with("FromUnitUserId", target.Owner).with("FromUnitId", target.ID).with("ToUnitUserId", unallocated.Owner).with("ToUnitId", "-1")
	back.nonce += "-back"
	require.Equal(t, true, serve(t, s, back.v3()).json["Data"].(map[string]any)["IsSuccess"])
	require.Len(t, s.Units.Holds(unallocated), 1)
}

func TestPages(t *testing.T) {
	s := prepared()
	for _, row := range []struct {
		params      []string
		size, found int
	}{
		{nil, 20, 20},
		{[]string{"PageNum", "2"}, 20, 20},
		{[]string{"PageNum", "7"}, 20, 0},
		{[]string{"PageNum", "2", "PageSize", "100"}, 100, 20},
		{[]string{"PageSize", "5000"}, 300, 120},
	} {
		got := serve(t, s, to(held, append([]string{"OwnerUid", source.Owner, "UnitId", source.ID}, row.params...)...).v3())
		require.Equal(t, "Success", got.code(), got.body)
		data := got.json["Data"].(map[string]any)
		require.EqualValues(t, strconv.Itoa(row.size), data["PageSize"])
		require.EqualValues(t, "120", data["TotalCount"])
		require.Len(t, data["ResourceInstanceDtoList"], row.found)
		if row.found > 0 {
			require.EqualValues(t, "9223372036854775806", data["ResourceInstanceDtoList"].([]any)[0].(map[string]any)["ResourceUserId"])
		}
		require.Contains(t, got.body, `"UnitId":186419,"OwnerUid":273394581313325532`)
	}
	got := serve(t, s, to(held, "OwnerUid", source.Owner, "UnitId", "0").v3())
	require.Contains(t, got.body, `"CostUnit":{"UnitId":-1,"OwnerUid":273394581313325532}`)
}

func TestWrinkles(t *testing.T) {
	for _, row := range []struct {
		wrinkles alibabatest.Wrinkles
		request  *sent
		part     string
	}{
		{alibabatest.Wrinkles{AllocateSuccess: true}, allocation(1), `"Success":true,"Data":{`},
		{alibabatest.Wrinkles{CodeSpelling: "SUCCESS"}, sound(), `"Code":"SUCCESS"`},
		{alibabatest.Wrinkles{CodeSpelling: "200\n"}, sound(), `"Code":"200\n"`},
		{alibabatest.Wrinkles{NumericCode: true}, sound(), `"Code":200,`},
		{alibabatest.Wrinkles{NumericCode: true}, to(query, "OwnerId", "77"), `"Code":-304,`},
		{alibabatest.Wrinkles{NumericCode: true}, allocation(1), `"Code":"success",`},
		{alibabatest.Wrinkles{AmountsAsNumbers: true}, changing("decrease", "1234567.89", "k"), `"Data":-1234567.89,`},
		{alibabatest.Wrinkles{Separators: true}, changing("decrease", "1234567.89", "k"), `"Data":"-1,234,567.89",`},
		{alibabatest.Wrinkles{Separators: true}, changing("increase", "123.45", "k"), `"Data":"123.45",`},
		{alibabatest.Wrinkles{Separators: true, TrailingNewline: true}, changing("increase", "1828.72", "k"), `"Data":"1,828.72\n",`},
		{alibabatest.Wrinkles{TextAsNumbers: true}, to(listing), `"Data":{"UidList":[1234567890123456]}`},
		{alibabatest.Wrinkles{TextAsNumbers: true}, to(info, "OwnerId", customer), `"AccountType":1,`},
		{alibabatest.Wrinkles{NumbersAsText: true}, to(info, "OwnerId", customer), `"Mpk":"5000000000000005 ",`},
		{alibabatest.Wrinkles{NumbersAsText: true}, to(warned, "OwnerId", customer, "AlarmType", "quota_low_balance"), `"Numerator":"0 ","Denominator":"0 "}],"Count":"1 ",`},
		{alibabatest.Wrinkles{NumbersAsText: true}, listed("-1"), `"TotalCount":"1 ","CostUnitDtoList":[{"ParentUnitId":"-1 ","UnitName":"186419","UnitId":"186419 ","OwnerUid":"273394581313325532 "}]`},
		{alibabatest.Wrinkles{NumbersAsText: true}, renaming(source.ID, "a"), `[{"IsSuccess":true,"UnitId":"186419 ","OwnerUid":"273394581313325532 "}]`},
		{alibabatest.Wrinkles{LowerCaseKeys: true}, founding("a"), `"success":true,"data":{"CostUnitDtoList":[{`},
		{alibabatest.Wrinkles{AmountsAsNumbers: true}, to(balance), `"QuotaLimit":10000.00}`},
		{alibabatest.Wrinkles{Separators: true}, to(balance), `"QuotaLimit":"10,000.00\n"}`},
		{alibabatest.Wrinkles{LowerCaseKeys: true}, sound(), `{"code":"200","message":"Successful!","data":true,"requestId":"`},
		{alibabatest.Wrinkles{LowerCaseKeys: true}, to(query, "OwnerId", "77"), `{"code":"-304",`},
	} {
		s := prepared()
		s.Wrinkles = row.wrinkles
		require.Contains(t, serve(t, s, row.request.v3()).body, row.part)
	}
}

func TestScriptedCodes(t *testing.T) {
	for _, c := range alibabatest.Codes() {
		t.Run(fmt.Sprintf("%s/%d %s", c.Operation, c.Status, c.Code), func(t *testing.T) {
			s := prepared()
			request := map[string]func() *sent{
				"": sound, create: func() *sent { return to(create, "OwnerId", "77", "Amount", "1", "Currency", "CNY") }, set: sound,
				change: func() *sent { return changing("increase", "1", "k") }, query: func() *sent { return to(query, "OwnerId", customer) },
				status: func() *sent { return stating("FREEZE", "Freeze") }, listing: func() *sent { return to(listing) },
				info: func() *sent { return to(info, "OwnerId", customer) }, warn: func() *sent { return warning("") },
				warned:  func() *sent { return to(warned, "OwnerId", customer, "AlarmType", "quota_low_balance") },
				balance: func() *sent { return to(balance) },
				move:    func() *sent { return allocation(1) }, held: func() *sent { return to(held, "OwnerUid", source.Owner, "UnitId", "0") },
				units: func() *sent { return listed("-1") }, found: func() *sent { return founding("a") },
				rename: func() *sent { return renaming(source.ID, "a") }, remove: func() *sent { return removing(source.ID) },
			}[c.Operation]()
			s.Faults.Add(request.action, alibabatest.Code(c.Status, c.Code))
			got := serve(t, s, request.v3())
			require.Equal(t, c.Status, got.status)
			require.Equal(t, c.Code, got.code())
			require.Equal(t, c.Message, got.json["Message"])
			require.Equal(t, s.Requests()[0].RequestID, got.json["RequestId"])
			require.Equal(t, c.Operation == "", got.json["HostId"] != nil, "the gateway speaks for itself")
			require.Empty(t, got.header.Values("Alibabatest-Code"))
			require.Empty(t, s.Quota.Changes(""))
			require.Empty(t, s.Units.Moves())
		})
	}
}

func TestScriptedFaults(t *testing.T) {
	s := prepared()
	applied := alibabatest.Code(500, "CreditInnerError")
	applied.Applied = true
	s.Faults.Add(set, applied, fault.Throttled, fault.Unauthorized, fault.Unavailable, alibabatest.Code(418, "NeverHeardOf"), fault.Fault{})
	got := serve(t, s, sound().v3())
	require.Equal(t, "CreditInnerError", got.code())
	require.Len(t, s.Quota.Changes(customer), 1, "carried out before")
	for _, row := range []struct {
		status int
		code   string
	}{{429, "Throttling.User"}, {401, "InvalidAccessKeyId.Inactive"}, {503, ""}, {418, "NeverHeardOf"}, {200, "200"}} {
		got = serve(t, s, sound().v3())
		require.Equal(t, row.status, got.status)
		require.Equal(t, row.code, got.code())
	}
	s.Faults.Add("*", alibabatest.Code(500, "CreditInnerError"))
	request := sound()
	request.plain = true
	require.Contains(t, serve(t, s, request.v3()).body, "<Code>CreditInnerError</Code>")
}

// Faults of the model itself become codes too.
func TestModelFaults(t *testing.T) {
	for method, row := range map[string]struct {
		fault fault.Fault
		code  string
	}{
		"SetQuota":       {fault.Throttled, "Throttling.User"},
		"CreateQuota":    {fault.LostReply, "UndefinedError"},
		"AvailableQuota": {fault.Refused, "ServiceUnavailable"},
	} {
		s := prepared()
		s.Quota.Faults.Add(method, row.fault)
		request := map[string]*sent{
			"SetQuota": sound(), "CreateQuota": to(create, "OwnerId", "77", "Amount", "1", "Currency", "CNY"), "AvailableQuota": to(query, "OwnerId", customer),
		}[method]
		require.Equal(t, row.code, serve(t, s, request.v3()).code())
	}
}

func TestCurrency(t *testing.T) {
	s := new(alibabatest.Server)
	s.Quota.Currency = quota.USD
	s.Quota.Update(customer, func(c *quotatest.State) { c.Opened = true })
	require.Equal(t, 200, serve(t, s, sound().v3()).status, "without a currency it is the ledger's")
	require.Equal(t, 200, serve(t, s, sound().with("Currency", "USD").v3()).status)
	require.Equal(t, "ParameterError", serve(t, s, sound().with("Currency", "CNY").v3()).code())
	require.Equal(t, quota.USD, s.Config().Currency)
}
