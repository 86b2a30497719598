// SPDX-License-Identifier: Apache-2.0

package huawei_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bssintl "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/bssintl/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/bssintl/v2/model"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/internal/race"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// newCloud starts a server for the length of the test.
func newCloud(t testing.TB, prepare ...func(*huaweitest.Server)) *huaweitest.Server {
	t.Helper()
	cloud := new(huaweitest.Server)
	for _, p := range prepare {
		p(cloud)
	}
	_, err := cloud.Start("")
	require.NoError(t, err)
	t.Cleanup(cloud.Close)
	return cloud
}

// newClient speaks to cloud, and does not wait long.
func newClient(t testing.TB, cloud *huaweitest.Server, change ...func(*huawei.Config)) *huawei.Client {
	t.Helper()
	config := cloud.Config()
	config.Retry = huawei.Retry{Base: time.Millisecond, Throttled: time.Millisecond, Cap: 10 * time.Millisecond, Timeout: 10 * time.Second}
	for _, c := range change {
		c(&config)
	}
	client, err := huawei.New(config)
	require.NoError(t, err)
	huawei.SetPatience(client, 300*time.Millisecond)
	return client
}

// operationOf is the request that does the work of a method.
var operationOf = map[string]string{
	"SetQuota": "UpdateSubCustomerBudget", "AvailableQuota": "ShowSubCustomerBudget",
	"SetBudget": "UpdateSubCustomerBudget", "Budget": "ShowSubCustomerBudget",
	"Freeze": "FreezeSubCustomers", "Unfreeze": "UnfreezeSubCustomers",
	"Customers": "ListSubCustomers", "Standings": "ListSubCustomerBudget",
}

func fixture[T any](w huaweitest.Wrinkles) func(*testing.T) quotatest.Fixture[T] {
	return func(t *testing.T) quotatest.Fixture[T] {
		cloud := newCloud(t, func(s *huaweitest.Server) { s.Wrinkles = w })
		return quotatest.Fixture[T]{
			Subject: any(newClient(t, cloud)).(T),
			State:   &cloud.Quota,
			Fail: func(method string, faults ...fault.Fault) {
				cloud.Faults.Add(operationOf[method], faults...)
			},
		}
	}
}

// wrinkled are the forms of a reply that the suites are run with: none, and as many at once as go together.
var wrinkled = map[string]huaweitest.Wrinkles{
	"none":    {},
	"strings": {FlagsAsText: true, AmountsAsStrings: true, IntegersAsText: true, ZeroForNone: true, CamelCaseErrors: true, ShortPrefix: true},
	"digits":  {FlagsAsNumbers: true, RecordsBySchema: true, EightDecimals: true, Nulls: true, NoContent: true, NestedErrors: true, NumericCodes: true, ExtraFields: true, TextForThrottled: true},
}

// forms are those that a test goes through: how a reply is written makes no difference to the race detector.
func forms() map[string]huaweitest.Wrinkles {
	if race.Enabled {
		return map[string]huaweitest.Wrinkles{"none": {}}
	}
	return wrinkled
}

func TestLimiterSuite(t *testing.T) {
	for name, w := range forms() {
		t.Run(name, func(t *testing.T) { quotatest.TestLimiter(t, fixture[quota.Limiter](w)) })
	}
}

func TestBudgeterSuite(t *testing.T) {
	for name, w := range forms() {
		t.Run(name, func(t *testing.T) { quotatest.TestBudgeter(t, fixture[quota.Budgeter](w)) })
	}
}

func TestFreezerSuite(t *testing.T) {
	for name, w := range forms() {
		t.Run(name, func(t *testing.T) { quotatest.TestFreezer(t, fixture[quota.Freezer](w)) })
	}
}

func TestDirectorySuite(t *testing.T) {
	for name, w := range forms() {
		t.Run(name, func(t *testing.T) { quotatest.TestDirectory(t, fixture[quota.Directory](w)) })
	}
}

func TestStandingReaderSuite(t *testing.T) {
	for name, w := range forms() {
		t.Run(name, func(t *testing.T) { quotatest.TestStandingReader(t, fixture[quota.StandingReader](w)) })
	}
}

func TestEveryWrinkleIsUsed(t *testing.T) {
	all := reflect.TypeFor[huaweitest.Wrinkles]()
	for i := range all.NumField() {
		used := false
		for _, w := range wrinkled {
			used = used || reflect.ValueOf(w).Field(i).Bool()
		}
		require.True(t, used, all.Field(i).Name)
	}
}

const customer = "053a48736500d5f40ffec01689b88480"

// oneOff is a budget that is good.
func oneOff(limit string) quota.Budget {
	return quota.Budget{Customer: customer, Limit: quota.MustMoney(limit), Period: quota.OneOff}
}

func requireClass(t testing.TB, want, err error) {
	t.Helper()
	require.Truef(t, errors.Class(err) == want, "want class %v, got: %v", want, err)
}

// requireSent checks which operations the cloud was asked for, in their order.
func requireSent(t testing.TB, cloud *huaweitest.Server, operations ...string) {
	t.Helper()
	var sent []string
	for _, r := range cloud.Requests() {
		sent = append(sent, r.Operation)
	}
	require.Equal(t, operations, sent)
}

