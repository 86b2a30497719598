// SPDX-License-Identifier: Apache-2.0

package quotatest_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

const customer = "1000000000000001"

func cny(amount string) quota.Money { return quota.MustMoney(amount + " CNY") }

func requireMoney(t *testing.T, expected string, got quota.Money) {
	t.Helper()
	require.Equal(t, expected+" CNY", got.String())
}

// opened has one customer with a limit of 500.
func opened(t *testing.T) *quotatest.Provider {
	t.Helper()
	p := new(quotatest.Provider)
	_, err := p.CreateQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("500.00")})
	require.NoError(t, err)
	return p
}

func TestErrorsNameTheProvider(t *testing.T) {
	_, err := opened(t).CreateQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("500.00")})
	require.ErrorIs(t, err, errors.ErrExists)
	require.EqualError(t, err, "quotatest: CreateQuota: exists: the ledgers of this customer are open (not applied: it exists already; set it instead of creating it)")
}

func TestRepeatGivesTheSameReceipt(t *testing.T) {
	p := opened(t)
	a := quota.Adjustment{Customer: customer, Amount: cny("10.00"), Key: "k1"}
	first, err := p.IncreaseConsumption(t.Context(), a)
	require.NoError(t, err)
	_, err = p.IncreaseConsumption(t.Context(), quota.Adjustment{Customer: customer, Amount: cny("1.00"), Key: "k2"})
	require.NoError(t, err)

	first.Consumed.Amount = first.Consumed.Amount.Neg() // a receipt belongs to its caller
	again, err := p.IncreaseConsumption(t.Context(), a)
	require.NoError(t, err)
	require.Equal(t, first.RequestID, again.RequestID)
	requireMoney(t, "10.00", *again.Consumed)
	a.Amount = cny("10")
	_, err = p.IncreaseConsumption(t.Context(), a)
	require.NoError(t, err, "the same amount in other digits")
	require.Len(t, p.Changes(customer), 3)
}

func TestKeyReused(t *testing.T) {
	p := opened(t)
	_, err := p.CreateQuota(t.Context(), quota.Grant{Customer: "2", Limit: cny("1.00")})
	require.NoError(t, err)
	a := quota.Adjustment{Customer: customer, Amount: cny("10.00"), Key: "k1"}
	_, err = p.IncreaseConsumption(t.Context(), a)
	require.NoError(t, err)

	_, err = p.DecreaseConsumption(t.Context(), a)
	require.ErrorIs(t, err, errors.ErrKeyReused)
	for _, other := range []quota.Adjustment{
		{Customer: "2", Amount: cny("10.00"), Key: "k1"},
		{Customer: customer, Amount: cny("10.01"), Key: "k1"},
	} {
		_, err = p.IncreaseConsumption(t.Context(), other)
		require.ErrorIs(t, err, errors.ErrKeyReused)
	}
	require.Len(t, p.Changes(""), 3)
}

func TestNoLedger(t *testing.T) {
	p := new(quotatest.Provider)
	a := quota.Adjustment{Customer: customer, Amount: cny("10.00"), Key: "k1"}
	for name, call := range map[string]func() error{
		"SetQuota": func() error {
			_, err := p.SetQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("1.00")})
			return err
		},
		"AvailableQuota":      func() error { _, err := p.AvailableQuota(t.Context(), customer); return err },
		"IncreaseConsumption": func() error { _, err := p.IncreaseConsumption(t.Context(), a); return err },
		"DecreaseConsumption": func() error { _, err := p.DecreaseConsumption(t.Context(), a); return err },
	} {
		require.ErrorIs(t, call(), errors.ErrNotFound, name)
	}
	_, known := p.Customer(customer)
	require.False(t, known)
	p.Update(customer, func(s *quotatest.State) { s.Opened = true })
	_, err := p.IncreaseConsumption(t.Context(), a)
	require.NoError(t, err, "a key is used up by what was applied only")
}

