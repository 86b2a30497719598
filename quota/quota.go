// SPDX-License-Identifier: Apache-2.0

package quota

import "context"

// Grant asks that a customer's limit be Limit. It is absolute: repeating it converges.
type Grant struct {
	Customer string // the customer's account id at the provider
	Limit    Money  // not negative, at most two decimals
	// Key is optional. If given it names this one intent: a key used again for a later grant may be taken by the
	// provider for a repeat of the first.
	Key Key
}

// Adjustment asks that a customer's booked consumption change by Amount. It is relative, and made at most once per Key.
type Adjustment struct {
	Customer string
	Amount   Money // > 0, at most two decimals
	Key      Key   // required
	// BusinessType is the provider's word for the kind of business; empty means its documented default.
	BusinessType string
	// Metadata is kept by the provider with the entry (Alibaba's ExtendMap). At most 32 entries; never put secrets here.
	Metadata map[string]string
}

// Period says what a budget's limit is for.
type Period string

// Periods. The empty Period on a write means Monthly, the provider's default.
const (
	Monthly Period = "monthly" // renewed each month
	OneOff  Period = "one-off" // for good, until set again
)

// Action says what happens when a customer goes over the budget.
type Action string

// Actions. The empty Action on a write leaves what is set at the provider as it is.
const (
	FreezeByHand        Action = "freeze by hand"       // the reseller decides
	FreezeAutomatically Action = "freeze automatically" // the provider freezes the account
)

// Budget is a customer's spending limit with its terms. Setting one is absolute: repeating it converges.
type Budget struct {
	Customer string
	Reseller string // the indirect partner's id, where the customer belongs to one; empty otherwise
	Limit    Money  // > 0 and <= 2147483647, at most two decimals
	Used     Money  // read only, lags behind; ignored on writes
	Period   Period
	OnExceed Action // write only
	Unfreeze bool   // write only: lift the reseller's freeze of the account in the same step
}

// Receipt is what a provider said of an applied change.
type Receipt struct {
	RequestID string // the provider's id of the request, for its support
	Consumed  *Money // booked consumption after an adjustment, where the provider tells it
	Attempts  int    // requests sent for this change; 1 where nothing went wrong
}

// Limiter sets and reads what a customer may spend. Every cloud has it.
type Limiter interface {
	// SetQuota makes the customer's limit what the grant says.
	SetQuota(context.Context, Grant) (Receipt, error)
	// AvailableQuota is what the customer may still spend: limit less use, negative when overspent.
	AvailableQuota(ctx context.Context, customer string) (Money, error)
}

// Ledger is a Limiter whose customers have to be opened first.
type Ledger interface {
	Limiter
	// CreateQuota opens the customer's ledgers with a first limit; errors.ErrExists if they are open already.
	CreateQuota(context.Context, Grant) (Receipt, error)
}

// Adjuster books relative changes on what a customer has consumed.
type Adjuster interface {
	// IncreaseConsumption books new consumption, or a correction against the customer: less is left to spend.
	IncreaseConsumption(context.Context, Adjustment) (Receipt, error)
	// DecreaseConsumption books a top-up, or a correction in the customer's favour: more is left to spend.
	DecreaseConsumption(context.Context, Adjustment) (Receipt, error)
}

// Budgeter sets and reads customer budgets with all their terms.
type Budgeter interface {
	// SetBudget makes the customer's budget what b says.
	SetBudget(ctx context.Context, b Budget) (Receipt, error)
	// Budget reads the customer's budget; the limit is zero where none is set.
	Budget(ctx context.Context, customer string) (Budget, error)
}