const (
	set  = "UpdateSubCustomerBudget"
	show = "ShowSubCustomerBudget"

	freeze      = "FreezeSubCustomers"
	unfreeze    = "UnfreezeSubCustomers"
	listed      = "ListSubCustomers"
	budgets     = "ListSubCustomerBudget"
	records     = "ListSubCustomerBudgetRecords"
	resellers   = "ListIndirectPartners"
	consumption = "ShowPartnerConsumptionQuota"

	projects   = "ListEnterpriseProject"
	held       = "ShowResourceBindEnterpriseProject"
	create     = "CreateEnterpriseProject"
	rename     = "UpdateEnterpriseProject"
	migrate    = "MigrateResource"
	migrations = "ListMigrationRecord"
)

// inMemory carries requests to a server without a network, so that the clock of synctest rules.
type inMemory struct {
	cloud   http.Handler
	latency time.Duration
}

func (m inMemory) RoundTrip(r *http.Request) (reply *http.Response, err error) {
	time.Sleep(m.latency)
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		trace.GotConn(httptrace.GotConnInfo{})
		trace.WroteHeaders()
	}
	in := r.Clone(r.Context())
	in.Host, in.RequestURI = cmp.Or(r.Host, r.URL.Host), r.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() {
		if recover() != nil { // how a handler cuts a connection that cannot be had
			reply, err = nil, io.ErrUnexpectedEOF
		}
	}()
	w := httptest.NewRecorder()
	m.cloud.ServeHTTP(w, in)
	return w.Result(), nil
}

// Three attempts of one change: signed anew each, the same otherwise, and made once.
func TestUncertainWriteIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := new(huaweitest.Server)
		cloud.Faults.Add(set, fault.Times(2, huaweitest.Code(500, "CBC.0999"))...)
		client := newClient(t, cloud, func(c *huawei.Config) {
			c.HTTPClient = &http.Client{Transport: inMemory{cloud, 2 * time.Second}} // dates are in seconds
		})
		receipt, err := client.SetBudget(t.Context(), oneOff("100.10 USD"))
		require.NoError(t, err)
		require.Equal(t, 3, receipt.Attempts)
		require.Len(t, cloud.Quota.Changes(""), 1)

		requests := cloud.Requests()
		requireSent(t, cloud, set, set, set)
		require.Equal(t, requests[2].RequestID, receipt.RequestID)
		dates := map[string]bool{}
		for _, r := range requests {
			require.True(t, r.Signed)
			require.Equal(t, string(requests[0].Body), string(r.Body))
			dates[r.Header.Get("X-Sdk-Date")] = true
		}
		require.Len(t, dates, 3)
	})
}

// Without a reply the caller gets nil or ErrUncertain, and the cloud ends in one state.
func TestLostReply(t *testing.T) {
	for _, tt := range []struct {
		name   string
		lost   int
		want   error
		writes int
	}{{"once", 1, nil, 2}, {"every time", 10, errors.ErrUncertain, 4}} {
		t.Run(tt.name, func(t *testing.T) {
			cloud := newCloud(t)
			cloud.Faults.Add(set, fault.Times(tt.lost, fault.LostReply)...)
			_, err := newClient(t, cloud).SetBudget(t.Context(), oneOff("100.10 USD"))
			requireClass(t, tt.want, err)
			require.Len(t, cloud.Quota.Changes(""), tt.writes)
			state, _ := cloud.Quota.Customer(customer)
			require.True(t, state.Budget.Limit.Equal(quota.MustMoney("100.10 USD")))
			require.Equal(t, quota.OneOff, state.Budget.Period)
		})
	}
}

// Lifting a freeze twice may lift one that was put on in between.
func TestUnfreezeIsNotRepeatedBlindly(t *testing.T) {
	b := oneOff("100.10 USD")
	b.Unfreeze = true
	freeze := func(cloud *huaweitest.Server) {
		cloud.Quota.Update(customer, func(s *quotatest.State) { s.Frozen = true })
	}
	frozen := func(cloud *huaweitest.Server) bool {
		state, _ := cloud.Quota.Customer(customer)
		return state.Frozen
	}
	t.Run("control: nothing lost", func(t *testing.T) {
		cloud := newCloud(t)
		freeze(cloud)
		_, err := newClient(t, cloud).SetBudget(t.Context(), b)
		require.NoError(t, err)
		requireSent(t, cloud, set)
		require.False(t, frozen(cloud))
	})
	t.Run("lost request: repeated", func(t *testing.T) {
		cloud := newCloud(t)
		freeze(cloud)
		cloud.Faults.Add(set, fault.LostRequest)
		receipt, err := newClient(t, cloud).SetBudget(t.Context(), b)
		require.NoError(t, err)
		require.Equal(t, 2, receipt.Attempts)
		requireSent(t, cloud, set, show, set)
		require.False(t, frozen(cloud))
	})
	t.Run("lost reply: not repeated", func(t *testing.T) {
		cloud := newCloud(t)
		freeze(cloud)
		lost := fault.LostReply
		lost.Seen = func() { freeze(cloud) } // by somebody else, who has a reason
		cloud.Faults.Add(set, lost)
		_, err := newClient(t, cloud).SetBudget(t.Context(), b)
		requireClass(t, errors.ErrUncertain, err)
		requireSent(t, cloud, set, show)
		require.Len(t, cloud.Quota.Changes(""), 1)
		require.True(t, frozen(cloud))
	})
	t.Run("reseller's customer: read back with the reseller", func(t *testing.T) {
		cloud := newCloud(t)
		cloud.Quota.Update(customer, func(s *quotatest.State) { s.Budget.Reseller = "reseller-1" })
		cloud.Faults.Add(set, fault.LostRequest)
		b := b
		b.Reseller = "reseller-1"
		_, err := newClient(t, cloud).SetBudget(t.Context(), b)
		require.NoError(t, err)
		requireSent(t, cloud, set, show, set)
		require.Equal(t, "customer_id="+customer+"&indirect_partner_id=reseller-1", cloud.Requests()[1].Query)
	})
}

