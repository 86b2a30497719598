// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"net/http"
	"strconv"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wire"
	"github.com/resellkit/resell/quota"
)

const budgetPath = "/v2/partners/sub-customers/budget"

var (
	setBudget = &operation{name: "UpdateSubCustomerBudget", method: http.MethodPost, success: http.StatusNoContent, write: true, repeatable: true}
	// openBudget also lifts a freeze, which somebody may have put on again between two attempts.
	openBudget = &operation{name: "UpdateSubCustomerBudget", method: http.MethodPost, success: http.StatusNoContent, write: true}
	showBudget = &operation{name: "ShowSubCustomerBudget", method: http.MethodGet, success: http.StatusOK}
)

// SetBudget makes the customer's budget what b says (UpdateSubCustomerBudget). It is absolute: repeating converges.
// Amounts are in USD, above zero and at most 2147483647. Where b.OnExceed is not set what is set at Huawei stays; for the
// first budget of a customer that is freezing by hand.
//
// What Huawei does with the use so far when the kind of a budget (b.Period) changes is not documented.
//
// With b.Unfreeze an attempt that may have been applied is not simply repeated: the budget is read back, and only where
// it differs from what was asked is it sent again. Where it reads as asked the answer stays errors.ErrUncertain, for the
// budget may have read so before, and then the account may still be frozen: look, or call again if lifting the freeze
// once more does no harm.
func (c *Client) SetBudget(ctx context.Context, b quota.Budget) (receipt quota.Receipt, err error) {
	err = c.call.Watch(ctx, setBudget.name, func(ctx context.Context) error {
		if err := checkBudget(b); err != nil {
			return refuse(setBudget.name, err)
		}
		if b.Unfreeze {
			receipt, err = c.setAndUnfreeze(ctx, b)
		} else {
			receipt, err = c.writeBudget(ctx, setBudget, b)
		}
		return err
	})
	return receipt, err
}

// budgetWrite is one UpdateSubCustomerBudget under way.
type budgetWrite struct {
	request call.Request
	op      *operation
	id      string // the provider's id of the request
}

func (w *budgetWrite) judge(r call.Reply) *errors.Error {
	w.id = requestID("", r)
	if w.op.done(r) {
		return nil
	}
	var e envelope
	return w.op.judge(r, &e, &e)
}

func (c *Client) writeBudget(ctx context.Context, op *operation, b quota.Budget) (quota.Receipt, error) {
	w := &budgetWrite{request: c.request(op, &c.budget), op: op}
	w.request.ContentType, w.request.Body, w.request.Judge = contentJSON, budgetBody(b), w.judge
	attempts, err := c.call.Do(ctx, &w.request)
	if err != nil {
		return quota.Receipt{Attempts: attempts}, err
	}
	return quota.Receipt{RequestID: w.id, Attempts: attempts}, nil
}

// setAndUnfreeze settles every attempt in doubt by reading back. Another round begins only while fewer requests were
// sent than one call may make.
func (c *Client) setAndUnfreeze(ctx context.Context, b quota.Budget) (quota.Receipt, error) {
	sent, doubt := 0, false
	for {
		receipt, err := c.writeBudget(ctx, openBudget, b)
		sent += receipt.Attempts
		receipt.Attempts = sent
		failure, ok := errors.AsType[*errors.Error](err)
		if !ok {
			return receipt, err
		}
		failure.Attempts = sent
		if failure.Class != errors.ErrUncertain {
			if doubt {
				call.KeepDoubt(failure) // the earlier attempt may be late, or was overwritten
			}
			return receipt, failure
		}
		doubt = true
		if !c.call.Pause(ctx, sent) {
			failure.Err = errors.Join(failure.Err, ctx.Err())
			return receipt, failure
		}
		now, err := c.readBudget(ctx, b.Customer, b.Reseller)
		switch {
		case err != nil:
			failure.Message += "; reading the budget back failed as well: " + errors.Class(err).Error()
			failure.Err = errors.Join(failure.Err, ctx.Err())
			return receipt, failure
		case !now.differs(b):
			failure.Message += "; the budget reads as asked, but whether this call set it, and so lifted the freeze, cannot be told: it may have been so before"
			return receipt, failure
		}
	}
}

