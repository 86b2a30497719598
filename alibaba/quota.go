// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/quota"
)

var (
	createQuota    = &operation{name: "CreateResellerUserQuota", write: true, repeatable: true, accept: dataTrue}
	setQuota       = &operation{name: "SetResellerUserQuota", write: true, repeatable: true, accept: dataTrue}
	changeConsumed = &operation{name: "ChangeResellerConsumeAmount", write: true, repeatable: true, accept: contradicted}
	availableQuota = &operation{name: "QueryResellerAvailableQuota", accept: dataAmount}
)

// recordExists is Alibaba's answer to a second CreateResellerUserQuota.
const recordExists = "-303"

// CreateQuota opens the customer's quota ledger with a first limit, and with it the consumption ledger
// (CreateResellerUserQuota). errors.ErrExists where they are open already; but if an earlier attempt of this same call
// may have opened them, and the available quota reads as the limit that was asked, this is success.
func (c *Client) CreateQuota(ctx context.Context, g quota.Grant) (receipt quota.Receipt, err error) {
	err = c.call.Watch(ctx, createQuota.name, func(ctx context.Context) error {
		receipt, err = c.grant(ctx, createQuota, g)
		if doubt, ok := errors.AsType[*errors.Error](err); ok && doubt.Class == errors.ErrUncertain && doubt.Code == recordExists {
			return c.settleCreate(ctx, g, &receipt, doubt)
		}
		return err
	})
	return receipt, err
}

// settleCreate decides who created a record that exists: our own lost attempt, or somebody before us.
func (c *Client) settleCreate(ctx context.Context, g quota.Grant, receipt *quota.Receipt, doubt *errors.Error) error {
	available, err := c.readAvailable(ctx, g.Customer)
	switch {
	case err != nil:
		doubt.Message += "; reading it back failed as well: " + errors.Class(err).Error()
		doubt.Err = ctx.Err()
		return doubt
	case available.Equal(g.Limit):
		receipt.RequestID, receipt.Attempts = doubt.RequestID, doubt.Attempts
		return nil
	}
	exists := *doubt
	exists.Class = errors.ErrExists
	exists.Message = "the customer's ledger exists, with " + available.String() + " available, not the " + g.Limit.String() + " that was asked"
	return &exists
}

// SetQuota makes the customer's limit what the grant says (SetResellerUserQuota). It is absolute: repeating converges.
// Between writers that do not know of each other the last one wins; also a repeated attempt of an older call can win
// over a newer one. errors.ErrNotFound where no ledger was opened (Alibaba documents no code for this).
func (c *Client) SetQuota(ctx context.Context, g quota.Grant) (receipt quota.Receipt, err error) {
	err = c.call.Watch(ctx, setQuota.name, func(ctx context.Context) error {
		receipt, err = c.grant(ctx, setQuota, g)
		return err
	})
	return receipt, err
}

func (c *Client) grant(ctx context.Context, op *operation, g quota.Grant) (quota.Receipt, error) {
	if err := c.checkGrant(g); err != nil {
		return quota.Receipt{}, refuse(op.name, err)
	}
	params := make([]acs.Param, 0, 4)
	params = append(params,
		acs.Param{Name: "OwnerId", Value: g.Customer},
		acs.Param{Name: "Amount", Value: g.Limit.Amount.StringFixed(2)},
		acs.Param{Name: "Currency", Value: string(g.Limit.Currency)})
	if g.Key != "" {
		params = append(params, acs.Param{Name: "OutBizId", Value: string(g.Key)})
	}
	var env envelope
	attempts, err := c.send(ctx, op, params, &env)
	if err != nil {
		return quota.Receipt{Attempts: attempts}, err
	}
	return quota.Receipt{RequestID: string(env.RequestID), Attempts: attempts}, nil
}

// AvailableQuota is what the customer may still spend (QueryResellerAvailableQuota), negative when overspent. The amount
// carries no currency on the wire; Config.Currency is attached. errors.ErrNotFound where no ledger was opened.
func (c *Client) AvailableQuota(ctx context.Context, customer string) (available quota.Money, err error) {
	err = c.call.Watch(ctx, availableQuota.name, func(ctx context.Context) error {
		available, err = c.readAvailable(ctx, customer)
		return err
	})
	return available, err
}

