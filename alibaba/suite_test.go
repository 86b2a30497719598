// SPDX-License-Identifier: Apache-2.0

package alibaba_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/bssopenapi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/costunit/costunittest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/race"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// cloud is a fake that runs, with a client on it.
type cloud struct {
	*alibabatest.Server
	client *alibaba.Client
}

// start starts a fake and makes a client, after every prepare has changed the one or the other.
func start(t testing.TB, prepare ...func(*alibabatest.Server, *alibaba.Config)) *cloud {
	t.Helper()
	c := &cloud{Server: new(alibabatest.Server)}
	_, err := c.Start("")
	require.NoError(t, err)
	t.Cleanup(c.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	config := c.Config()
	config.HTTPClient = &http.Client{Transport: transport}
	config.Retry.Cap = 10 * time.Millisecond
	for _, p := range prepare {
		p(c.Server, &config)
	}
	c.client, err = alibaba.New(config)
	require.NoError(t, err)
	return c
}

// operationOf says which operation does the work of a method.
var operationOf = map[string]string{
	"CreateQuota":         "CreateResellerUserQuota",
	"SetQuota":            "SetResellerUserQuota",
	"IncreaseConsumption": "ChangeResellerConsumeAmount",
	"DecreaseConsumption": "ChangeResellerConsumeAmount",
	"AvailableQuota":      "QueryResellerAvailableQuota",
	"TransferResources":   "AllocateCostUnitResource",
	"Freeze":              "SetResellerUserStatus",
	"Unfreeze":            "SetResellerUserStatus",
	"Host":                "SetResellerUserStatus",
	"Unhost":              "SetResellerUserStatus",
	"Customers":           "GetCustomerList",
	"CustomerInfo":        "GetCustomerAccountInfo",
	"Standings":           "QueryResellerAvailableQuota",
	"SetAlarms":           "SetResellerUserAlarmThreshold",
	"Alarms":              "QueryResellerUserAlarmThreshold",
	"Balance":             "QueryAccountBalance",
	"Units":               "QueryCostUnit",
	"Resources":           "QueryCostUnitResource",
	"CreateUnits":         "CreateCostUnit",
	"RenameUnits":         "ModifyCostUnit",
	"DeleteUnit":          "DeleteCostUnit",
}

func (c *cloud) fail(method string, faults ...fault.Fault) {
	c.Faults.Add(operationOf[method], faults...)
}

// sent lists the requests to one operation.
func (c *cloud) sent(operation string) []alibabatest.Request {
	return slices.DeleteFunc(c.Requests(), func(r alibabatest.Request) bool { return r.Operation != operation })
}

// open opens a customer's ledgers with a limit of 500.00.
func (c *cloud) open(customer string) {
	c.Quota.Update(customer, func(s *quotatest.State) { s.Opened, s.Limit = true, cny("500.00") })
}

func cny(amount string) quota.Money { return quota.MustMoney(amount + " CNY") }

const customer = "1442098325661561"

// The conformance suites, on the documented replies and on all the odd ones.

var replies = map[string]alibabatest.Wrinkles{
	"as documented": {},
	"numbers":       {NumericCode: true, AmountsAsNumbers: true, TextAsNumbers: true},
	"text":          {CodeSpelling: "SUCCESS\n", Separators: true, TrailingNewline: true, NumericCode: true, LowerCaseKeys: true, NumbersAsText: true, AllocateSuccess: true},
}

func withEveryReply(t *testing.T, run func(*testing.T, func(testing.TB) *cloud), except ...string) {
	t.Parallel()
	for name, wrinkles := range replies {
		if slices.Contains(except, name) || race.Enabled && name != "text" { // how it is written makes no difference to the race detector
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, func(t testing.TB) *cloud {
				return start(t, func(s *alibabatest.Server, _ *alibaba.Config) { s.Wrinkles = wrinkles })
			})
		})
	}
}

func TestClientIsLimiter(t *testing.T) {
	withEveryReply(t, func(t *testing.T, open func(testing.TB) *cloud) {
		quotatest.TestLimiter(t, func(t *testing.T) quotatest.Fixture[quota.Limiter] {
			c := open(t)
			return quotatest.Fixture[quota.Limiter]{Subject: c.client, State: &c.Quota, Fail: c.fail}
		})
	})
}

func TestClientIsLedger(t *testing.T) {
	withEveryReply(t, func(t *testing.T, open func(testing.TB) *cloud) {
		quotatest.TestLedger(t, func(t *testing.T) quotatest.Fixture[quota.Ledger] {
			c := open(t)
			return quotatest.Fixture[quota.Ledger]{Subject: c.client, State: &c.Quota, Fail: c.fail}
		})
	})
}

func TestClientIsAdjuster(t *testing.T) {
	withEveryReply(t, func(t *testing.T, open func(testing.TB) *cloud) {
		quotatest.TestAdjuster(t, func(t *testing.T) quotatest.Fixture[quota.Adjuster] {
			c := open(t)
			return quotatest.Fixture[quota.Adjuster]{Subject: c.client, State: &c.Quota, Fail: c.fail}
		})
	})
}

func TestClientIsFreezer(t *testing.T) {
	withEveryReply(t, func(t *testing.T, open func(testing.TB) *cloud) {
		quotatest.TestFreezer(t, func(t *testing.T) quotatest.Fixture[quota.Freezer] {
			c := open(t)
			return quotatest.Fixture[quota.Freezer]{Subject: c.client, State: &c.Quota, Fail: c.fail}
		})
	})
}

func TestClientIsDirectory(t *testing.T) {
	withEveryReply(t, func(t *testing.T, open func(testing.TB) *cloud) {
		quotatest.TestDirectory(t, func(t *testing.T) quotatest.Fixture[quota.Directory] {
			c := open(t)
			return quotatest.Fixture[quota.Directory]{Subject: c.client, State: &c.Quota, Fail: c.fail}
		})
	})
}

func TestClientIsStandingReader(t *testing.T) {
	withEveryReply(t, func(t *testing.T, open func(testing.TB) *cloud) {
		quotatest.TestStandingReader(t, func(t *testing.T) quotatest.Fixture[quota.StandingReader] {
			c := open(t)
			return quotatest.Fixture[quota.StandingReader]{Subject: c.client, State: &c.Quota, Fail: c.fail}
		})
	})
}

func TestClientIsAlarmer(t *testing.T) {
	withEveryReply(t, func(t *testing.T, open func(testing.TB) *cloud) {
		quotatest.TestAlarmer(t, func(t *testing.T) quotatest.Fixture[quota.Alarmer] {
			c := open(t)
			return quotatest.Fixture[quota.Alarmer]{Subject: c.client, State: &c.Quota, Fail: c.fail}
		})
	})
}

func TestClientIsTransferrer(t *testing.T) {
	withEveryReply(t, func(t *testing.T, open func(testing.TB) *cloud) {
		costunittest.TestTransferrer(t, func(t *testing.T) costunittest.Fixture[costunit.Transferrer] {
			c := open(t)
			return costunittest.Fixture[costunit.Transferrer]{Subject: c.client, State: &c.Units, Fail: c.fail, Tree: true}
		})
	}, "numbers") // transfers have no amounts
}

func TestClientIsLister(t *testing.T) {
	withEveryReply(t, func(t *testing.T, open func(testing.TB) *cloud) {
		costunittest.TestLister(t, func(t *testing.T) costunittest.Fixture[costunit.Lister] {
			c := open(t)
			return costunittest.Fixture[costunit.Lister]{Subject: c.client, State: &c.Units, Fail: c.fail, Tree: true}
		})
	}, "numbers") // nor have lists of units
}

func TestClientIsManager(t *testing.T) {
	withEveryReply(t, func(t *testing.T, open func(testing.TB) *cloud) {
		costunittest.TestManager(t, func(t *testing.T) costunittest.Fixture[costunit.Manager] {
			c := open(t)
			return costunittest.Fixture[costunit.Manager]{Subject: c.client, State: &c.Units, Fail: c.fail, Tree: true}
		})
	}, "numbers")
}