func TestBudgetTerms(t *testing.T) {
	p := new(quotatest.Provider)
	p.Update(customer, func(s *quotatest.State) { s.Frozen, s.Budget.Used = true, cny("30.25") })
	set := func(b quota.Budget) quotatest.State {
		b.Customer = customer
		_, err := p.SetBudget(t.Context(), b)
		require.NoError(t, err)
		s, _ := p.Customer(customer)
		return s
	}
	s := set(quota.Budget{Limit: cny("500.00")})
	require.Equal(t, quota.Monthly, s.Budget.Period)
	require.Equal(t, quota.FreezeByHand, s.Budget.OnExceed)
	require.True(t, s.Frozen)
	s = set(quota.Budget{Limit: cny("500.00"), OnExceed: quota.FreezeAutomatically, Unfreeze: true})
	require.False(t, s.Frozen)
	s = set(quota.Budget{Limit: cny("300.00"), Reseller: "r1", Period: quota.OneOff})
	require.Equal(t, quota.FreezeAutomatically, s.Budget.OnExceed)
	requireMoney(t, "300.00", s.Budget.Limit)

	got, err := p.Budget(t.Context(), customer)
	require.NoError(t, err)
	require.Equal(t, "r1", got.Reseller)
	require.Equal(t, quota.OneOff, got.Period)
	require.Empty(t, got.OnExceed)
	requireMoney(t, "30.25", got.Used)
}

func TestUpdateFillsInTheCurrency(t *testing.T) {
	p := quotatest.Provider{Currency: quota.USD}
	p.Update(customer, func(s *quotatest.State) { s.Opened, s.Limit = true, quota.Money{Amount: cny("5.00").Amount} })
	left, err := p.AvailableQuota(t.Context(), customer)
	require.NoError(t, err)
	require.Equal(t, "5.00 USD", left.String())
	_, err = p.SetQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("1.00")})
	require.ErrorIs(t, err, errors.ErrInvalid)
}

// The order is: context, input, script. What ends early uses up no fault.
func TestOrderOfRefusals(t *testing.T) {
	p := opened(t)
	p.Faults.Add("SetQuota", fault.Throttled)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.SetQuota(cancelled, quota.Grant{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = p.SetQuota(t.Context(), quota.Grant{})
	require.ErrorIs(t, err, errors.ErrInvalid)
	_, err = p.SetQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("1.00")})
	require.ErrorIs(t, err, errors.ErrThrottled)
	_, err = p.SetQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("1.00")})
	require.NoError(t, err)
}

// An adapter's client that never reached the provider says so.
func TestRefusedConnection(t *testing.T) {
	p := opened(t)
	p.Faults.Add("*", fault.Refused)
	_, err := p.SetQuota(t.Context(), quota.Grant{Customer: customer, Limit: cny("1.00")})
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.Len(t, p.Changes(customer), 1)
}

func TestFreezing(t *testing.T) {
	p := new(quotatest.Provider)
	_, err := p.Freeze(t.Context(), quota.Freeze{Customer: customer})
	require.ErrorIs(t, err, errors.ErrNotFound)
	_, known := p.Customer(customer)
	require.False(t, known)

	p.Update(customer, func(*quotatest.State) {})
	for range 2 {
		receipt, err := p.Freeze(t.Context(), quota.Freeze{Customer: customer, Resources: true})
		require.NoError(t, err)
		require.NotEmpty(t, receipt.RequestID)
	}
	for _, send := range []func(context.Context, quota.Freeze) (quota.Receipt, error){p.Freeze, p.Unfreeze} {
		_, err = send(t.Context(), quota.Freeze{Customer: customer})
		require.ErrorIs(t, err, errors.ErrConflict, "the other kind")
	}
	require.Equal(t, []quotatest.Change{{Op: "Freeze", Customer: customer}}, p.Changes(""))
	require.Equal(t, "Freeze of customer "+customer, p.Changes("")[0].String())

	_, err = p.SetBudget(t.Context(), quota.Budget{Customer: customer, Limit: cny("1.00"), Unfreeze: true})
	require.NoError(t, err)
	s, _ := p.Customer(customer)
	require.False(t, s.Frozen || s.FrozenResources)
}

