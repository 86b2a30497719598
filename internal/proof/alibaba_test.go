// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

var alibabaCloud = &cloud{
	name:    "alibaba",
	faults:  alibabaFaults,
	subject: reflect.TypeFor[*alibaba.Client](),
	opOf: func(r *http.Request) string {
		for name, values := range r.Header { // a client may write it in any case
			if strings.EqualFold(name, "X-Acs-Action") {
				return values[0]
			}
		}
		return ""
	},
	open: func(w *world) (http.Handler, *fault.Script) {
		w.alibabaCloud = new(alibabatest.Server)
		return w.alibabaCloud, &w.alibabaCloud.Faults
	},
	client: func(w *world, endpoint string, transport http.RoundTripper, s settings) (err error) {
		config := w.alibabaCloud.Config()
		config.Endpoint, config.HTTPClient = endpoint, &http.Client{Transport: transport}
		config.Retry = alibaba.Retry{Attempts: s.attempts, Base: time.Millisecond, Throttled: time.Millisecond, Cap: 2 * time.Second, Timeout: s.timeout}
		w.alibaba, err = alibaba.New(config)
		return err
	},
}

func init() { alibabaCloud.rows = slices.Concat(alibabaRows(), alibabaUnitRows(), alibabaVendorRows()) }

const customer = "1442098325661561"

func cny(amount string) quota.Money { return quota.MustMoney(amount + " CNY") }

func ledgers(w *world) *quotatest.Provider { return &w.alibabaCloud.Quota }

// openLedger gives the customer a ledger with a limit of 500.00.
func openLedger(w *world) {
	ledgers(w).Update(customer, func(s *quotatest.State) {
		s.Opened, s.Limit, s.Alarms = true, cny("500.00"), []quota.Threshold{{Numerator: 1, Denominator: 2}}
	})
}

func limited(amount string) func(quotatest.State) bool {
	return func(s quotatest.State) bool { return s.Limit.Equal(cny(amount)) }
}

func hosted(wanted bool) func(*world) int {
	return func(w *world) int {
		if w.alibabaCloud.Hosted(customer) == wanted {
			return 1
		}
		return 0
	}
}