func TestClientIsRemover(t *testing.T) {
	withEveryReply(t, func(t *testing.T, open func(testing.TB) *cloud) {
		costunittest.TestRemover(t, func(t *testing.T) costunittest.Fixture[costunit.Remover] {
			c := open(t)
			return costunittest.Fixture[costunit.Remover]{Subject: c.client, State: &c.Units, Fail: c.fail, Tree: true}
		})
	}, "numbers")
}

// One call of every method, for what must hold for all of them.

var (
	fromUnit = costunit.Unit{ID: "186419", Owner: "273394581313325532"}
	toUnit   = costunit.Unit{ID: "32857346527", Owner: "241021678450941490"}

	emptyUnit = costunit.Unit{ID: "9007199254740993", Owner: "77"}
)

func resources(n int) []costunit.Resource {
	list := make([]costunit.Resource, n)
	for i := range list {
		list[i] = costunit.Resource{ID: fmt.Sprintf("cn-hangzhou;%04d", i), Product: "oss", Owner: "273394581313325532", Component: "qwer1-cn-beijing"}
	}
	return list
}

func transfer(n int) costunit.Transfer {
	return costunit.Transfer{From: fromUnit, To: toUnit, Resources: resources(n)}
}

// method is one method with sound arguments, and what it needs beforehand.
type method struct {
	name    string
	prepare func(*cloud)
	call    func(context.Context, *alibaba.Client) (attempts int, err error)
	made    func(*cloud) int // how often the change was made; nil of a read
	keyed   bool             // sends an OutBizId
	once    bool             // settles a doubt by reading back instead of waiting and sending it again
}

var methods = []method{
	{
		name: "CreateQuota", prepare: func(*cloud) {}, made: changes, keyed: true,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			r, err := c.CreateQuota(ctx, quota.Grant{Customer: customer, Limit: cny("500.00"), Key: "create-1"})
			return r.Attempts, err
		},
	},
	{
		name: "SetQuota", prepare: openCustomer, made: changes, keyed: true,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			r, err := c.SetQuota(ctx, quota.Grant{Customer: customer, Limit: cny("750.00"), Key: "set-1"})
			return r.Attempts, err
		},
	},
	{
		name: "IncreaseConsumption", prepare: openCustomer, made: changes, keyed: true,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			r, err := c.IncreaseConsumption(ctx, quota.Adjustment{Customer: customer, Amount: cny("10.00"), Key: "up-1"})
			return r.Attempts, err
		},
	},
	{
		name: "DecreaseConsumption", prepare: openCustomer, made: changes, keyed: true,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			r, err := c.DecreaseConsumption(ctx, quota.Adjustment{Customer: customer, Amount: cny("10.00"), Key: "down-1"})
			return r.Attempts, err
		},
	},
	{
		name: "TransferResources",
		prepare: func(c *cloud) {
			c.Units.Put(fromUnit, resources(3)...)
			c.Units.Put(toUnit)
		},
		made: func(c *cloud) int { return len(c.Units.Moves()) / 3 }, once: true,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			r, err := c.TransferResources(ctx, transfer(3))
			return r.Attempts, err
		},
	},
	{
		name: "AvailableQuota", prepare: openCustomer,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			_, err := c.AvailableQuota(ctx, customer)
			return 0, err
		},
	},
	{
		name: "Freeze", prepare: openCustomer, made: changes,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			r, err := c.Freeze(ctx, quota.Freeze{Customer: customer, Reason: "unpaid", Resources: true})
			return r.Attempts, err
		},
	},
	{
		name: "Unfreeze", made: changes,
		prepare: func(c *cloud) {
			c.Quota.Update(customer, func(s *quotatest.State) { s.Frozen, s.FrozenResources = true, true })
		},
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			r, err := c.Unfreeze(ctx, quota.Freeze{Customer: customer, Reason: "paid", Resources: true})
			return r.Attempts, err
		},
	},
	{
		name: "Host", prepare: func(c *cloud) { c.SetHosted(customer, false) },
		made: func(c *cloud) int { return number(c.Hosted(customer)) },
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			r, err := c.Host(ctx, customer)
			return r.Attempts, err
		},
	},
	{
		name: "Unhost", prepare: func(c *cloud) { c.SetHosted(customer, true) },
		made: func(c *cloud) int { return number(!c.Hosted(customer)) },
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			r, err := c.Unhost(ctx, customer)
			return r.Attempts, err
		},
	},
	{
		name: "SetAlarms", prepare: openCustomer, made: changes,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			r, err := c.SetAlarms(ctx, someAlarms())
			return r.Attempts, err
		},
	},
	{
		name: "Alarms", prepare: openCustomer,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			_, err := c.Alarms(ctx, customer)
			return 0, err
		},
	},
	{
		name: "Customers", prepare: openCustomer,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			_, err := customersOf(ctx, c)
			return 0, err
		},
	},
	{
		name: "CustomerInfo", prepare: openCustomer,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			_, err := c.CustomerInfo(ctx, customer)
			return 0, err
		},
	},
	{
		name: "Balance", prepare: openCustomer,
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			_, err := c.Balance(ctx)
			return 0, err
		},
	},
	{
		name: "Resources", prepare: func(c *cloud) { c.Units.Put(fromUnit, resources(3)...) },
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			_, err := gather(c.Resources(ctx, costunit.Query{Unit: fromUnit}))
			return 0, err
		},
	},
	{
		name: "Units", prepare: func(c *cloud) { c.Units.Put(fromUnit) },
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			_, err := gather(c.Units(ctx, fromUnit.Owner))
			return 0, err
		},
	},
	{
		name: "CreateUnits", prepare: func(*cloud) {}, once: true,
		made: func(c *cloud) int { return len(c.Units.List(customer)) },
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			_, err := c.CreateUnits(ctx, costunit.Definition{Owner: customer, Name: "sales"})
			return 0, err
		},
	},
	{
		name: "RenameUnits", prepare: func(c *cloud) { c.Units.Put(fromUnit) },
		made: func(c *cloud) int {
			return number(slices.ContainsFunc(c.Units.List(fromUnit.Owner), func(d costunit.Details) bool { return d.Name == "sales" }))
		},
		call: func(ctx context.Context, c *alibaba.Client) (int, error) {
			_, err := c.RenameUnits(ctx, costunit.Renaming{Unit: fromUnit, Name: "sales"})
			return 0, err
		},
	},
	{
		name: "DeleteUnit", prepare: func(c *cloud) { c.Units.Put(emptyUnit) },
		made: func(c *cloud) int { return number(len(c.Units.List(emptyUnit.Owner)) == 0) },
		call: func(ctx context.Context, c *alibaba.Client) (int, error) { return 0, c.DeleteUnit(ctx, emptyUnit) },
	},
}

// gather goes through an iteration to its end.
func gather[T any](all iter.Seq2[T, error]) (rows []T, err error) {
	for row, err := range all {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func someAlarms() quota.Alarms {
	return quota.Alarms{Customer: customer, Thresholds: []quota.Threshold{{Numerator: 30, Denominator: 100}, {Amount: cny("100")}}}
}

// customersOf collects the ids.
func customersOf(ctx context.Context, c *alibaba.Client) (ids []string, err error) {
	for one, err := range c.Customers(ctx) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, one.ID)
	}
	return ids, nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func openCustomer(c *cloud)  { c.open(customer) }
func changes(c *cloud) int   { return len(c.Quota.Changes("")) }
func (m method) write() bool { return m.made != nil }

// forEachMethod runs a test for every method, on a prepared fake each.
func forEachMethod(t *testing.T, wanted func(method) bool, run func(*testing.T, *cloud, method), prepare ...func(*alibabatest.Server, *alibaba.Config)) {
	for _, m := range methods {
		if wanted != nil && !wanted(m) {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			c := start(t, prepare...)
			m.prepare(c)
			run(t, c, m)
		})
	}
}