// classes is what each documented error means for a change, by this reading of the documents; of a read, uncertain is
// unavailable.
var classes = map[error]string{
	errors.ErrInvalid: "400 CBC.0100, 400 CBC.0101, 400 CBC.0199, 404 APIGW.0101, 404 APIGW.0103, 400 APIGW.0104, 400 APIGW.0105, 400 APIGW.0106, " +
		"400 EPS.0002, 400 EPS.0017, 400 EPS.0018, 400 APIGW.0201, 413 APIGW.0201, 414 APIGW.0201, 494 APIGW.0201, 400 APIGW.0602, 400 APIGW.0607",
	errors.ErrUnauthenticated: "401 EPS.0003, 401 CBC.0154, 403 CBC.0154, 401 APIGW.0301, 401 APIGW.0303, 401 APIGW.0305, 401 APIGW.0307, 401 APIGW.0311",
	errors.ErrDenied: "403 EPS.0004, 400 CBC.50000033, 400 CBC.99000037, 403 CBC.0151, 403 CBC.0150, 403 CBC.0155, 403 CBC.0156, 400 CBC.18000016, " +
		"403 APIGW.0302, 403 APIGW.0304, 403 APIGW.0306, 403 APIGW.0310, 403 APIGW.0401, 403 APIGW.0402, 403 APIGW.0404, " +
		"405 APIGW.0501, 405 APIGW.0502, 403 APIGW.0801, 403 APIGW.0802",
	errors.ErrExists:       "409 EPS.0010",
	errors.ErrNotFound:     "404 EPS.0005, 400 CBC.30000067, 400 CBC.99000035",
	errors.ErrConflict:     "400 EPS.0014, 400 CBC.99005024",
	errors.ErrInsufficient: "400 CBC.50000030",
	errors.ErrThrottled:    "403 EPS.0006, 429 CBC.0250, 429 APIGW.0308",
	errors.ErrUnavailable:  "400 CBC.99003651, 502 APIGW.0610, 503 APIGW.0613",
	errors.ErrUncertain: "500 EPS.0000, 500 EPS.0001, 500 CBC.0999, 502 APIGW.0201, 504 APIGW.0201, 500 APIGW.0601, 500 APIGW.0605, 500 APIGW.0606, 500 APIGW.0608, " +
		"500 APIGW.0609, 500 APIGW.0611, 500 APIGW.0612, 500 APIGW.0705",
}

func classOf(status int, code string) (class error, known bool) {
	for class, list := range classes {
		for c := range strings.SplitSeq(list, ", ") {
			if c == fmt.Sprint(status, " ", code) {
				return class, true
			}
		}
	}
	return errors.ErrUncertain, false
}

// calls makes a call of each operation.
var calls = map[string]func(context.Context, *huawei.Client) error{
	set: func(ctx context.Context, c *huawei.Client) error {
		_, err := c.SetBudget(ctx, oneOff("100.10 USD"))
		return err
	},
	show: func(ctx context.Context, c *huawei.Client) error {
		_, err := c.Budget(ctx, customer)
		return err
	},
	freeze: func(ctx context.Context, c *huawei.Client) error {
		_, err := c.Freeze(ctx, quota.Freeze{Customer: customer, Reason: "Arrears"})
		return err
	},
	unfreeze: func(ctx context.Context, c *huawei.Client) error {
		_, err := c.Unfreeze(ctx, quota.Freeze{Customer: customer, Reason: "Paid"})
		return err
	},
	listed:  func(ctx context.Context, c *huawei.Client) error { return firstError(c.Customers(ctx)) },
	budgets: func(ctx context.Context, c *huawei.Client) error { return firstError(c.Standings(ctx, customer)) },
	records: func(ctx context.Context, c *huawei.Client) error {
		return firstError(c.BudgetRecords(ctx, customer, ""))
	},
	resellers: func(ctx context.Context, c *huawei.Client) error {
		return firstError(c.ListResellers(ctx, huawei.ResellerFilter{}))
	},
	consumption: func(ctx context.Context, c *huawei.Client) error {
		_, err := c.ConsumptionQuota(ctx)
		return err
	},
	projects: func(ctx context.Context, c *huawei.Client) error { return firstError(c.Units(ctx, "")) },
	held: func(ctx context.Context, c *huawei.Client) error {
		return firstError(c.Resources(ctx, costunit.Query{Unit: origin, Products: []string{"disk"}}))
	},
	create: func(ctx context.Context, c *huawei.Client) error {
		_, err := c.CreateUnits(ctx, costunit.Definition{Name: "new"})
		return err
	},
	rename: func(ctx context.Context, c *huawei.Client) error {
		_, err := c.RenameUnits(ctx, costunit.Renaming{Unit: origin, Name: "renamed"})
		return err
	},
	migrate: func(ctx context.Context, c *huawei.Client) error {
		_, err := c.TransferResources(ctx, disks(1))
		return err
	},
	migrations: func(ctx context.Context, c *huawei.Client) error {
		return firstError(c.MigrationRecords(ctx, huawei.MigrationQuery{}))
	},
}

