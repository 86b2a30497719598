// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// Intent is one change that is to be made once.
type Intent struct {
	// Key names this one intent for good: required, and never used for another. It is the OutBizId on Alibaba's wire.
	Key quota.Key
	// Account is the client that the change goes to, by its name in Config.Accounts.
	Account string
	// Change is what to do: one of the types below. A Key inside it may be left out; it must not be another one.
	Change Change
}

// Change is one of CreateQuota, SetQuota, Increase, Decrease, TopUp, SetBudget, Freeze, Unfreeze and Transfer.
type Change interface {
	kind() Kind
	payload() payload
	// validate reports the first rule that the change breaks; key stands in for one that was left out.
	validate(key quota.Key) error
}

// Kinds of change.
type (
	// CreateQuota opens a customer's ledgers (quota.Ledger).
	CreateQuota quota.Grant
	// SetQuota sets a customer's limit (quota.Limiter). A newer one takes the place of an older one that was not sent.
	SetQuota quota.Grant
	// Increase books consumption (quota.Adjuster).
	Increase quota.Adjustment
	// Decrease books a correction in the customer's favour (quota.Adjuster).
	Decrease quota.Adjustment
	// SetBudget sets a customer's budget (quota.Budgeter). A newer one takes the place of an older one that was not sent,
	// unless either lifts a freeze.
	SetBudget quota.Budget
	// Freeze stops a customer (quota.Freezer). A newer Freeze or Unfreeze takes the place of one that was not sent.
	Freeze quota.Freeze
	// Unfreeze starts a customer again (quota.Freezer).
	Unfreeze quota.Freeze
	// Transfer moves resources between cost units (costunit.Transferrer).
	Transfer costunit.Transfer
)

// TopUp lets the customer spend Amount more, on either cloud. Where the client is a quota.Adjuster (Alibaba Cloud) it is
// a decrease of the consumption ledger, made once by its key. Where it is a quota.Budgeter (Huawei Cloud) the budget is
// read, what it was and what it will be are recorded, and then it is set; after a crash the record tells whether the
// change took. A budget that reads neither as the one nor as the other was changed by somebody else: it is left alone, and
// the intent NeedsOperator. Between the reading and the setting nothing can keep others away, for the provider cannot
// compare and set: let no one else set budgets of these customers. What the customer used already has no part in this, so
// that it does not matter that the use lags behind; a monthly budget keeps the addition in the months to come.
type TopUp struct {
	Customer string
	Reseller string // the indirect partner's id, where the customer belongs to one (Huawei Cloud)
	Amount   quota.Money
}

// Kind names a kind of change, in rows, exports and metrics.
type Kind string

const (
	kindCreateQuota Kind = "create_quota"
	kindSetQuota    Kind = "set_quota"
	kindIncrease    Kind = "increase"
	kindDecrease    Kind = "decrease"
	kindTopUp       Kind = "top_up"
	kindSetBudget   Kind = "set_budget"
	kindFreeze      Kind = "freeze"
	kindUnfreeze    Kind = "unfreeze"
	kindTransfer    Kind = "transfer"
)

func (CreateQuota) kind() Kind { return kindCreateQuota }
func (SetQuota) kind() Kind    { return kindSetQuota }
func (Increase) kind() Kind    { return kindIncrease }
func (Decrease) kind() Kind    { return kindDecrease }
func (TopUp) kind() Kind       { return kindTopUp }
func (SetBudget) kind() Kind   { return kindSetBudget }
func (Freeze) kind() Kind      { return kindFreeze }
func (Unfreeze) kind() Kind    { return kindUnfreeze }
func (Transfer) kind() Kind    { return kindTransfer }

func (c CreateQuota) validate(key quota.Key) error { return validGrant(quota.Grant(c), key) }
func (c SetQuota) validate(key quota.Key) error    { return validGrant(quota.Grant(c), key) }
func (c Increase) validate(key quota.Key) error    { return validAdjustment(quota.Adjustment(c), key) }
func (c Decrease) validate(key quota.Key) error    { return validAdjustment(quota.Adjustment(c), key) }
func (c TopUp) validate(key quota.Key) error       { return c.decrease(key).Validate() }
func (c SetBudget) validate(quota.Key) error       { return quota.Budget(c).Validate() }
func (c Freeze) validate(quota.Key) error          { return quota.Freeze(c).Validate() }
func (c Unfreeze) validate(quota.Key) error        { return quota.Freeze(c).Validate() }
func (c Transfer) validate(quota.Key) error        { return costunit.Transfer(c).Validate() }

func validGrant(g quota.Grant, key quota.Key) error {
	if err := checkInner(g.Key, key); err != nil {
		return err
	}
	return grant(g, key).Validate()
}

func validAdjustment(a quota.Adjustment, key quota.Key) error {
	if err := checkInner(a.Key, key); err != nil {
		return err
	}
	return adjustment(a, key).Validate()
}

// checkInner: a change may name its intent's key, or none.
func checkInner(inner, key quota.Key) error {
	if inner != "" && inner != key {
		return errors.Invalid("Intent.Change.Key", string(inner), "must be empty or the intent's own key, "+string(key))
	}
	return nil
}

func grant(g quota.Grant, key quota.Key) quota.Grant {
	g.Key = key
	return g
}

func adjustment(a quota.Adjustment, key quota.Key) quota.Adjustment {
	a.Key = key
	return a
}

// decrease is what a top-up is where consumption can be adjusted.
func (c TopUp) decrease(key quota.Key) quota.Adjustment {
	return quota.Adjustment{Customer: c.Customer, Amount: c.Amount, Key: key}
}