func attemptsAtMost(n int) func(*alibabatest.Server, *alibaba.Config) {
	return func(_ *alibabatest.Server, c *alibaba.Config) { c.Retry.Attempts = n }
}

// keptApart checks that requests are attempts of one change: equal but for their nonces, each nonce new, each signed.
func keptApart(t *testing.T, requests []alibabatest.Request) {
	t.Helper()
	nonces := make(map[string]bool)
	for _, r := range requests {
		nonces[r.Nonce] = true
		require.Equal(t, requests[0].Params, r.Params)
		require.Equal(t, alibabatest.SchemeV3, r.Scheme)
		require.Equal(t, http.MethodPost, r.Method)
	}
	require.Len(t, nonces, len(requests))
}

func TestCreditInnerErrorTwice(t *testing.T) {
	for _, status := range []int{400, 500} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			forEachMethod(t, func(m method) bool { return m.keyed }, func(t *testing.T, c *cloud, m method) {
				c.fail(m.name, fault.Times(2, alibabatest.Code(status, "CreditInnerError"))...)
				attempts, err := m.call(t.Context(), c.client)
				require.NoError(t, err)
				require.Equal(t, 3, attempts)
				require.Equal(t, 1, m.made(c))
				sent := c.sent(operationOf[m.name])
				require.Len(t, sent, 3)
				keptApart(t, sent)
				require.Equal(t, []int{status, status, 200}, []int{sent[0].Status, sent[1].Status, sent[2].Status})
				require.NotEmpty(t, sent[0].Params.Get("OutBizId"))
			})
		})
	}
}

// The change is made, and the answer says otherwise or does not come: it is made once, and the call succeeds.
func TestMadeButNotSaid(t *testing.T) {
	said := alibabatest.Code(500, "CreditInnerError")
	said.Applied = true
	for _, f := range []fault.Fault{fault.LostReply, fault.ResetAfter, said, fault.EmptyOK, fault.TruncatedJSON} {
		t.Run(f.Name, func(t *testing.T) {
			forEachMethod(t, method.write, func(t *testing.T, c *cloud, m method) {
				c.fail(m.name, f)
				_, err := m.call(t.Context(), c.client)
				require.NoError(t, err)
				if m.name != "SetQuota" && m.name != "SetAlarms" { // which are absolute, and made twice
					require.Equal(t, 1, m.made(c))
				}
				keptApart(t, c.sent(operationOf[m.name]))
			})
		})
	}
}

// A redirect is an answer that nobody can read, and not followed: the signature would go with it.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		forEachMethod(t, nil, func(t *testing.T, c *cloud, m method) {
			c.fail(m.name, fault.Redirect(status))
			_, err := m.call(t.Context(), c.client)
			class := errors.ErrUnavailable
			if m.write() {
				class = errors.ErrUncertain
			}
			require.Equal(t, class, errors.Class(err), "%v", err)
			for _, r := range c.Requests() {
				require.Equal(t, "/", r.Path)
			}
		}, attemptsAtMost(1))
	}
}

// A creation that is refused because the record exists is settled by what can be read.
func TestCreateSettled(t *testing.T) {
	bySomebody := func(limit string) func(*cloud) {
		return func(c *cloud) {
			c.Quota.Update(customer, func(s *quotatest.State) { s.Opened, s.Limit = true, cny(limit) })
		}
	}
	afterwards := func(c *cloud, limit string) fault.Fault {
		f := fault.LostRequest
		f.Seen = func() { bySomebody(limit)(c) }
		return f
	}
	for _, row := range []struct {
		name    string
		prepare func(*cloud)
		class   error
		reads   int // requests for the available quota
	}{
		{"somebody was first", bySomebody("500.00"), errors.ErrExists, 0},
		{"lost reply", func(c *cloud) { c.fail("CreateQuota", fault.LostReply) }, nil, 1},
		{"lost reply twice", func(c *cloud) { c.fail("CreateQuota", fault.LostReply, fault.LostReply) }, nil, 1},
		{"lost request, then somebody with another limit", func(c *cloud) { c.fail("CreateQuota", afterwards(c, "300.00")) }, errors.ErrExists, 1},
		{"lost request, then somebody with the same limit", func(c *cloud) { c.fail("CreateQuota", afterwards(c, "500.00")) }, nil, 1},
		{"reading back fails", func(c *cloud) {
			c.fail("CreateQuota", fault.LostReply)
			c.fail("AvailableQuota", fault.Times(20, fault.Unavailable)...)
		}, errors.ErrUncertain, 4},
		{"reading back is refused", func(c *cloud) {
			c.fail("CreateQuota", fault.LostReply)
			c.fail("AvailableQuota", alibabatest.Code(400, "NotAuthorized"))
		}, errors.ErrUncertain, 1},
		{"reading back works at the second try", func(c *cloud) {
			c.fail("CreateQuota", fault.LostReply)
			c.fail("AvailableQuota", fault.LostReply)
		}, nil, 2},
		{"no reply at all", func(c *cloud) { c.fail("CreateQuota", fault.Times(20, fault.LostReply)...) }, errors.ErrUncertain, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := start(t)
			row.prepare(c)
			receipt, err := c.client.CreateQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("500.00"), Key: "create-1"})
			require.Equal(t, row.class, errors.Class(err), "%v", err)
			require.Len(t, c.sent("QueryResellerAvailableQuota"), row.reads)
			if err == nil {
				require.NotEmpty(t, receipt.RequestID)
				require.Equal(t, len(c.sent("CreateResellerUserQuota")), receipt.Attempts)
			}
		})
	}
}

// classes of the documented codes, as a reader of the documents would put them for a change.
var classes = map[string]error{
	"NotApplicable": errors.ErrDenied, "NotAuthorized": errors.ErrDenied, "InvalidOwner": errors.ErrDenied, "InvalidOwnerId": errors.ErrDenied,
	"UnitNotBelongToUser": errors.ErrDenied, "MasterAndSubHasNoRelation": errors.ErrDenied,
	"Forbidden.RAM": errors.ErrDenied, "NoPermission": errors.ErrDenied, "Forbidden": errors.ErrDenied,
	"ParameterError": errors.ErrInvalid, "MissingParameter": errors.ErrInvalid, "InvalidParameter": errors.ErrInvalid,
	"InvalidApi.NotFound": errors.ErrInvalid, "NoSuchVersion": errors.ErrInvalid, "InvalidProduct.NotFound": errors.ErrInvalid,
	"InvalidProtocol.NeedSsl": errors.ErrInvalid, "UnsupportedHTTPMethod": errors.ErrInvalid,
	"-303": errors.ErrExists, "-304": errors.ErrNotFound, "VnoNoDataError": errors.ErrNotFound, "-116": errors.ErrConflict,
	"NotFoundRamAction": errors.ErrDenied, "SYSTEM_ERROR": errors.ErrUncertain,
	"-1101": errors.ErrUncertain, "CreditInnerError": errors.ErrUncertain, "InternalError": errors.ErrUncertain,
	"UndefinedError": errors.ErrUncertain, "ServiceUnavailable": errors.ErrUncertain, "SignatureNonceUsed": errors.ErrUncertain,
	"Throttling": errors.ErrThrottled, "Throttling.User": errors.ErrThrottled, "Throttling.Api": errors.ErrThrottled, "Rejected.Throttling": errors.ErrThrottled,
	"InvalidTimeStamp.Expired": errors.ErrUnauthenticated, "InvalidTimeStamp.Format": errors.ErrUnauthenticated, "IllegalTimestamp": errors.ErrUnauthenticated,
	"SignatureDoesNotMatch": errors.ErrUnauthenticated, "IncompleteSignature": errors.ErrUnauthenticated,
	"InvalidAccessKeyId.NotFound": errors.ErrUnauthenticated, "InvalidAccessKeyId.Inactive": errors.ErrUnauthenticated,
	"InvalidSecurityToken.Expired": errors.ErrUnauthenticated, "InvalidSecurityToken.Malformed": errors.ErrUnauthenticated,
	"InvalidSecurityToken.MismatchWithAccessKey": errors.ErrUnauthenticated,
	"NeverHeardOf": errors.ErrUncertain, // the control
}