// writes are the operations that change something.
var writes = map[string]bool{set: true, freeze: true, unfreeze: true, create: true, rename: true, migrate: true}

// firstError goes through an iteration to its first error.
func firstError[T any](all iter.Seq2[T, error]) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestEveryDocumentedCode(t *testing.T) {
	rows := append(huaweitest.Codes(),
		huaweitest.DocumentedCode{Status: 400, Code: "CBC.12345678"}, huaweitest.DocumentedCode{Status: 403, Code: "CBC.9999"})
	for name, w := range map[string]huaweitest.Wrinkles{
		"plain":         {},
		"camel case":    {CamelCaseErrors: true},
		"nested":        {NestedErrors: true},
		"nested camels": {NestedErrors: true, CamelCaseErrors: true, ExtraFields: true},
		"by others":     {ShortPrefix: true, NumericCodes: true, TextForThrottled: true},
	} {
		if race.Enabled && name != "plain" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			cloud := newCloud(t, func(s *huaweitest.Server) { s.Wrinkles = w })
			client := newClient(t, cloud, func(c *huawei.Config) { c.Retry.Attempts = 1 })
			huawei.SetPatience(client, 0)
			put(cloud, disks(1))
			for _, row := range rows {
				want, known := classOf(row.Status, row.Code)
				require.Equal(t, row.Message != "", known, "a row without a class, or a class without a row")
				requireFailure := func(want, err error) {
					t.Helper()
					requireFailure(t, cloud, want, row.Status, err)
					if failure, _ := errors.AsType[*errors.Error](err); !w.NumericCodes {
						require.Equal(t, row.Code, failure.Code)
					}
				}
				for op, call := range calls {
					if row.Operation != "" && row.Operation != op {
						continue
					}
					class := want
					if !writes[op] && class == errors.ErrUncertain {
						class = errors.ErrUnavailable
					}
					cloud.Faults.Add(op, huaweitest.Code(row.Status, row.Code))
					requireFailure(class, call(t.Context(), client))
				}
			}
			require.Empty(t, cloud.Quota.Changes(""))
			require.Empty(t, cloud.Units.Moves())
		})
	}
}

func requireFailure(t testing.TB, cloud *huaweitest.Server, class error, status int, err error) {
	t.Helper()
	requireClass(t, class, err)
	failure, ok := errors.AsType[*errors.Error](err)
	require.True(t, ok)
	requests := cloud.Requests()
	for requests[len(requests)-1].Operation != failure.Op { // what is in doubt is looked for
		requests = requests[:len(requests)-1]
	}
	require.Equal(t, []any{status, requests[len(requests)-1].RequestID, 1}, []any{failure.Status, failure.RequestID, failure.Attempts})
}

// What the provider makes of another kind of budget is unknown: a quota does not change it.
func TestQuotaKeepsTheKind(t *testing.T) {
	for _, tt := range []struct {
		name       string
		set, there quota.Period
		want       error
	}{
		{"one-off on monthly", quota.OneOff, quota.Monthly, errors.ErrConflict},
		{"monthly on one-off", quota.Monthly, quota.OneOff, errors.ErrConflict},
		{"control: monthly on monthly", quota.Monthly, quota.Monthly, nil},
		{"control: one-off on one-off", quota.OneOff, quota.OneOff, nil},
		{"control: on none", quota.Monthly, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cloud := newCloud(t)
			if tt.there != "" {
				cloud.Quota.Update(customer, func(s *quotatest.State) { s.Budget.Limit, s.Budget.Period = quota.MustMoney("5.00 USD"), tt.there })
			}
			client := newClient(t, cloud, func(c *huawei.Config) { c.QuotaPeriod = tt.set })
			_, err := client.SetQuota(t.Context(), quota.Grant{Customer: customer, Limit: quota.MustMoney("100.10 USD")})
			requireClass(t, tt.want, err)
			if tt.want != nil {
				requireSent(t, cloud, show)
				return
			}
			requireSent(t, cloud, show, set)
			state, _ := cloud.Quota.Customer(customer)
			require.Equal(t, tt.set, state.Budget.Period)
		})
	}
}