// budgetBody writes the body by hand: the amount is a bare number with exactly two decimals, whatever the settings of
// package decimal, and the kind is always named, because its default might change.
func budgetBody(b quota.Budget) []byte {
	body := make([]byte, 0, 320)
	body = append(body, `{"customer_id":`...)
	body = appendID(body, b.Customer)
	body = append(body, `,"budget_amount":`...)
	body = append(body, b.Limit.Amount.StringFixed(2)...)
	body = append(body, `,"budget_type":"`...)
	body = append(body, wirePeriod(b.Period)...)
	body = append(body, '"')
	if b.Unfreeze {
		body = append(body, `,"cancel_partner_frozen":"1"`...)
	}
	if b.Reseller != "" {
		body = append(body, `,"indirect_partner_id":`...)
		body = appendID(body, b.Reseller)
	}
	switch b.OnExceed {
	case quota.FreezeByHand:
		body = append(body, `,"frozen_operate_type":0`...)
	case quota.FreezeAutomatically:
		body = append(body, `,"frozen_operate_type":1`...)
	}
	return append(body, '}')
}

// appendID appends an id as a JSON string. Go's quoting is JSON's here: ids were checked to be visible ASCII.
func appendID(body []byte, id string) []byte { return strconv.AppendQuote(body, id) }

// The kinds of budget on the wire.
const (
	wireMonthly = "MONTHLY"
	wireOneOff  = "PACKAGE"
)

func wirePeriod(p quota.Period) string {
	if p == quota.OneOff {
		return wireOneOff
	}
	return wireMonthly
}

func checkBudget(b quota.Budget) error {
	if err := b.Validate(); err != nil {
		return err
	}
	return checkCurrency("Budget.Limit", b.Limit)
}

func checkCurrency(field string, m quota.Money) error {
	if m.Currency != quota.USD {
		return errors.Invalid(field, m.String(), "must be in USD: Huawei Cloud's budgets are, on both sites")
	}
	return nil
}

// Budget reads the customer's budget (ShowSubCustomerBudget). Its use lags behind and may deviate, says Huawei. Where no
// budget is set the limit is zero; what Huawei answers then is not documented, and a reply without an amount, or with
// zero, which cannot be set, is taken for it. OnExceed and Unfreeze cannot be read.
func (c *Client) Budget(ctx context.Context, customer string) (quota.Budget, error) {
	return c.BudgetOf(ctx, customer, "")
}

// BudgetOf reads the budget of a reseller's customer: reseller is the indirect partner's id, empty for a customer of the
// caller's own. Else it is [Client.Budget].
func (c *Client) BudgetOf(ctx context.Context, customer, reseller string) (b quota.Budget, err error) {
	err = c.call.Watch(ctx, showBudget.name, func(ctx context.Context) error {
		now, err := c.readBudget(ctx, customer, reseller)
		if err != nil {
			return err
		}
		b = quota.Budget{Customer: customer, Reseller: reseller, Limit: now.Limit.money(), Used: now.Used.money(), Period: now.period()}
		return nil
	})
	return b, err
}

func (c *Client) readBudget(ctx context.Context, customer, reseller string) (*budgetReply, error) {
	if err := checkIDs(customer, reseller); err != nil {
		return nil, refuse(showBudget.name, err)
	}
	reply, attempts, err := read[budgetReply](ctx, c, showBudget, c.at(budgetPath, customerParams(customer, reseller)...), nil)
	if err != nil {
		return nil, err
	}
	reply.attempts = attempts
	return reply, nil
}

func checkIDs(customer, reseller string) error {
	if err := quota.CheckCustomer(customer); err != nil {
		return err
	}
	if reseller != "" && !wire.Visible(reseller, 64) {
		return errors.Invalid("reseller", reseller, "must be at most 64 characters of visible ASCII without spaces")
	}
	return nil
}