// Every documented code, on the method whose operation it is documented for; those of the gateway on all.
func TestDocumentedCodes(t *testing.T) {
	rows := append(alibabatest.Codes(),
		alibabatest.DocumentedCode{Status: 400, Code: "NeverHeardOf"}, alibabatest.DocumentedCode{Status: 403, Code: "NeverHeardOf"})
	seen := make(map[string]bool)
	for _, m := range methods {
		c := start(t)
		m.prepare(c)
		for _, row := range rows {
			if row.Operation != "" && row.Operation != operationOf[m.name] {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d %s", m.name, row.Status, row.Code), func(t *testing.T) {
				code := strings.TrimSpace(row.Code)
				class, known := classes[code]
				require.True(t, known, "the test does not know this code")
				if m.name == "Customers" && code == "VnoNoDataError" {
					return // an empty list: see TestCustomersOfNobody
				}
				if class == errors.ErrUncertain && !m.write() {
					class = errors.ErrUnavailable
				}
				requests := 1
				if class == errors.ErrUncertain && m.name != "CreateUnits" || class == errors.ErrUnavailable || class == errors.ErrThrottled {
					requests = 4
				}
				before := len(c.sent(operationOf[m.name]))
				c.fail(m.name, fault.Times(requests, alibabatest.Code(row.Status, row.Code))...)
				_, err := m.call(t.Context(), c.client)
				require.Equal(t, class, errors.Class(err), "%v", err)
				e, ok := errors.AsType[*errors.Error](err)
				require.True(t, ok)
				require.Equal(t, code, e.Code)
				require.Equal(t, row.Status, e.Status)
				require.NotEmpty(t, e.RequestID)
				require.Equal(t, operationOf[m.name], e.Op)
				require.Len(t, c.sent(operationOf[m.name]), before+requests)
				if m.write() {
					require.Zero(t, m.made(c))
				}
			})
			seen[row.Operation+row.Code] = true
		}
	}
	for _, row := range rows {
		require.True(t, seen[row.Operation+row.Code], "%+v was not tried", row)
	}
}

// A 401 that is no failed login: nobody is there.
func TestCustomersOfNobody(t *testing.T) {
	c := start(t)
	ids, err := customersOf(t.Context(), c.client)
	require.NoError(t, err)
	require.Empty(t, ids)
	require.Len(t, c.Requests(), 1)
	require.Equal(t, 401, c.Requests()[0].Status)
	c.Faults.Add("GetCustomerList", fault.Unauthorized)
	_, err = customersOf(t.Context(), c.client)
	require.Equal(t, errors.ErrUnauthenticated, errors.Class(err), "%v", err)
}

// Thawing whom less than nothing is left is refused under the status 200; after an attempt in doubt it stays in doubt.
func TestThawOfTheOverdrawn(t *testing.T) {
	for name, wrinkles := range replies {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			c.Wrinkles = wrinkles
			c.Quota.Update(customer, func(s *quotatest.State) { s.Opened, s.Frozen, s.Consumed = true, true, cny("0.01") })
			_, err := c.client.Unfreeze(t.Context(), quota.Freeze{Customer: customer})
			require.Equal(t, errors.ErrConflict, errors.Class(err), "%v", err)
			e, _ := errors.AsType[*errors.Error](err)
			require.Equal(t, []any{"-116", 200, 1}, []any{e.Code, e.Status, e.Attempts})
			c.fail("Unfreeze", fault.LostReply)
			_, err = c.client.Unfreeze(t.Context(), quota.Freeze{Customer: customer})
			require.Equal(t, errors.ErrUncertain, errors.Class(err), "%v", err)
			state, _ := c.Quota.Customer(customer)
			require.True(t, state.Frozen)
		})
	}
}

func TestResourcesOfEveryPage(t *testing.T) {
	c := start(t)
	want := resources(250)
	want[7].Owner = "9223372036854775807" // far beyond 2^53
	c.Units.Put(fromUnit, want...)
	var got []costunit.Resource
	for r, err := range c.client.Resources(t.Context(), costunit.Query{Unit: fromUnit}) {
		require.NoError(t, err)
		got = append(got, r)
	}
	require.ElementsMatch(t, want, got)
	require.Len(t, c.Requests(), 3)
}