// Many callers, one client, and a cloud that fails at times in every way that does not take long.
func TestManyCallers(t *testing.T) {
	cloud := newCloud(t)
	for i, f := range []fault.Fault{fault.LostReply, fault.ResetAfter, fault.BadGateway, fault.Throttled, huaweitest.Code(500, "CBC.0999")} {
		cloud.Faults.Rate("*", 0.02, uint64(i+1), f)
	}
	client := newClient(t, cloud, func(c *huawei.Config) { c.Retry.Attempts = 10 })
	var wg sync.WaitGroup
	for i := range 96 {
		wg.Go(func() {
			id := "customer-" + strconv.Itoa(i)
			for round := range 3 {
				limit := quota.Money{Amount: decimal.New(int64(i*1000+round*100+7), -2), Currency: quota.USD}
				var err error
				if i%2 == 0 {
					_, err = client.SetQuota(t.Context(), quota.Grant{Customer: id, Limit: limit})
				} else {
					_, err = client.SetBudget(t.Context(), quota.Budget{Customer: id, Limit: limit, Period: quota.OneOff})
				}
				if err != nil {
					t.Errorf("set: %v", err)
				}
				b, err := client.Budget(t.Context(), id)
				if err != nil || !b.Limit.Equal(limit) {
					t.Errorf("read %v, %v; want %v", b.Limit, err, limit)
				}
				left, err := client.AvailableQuota(t.Context(), id)
				if err != nil || !left.Equal(limit) {
					t.Errorf("left %v, %v; want %v", left, err, limit)
				}
			}
		})
	}
	wg.Wait()
}

// A cancelled call returns at once, whatever it is at, and says what is known.
func TestCancelled(t *testing.T) {
	patient := func(c *huawei.Config) { c.Retry.Base, c.Retry.Throttled, c.Retry.Cap = time.Hour, time.Hour, time.Hour }
	setBudget := func(ctx context.Context, c *huawei.Client) error {
		_, err := c.SetBudget(ctx, oneOff("100.10 USD"))
		return err
	}
	unfreeze := func(ctx context.Context, c *huawei.Client) error {
		b := oneOff("100.10 USD")
		b.Unfreeze = true
		_, err := c.SetBudget(ctx, b)
		return err
	}
	read := func(ctx context.Context, c *huawei.Client) error {
		_, err := c.AvailableQuota(ctx, customer)
		return err
	}
	setQuota := func(ctx context.Context, c *huawei.Client) error {
		_, err := c.SetQuota(ctx, quota.Grant{Customer: customer, Limit: quota.MustMoney("1.00 USD")})
		return err
	}
	for _, tt := range []struct {
		name  string
		call  func(context.Context, *huawei.Client) error
		op    string
		fault fault.Fault
		want  error
	}{
		{"write in flight", setBudget, set, fault.Hang, errors.ErrUncertain},
		{"write in flight, applied", setBudget, set, fault.HangApplied, errors.ErrUncertain},
		{"unfreezing in flight", unfreeze, set, fault.Hang, errors.ErrUncertain},
		{"read in flight", read, show, fault.Hang, errors.ErrUnavailable},
		{"quota in flight of its reading", setQuota, show, fault.Hang, errors.ErrUnavailable},
		{"quota in flight of its writing", setQuota, set, fault.Hang, errors.ErrUncertain},
		{"reply in flight", read, show, fault.SlowBody, errors.ErrUnavailable},
		{"write waiting after throttling", setBudget, set, fault.Throttled, errors.ErrThrottled},
		{"write waiting in doubt", setBudget, set, huaweitest.Code(500, "CBC.0999"), errors.ErrUncertain},
		{"unfreezing waiting in doubt", unfreeze, set, huaweitest.Code(500, "CBC.0999"), errors.ErrUncertain},
		{"unfreezing waiting after throttling", unfreeze, set, fault.Throttled, errors.ErrThrottled},
		{"read waiting", read, show, fault.Unavailable, errors.ErrUnavailable},
		{"freezing in flight", calls[freeze], freeze, fault.HangApplied, errors.ErrUncertain},
		{"freezing waiting in doubt", calls[freeze], freeze, huaweitest.Code(500, "CBC.0999"), errors.ErrUncertain},
		{"list in flight", calls[listed], listed, fault.Hang, errors.ErrUnavailable},
		{"list waiting", calls[listed], listed, fault.Throttled, errors.ErrThrottled},
		{"standings in flight", calls[budgets], budgets, fault.Hang, errors.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			took := time.Hour
			for try := 0; try < 5 && took > 20*time.Millisecond; try++ { // the machine may be busy
				cloud := newCloud(t)
				client := newClient(t, cloud, patient)
				met := make(chan struct{})
				f := tt.fault
				f.Seen = func() { close(met) }
				cloud.Faults.Add(tt.op, f)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- tt.call(ctx, client) }()
				<-met
				time.Sleep(5 * time.Millisecond) // so that a reply is read, and the wait begun
				begin := time.Now()
				cancel()
				err := <-done
				took = time.Since(begin)
				require.ErrorIs(t, err, context.Canceled)
				requireClass(t, tt.want, err)
			}
			require.LessOrEqual(t, took, 20*time.Millisecond)
		})
	}
}