func TestAlarms(t *testing.T) {
	p := new(quotatest.Provider)
	a := quota.Alarms{Customer: customer, Thresholds: []quota.Threshold{{Amount: cny("10.00")}, {Numerator: 1, Denominator: 5}}}
	_, err := p.SetAlarms(t.Context(), a)
	require.ErrorIs(t, err, errors.ErrNotFound)
	_, err = p.Alarms(t.Context(), customer)
	require.ErrorIs(t, err, errors.ErrNotFound)

	p.Update(customer, func(s *quotatest.State) { s.Alarms = []quota.Threshold{{Amount: quota.Money{Amount: cny("7").Amount}}} })
	got, err := p.Alarms(t.Context(), customer)
	require.NoError(t, err)
	requireMoney(t, "7.00", got[0].Amount)

	_, err = p.SetAlarms(t.Context(), a)
	require.NoError(t, err)
	a.Thresholds[1].Denominator = 2 // what was set is not the caller's any more
	got, err = p.Alarms(t.Context(), customer)
	require.NoError(t, err)
	require.Equal(t, 5, got[1].Denominator)
	got[1].Denominator = 3
	s, _ := p.Customer(customer)
	require.Equal(t, 5, s.Alarms[1].Denominator)

	a.Thresholds[0].Amount.Currency = quota.USD
	_, err = p.SetAlarms(t.Context(), a)
	require.ErrorIs(t, err, errors.ErrInvalid)
	require.Len(t, p.Changes(""), 1)
}

// A ledger, a budget, neither: what is not known is not told.
func TestStandings(t *testing.T) {
	p := new(quotatest.Provider)
	p.Update("ledger", func(s *quotatest.State) { s.Opened, s.Limit, s.Consumed = true, cny("5"), cny("7") })
	p.Update("budget", func(s *quotatest.State) { s.Budget.Limit, s.Budget.Used, s.Frozen = cny("5"), cny("1"), true })
	p.Update("neither", func(*quotatest.State) {})
	var got []quota.Standing
	for s, err := range p.Standings(t.Context(), "ledger", "budget", "neither") {
		require.NoError(t, err)
		got = append(got, s)
	}
	require.Len(t, got, 3)
	requireMoney(t, "-2.00", *got[0].Available)
	require.False(t, *got[0].Frozen)
	requireMoney(t, "4.00", *got[1].Available)
	require.True(t, *got[1].Frozen)
	require.Nil(t, got[2].Limit)
	require.Nil(t, got[2].Used)
	require.Nil(t, got[2].Available)
	require.False(t, *got[2].Frozen)
}

func TestCustomerIDs(t *testing.T) {
	p := new(quotatest.Provider)
	require.Empty(t, p.CustomerIDs("", 10))
	for _, id := range []string{"3", "1", "5", "4", "2", "1"} {
		p.Update(id, func(*quotatest.State) {})
	}
	_, err := p.SetBudget(t.Context(), quota.Budget{Customer: "0", Limit: cny("1.00")})
	require.NoError(t, err)
	_, err = p.Budget(t.Context(), "6")
	require.NoError(t, err)
	_, err = p.SetQuota(t.Context(), quota.Grant{Customer: "7", Limit: cny("1.00")})
	require.Error(t, err)
	p.Remove("4")
	p.Remove("9")
	for _, row := range []struct {
		after    string
		limit    int
		expected []string
	}{
		{"", 3, []string{"0", "1", "2"}}, {"2", 3, []string{"3", "5"}}, {"4", 1, []string{"5"}}, {"5", 3, []string{}},
		{"", 0, []string{}}, {"", -1, []string{}},
	} {
		require.Equal(t, row.expected, append([]string{}, p.CustomerIDs(row.after, row.limit)...), "%+v", row)
	}
	for _, row := range []struct {
		offset, limit int
		expected      []string
	}{
		{0, 2, []string{"0", "1"}}, {3, 9, []string{"3", "5"}}, {5, 1, nil}, {99, 1, nil}, {-1, 1, []string{"0"}}, {0, -1, nil},
	} {
		ids, total := p.CustomerIDsAt(row.offset, row.limit)
		require.Equal(t, 5, total)
		require.Equal(t, row.expected, append([]string(nil), ids...), "%+v", row)
	}
	_, known := p.Customer("4")
	require.False(t, known)
}

// A list of 100,000 customers costs memory for a page at a time.
func BenchmarkCustomers(b *testing.B) {
	const n = 100_000
	p := new(quotatest.Provider)
	for i := range n {
		p.Update(strconv.Itoa(1_000_000+(i*7919)%n), func(*quotatest.State) {})
	}
	b.ReportAllocs()
	for b.Loop() {
		count := 0
		for _, err := range p.Customers(b.Context()) {
			require.NoError(b, err)
			count++
		}
		require.Equal(b, n, count)
	}
}