// Many goroutines on one client, a cloud that fails a fifth of all requests, and callers who repeat until they know.
func TestManyOnOneClient(t *testing.T) {
	const workers, calls = 64, 6
	c := start(t)
	c.open(customer)
	c.Faults.Rate("*", 0.1, 1, alibabatest.Code(500, "CreditInnerError"))
	c.Faults.Rate("*", 0.05, 2, fault.LostReply)
	c.Faults.Rate("*", 0.05, 3, fault.Throttled)
	var group sync.WaitGroup
	failures := make([]error, workers)
	for w := range workers {
		group.Go(func() {
			for i := range calls {
				a := quota.Adjustment{Customer: customer, Amount: cny("1.01"), Key: quota.KeyFor("crowd", strconv.Itoa(w), strconv.Itoa(i))}
				var err error
				for range 50 {
					_, err = c.client.IncreaseConsumption(t.Context(), a)
					if class := errors.Class(err); class != errors.ErrUncertain && class != errors.ErrThrottled {
						break
					}
				}
				failures[w] = errors.Join(failures[w], err)
			}
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(failures...))
	state, _ := c.Quota.Customer(customer)
	require.True(t, state.Consumed.Equal(cny("387.84")), "%s", state.Consumed) // 64 × 6 × 1.01
	require.Len(t, c.Quota.Changes(""), workers*calls)
}

// Cancelled, a call returns at once, shows context.Canceled, and does not say what it cannot know.

const promptly = 20 * time.Millisecond

// cancelWhen cancels a call as soon as its request has met f, and returns its error and how long it then took; the best
// of five, because machines are busy.
func cancelWhen(t *testing.T, m method, f fault.Fault, prepare ...func(*alibabatest.Server, *alibaba.Config)) (c *cloud, err error) {
	t.Helper()
	best := time.Hour
	for range 5 {
		c = start(t, prepare...)
		m.prepare(c)
		met := make(chan struct{})
		f.Seen = sync.OnceFunc(func() { close(met) })
		c.fail(m.name, f)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := m.call(ctx, c.client)
			done <- err
		}()
		select {
		case <-met:
		case err := <-done:
			t.Fatalf("returned before it was cancelled: %v", err)
		}
		if !f.Hang {
			time.Sleep(5 * time.Millisecond) // for the answer to arrive, and the wait to begin
		}
		begin := time.Now()
		cancel()
		err = <-done
		if best = min(best, time.Since(begin)); best <= promptly {
			break
		}
	}
	require.LessOrEqual(t, best, promptly)
	require.ErrorIs(t, err, context.Canceled)
	return c, err
}

func TestCancelledInFlight(t *testing.T) {
	for _, f := range []fault.Fault{fault.Hang, fault.HangApplied} {
		for _, m := range methods {
			t.Run(m.name+"/"+f.Name, func(t *testing.T) {
				class := errors.ErrUnavailable
				if m.write() {
					class = errors.ErrUncertain
				}
				c, err := cancelWhen(t, m, f)
				require.Equal(t, class, errors.Class(err), "%v", err)
				require.Len(t, c.sent(operationOf[m.name]), 1)
			})
		}
	}
}

func TestCancelledInWait(t *testing.T) {
	hinted := func(f fault.Fault) fault.Fault {
		f.Header = f.Header.Clone()
		f.Header.Set("X-Acs-Retry-After", "15000")
		return f
	}
	patient := func(_ *alibabatest.Server, c *alibaba.Config) { c.Retry.Cap = 20 * time.Second }
	for _, m := range methods {
		for _, row := range []struct {
			fault       fault.Fault
			write, read error
		}{
			{hinted(alibabatest.Code(400, "Throttling.User")), errors.ErrThrottled, errors.ErrThrottled},
			{hinted(alibabatest.Code(500, "CreditInnerError")), errors.ErrUncertain, errors.ErrUnavailable},
		} {
			if m.once && errors.Is(row.write, errors.ErrUncertain) {
				continue
			}
			t.Run(m.name+"/"+row.fault.Name, func(t *testing.T) {
				class := row.read
				if m.write() {
					class = row.write
				}
				c, err := cancelWhen(t, m, row.fault, patient)
				require.Equal(t, class, errors.Class(err), "%v", err)
				require.Len(t, c.sent(operationOf[m.name]), 1)
			})
		}
	}
}

// A deadline that ends before the provider's hint ends the call at once, with the hint.
func TestHintBeyondDeadline(t *testing.T) {
	forEachMethod(t, nil, func(t *testing.T, c *cloud, m method) {
		c.fail(m.name, fault.ThrottledFor(5*time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		_, err := m.call(ctx, c.client)
		require.Less(t, time.Since(begin), 2*time.Second)
		require.ErrorIs(t, err, errors.ErrThrottled)
		e, _ := errors.AsType[*errors.Error](err)
		require.Equal(t, 5*time.Second, e.After)
	}, func(_ *alibabatest.Server, c *alibaba.Config) { c.Retry.Cap = 20 * time.Second })
}

// Bad input is refused at home.

func grant(change func(*quota.Grant)) quota.Grant {
	g := quota.Grant{Customer: customer, Limit: cny("500.00"), Key: "key-1"}
	change(&g)
	return g
}

func adjustment(change func(*quota.Adjustment)) quota.Adjustment {
	a := quota.Adjustment{Customer: customer, Amount: cny("10.00"), Key: "key-1"}
	change(&a)
	return a
}

func moving(change func(*costunit.Transfer)) costunit.Transfer {
	t := transfer(3)
	change(&t)
	return t
}

func metadata(entries int) map[string]string {
	m := make(map[string]string)
	for i := range entries {
		m[strconv.Itoa(i)] = "value"
	}
	return m
}

// badCustomers, badAmounts and badKeys are tried on every method that takes one.
var (
	badCustomers = map[string]string{
		"no customer": "", "customer with a space": "1442 ", "customer in full width": "１４４２", "customer by name": "somebody", "customer 0": "0",
		"negative customer": "-1", "customer with a sign": "+1442", "customer with a zero in front": "01442", "customer beyond 2^63": "9223372036854775808",
		"customer as a float": "1e15", "customer with a line end": "1442\n", "customer of 65 digits": strings.Repeat("1", 65), "customer in hexadecimal": "0x1442",
	}
	badAmounts = map[string]quota.Money{
		"negative amount": cny("-0.01"), "three decimals": cny("0.001"), "dollars": quota.MustMoney("5.00 USD"), "yen": quota.MustMoney("5 JPY"),
		"no currency": {Amount: decimal.New(5, 0)}, "currency in small letters": {Amount: decimal.New(5, 0), Currency: "cny"}, "zero value": {},
		"sixteen digits": {Amount: decimal.New(1, 15), Currency: quota.CNY}, "huge exponent": {Amount: decimal.New(1, 1_000_000_000), Currency: quota.CNY},
		"tiny exponent": {Amount: decimal.New(1, -1_000_000_000), Currency: quota.CNY},
	}
	badKeys = map[string]quota.Key{
		"key with a space": "order 1", "key with a slash": "order/1", "key beyond ASCII": "ordér", "key of 65 characters": quota.Key(strings.Repeat("k", 65)),
		"key with a line end": "order\n",
	}
	badAdjustments = map[string]func(*quota.Adjustment){
		"amount zero":                 func(a *quota.Adjustment) { a.Amount = cny("0.00") },
		"no key":                      func(a *quota.Adjustment) { a.Key = "" },
		"business type with a space":  func(a *quota.Adjustment) { a.BusinessType = "quota amount" },
		"business type too long":      func(a *quota.Adjustment) { a.BusinessType = strings.Repeat("b", 65) },
		"business type beyond ASCII":  func(a *quota.Adjustment) { a.BusinessType = "配额" },
		"33 metadata entries":         func(a *quota.Adjustment) { a.Metadata = metadata(33) },
		"metadata without a name":     func(a *quota.Adjustment) { a.Metadata = map[string]string{"": "v"} },
		"metadata name too long":      func(a *quota.Adjustment) { a.Metadata = map[string]string{strings.Repeat("n", 257): "v"} },
		"metadata value too long":     func(a *quota.Adjustment) { a.Metadata = map[string]string{"n": strings.Repeat("v", 257)} },
		"metadata value is not UTF-8": func(a *quota.Adjustment) { a.Metadata = map[string]string{"n": "\xff"} },
	}
	badFreezes = map[string]func(*quota.Freeze){
		"indirect partner":         func(f *quota.Freeze) { f.Reseller = "1442098325661562" },
		"reason of two lines":      func(f *quota.Freeze) { f.Reason = "not\npaid" },
		"reason too long":          func(f *quota.Freeze) { f.Reason = strings.Repeat("r", 257) },
		"reason that is not UTF-8": func(f *quota.Freeze) { f.Reason = "\xff" },
	}
	badAlarms = map[string]func(*quota.Alarms){
		"no thresholds":             func(a *quota.Alarms) { a.Thresholds = nil },
		"thresholds and clear":      func(a *quota.Alarms) { a.Clear = true },
		"11 thresholds":             func(a *quota.Alarms) { a.Thresholds = slices.Repeat(a.Thresholds[:1], 11) },
		"empty threshold":           func(a *quota.Alarms) { a.Thresholds[1] = quota.Threshold{} },
		"amount and ratio":          func(a *quota.Alarms) { a.Thresholds[0].Amount = cny("1") },
		"ratio of one":              func(a *quota.Alarms) { a.Thresholds[0].Numerator = 100 },
		"ratio without denominator": func(a *quota.Alarms) { a.Thresholds[0].Denominator = 0 },
		"denominator too large":     func(a *quota.Alarms) { a.Thresholds[0].Denominator = 10001 },
	}
	badTransfers = map[string]func(*costunit.Transfer){
		"no resources":                  func(t *costunit.Transfer) { t.Resources = nil },
		"source owner missing":          func(t *costunit.Transfer) { t.From.Owner = "" },
		"target owner missing":          func(t *costunit.Transfer) { t.To.Owner = "" },
		"source owner by name":          func(t *costunit.Transfer) { t.From.Owner = "me" },
		"target owner beyond 2^63":      func(t *costunit.Transfer) { t.To.Owner = "9223372036854775808" },
		"source unit by name":           func(t *costunit.Transfer) { t.From.ID = "sales" },
		"target unit -1 as on the wire": func(t *costunit.Transfer) { t.To.ID = "-1" },
		"target unit with a zero":       func(t *costunit.Transfer) { t.To.ID = "0186419" },
		"both unallocated":              func(t *costunit.Transfer) { t.From.ID, t.To.ID = "", "0" },
		"source is target":              func(t *costunit.Transfer) { t.To = t.From },
		"resource twice":                func(t *costunit.Transfer) { t.Resources[2] = t.Resources[0] },
		"resource without id":           func(t *costunit.Transfer) { t.Resources[1].ID = "" },
		"resource without product":      func(t *costunit.Transfer) { t.Resources[1].Product = "" },
		"resource without owner":        func(t *costunit.Transfer) { t.Resources[1].Owner = "" },
		"resource owner by name":        func(t *costunit.Transfer) { t.Resources[1].Owner = "me" },
		"resource id with a line end":   func(t *costunit.Transfer) { t.Resources[1].ID = "i-1\n" },
		"resource with a region":        func(t *costunit.Transfer) { t.Resources[1].Region = "cn-hangzhou" },
		"resource with a project":       func(t *costunit.Transfer) { t.Resources[1].Project = "05" },
		"component is not UTF-8":        func(t *costunit.Transfer) { t.Resources[1].Component = "\xff" },
	}
	badUnits = map[string]costunit.Unit{
		"unit without owner": {ID: "186419"}, "unit by name": {ID: "sales", Owner: "1"}, "unit of nobody": {ID: "186419", Owner: "0"},
		"unit -1 as on the wire": {ID: "-1", Owner: "1"}, "unit with a zero": {ID: "0186419", Owner: "1"}, "unit beyond 2^63": {ID: "9223372036854775808", Owner: "1"},
		"unit of somebody by name": {ID: "186419", Owner: "me"},
	}
	// noUnits are bad where a unit must be one.
	noUnits = map[string]costunit.Unit{"no unit": {Owner: "1"}, "unallocated": {ID: costunit.Unallocated, Owner: "1"}}

	badQueries = map[string]costunit.Query{
		"a project": {Unit: fromUnit, Projects: []string{"05"}}, "an empty product": {Unit: fromUnit, Products: []string{""}},
		"a product of two lines": {Unit: fromUnit, Products: []string{"oss", "e\ncs"}},
	}
	badNames = map[string]string{
		"no name": "", "name of spaces": " ", "name with a space in front": " sales", "name with a line end": "sales\n", "name of two lines": "sa\nles",
		"name of 65 characters": strings.Repeat("n", 65), "name that is not UTF-8": "\xff",
	}
	badParents = map[string]string{
		"parent 0": "0", "parent -1 as on the wire": "-1", "parent by name": "sales", "parent with a zero": "0186419", "parent beyond 2^63": "9223372036854775808",
	}
)

// badCalls are all of them, as calls.
func badCalls() map[string]func(context.Context, *alibaba.Client) error {
	type client = *alibaba.Client
	calls := make(map[string]func(context.Context, client) error)
	grants := map[string]func(client, context.Context, quota.Grant) (quota.Receipt, error){"CreateQuota": client.CreateQuota, "SetQuota": client.SetQuota}
	for name, call := range grants {
		try := func(what string, change func(*quota.Grant)) {
			calls[name+"/"+what] = func(ctx context.Context, c client) error { _, err := call(c, ctx, grant(change)); return err }
		}
		for what, bad := range badCustomers {
			try(what, func(g *quota.Grant) { g.Customer = bad })
		}
		for what, bad := range badAmounts {
			try(what, func(g *quota.Grant) { g.Limit = bad })
		}
		for what, bad := range badKeys {
			try(what, func(g *quota.Grant) { g.Key = bad })
		}
	}
	adjustments := map[string]func(client, context.Context, quota.Adjustment) (quota.Receipt, error){
		"IncreaseConsumption": client.IncreaseConsumption, "DecreaseConsumption": client.DecreaseConsumption,
	}
	for name, call := range adjustments {
		try := func(what string, change func(*quota.Adjustment)) {
			calls[name+"/"+what] = func(ctx context.Context, c client) error { _, err := call(c, ctx, adjustment(change)); return err }
		}
		for what, bad := range badCustomers {
			try(what, func(a *quota.Adjustment) { a.Customer = bad })
		}
		for what, bad := range badAmounts {
			try(what, func(a *quota.Adjustment) { a.Amount = bad })
		}
		for what, bad := range badKeys {
			try(what, func(a *quota.Adjustment) { a.Key = bad })
		}
		for what, change := range badAdjustments {
			try(what, change)
		}
	}
	freezes := map[string]func(client, context.Context, quota.Freeze) (quota.Receipt, error){"Freeze": client.Freeze, "Unfreeze": client.Unfreeze}
	for name, call := range freezes {
		try := func(what string, change func(*quota.Freeze)) {
			calls[name+"/"+what] = func(ctx context.Context, c client) error {
				f := quota.Freeze{Customer: customer}
				change(&f)
				_, err := call(c, ctx, f)
				return err
			}
		}
		for what, bad := range badCustomers {
			try(what, func(f *quota.Freeze) { f.Customer = bad })
		}
		for what, change := range badFreezes {
			try(what, change)
		}
	}
	alarms := func(what string, change func(*quota.Alarms)) {
		calls["SetAlarms/"+what] = func(ctx context.Context, c client) error {
			a := someAlarms()
			change(&a)
			_, err := c.SetAlarms(ctx, a)
			return err
		}
	}
	for what, bad := range badCustomers {
		alarms(what, func(a *quota.Alarms) { a.Customer = bad })
		calls["Host/"+what] = func(ctx context.Context, c client) error { _, err := c.Host(ctx, bad); return err }
		calls["Unhost/"+what] = func(ctx context.Context, c client) error { _, err := c.Unhost(ctx, bad); return err }
		calls["Alarms/"+what] = func(ctx context.Context, c client) error { _, err := c.Alarms(ctx, bad); return err }
		calls["CustomerInfo/"+what] = func(ctx context.Context, c client) error { _, err := c.CustomerInfo(ctx, bad); return err }
		calls["Standings/"+what] = func(ctx context.Context, c client) (failure error) {
			for _, failure = range c.Standings(ctx, bad) {
			}
			return failure
		}
	}
	for what, bad := range badAmounts {
		alarms(what, func(a *quota.Alarms) { a.Thresholds[1].Amount = bad })
	}
	for what, change := range badAlarms {
		alarms(what, change)
	}
	for what, bad := range badCustomers {
		calls["AvailableQuota/"+what] = func(ctx context.Context, c client) error { _, err := c.AvailableQuota(ctx, bad); return err }
	}
	for what, change := range badTransfers {
		calls["TransferResources/"+what] = func(ctx context.Context, c client) error {
			_, err := c.TransferResources(ctx, moving(change))
			return err
		}
	}
	for what, unit := range badUnits {
		calls["Resources/"+what] = listsResources(costunit.Query{Unit: unit})
	}
	for what, q := range badQueries {
		calls["Resources/"+what] = listsResources(q)
	}
	for what, bad := range badCustomers {
		calls["Units/"+what] = func(ctx context.Context, c client) error { _, err := gather(c.Units(ctx, bad)); return err }
		calls["CreateUnits/"+what] = creates(costunit.Definition{Owner: bad, Name: "sales"})
	}
	for what, bad := range badNames {
		calls["CreateUnits/"+what] = creates(costunit.Definition{Owner: "1", Name: bad})
		calls["RenameUnits/"+what] = renames(costunit.Renaming{Unit: fromUnit, Name: bad})
	}
	for what, bad := range badParents {
		calls["CreateUnits/"+what] = creates(costunit.Definition{Owner: "1", Parent: bad, Name: "sales"})
	}
	calls["CreateUnits/twice"] = creates(costunit.Definition{Owner: customer, Name: "first"})
	for _, units := range []map[string]costunit.Unit{badUnits, noUnits} {
		for what, unit := range units {
			calls["RenameUnits/"+what] = renames(costunit.Renaming{Unit: unit, Name: "sales"})
			calls["DeleteUnit/"+what] = func(ctx context.Context, c client) error { return c.DeleteUnit(ctx, unit) }
		}
	}
	calls["RenameUnits/twice"] = renames(costunit.Renaming{Unit: toUnit, Name: "sales"})
	return calls
}

func listsResources(q costunit.Query) func(context.Context, *alibaba.Client) error {
	return func(ctx context.Context, c *alibaba.Client) error { _, err := gather(c.Resources(ctx, q)); return err }
}

// creates asks for a bad one behind a sound one.
func creates(bad costunit.Definition) func(context.Context, *alibaba.Client) error {
	return func(ctx context.Context, c *alibaba.Client) error {
		_, err := c.CreateUnits(ctx, costunit.Definition{Owner: customer, Name: "first"}, bad)
		return err
	}
}

func renames(bad costunit.Renaming) func(context.Context, *alibaba.Client) error {
	return func(ctx context.Context, c *alibaba.Client) error {
		_, err := c.RenameUnits(ctx, costunit.Renaming{Unit: toUnit, Name: "first"}, bad)
		return err
	}
}

func TestBadInputIsNotSent(t *testing.T) {
	c := start(t)
	for name, call := range badCalls() {
		t.Run(name, func(t *testing.T) {
			err := call(t.Context(), c.client)
			require.Equal(t, errors.ErrInvalid, errors.Class(err), "%v", err)
			require.Empty(t, c.Requests())
		})
	}
	for _, m := range methods { // the control: sound input is sent
		before := len(c.Requests())
		m.prepare(c)
		if m.name == "CreateQuota" {
			c.Quota.Update(customer, func(s *quotatest.State) { s.Opened = false })
		}
		_, err := m.call(t.Context(), c.client)
		require.NoError(t, err)
		require.Greater(t, len(c.Requests()), before)
	}
}

// Transfers of more than one request.

func TestTransferRecoversHalfWay(t *testing.T) {
	for _, f := range []fault.Fault{fault.LostReply, fault.LostRequest, fault.Throttled, alibabatest.Code(400, "InternalError")} {
		t.Run(f.Name, func(t *testing.T) {
			c := start(t)
			c.Units.Put(fromUnit, resources(250)...)
			c.Units.Put(toUnit)
			c.fail("TransferResources", fault.Fault{}, f)
			receipt, err := c.client.TransferResources(t.Context(), transfer(250))
			require.NoError(t, err)
			require.Len(t, c.Units.Holds(toUnit), 250)
			require.Len(t, c.Units.Moves(), 250)
			require.Equal(t, len(c.sent("AllocateCostUnitResource")), receipt.Attempts)
			require.NotEmpty(t, receipt.RequestIDs)
		})
	}
}

func TestTransferStopsHalfWay(t *testing.T) {
	for _, row := range []struct {
		name                    string
		prepare                 func(*cloud)
		class                   error
		moved, unmoved, unknown int
	}{
		{"second batch refused", func(c *cloud) {
			c.fail("TransferResources", fault.Fault{}, alibabatest.Code(400, "UnitNotBelongToUser"))
		}, errors.ErrDenied, 100, 150, 0},
		{"last batch throttled for good", func(c *cloud) {
			c.fail("TransferResources", append([]fault.Fault{{}, {}}, fault.Times(20, fault.Throttled)...)...)
		}, errors.ErrThrottled, 200, 50, 0},
		{"second batch without a reply, and no reading back", func(c *cloud) {
			c.fail("TransferResources", fault.Fault{}, fault.LostReply)
			c.Faults.Add("QueryCostUnitResource", fault.Times(20, fault.Unavailable)...)
		}, errors.ErrUncertain, 100, 50, 100},
		{"first batch without a request, and no reading back", func(c *cloud) {
			c.fail("TransferResources", fault.LostRequest)
			c.Faults.Add("QueryCostUnitResource", fault.Times(20, fault.Unavailable)...)
		}, errors.ErrUncertain, 0, 150, 100},
		{"a resource in the last batch is elsewhere", func(c *cloud) {
			c.Units.Put(costunit.Unit{ID: "7", Owner: "7"}, resources(250)[249])
		}, errors.ErrConflict, 200, 50, 0},
		{"a resource in the last batch is elsewhere, and no reading back", func(c *cloud) {
			c.Units.Put(costunit.Unit{ID: "7", Owner: "7"}, resources(250)[249])
			c.Faults.Add("QueryCostUnitResource", fault.Times(20, fault.Unavailable)...)
		}, errors.ErrUncertain, 200, 0, 50},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := start(t)
			c.Units.Put(fromUnit, resources(250)...)
			c.Units.Put(toUnit)
			row.prepare(c)
			_, err := c.client.TransferResources(t.Context(), transfer(250))
			require.Equal(t, row.class, errors.Class(err), "%v", err)
			partial, ok := errors.AsType[*costunit.PartialError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, []int{row.moved, row.unmoved, row.unknown}, []int{len(partial.Moved), len(partial.Unmoved), len(partial.Unknown)})
			require.ElementsMatch(t, resources(250), slices.Concat(partial.Moved, partial.Unmoved, partial.Unknown))

			c.Units.Put(fromUnit, c.Units.Holds(costunit.Unit{ID: "7", Owner: "7"})...)
			for _, operation := range []string{"AllocateCostUnitResource", "QueryCostUnitResource"} {
				for more := true; more; { // faults that were left over
					_, more = c.Faults.Next(operation)
				}
			}
			_, err = c.client.TransferResources(t.Context(), transfer(250))
			require.NoError(t, err, "repeated")
			require.Len(t, c.Units.Holds(toUnit), 250)
			require.Len(t, c.Units.Moves(), 250, "each once")
		})
	}
}

// The escape hatch.

func TestDoWithVendorModels(t *testing.T) {
	c := start(t)
	c.open(customer)
	ask := bssopenapi.CreateQueryResellerAvailableQuotaRequest()
	ask.OwnerId = customer
	available := bssopenapi.CreateQueryResellerAvailableQuotaResponse()
	c.Faults.Add("*", fault.LostReply)
	require.NoError(t, c.client.Do(t.Context(), ask, available))
	require.Equal(t, "500.00", available.Data)
	require.Len(t, c.Requests(), 2, "a read is repeated")

	set := bssopenapi.CreateSetResellerUserQuotaRequest()
	set.OwnerId, set.Amount = customer, "750"
	done := bssopenapi.CreateSetResellerUserQuotaResponse()
	require.NoError(t, c.client.Do(t.Context(), set, done))
	require.True(t, done.Data)
	state, _ := c.Quota.Customer(customer)
	require.True(t, state.Limit.Equal(cny("750.00")))

	c.Faults.Add("*", fault.LostReply)
	require.Equal(t, errors.ErrUncertain, errors.Class(c.client.Do(t.Context(), set, done)), "a change is not repeated")
	c.Faults.Add("*", alibabatest.Code(400, "NotAuthorized"))
	require.Equal(t, errors.ErrDenied, errors.Class(c.client.Do(t.Context(), set, done)))
	require.Equal(t, errors.ErrInvalid, errors.Class(c.client.Do(t.Context(), bssopenapi.CreateQueryOrdersRequest(), bssopenapi.CreateQueryOrdersResponse())), "the fake has no such operation")

	// What is no success.
	for name, body := range map[string]string{
		"empty": "", "no JSON": "ok", "a list": `[{"Success":true}]`, "contradicted": `{"Code":"Success","Success":false}`,
	} {
		c.Faults.Add("*", fault.Reply(200, body))
		require.Equal(t, errors.ErrUncertain, errors.Class(c.client.Do(t.Context(), set, done)), name)
	}
	c.Faults.Add("*", fault.Reply(200, `{"Data":true}`)) // the control: a reply that has no code may be one
	require.NoError(t, c.client.Do(t.Context(), set, done))
	move := bssopenapi.CreateAllocateCostUnitResourceRequest()
	c.Faults.Add("*", fault.Reply(200, `{"Code":"success","Success":false,"Data":{"IsSuccess":true}}`))
	require.NoError(t, c.client.Do(t.Context(), move, bssopenapi.CreateAllocateCostUnitResourceResponse()), "its sample")
}

// Credentials.

func TestTemporaryCredentials(t *testing.T) {
	sts := func(s *alibabatest.Server, c *alibaba.Config) {
		s.AccessKeyID, s.SecurityToken = "STS.key", "token+with/odd=characters"
		c.Credentials.AccessKeyID, c.Credentials.SecurityToken = s.AccessKeyID, s.SecurityToken
	}
	forEachMethod(t, nil, func(t *testing.T, c *cloud, m method) {
		_, err := m.call(t.Context(), c.client)
		require.NoError(t, err)
	}, sts)
	for name, token := range map[string]string{"no token": "", "another token": "another"} {
		t.Run(name, func(t *testing.T) {
			c := start(t, sts, func(_ *alibabatest.Server, c *alibaba.Config) { c.Credentials.SecurityToken = token })
			_, err := c.client.AvailableQuota(t.Context(), customer)
			require.Equal(t, errors.ErrUnauthenticated, errors.Class(err), "%v", err)
		})
	}
}

// The function is asked for every attempt, by one goroutine at a time; what it returns is used at once.
func TestCredentialsRotate(t *testing.T) {
	var asked, inside, most atomic.Int64
	var fresh atomic.Bool
	fresh.Store(true)
	c := start(t, func(_ *alibabatest.Server, c *alibaba.Config) {
		valid := c.Credentials
		c.Credentials = alibaba.Credentials{}
		c.CredentialsFunc = func(context.Context) (alibaba.Credentials, error) {
			most.Store(max(most.Load(), inside.Add(1)))
			defer inside.Add(-1)
			asked.Add(1)
			time.Sleep(100 * time.Microsecond)
			if !fresh.Load() {
				return alibaba.Credentials{AccessKeyID: "old", AccessKeySecret: "old"}, nil
			}
			return valid, nil
		}
	})
	c.open(customer)
	c.fail("AvailableQuota", fault.LostReply, fault.LostReply)
	_, err := c.client.AvailableQuota(t.Context(), customer)
	require.NoError(t, err)
	require.EqualValues(t, 3, asked.Load())

	fresh.Store(false)
	_, err = c.client.SetQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("1.00")})
	require.Equal(t, errors.ErrUnauthenticated, errors.Class(err), "%v", err)
	fresh.Store(true)
	_, err = c.client.SetQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("1.00")})
	require.NoError(t, err)

	var group sync.WaitGroup
	for range 64 {
		group.Go(func() { _, _ = c.client.AvailableQuota(t.Context(), customer) })
	}
	group.Wait()
	require.EqualValues(t, 1, most.Load(), "never by two at once")
}