func (c *Client) readAvailable(ctx context.Context, customer string) (quota.Money, error) {
	if err := checkCustomer("customer", customer); err != nil {
		return quota.Money{}, refuse(availableQuota.name, err)
	}
	var env envelope
	if _, err := c.send(ctx, availableQuota, []acs.Param{{Name: "OwnerId", Value: customer}}, &env); err != nil {
		return quota.Money{}, err
	}
	amount, _ := parseAmount(env.Data) // dataAmount has seen that it is one
	return quota.Money{Amount: amount, Currency: c.currency}, nil
}

// IncreaseConsumption books consumption (ChangeResellerConsumeAmount, increase): less is left to spend. The key goes out
// as OutBizId, so that repeating the call books once.
func (c *Client) IncreaseConsumption(ctx context.Context, a quota.Adjustment) (quota.Receipt, error) {
	return c.adjust(ctx, "increase", a)
}

// DecreaseConsumption books a top-up or a correction in the customer's favour (ChangeResellerConsumeAmount, decrease):
// more is left to spend. The key goes out as OutBizId, so that repeating the call books once.
func (c *Client) DecreaseConsumption(ctx context.Context, a quota.Adjustment) (quota.Receipt, error) {
	return c.adjust(ctx, "decrease", a)
}

// defaultBusinessType is the documented example; older documents show FREEZE and TRUSTEESHIP instead.
const defaultBusinessType = "quota_amount_adjust"

func (c *Client) adjust(ctx context.Context, direction string, a quota.Adjustment) (receipt quota.Receipt, err error) {
	err = c.call.Watch(ctx, changeConsumed.name, func(ctx context.Context) error {
		if err := c.checkAdjustment(a); err != nil {
			return refuse(changeConsumed.name, err)
		}
		businessType := a.BusinessType
		if businessType == "" {
			businessType = defaultBusinessType
		}
		params := make([]acs.Param, 0, 8)
		params = append(params,
			acs.Param{Name: "OwnerId", Value: a.Customer},
			acs.Param{Name: "AdjustType", Value: direction},
			acs.Param{Name: "Amount", Value: a.Amount.Amount.StringFixed(2)},
			acs.Param{Name: "Currency", Value: string(a.Amount.Currency)},
			acs.Param{Name: "BusinessType", Value: businessType},
			acs.Param{Name: "Source", Value: c.source},
			acs.Param{Name: "OutBizId", Value: string(a.Key)})
		if len(a.Metadata) > 0 {
			params = append(params, acs.Param{Name: "ExtendMap", Value: extendMap(a.Metadata)})
		}
		var env envelope
		attempts, err := c.send(ctx, changeConsumed, params, &env)
		receipt.Attempts = attempts
		if err != nil {
			return err
		}
		receipt.RequestID = string(env.RequestID)
		if consumed, ok := parseAmount(env.Data); ok {
			receipt.Consumed = &quota.Money{Amount: consumed, Currency: c.currency}
		}
		return nil
	})
	return receipt, err
}

// extendMap is metadata as JSON text, sorted by name.
func extendMap(metadata map[string]string) string {
	var b strings.Builder
	text := json.NewEncoder(&b)
	text.SetEscapeHTML(false) // as the vendor writes it
	_ = text.Encode(metadata) // strings do not fail
	return strings.TrimSuffix(b.String(), "\n")
}

func (c *Client) checkGrant(g quota.Grant) error {
	if err := g.Validate(); err != nil {
		return err
	}
	if err := checkCustomer("Grant.Customer", g.Customer); err != nil {
		return err
	}
	return c.checkMoney("Grant.Limit", g.Limit)
}

func (c *Client) checkAdjustment(a quota.Adjustment) error {
	if err := a.Validate(); err != nil {
		return err
	}
	if err := checkCustomer("Adjustment.Customer", a.Customer); err != nil {
		return err
	}
	return c.checkMoney("Adjustment.Amount", a.Amount)
}

// checkCustomer refuses what cannot be an account id here, above all none at all: the call might then act on the
// reseller's own account.
func checkCustomer(field, customer string) error {
	if err := quota.CheckCustomer(customer); err != nil {
		return err
	}
	if !positiveID(customer) {
		return errors.Invalid(field, customer, "must be an Alibaba Cloud account id: a positive decimal number below 2^63, without leading zeros")
	}
	return nil
}

func (c *Client) checkMoney(field string, m quota.Money) error {
	if m.Currency != c.currency {
		return errors.Invalid(field, m.String(), "this client's currency is "+string(c.currency)+" (Config.Currency); use a client for each")
	}
	return nil
}
