// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// maxLimit is the documented bound of a budget.
var maxLimit = decimal.NewFromInt(2147483647)

// SetQuota sets the customer's budget of the kind Config.QuotaPeriod to the grant's limit, in USD, above zero and at most
// 2147483647. It is absolute: repeating converges; Grant.Key has no use here. The budget is read first: where one of the
// other kind is set the answer is errors.ErrConflict, because what Huawei does with the use so far when the kind changes
// is not documented; decide, and use SetBudget. Between the reading and the writing another writer may come.
// Customers of a reseller need SetBudget.
func (c *Client) SetQuota(ctx context.Context, g quota.Grant) (receipt quota.Receipt, err error) {
	err = c.call.Watch(ctx, setBudget.name, func(ctx context.Context) error {
		if err := checkGrant(g); err != nil {
			return refuse(setBudget.name, err)
		}
		now, err := c.readBudget(ctx, g.Customer, "")
		if err != nil {
			return err
		}
		if now.exists() && now.period() != c.period {
			return now.problem(errors.ErrConflict, "the customer has a budget of kind "+shown(now.period())+" ("+now.Limit.money().String()+
				"), this client's quota is of kind "+shown(c.period)+" (Config.QuotaPeriod); to change the kind use SetBudget")
		}
		receipt, err = c.writeBudget(ctx, setBudget, quota.Budget{Customer: g.Customer, Limit: g.Limit, Period: c.period})
		return err
	})
	return receipt, err
}

// AvailableQuota is the customer's budget, of whichever kind, less its use (ShowSubCustomerBudget), negative when
// overspent. The use lags behind and may deviate, says Huawei: near the limit the truth may be less. errors.ErrNotFound
// where no budget is set; Huawei does not document what it answers then, see [Client.Budget].
func (c *Client) AvailableQuota(ctx context.Context, customer string) (available quota.Money, err error) {
	err = c.call.Watch(ctx, showBudget.name, func(ctx context.Context) error {
		now, err := c.readBudget(ctx, customer, "")
		switch {
		case err != nil:
			return err
		case !now.exists():
			return now.problem(errors.ErrNotFound, "no budget is set for this customer")
		case !now.Used.set:
			return now.problem(errors.ErrUnavailable, "the reply does not tell how much of the budget is used")
		}
		available = quota.Money{Amount: now.Limit.value.Sub(now.Used.value), Currency: quota.USD}
		return nil
	})
	return available, err
}

func checkGrant(g quota.Grant) error {
	if err := g.Validate(); err != nil {
		return err
	}
	switch {
	case g.Limit.Amount.IsZero():
		return errors.Invalid("Grant.Limit", g.Limit.String(), "must be greater than zero: Huawei Cloud has no budget of nothing")
	case g.Limit.Amount.GreaterThan(maxLimit):
		return errors.Invalid("Grant.Limit", g.Limit.String(), "must be at most "+maxLimit.String())
	}
	return checkCurrency("Grant.Limit", g.Limit)
}

func shown(p quota.Period) string {
	if p == "" {
		return "unknown"
	}
	return string(p)
}