// Secrets.

const (
	plantedID     = "PLANTED-ID-7c9e"
	plantedSecret = "PLANTED-SECRET-41d2"
	plantedToken  = "PLANTED/TOKEN+77aa=="
)

// tellsSecrets says which secret shows in text, as it is or as it looks in a URL.
func tellsSecrets(text string) string {
	for _, secret := range []string{plantedID, plantedSecret, plantedToken, "PLANTED%2FTOKEN", "PLANTED%252FTOKEN"} {
		if strings.Contains(text, secret) {
			return secret
		}
	}
	return ""
}

// shown is an error in every form that it may be printed in.
func shown(err error) string {
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("failed", "error", err)
	slog.New(slog.NewTextHandler(&log, nil)).Info("failed", slog.Any("error", err))
	inJSON, _ := json.Marshal(err)
	return fmt.Sprintf("%v|%+v|%#v|%q|%s|%s", err, err, err, err, inJSON, log.String())
}

// lockedBuffer takes the log lines of many goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func TestSecretsNeverShow(t *testing.T) {
	echo := fmt.Sprintf(`{"Code":"Echo.%s","Message":"%s %s %s string to sign","RequestId":"%s"}`, plantedID, plantedID, plantedSecret, plantedToken, plantedToken)
	location := fault.Redirect(302)
	location.Header = http.Header{"Location": {"/redirected?AccessKeyId=" + plantedID + "&SecurityToken=" + plantedToken}}
	faults := []fault.Fault{
		fault.LostReply, fault.ResetBefore, fault.Unavailable, fault.BadGateway, fault.Throttled, fault.Unauthorized, fault.EmptyOK,
		fault.TruncatedJSON, fault.CutReply, location, fault.Reply(400, echo), fault.Reply(500, plantedSecret), fault.Reply(200, echo),
		fault.Reply(403, "<Error><Code>Echo</Code><Message>"+plantedToken+"</Message></Error>"),
		alibabatest.Code(500, "CreditInnerError"), alibabatest.Code(400, "NotAuthorized"),
	}
	var log lockedBuffer
	plant := func(s *alibabatest.Server, c *alibaba.Config) {
		s.AccessKeyID, s.AccessKeySecret, s.SecurityToken = plantedID, plantedSecret, plantedToken
		c.Credentials = alibaba.Credentials{AccessKeyID: plantedID, AccessKeySecret: plantedSecret, SecurityToken: plantedToken}
		c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Retry.Attempts = 2
		require.Empty(t, tellsSecrets(fmt.Sprintf("%v %+v %#v", *c, *c, *c)), "the configuration itself")
	}
	failed := 0
	check := func(err error) {
		if err != nil {
			failed++
			require.Empty(t, tellsSecrets(shown(err)), "%v", shown(err))
		}
	}
	forEachMethod(t, nil, func(t *testing.T, c *cloud, m method) {
		require.Empty(t, tellsSecrets(fmt.Sprintf("%v %+v %#v", c.client, c.client, *c.client)))
		for _, f := range faults {
			c.fail(m.name, f, f)
			_, err := m.call(t.Context(), c.client)
			check(err)
		}
		c.Close() // nobody listens any more
		_, err := m.call(t.Context(), c.client)
		require.Error(t, err)
		check(err)
	}, plant)
	// The signature does not match: the real service, and the fake, repeat what was signed, with the token.
	forEachMethod(t, nil, func(t *testing.T, c *cloud, m method) {
		_, err := m.call(t.Context(), c.client)
		require.Equal(t, errors.ErrUnauthenticated, errors.Class(err))
		e, _ := errors.AsType[*errors.Error](err)
		require.Equal(t, "SignatureDoesNotMatch", e.Code)
		require.NotContains(t, err.Error(), "x-acs-", "what was signed is cut off, not only cleaned")
		check(err)
		unknown := bssopenapi.CreateQueryOrdersRequest()
		check(c.client.Do(t.Context(), unknown, bssopenapi.CreateQueryOrdersResponse()))
	}, plant, func(s *alibabatest.Server, _ *alibaba.Config) { s.AccessKeySecret = "another" })
	require.Greater(t, failed, 60)
	require.Greater(t, strings.Count(log.b.String(), "\n"), 100)
	require.Empty(t, tellsSecrets(log.b.String()))
	require.NotEmpty(t, tellsSecrets(echo), "the control: what is sought would be found")
}

