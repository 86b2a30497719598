// SPDX-License-Identifier: Apache-2.0

package huawei_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// customersOf makes n customers.
func customersOf(cloud *huaweitest.Server, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%032x", i+1)
		cloud.Quota.Update(ids[i], func(s *quotatest.State) { s.Name = "customer" + fmt.Sprint(i) })
	}
	return ids
}

var arrears = quota.Freeze{Reason: "Arrears"}

// 25 customers, of whom three cannot be frozen, each in a request of its own, and a reply that is lost: what is said to be
// done is done, and the rest is named.
func TestFreezeAll(t *testing.T) {
	cloud := newCloud(t)
	customers := customersOf(cloud, 25)
	bad := map[int]error{3: errors.ErrNotFound, 14: errors.ErrDenied, 22: errors.ErrConflict}
	customers[3] = "nobody"
	cloud.Quota.Update(customers[14], func(s *quotatest.State) { s.Budget.Reseller = "reseller-1" })
	cloud.Quota.Update(customers[22], func(s *quotatest.State) { s.Frozen, s.FrozenResources = true, true })
	cloud.Faults.Add(freeze, fault.Fault{}, fault.Fault{}, fault.LostReply)

	done, err := newClient(t, cloud).FreezeAll(t.Context(), customers, arrears)
	batch, ok := errors.AsType[*errors.BatchError](err)
	require.True(t, ok, "%v", err)
	require.Len(t, batch.Failed, 3)
	require.Len(t, done, 22)
	for _, item := range batch.Failed {
		class := bad[slices.Index(customers, item.Item)]
		if class == errors.ErrConflict {
			class = errors.ErrUncertain // its request was sent twice, and nobody saw the first reply
		}
		requireClass(t, class, item.Err)
		require.ErrorIs(t, err, class)
		require.NotContains(t, done, item.Item)
	}
	for _, id := range done {
		state, _ := cloud.Quota.Customer(id)
		require.True(t, state.Frozen)
		require.False(t, state.FrozenResources)
	}
	requireSent(t, cloud, freeze, freeze, freeze, freeze)
	require.Len(t, cloud.Quota.Changes(""), 22)

	done, err = newClient(t, cloud).UnfreezeAll(t.Context(), done, arrears)
	require.NoError(t, err)
	require.Len(t, done, 22)
	state, _ := cloud.Quota.Customer(done[0])
	require.False(t, state.Frozen)
}

// A request whose reply never comes: its ten customers are in doubt, nobody else is.
func TestFreezeAllInDoubt(t *testing.T) {
	cloud := newCloud(t)
	customers := customersOf(cloud, 25)
	cloud.Faults.Add(freeze, append([]fault.Fault{{}}, fault.Times(4, fault.LostReply)...)...)
	done, err := newClient(t, cloud).FreezeAll(t.Context(), customers, arrears)
	requireClass(t, errors.ErrUncertain, err)
	batch, _ := errors.AsType[*errors.BatchError](err)
	require.Equal(t, slices.Concat(customers[:10], customers[20:]), done)
	for i, item := range batch.Failed {
		require.Equal(t, customers[10+i], item.Item)
		requireClass(t, errors.ErrUncertain, item.Err)
	}
	require.Len(t, batch.Failed, 10)

	again := make([]string, 0, 10)
	for _, item := range batch.Failed {
		again = append(again, item.Item)
	}
	done, err = newClient(t, cloud).FreezeAll(t.Context(), again, arrears)
	require.NoError(t, err)
	require.Equal(t, again, done)
	require.Len(t, cloud.Quota.Changes(""), 25, "nobody was frozen twice")
}

// Any failure of one customer can be scripted, and in every wrinkle it is read.
func TestScriptedPartialFailure(t *testing.T) {
	for name, w := range forms() {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud(t, func(s *huaweitest.Server) { s.Wrinkles = w })
			customers := customersOf(cloud, 3)
			cloud.Faults.Add(freeze, huaweitest.PartialFailure("CBC.18000016", customers[1]))
			done, err := newClient(t, cloud).FreezeAll(t.Context(), customers, arrears)
			require.ErrorIs(t, err, errors.ErrDenied)
			require.Equal(t, []string{customers[0], customers[2]}, done)

			_, err = newClient(t, cloud).FreezeAll(t.Context(), append(customers, "nobody"), arrears)
			require.ErrorIs(t, err, errors.ErrNotFound)
			require.Len(t, cloud.Quota.Changes(""), 3)
		})
	}
}

