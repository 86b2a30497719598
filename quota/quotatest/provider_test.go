// SPDX-License-Identifier: Apache-2.0

package quotatest_test

import (
	"context"
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
