// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/costunit/costunittest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

const customer = "1000000000000001"

// sending is an attempt at a change, with what the journal would have saved.
func sending(client any, key quota.Key, c Change) (*attempt, *[]plan) {
	var saved []plan
	return &attempt{
		record: record{Intent: Intent{Key: key, Account: "a", Change: c}, kind: c.kind(), attempts: 1}, payload: c.payload(), client: client,
		save: func(_ context.Context, p plan) error {
			saved = append(saved, p)
			return nil
		},
	}, &saved
}

func (a *attempt) try(ctx context.Context) (quota.Receipt, error) { return kinds[a.kind].send(ctx, a) }

// Each kind reaches the method of its name, with everything that the change says and the intent's key.
func TestEachKindSends(t *testing.T) {
	opened := func(p *quotatest.Provider) {
		p.Update(customer, func(s *quotatest.State) { s.Opened, s.Limit = true, quota.MustMoney("10.00 CNY") })
	}
	frozen := func(p *quotatest.Provider) { p.Update(customer, func(s *quotatest.State) { s.Frozen = true }) }
	five := quota.MustMoney("5.00 CNY")
	for _, c := range []struct {
		change  Change
		prepare func(*quotatest.Provider)
		op      string
		key     quota.Key
	}{
		{CreateQuota{Customer: customer, Limit: five}, nil, "CreateQuota", "k"},
		{SetQuota{Customer: customer, Limit: five}, opened, "SetQuota", "k"},
		{Increase{Customer: customer, Amount: five}, opened, "IncreaseConsumption", "k"},
		{Decrease{Customer: customer, Amount: five}, opened, "DecreaseConsumption", "k"},
		{TopUp{Customer: customer, Amount: five}, opened, "DecreaseConsumption", "k"},
		{SetBudget{Customer: customer, Limit: five}, nil, "SetBudget", ""},
		{Freeze{Customer: customer}, opened, "Freeze", ""},
		{Unfreeze{Customer: customer}, frozen, "Unfreeze", ""},
	} {
		t.Run(string(c.change.kind()), func(t *testing.T) {
			var p quotatest.Provider
			if c.prepare != nil {
				c.prepare(&p)
			}
			a, saved := sending(&p, "k", c.change)
			receipt, err := a.try(t.Context())
			require.NoError(t, err)
			require.NotEmpty(t, receipt.RequestID)
			require.Empty(t, *saved)
			changes := p.Changes(customer)
			require.Len(t, changes, 1)
			require.Equal(t, c.op, changes[0].Op)
			require.Equal(t, c.key, changes[0].Key)
		})
	}
}

func TestTransferSends(t *testing.T) {
	var p costunittest.Provider
	from, to := costunit.Unit{ID: "1", Owner: "9"}, costunit.Unit{ID: "2", Owner: "9"}
	var all []costunit.Resource
	for range 150 {
		all = append(all, costunit.Resource{ID: "i-" + string(quota.NewKey()), Product: "ecs", Owner: "9"})
	}
	p.Put(from, all...)
	p.Put(to)
	p.Faults.Add("TransferResources", fault.Fault{}, fault.Unauthorized)
	a, _ := sending(&p, "k", Transfer{From: from, To: to, Resources: all})
	_, err := a.try(t.Context())
	require.ErrorIs(t, err, errors.ErrUnauthenticated)
	require.True(t, a.partly)

	receipt, err := a.try(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, receipt.RequestID)
	require.Len(t, p.Moves(), 150)
}

// A creation that was in doubt is settled by reading back.
func TestCreateQuotaAfterDoubt(t *testing.T) {
	ten := quota.MustMoney("10.00 CNY")
	for _, c := range []struct {
		name   string
		doubt  bool
		before func(*quotatest.Provider)
		class  error
		state  State
	}{
		{"it was ours", true, func(p *quotatest.Provider) {
			p.Update(customer, func(s *quotatest.State) { s.Opened, s.Limit = true, ten })
		}, nil, Applied},
		{"somebody else's, or used already", true, func(p *quotatest.Provider) {
			p.Update(customer, func(s *quotatest.State) { s.Opened, s.Limit = true, quota.MustMoney("9.99 CNY") })
		}, errors.ErrExists, NeedsOperator},
		{"it was never made", true, nil, nil, Applied},
		{"it was there before", false, func(p *quotatest.Provider) {
			p.Update(customer, func(s *quotatest.State) { s.Opened, s.Limit = true, ten })
		}, errors.ErrExists, Refused},
		{"reading back fails", true, func(p *quotatest.Provider) {
			p.Update(customer, func(s *quotatest.State) { s.Opened, s.Limit = true, ten })
			p.Faults.Add("AvailableQuota", fault.Unavailable)
		}, errors.ErrUncertain, Uncertain},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p quotatest.Provider
			if c.before != nil {
				c.before(&p)
			}
			a, _ := sending(&p, "k", CreateQuota{Customer: customer, Limit: ten})
			a.doubt = c.doubt
			_, err := a.try(t.Context())
			require.Equal(t, c.class, errors.Class(err))
			require.Equal(t, c.state, settle(a.record, outcome{err: err, conflict: a.conflict, partly: a.partly}).state)
		})
	}
}