// What was set is told by the records, and the partner's own quota as it is.
func TestRecordsAndConsumption(t *testing.T) {
	for name, w := range forms() {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud(t, func(s *huaweitest.Server) {
				s.Wrinkles = w
				s.Partner = huaweitest.PartnerQuota{Limit: decimal.New(10000, 0), Balance: decimal.New(61018, -2), Due: decimal.New(50028, -2)}
			})
			client := newClient(t, cloud)
			for i := range 130 {
				_, err := client.SetBudget(t.Context(), oneOff(fmt.Sprint(i+1)+".10 USD"))
				require.NoError(t, err)
			}
			want := 130
			for record, err := range client.BudgetRecords(t.Context(), customer, "") {
				require.NoError(t, err)
				require.True(t, record.Limit.Equal(quota.MustMoney(fmt.Sprint(want)+".10 USD")))
				require.Equal(t, []any{"SETTING", quota.OneOff, false}, []any{record.Operation, record.Period, record.Time.IsZero()})
				want--
			}
			require.Zero(t, want)

			q, err := client.ConsumptionQuota(t.Context())
			require.NoError(t, err)
			require.True(t, q.Limit.Equal(quota.MustMoney("10000 USD")))
			require.True(t, q.Used.Equal(quota.MustMoney("-109.90 USD")))
		})
	}
}

// Filters reach the cloud, and resellers and their customers are found.
func TestFilters(t *testing.T) {
	cloud := newCloud(t, func(s *huaweitest.Server) {
		s.Resellers = []huawei.Reseller{{ID: "reseller-1", AccountName: "first"}, {ID: "reseller-2", AccountName: "second"}}
	})
	customers := customersOf(cloud, 30)
	for _, id := range customers[20:] {
		cloud.Quota.Update(id, func(s *quotatest.State) { s.Budget.Reseller, s.Budget.Limit = "reseller-1", quota.MustMoney("5 USD") })
	}
	client := newClient(t, cloud)
	for _, tt := range []struct {
		name   string
		filter huawei.CustomerFilter
		want   []string
	}{
		{"all of one's own", huawei.CustomerFilter{}, customers[:20]},
		{"by resale", huawei.CustomerFilter{Association: huawei.Resale}, customers[:20]},
		{"by consulting", huawei.CustomerFilter{Association: huawei.Consulting}, nil},
		{"one", huawei.CustomerFilter{Customer: customers[7]}, customers[7:8]},
		{"by name", huawei.CustomerFilter{AccountName: "customer1"}, slices.Concat(customers[1:2], customers[10:20])},
		{"of a reseller", huawei.CustomerFilter{Reseller: "reseller-1"}, customers[20:]},
		{"of another", huawei.CustomerFilter{Reseller: "reseller-2"}, nil},
		{"labelled", huawei.CustomerFilter{Label: "sunny"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for info, err := range client.ListCustomers(t.Context(), tt.filter) {
				require.NoError(t, err)
				got = append(got, info.ID)
			}
			require.Equal(t, tt.want, got)
		})
	}
	var found []string
	for r, err := range client.ListResellers(t.Context(), huawei.ResellerFilter{AccountName: "sec"}) {
		require.NoError(t, err)
		found = append(found, r.ID)
	}
	require.Equal(t, []string{"reseller-2"}, found)
	for s, err := range client.StandingsOf(t.Context(), "reseller-1", customers[20], customers[0]) {
		if s.Customer == customers[0] {
			requireClass(t, errors.ErrNotFound, err)
			continue
		}
		require.NoError(t, err)
		require.True(t, s.Limit.Equal(quota.MustMoney("5 USD")))
	}
}

// A hundred thousand customers: what is alive while they are listed, beside the cloud itself, stays under 32 MiB.
func BenchmarkListCustomers100k(b *testing.B) {
	const customers, limit = 100_000, 32 << 20
	cloud := new(huaweitest.Server)
	customersOf(cloud, customers)
	client := newClient(b, cloud, func(c *huawei.Config) { c.HTTPClient = &http.Client{Transport: inMemory{cloud: cloud}} })
	alive := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	count := func(ctx context.Context, each func(n int)) {
		n := 0
		for _, err := range client.Customers(ctx) {
			require.NoError(b, err)
			n++
			each(n)
		}
		require.Equal(b, customers, n)
	}
	count(b.Context(), func(int) {}) // so that the cloud's own log and list are there
	before, peak := alive(), uint64(0)
	for b.Loop() {
		count(b.Context(), func(n int) {
			if n%10_000 == 0 {
				peak = max(peak, alive())
			}
		})
	}
	grown := peak - min(peak, before)
	b.ReportMetric(float64(grown)/(1<<20), "live-MiB")
	require.Less(b, grown, uint64(limit))
}