func alibabaRows() []row {
	frozen := func(s quotatest.State) bool { return s.Frozen }
	up := quota.Adjustment{Customer: customer, Amount: cny("10.00"), Key: "up-1"}
	down := quota.Adjustment{Customer: customer, Amount: cny("10.00"), Key: "down-1"}
	return []row{
		{
			name: "CreateQuota", op: "CreateResellerUserQuota", settling: created, back: "QueryResellerAvailableQuota", already: comes(errors.ErrExists, 1),
			made: booked(ledgers, quotatest.Change{Op: "CreateQuota", Customer: customer, Amount: cny("500.00"), Key: "create-1"}),
			call: func(ctx context.Context, w *world) error {
				_, err := w.alibaba.CreateQuota(ctx, quota.Grant{Customer: customer, Limit: cny("500.00"), Key: "create-1"})
				return err
			},
		},
		{
			name: "SetQuota", op: "SetResellerUserQuota", settling: repeated, prepare: openLedger,
			made: absolute(ledgers, quotatest.Change{Op: "SetQuota", Customer: customer, Amount: cny("750.00")}, limited("750.00")),
			call: func(ctx context.Context, w *world) error {
				_, err := w.alibaba.SetQuota(ctx, quota.Grant{Customer: customer, Limit: cny("750.00")})
				return err
			},
		},
		{
			name: "IncreaseConsumption", op: "ChangeResellerConsumeAmount", settling: repeated, prepare: openLedger,
			made: booked(ledgers, quotatest.Change{Op: "IncreaseConsumption", Customer: customer, Amount: up.Amount, Key: up.Key}),
			call: func(ctx context.Context, w *world) error {
				_, err := w.alibaba.IncreaseConsumption(ctx, up)
				return err
			},
		},
		{
			name: "DecreaseConsumption", op: "ChangeResellerConsumeAmount", settling: repeated, prepare: openLedger,
			made: booked(ledgers, quotatest.Change{Op: "DecreaseConsumption", Customer: customer, Amount: down.Amount, Key: down.Key}),
			call: func(ctx context.Context, w *world) error {
				_, err := w.alibaba.DecreaseConsumption(ctx, down)
				return err
			},
		},
		{
			name: "Freeze", op: "SetResellerUserStatus", settling: repeated, prepare: openLedger,
			made: absolute(ledgers, quotatest.Change{Op: "Freeze", Customer: customer}, frozen),
			call: func(ctx context.Context, w *world) error {
				_, err := w.alibaba.Freeze(ctx, quota.Freeze{Customer: customer, Resources: true})
				return err
			},
		},
		{
			name: "Unfreeze", op: "SetResellerUserStatus", settling: repeated,
			prepare: func(w *world) {
				openLedger(w)
				ledgers(w).Update(customer, func(s *quotatest.State) { s.Frozen = true })
			},
			made: absolute(ledgers, quotatest.Change{Op: "Unfreeze", Customer: customer}, func(s quotatest.State) bool { return !s.Frozen }),
			call: func(ctx context.Context, w *world) error {
				_, err := w.alibaba.Unfreeze(ctx, quota.Freeze{Customer: customer})
				return err
			},
		},
		{
			name: "Host", op: "SetResellerUserStatus", settling: repeated, prepare: openLedger, made: hosted(true),
			call: func(ctx context.Context, w *world) error {
				_, err := w.alibaba.Host(ctx, customer)
				return err
			},
		},
		{
			name: "Unhost", op: "SetResellerUserStatus", settling: repeated, made: hosted(false),
			prepare: func(w *world) {
				openLedger(w)
				w.alibabaCloud.SetHosted(customer, true)
			},
			call: func(ctx context.Context, w *world) error {
				_, err := w.alibaba.Unhost(ctx, customer)
				return err
			},
		},
		{
			name: "SetAlarms", op: "SetResellerUserAlarmThreshold", settling: repeated, prepare: openLedger,
			made: absolute(ledgers, quotatest.Change{Op: "SetAlarms", Customer: customer}, func(s quotatest.State) bool { return len(s.Alarms) == 0 }),
			call: func(ctx context.Context, w *world) error {
				_, err := w.alibaba.SetAlarms(ctx, quota.Alarms{Customer: customer, Clear: true})
				return err
			},
		},
		{
			name: "AvailableQuota", op: "QueryResellerAvailableQuota", settling: asking, prepare: openLedger,
			call: func(ctx context.Context, w *world) error {
				available, err := w.alibaba.AvailableQuota(ctx, customer)
				return w.right(err, available.String() == "500.00 CNY", available)
			},
		},
		{
			name: "Alarms", op: "QueryResellerUserAlarmThreshold", settling: asking, prepare: openLedger,
			call: func(ctx context.Context, w *world) error {
				thresholds, err := w.alibaba.Alarms(ctx, customer)
				return w.right(err, len(thresholds) == 1, thresholds)
			},
		},
		{
			name: "Customers", op: "GetCustomerList", settling: asking, prepare: openLedger,
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.alibaba.Customers(ctx))
				return w.right(err, n == 1, n)
			},
		},
		{
			name: "CustomerInfo", op: "GetCustomerAccountInfo", settling: asking, prepare: openLedger,
			call: func(ctx context.Context, w *world) error {
				info, err := w.alibaba.CustomerInfo(ctx, customer)
				return w.right(err, info.ID == customer && info.Certified, info)
			},
		},
		{
			name: "Standings", op: "QueryResellerAvailableQuota", settling: asking, after: 1, prepare: openLedger, call: alibabaStandings,
		},
		{
			name: "Standings (whether frozen)", op: "GetCustomerAccountInfo", settling: asking, before: 1, forgiving: true, prepare: openLedger, call: alibabaStandings,
		},
		{
			name: "Balance", op: "QueryAccountBalance", settling: asking,
			call: func(ctx context.Context, w *world) error {
				balance, err := w.alibaba.Balance(ctx)
				return w.right(err, balance.Available != nil, balance)
			},
		},
	}
}

func alibabaStandings(ctx context.Context, w *world) error {
	for standing, err := range w.alibaba.Standings(ctx, customer) {
		if err != nil {
			return err
		}
		if standing.Available == nil || !standing.Available.Equal(cny("500.00")) {
			w.blame("read without an error, but wrongly: %+v", standing)
		}
	}
	return nil
}