func TestBadInput(t *testing.T) {
	long, usd := strings.Repeat("x", 65), quota.USD
	money := func(amount decimal.Decimal, c quota.Currency) quota.Money {
		return quota.Money{Amount: amount, Currency: c}
	}
	cents := func(n int64, exponent int32) quota.Money { return money(decimal.New(n, exponent), usd) }

	ids := []string{"", " ", "a b", "a\nb", "a\tb", "ＩＤ", "\x00", "\xff", long}
	limits := []quota.Money{
		{}, money(decimal.New(1, 0), ""), cents(0, 0), cents(0, -8), cents(-1, 0), cents(-1, -2), cents(1, -3), cents(100001, -3), cents(214748364701, -2),
		cents(1, 20), cents(1, 1_000_000_000), cents(1, -1_000_000_000), money(decimal.New(1, 0), quota.CNY), money(decimal.New(1, 0), "EUR"),
		money(decimal.New(1, 0), "usd"), money(decimal.New(1, 0), "US"), money(decimal.New(1, 0), "USDT"),
	}
	var bad []func(context.Context, *huawei.Client) error
	budget := func(change func(*quota.Budget)) {
		b := oneOff("100.10 USD")
		change(&b)
		bad = append(bad, func(ctx context.Context, c *huawei.Client) error {
			_, err := c.SetBudget(ctx, b)
			return err
		})
	}
	grant := func(g quota.Grant) {
		bad = append(bad, func(ctx context.Context, c *huawei.Client) error {
			_, err := c.SetQuota(ctx, g)
			return err
		})
	}
	good := quota.MustMoney("1.00 USD")
	for _, id := range ids {
		budget(func(b *quota.Budget) { b.Customer = id })
		grant(quota.Grant{Customer: id, Limit: good})
		bad = append(bad,
			func(ctx context.Context, c *huawei.Client) error {
				_, err := c.Budget(ctx, id)
				return err
			},
			func(ctx context.Context, c *huawei.Client) error {
				_, err := c.AvailableQuota(ctx, id)
				return err
			},
		)
		if id != "" {
			budget(func(b *quota.Budget) { b.Reseller = id })
			bad = append(bad, func(ctx context.Context, c *huawei.Client) error {
				_, err := c.BudgetOf(ctx, customer, id)
				return err
			})
		}
	}
	for _, id := range ids {
		bad = append(bad,
			func(ctx context.Context, c *huawei.Client) error {
				_, err := c.Freeze(ctx, quota.Freeze{Customer: id, Reason: "Arrears"})
				return err
			},
			func(ctx context.Context, c *huawei.Client) error {
				_, err := c.UnfreezeAll(ctx, []string{customer, id}, quota.Freeze{Reason: "Arrears"})
				return err
			},
			func(ctx context.Context, c *huawei.Client) error { return firstError(c.Standings(ctx, id)) },
			func(ctx context.Context, c *huawei.Client) error { return firstError(c.BudgetRecords(ctx, id, "")) },
		)
		if id != "" {
			bad = append(bad,
				func(ctx context.Context, c *huawei.Client) error {
					_, err := c.Unfreeze(ctx, quota.Freeze{Customer: customer, Reseller: id, Reason: "Arrears"})
					return err
				},
				func(ctx context.Context, c *huawei.Client) error { return firstError(c.StandingsOf(ctx, id, customer)) },
				func(ctx context.Context, c *huawei.Client) error {
					return firstError(c.BudgetRecords(ctx, customer, id))
				},
				func(ctx context.Context, c *huawei.Client) error {
					return firstError(c.ListCustomers(ctx, huawei.CustomerFilter{Reseller: id}))
				},
				func(ctx context.Context, c *huawei.Client) error {
					return firstError(c.ListResellers(ctx, huawei.ResellerFilter{Reseller: id}))
				},
			)
		}
	}
	for _, limit := range limits {
		budget(func(b *quota.Budget) { b.Limit = limit })
		grant(quota.Grant{Customer: customer, Limit: limit})
	}
	for _, period := range []quota.Period{"MONTHLY", "PACKAGE", "Monthly", "weekly", " "} {
		budget(func(b *quota.Budget) { b.Period = period })
	}
	for _, action := range []quota.Action{"0", "1", "freeze", "Freeze by hand"} {
		budget(func(b *quota.Budget) { b.OnExceed = action })
	}
	for _, key := range []quota.Key{"a b", "a/b", quota.Key(long)} {
		grant(quota.Grant{Customer: customer, Limit: good, Key: key})
	}
	require.GreaterOrEqual(t, len(bad), 100)

	cloud := newCloud(t)
	client := newClient(t, cloud)
	for i, call := range bad {
		err := call(t.Context(), client)
		require.Truef(t, errors.Is(err, errors.ErrInvalid), "row %d: %v", i, err)
		require.Emptyf(t, cloud.Requests(), "row %d was sent", i)
	}
	_, err := client.SetBudget(t.Context(), oneOff("100.10 USD"))
	require.NoError(t, err)
	requireSent(t, cloud, set) // the control
}

// Five failures in a row lock a key, so that one call may cause one at most.
func TestUnauthenticatedIsSentOnce(t *testing.T) {
	once := map[string]func(context.Context, *huawei.Client) error{
		"SetBudget": func(ctx context.Context, c *huawei.Client) error {
			_, err := c.SetBudget(ctx, oneOff("1.00 USD"))
			return err
		},
		"Unfreeze": func(ctx context.Context, c *huawei.Client) error {
			_, err := c.SetBudget(ctx, quota.Budget{Customer: customer, Limit: quota.MustMoney("1.00 USD"), Unfreeze: true})
			return err
		},
		"SetQuota": func(ctx context.Context, c *huawei.Client) error {
			_, err := c.SetQuota(ctx, quota.Grant{Customer: customer, Limit: quota.MustMoney("1.00 USD")})
			return err
		},
		"Budget": func(ctx context.Context, c *huawei.Client) error {
			_, err := c.Budget(ctx, customer)
			return err
		},
		"Do": func(ctx context.Context, c *huawei.Client) error {
			_, err := c.Do(ctx, &model.ShowSubCustomerBudgetRequest{CustomerId: customer}, bssintl.GenReqDefForShowSubCustomerBudget())
			return err
		},
	}
	maps.Copy(once, calls)
	for name, call := range once {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud(t, func(s *huaweitest.Server) { s.LockKey = true })
			client := newClient(t, cloud, func(c *huawei.Config) { c.Credentials.SecretKey = "another" })
			requireClass(t, errors.ErrUnauthenticated, call(t.Context(), client))
			require.Len(t, cloud.Requests(), 1)
		})
	}
}