// budgeter is a cloud that has budgets, and no ledger.
type budgeter struct{ quota.Budgeter }

// A top-up through a budget, from every point at which an earlier attempt may have stopped.
func TestTopUpThroughABudget(t *testing.T) {
	money := func(s string) quota.Money { return quota.MustMoney(s + " USD") }
	planned := &plan{Base: money("100"), Target: money("150"), Period: quota.Monthly}
	for _, c := range []struct {
		name     string
		budget   string // at the provider
		doubt    bool
		plan     *plan
		class    error
		state    State
		saved    int
		becomes  string
		requests int // that set it
	}{
		{"first time", "100", false, nil, nil, Applied, 1, "150", 1},
		{"no budget yet", "0", false, nil, nil, Applied, 1, "50", 1},
		{"died before there was a plan", "100", true, nil, nil, Applied, 1, "150", 1},
		{"died after the plan; not applied", "100", true, planned, nil, Applied, 0, "150", 1},
		{"died after the plan; applied", "150", true, planned, nil, Applied, 0, "150", 0},
		{"died after the plan; somebody else set it", "120", true, planned, errors.ErrConflict, NeedsOperator, 0, "120", 0},
		{"known not to be applied; somebody else set it", "120", false, planned, nil, Applied, 1, "170", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := quotatest.Provider{Currency: quota.USD}
			if c.budget != "0" {
				p.Update(customer, func(s *quotatest.State) { s.Budget.Limit, s.Budget.Period = money(c.budget), quota.Monthly })
			}
			a, saved := sending(budgeter{&p}, "k", TopUp{Customer: customer, Amount: money("50")})
			a.doubt, a.plan = c.doubt, c.plan
			_, err := a.try(t.Context())
			require.Equal(t, c.class, errors.Class(err), "%v", err)
			require.Equal(t, c.state, settle(a.record, outcome{err: err, conflict: a.conflict}).state)
			require.Len(t, *saved, c.saved)
			b, err := p.Budget(t.Context(), customer)
			require.NoError(t, err)
			require.True(t, b.Limit.Equal(money(c.becomes)), b.Limit)
			require.Len(t, p.Changes(customer), c.requests)
			if c.saved > 0 {
				require.True(t, (*saved)[0].Target.Equal(money(c.becomes)))
			}
			period := quota.Monthly
			if c.budget == "0" {
				period = quota.OneOff
			}
			require.Equal(t, period, b.Period)
		})
	}
}

// Nothing is sent where the plan cannot be recorded.
func TestTopUpNeedsItsPlanRecorded(t *testing.T) {
	p := quotatest.Provider{Currency: quota.USD}
	a, _ := sending(budgeter{&p}, "k", TopUp{Customer: customer, Amount: quota.MustMoney("50.00 USD")})
	a.save = func(context.Context, plan) error { return classed(errors.ErrUnavailable) }
	_, err := a.try(t.Context())
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.Empty(t, p.Changes(customer))
}

func TestTopUpInAnotherCurrency(t *testing.T) {
	p := quotatest.Provider{Currency: quota.USD}
	p.Update(customer, func(s *quotatest.State) { s.Budget.Limit = quota.MustMoney("1.00 USD") })
	a, saved := sending(budgeter{&p}, "k", TopUp{Customer: customer, Amount: quota.MustMoney("50.00 CNY")})
	_, err := a.try(t.Context())
	require.ErrorIs(t, err, errors.ErrInvalid)
	require.ErrorContains(t, err, "USD")
	require.Empty(t, *saved)
	require.Empty(t, p.Changes(customer))
}

// Which intents wait for one another.
func TestLanes(t *testing.T) {
	var p quotatest.Provider
	other := budgeter{&p}
	lane := func(client any, c Change) string {
		return kinds[c.kind()].lane(Intent{Account: "a", Change: c}, client)
	}
	require.Equal(t, lane(&p, SetQuota{Customer: "1"}), lane(&p, SetBudget{Customer: "1"}))
	require.Equal(t, lane(&p, SetQuota{Customer: "1"}), lane(&p, CreateQuota{Customer: "1"}))
	require.Equal(t, lane(other, SetQuota{Customer: "1"}), lane(other, TopUp{Customer: "1"}))
	require.NotEqual(t, lane(&p, SetQuota{Customer: "1"}), lane(&p, SetQuota{Customer: "2"}))
	require.NotEqual(t, lane(&p, SetQuota{Customer: "1"}), lane(&p, Freeze{Customer: "1"}))
	require.Equal(t, lane(&p, Freeze{Customer: "1"}), lane(&p, Unfreeze{Customer: "1"}))
	for _, c := range []Change{Increase{Customer: "1"}, Decrease{Customer: "1"}, TopUp{Customer: "1"}} {
		require.Empty(t, lane(&p, c))
	}
	group := func(c Change) string { return kinds[c.kind()].group(c) }
	require.Equal(t, group(Freeze{}), group(Unfreeze{}))
	require.NotEqual(t, group(SetQuota{}), group(SetBudget{}))
	require.Empty(t, group(SetBudget{Unfreeze: true}))
	for _, c := range []Change{CreateQuota{}, TopUp{}, Transfer{}, Increase{}, Decrease{}} {
		require.Empty(t, group(c), c.kind())
	}
}
