// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
)

func createQuota(ctx context.Context, s *Server, p params) (any, *refusal) {
	return s.grant(ctx, p, s.Quota.CreateQuota)
}

func setQuota(ctx context.Context, s *Server, p params) (any, *refusal) {
	return s.grant(ctx, p, s.Quota.SetQuota)
}

func (s *Server) grant(ctx context.Context, p params, do func(context.Context, quota.Grant) (quota.Receipt, error)) (any, *refusal) {
	customer, refused := s.customer(p)
	if refused != nil {
		return nil, refused
	}
	limit, refused := s.money(p)
	if refused != nil {
		return nil, refused
	}
	if _, err := do(ctx, quota.Grant{Customer: customer, Limit: limit, Key: quota.Key(p.get("OutBizId"))}); err != nil {
		return nil, p.refuseModel(err)
	}
	return true, nil
}

func changeConsumed(ctx context.Context, s *Server, p params) (any, *refusal) {
	customer, refused := s.customer(p)
	if refused != nil {
		return nil, refused
	}
	change, refused := s.money(p)
	if refused != nil {
		return nil, refused
	}
	adjust, known := map[string]func(context.Context, quota.Adjustment) (quota.Receipt, error){
		"increase": s.Quota.IncreaseConsumption,
		"decrease": s.Quota.DecreaseConsumption,
	}[p.get("AdjustType")]
	if !known {
		return nil, p.refuse("ParameterError", "AdjustType is neither increase nor decrease.")
	}
	var extend map[string]any
	if text := p.get("ExtendMap"); text != "" && json.Unmarshal([]byte(text), &extend) != nil {
		return nil, p.refuse("ParameterError", "ExtendMap is not a JSON object.")
	}
	receipt, err := adjust(ctx, quota.Adjustment{Customer: customer, Amount: change, Key: quota.Key(p.get("OutBizId"))})
	if err != nil {
		return nil, p.refuseModel(err)
	}
	return amount(receipt.Consumed.Amount.StringFixed(2)), nil
}

func availableQuota(ctx context.Context, s *Server, p params) (any, *refusal) {
	customer, refused := s.customer(p)
	if refused != nil {
		return nil, refused
	}
	available, err := s.Quota.AvailableQuota(ctx, customer)
	if err != nil {
		return nil, p.refuseModel(err)
	}
	return amount(available.Amount.StringFixed(2)), nil
}

// customer is whose ledger the request acts on: the reseller's own where it names none. That is what makes a forgotten
// OwnerId dangerous; here it can be seen.
func (s *Server) customer(p params) (string, *refusal) {
	customer := p.get("OwnerId")
	if customer == "" {
		if p.op.name != "CreateResellerUserQuota" {
			s.Quota.Update(s.account(), func(own *quotatest.State) { own.Opened = true })
		}
		return s.account(), nil
	}
	if !account(customer) {
		return "", p.refuse("ParameterError", "OwnerId is not an account id.")
	}
	return customer, nil
}

// account reports whether s is a number that can be an account's.
func account(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

// money is the amount of the request, in the ledger's currency where it names none.
func (s *Server) money(p params) (quota.Money, *refusal) {
	currency := p.get("Currency")
	if currency == "" {
		currency = string(s.currency())
	}
	m, err := quota.ParseMoney(p.get("Amount") + " " + currency)
	if err != nil {
		return m, p.refuse("ParameterError", "Amount or Currency cannot be read.")
	}
	return m, nil
}

// modelCodes says what the model's refusals are on the wire. The first three follow from the state. The others are met
// only where faults are scripted on the model instead of the Server.
var modelCodes = map[error]string{
	errors.ErrExists:          "-303",
	errors.ErrNotFound:        "-304",
	errors.ErrKeyReused:       "-1101",
	errors.ErrInvalid:         "ParameterError",
	errors.ErrThrottled:       "Throttling.User",
	errors.ErrUnauthenticated: "InvalidAccessKeyId.Inactive",
	errors.ErrDenied:          "NotAuthorized",
	errors.ErrUnavailable:     "ServiceUnavailable",
}

func (p params) refuseModel(err error) *refusal {
	code, known := modelCodes[errors.Class(err)]
	if !known {
		return p.refuse("UndefinedError", "")
	}
	detail := ""
	if e, ok := errors.AsType[*errors.Error](err); ok && code == "ParameterError" {
		detail = e.Message
	}
	return p.refuse(code, detail)
}