func TestTokenInsteadOfSignature(t *testing.T) {
	cloud := newCloud(t, func(s *huaweitest.Server) { s.Token = "token-2" })
	var asked atomic.Int64
	client := newClient(t, cloud, func(c *huawei.Config) {
		c.Credentials = huawei.Credentials{}
		c.TokenFunc = func(context.Context) (string, error) { return "token-" + strconv.FormatInt(asked.Add(1), 10), nil }
	})
	_, err := client.SetBudget(t.Context(), oneOff("1.00 USD"))
	requireClass(t, errors.ErrUnauthenticated, err)
	require.ErrorContains(t, err, "APIGW.0307")
	_, err = client.SetBudget(t.Context(), oneOff("1.00 USD"))
	require.NoError(t, err)
	requests := cloud.Requests()
	require.Len(t, requests, 2)
	require.True(t, requests[1].Token)
	require.False(t, requests[1].Signed)
}

func TestTemporaryCredentials(t *testing.T) {
	cloud := newCloud(t, func(s *huaweitest.Server) { s.SecurityToken = "security-token" })
	_, err := newClient(t, cloud).SetBudget(t.Context(), oneOff("1.00 USD"))
	require.NoError(t, err)
	require.True(t, cloud.Requests()[0].Signed)
	for _, token := range []string{"", "another"} {
		_, err = newClient(t, cloud, func(c *huawei.Config) { c.Credentials.SecurityToken = token }).SetBudget(t.Context(), oneOff("1.00 USD"))
		requireClass(t, errors.ErrUnauthenticated, err)
	}
}

// byTurns sends each request to the next server.
type byTurns struct {
	turn    int
	servers []http.Handler
}

func (b *byTurns) RoundTrip(r *http.Request) (*http.Response, error) {
	b.turn++
	return inMemory{cloud: b.servers[b.turn-1]}.RoundTrip(r)
}

// A key that is rotated between two attempts of one call is used from the next attempt on.
func TestCredentialsRotate(t *testing.T) {
	before, after := &huaweitest.Server{AccessKey: "key-1"}, &huaweitest.Server{AccessKey: "key-2", SecurityToken: "token-2"}
	before.Faults.Add("*", fault.Throttled)
	keys := []huawei.Credentials{before.Config().Credentials, after.Config().Credentials}
	client := newClient(t, before, func(c *huawei.Config) {
		c.HTTPClient = &http.Client{Transport: &byTurns{servers: []http.Handler{before, after}}}
		c.Credentials = huawei.Credentials{}
		c.CredentialsFunc = func(context.Context) (huawei.Credentials, error) {
			defer func() { keys = keys[1:] }()
			return keys[0], nil
		}
	})
	receipt, err := client.SetBudget(t.Context(), oneOff("1.00 USD"))
	require.NoError(t, err)
	require.Equal(t, 2, receipt.Attempts)
	require.True(t, before.Requests()[0].Signed)
	require.True(t, after.Requests()[0].Signed)
	require.Len(t, after.Quota.Changes(""), 1)
}

func TestNoCredentialsNoRequest(t *testing.T) {
	cloud := newCloud(t)
	client := newClient(t, cloud, func(c *huawei.Config) {
		c.Credentials = huawei.Credentials{}
		c.CredentialsFunc = func(context.Context) (huawei.Credentials, error) { return huawei.Credentials{}, io.ErrUnexpectedEOF }
	})
	_, err := client.SetBudget(t.Context(), oneOff("1.00 USD"))
	requireClass(t, errors.ErrUnavailable, err)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Empty(t, cloud.Requests())
}