// The log has one line for each attempt, and says what became of it.
func TestLogLines(t *testing.T) {
	var log lockedBuffer
	c := start(t, func(_ *alibabatest.Server, c *alibaba.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	c.open(customer)
	c.fail("SetQuota", alibabatest.Code(500, "CreditInnerError"))
	_, err := c.client.SetQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("1.00")})
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(log.b.String()), "\n")
	require.Len(t, lines, 2)
	for i, line := range lines {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields))
		require.Equal(t, "SetResellerUserQuota", fields["op"])
		require.EqualValues(t, i+1, fields["attempt"])
		require.Equal(t, i == 0, fields["error"] != nil)
	}
}

// Nothing of a client runs on after its calls: not after successes, failures and cancellations.
func TestNoGoroutinesStay(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("calls", func(t *testing.T) {
		c := start(t)
		c.open(customer)
		for _, f := range []fault.Fault{{}, fault.LostReply, fault.CutReply, fault.HugeReply, fault.Hang, fault.SlowBody} {
			c.fail("AvailableQuota", f)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			_, _ = c.client.AvailableQuota(ctx, customer)
			cancel()
		}
	})
	for range 2000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("%d goroutines, there were %d:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

// All rows together, so that nobody counts them down by accident.
func TestBadInputRows(t *testing.T) {
	rows := len(slices.Collect(maps.Keys(badCalls())))
	require.Greater(t, rows, 100)
}