// The vendor's models through this client.
func TestDo(t *testing.T) {
	cloud := newCloud(t)
	client := newClient(t, cloud)
	amount, kind := decimal.RequireFromString("100.10"), model.GetModSubCustomerBudgetReqBudgetTypeEnum().PACKAGE
	write := &model.UpdateSubCustomerBudgetRequest{Body: &model.ModSubCustomerBudgetReq{CustomerId: customer, BudgetAmount: &amount, BudgetType: &kind}}
	reply, err := client.Do(t.Context(), write, bssintl.GenReqDefForUpdateSubCustomerBudget())
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, reply.(*model.UpdateSubCustomerBudgetResponse).HttpStatusCode)
	require.Len(t, cloud.Quota.Changes(customer), 1)

	reply, err = client.Do(t.Context(), &model.ShowSubCustomerBudgetRequest{CustomerId: customer}, bssintl.GenReqDefForShowSubCustomerBudget())
	require.NoError(t, err)
	shown := reply.(*model.ShowSubCustomerBudgetResponse)
	require.True(t, shown.BudgetAmount.Equal(amount))
	require.Equal(t, "PACKAGE", shown.BudgetType.Value())

	// A change of unknown kind is not repeated; a read is.
	for _, tt := range []struct {
		op       string
		want     error
		requests int
	}{{set, errors.ErrUncertain, 1}, {show, errors.ErrUnavailable, 4}} {
		sent := len(cloud.Requests())
		cloud.Faults.Add(tt.op, fault.Times(tt.requests, fault.LostReply)...)
		var err error
		if tt.op == set {
			_, err = client.Do(t.Context(), write, bssintl.GenReqDefForUpdateSubCustomerBudget())
		} else {
			_, err = client.Do(t.Context(), &model.ShowSubCustomerBudgetRequest{CustomerId: customer}, bssintl.GenReqDefForShowSubCustomerBudget())
		}
		requireClass(t, tt.want, err)
		require.Len(t, cloud.Requests(), sent+tt.requests)
	}
	_, err = client.Do(t.Context(), &model.ShowCustomerAccountBalancesRequest{}, bssintl.GenReqDefForShowCustomerAccountBalances())
	requireClass(t, errors.ErrInvalid, err) // the fake has no such operation
	require.ErrorContains(t, err, "APIGW.0101")
}

// Secrets are in no error and no log line, also where the cloud sends them back.
func TestSecretsStayHidden(t *testing.T) {
	secrets := []string{"planted-secret-key", "planted/security+token", "planted-iam-token"}
	const marker = "the-marker"
	echo := func(secrets ...string) []fault.Fault {
		body := `{"error_code":"` + marker + `","error_msg":"` + marker + " " + strings.Join(secrets, " ") + `"}`
		inCode := `{"error_code":"` + secrets[0] + `","error_msg":"x","request_id":"` + secrets[0] + `"}`
		return append(fault.All(), fault.Reply(400, body), fault.Reply(401, body), fault.Reply(200, body), fault.Reply(400, inCode), fault.Reply(500, strings.Join(secrets, "&")))
	}

	var logged, failures bytes.Buffer
	var mu sync.Mutex
	change := func(c *huawei.Config) {
		c.Retry.Attempts, c.Retry.Timeout = 1, 50*time.Millisecond
		c.Logger = slog.New(slog.NewJSONHandler(&lockedWriter{mu: &mu, w: &logged}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	signed := newCloud(t, func(s *huaweitest.Server) { s.SecretKey, s.SecurityToken = secrets[0], secrets[1] })
	token := newCloud(t, func(s *huaweitest.Server) { s.Token = secrets[2] })
	byToken := func(c *huawei.Config) {
		c.Credentials = huawei.Credentials{}
		c.TokenFunc = func(context.Context) (string, error) { return secrets[2], nil }
	}
	rows := []struct {
		cloud  *huaweitest.Server
		client *huawei.Client
		faults []fault.Fault
	}{
		{signed, newClient(t, signed, change), echo(secrets[0], secrets[1], huaweitest.DefaultAccessKey)},
		{token, newClient(t, token, change, byToken), echo(secrets[2])},
	}
	calls := 0
	for _, row := range rows {
		for _, f := range row.faults {
			calls += 2
			row.cloud.Faults.Add("*", f, f)
			_, writing := row.client.SetBudget(t.Context(), oneOff("1.00 USD"))
			_, reading := row.client.Budget(t.Context(), customer)
			for _, err := range []error{writing, reading} {
				fmt.Fprintf(&failures, "%v|%+v|%#v\n", err, err, err)
				slog.New(slog.NewJSONHandler(&failures, nil)).Error("failed", "error", err)
			}
		}
		sent := row.cloud.Requests()
		require.True(t, sent[0].Signed || sent[0].Token, "control: the secrets were used")
	}
	_, err := newClient(t, signed, change, func(c *huawei.Config) { c.Endpoint = "http://127.0.0.1:1" }).Budget(t.Context(), customer)
	fmt.Fprintf(&failures, "%+v\n", err)

	for _, text := range []string{logged.String(), failures.String()} {
		require.Contains(t, text, marker, "control: what the cloud says is shown")
		for i, secret := range append(secrets, huaweitest.DefaultAccessKey) {
			require.Equal(t, -1, strings.Index(text, secret), "secret %d is shown", i)
		}
	}
	require.GreaterOrEqual(t, strings.Count(logged.String(), "\n"), calls)
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// Neither client nor server leaves a goroutine behind, whatever went wrong.
func TestNothingLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, f := range fault.All() {
		var cloud huaweitest.Server
		_, err := cloud.Start("")
		require.NoError(t, err)
		cloud.Faults.Add("*", fault.Times(4, f)...)
		client := newClient(t, &cloud, func(c *huawei.Config) { c.Retry.Timeout, c.Retry.Attempts = 20*time.Millisecond, 2 })
		_, _ = client.SetBudget(t.Context(), oneOff("1.00 USD"))
		cloud.Close()
	}
	for end := time.Now().Add(8 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	if runtime.NumGoroutine() > before {
		stacks := make([]byte, 1<<20)
		require.Failf(t, "goroutines are left", "%s", stacks[:runtime.Stack(stacks, true)])
	}
}
