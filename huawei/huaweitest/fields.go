// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"bytes"
	"encoding/json"
	"regexp"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/quota"
)

// bodyField is one of the body of a write: it goes into the budget, or is wrong.
type bodyField struct {
	name string
	read func(raw string, b *quota.Budget) (problem string) // raw is the JSON; empty where the field is missing
}

// budgetFields are the documented ones. What is not among them is ignored.
var budgetFields = []bodyField{
	{"customer_id", readCustomer},
	{"budget_amount", readAmount},
	{"cancel_partner_frozen", oneOf(func(b *quota.Budget) *bool { return &b.Unfreeze }, map[string]bool{
		"": false, "null": false, `""`: false, `"0"`: false, "0": false, `"1"`: true, "1": true,
	})},
	{"indirect_partner_id", readReseller},
	{"budget_type", oneOf(func(b *quota.Budget) *quota.Period { return &b.Period }, map[string]quota.Period{
		"": quota.Monthly, "null": quota.Monthly, `"MONTHLY"`: quota.Monthly, `"PACKAGE"`: quota.OneOff,
	})},
	{"frozen_operate_type", oneOf(func(b *quota.Budget) *quota.Action { return &b.OnExceed }, map[string]quota.Action{
		"": "", "null": "", `""`: "", "0": quota.FreezeByHand, "1": quota.FreezeAutomatically,
	})},
}

// readBudget reads the body of a write.
func readBudget(fields map[string]json.RawMessage) (quota.Budget, *refusal) {
	var b quota.Budget
	for _, f := range budgetFields {
		if problem := f.read(string(bytes.TrimSpace(fields[f.name])), &b); problem != "" {
			return b, invalid(f.name + " " + problem)
		}
	}
	return b, nil
}

const (
	maxID  = 64
	idRule = "must be a string of 1 to 64 characters"
)

func readCustomer(raw string, b *quota.Budget) string {
	if json.Unmarshal([]byte(raw), &b.Customer) != nil || b.Customer == "" || len(b.Customer) > maxID {
		return idRule
	}
	return ""
}

// readReseller takes null and "" for no reseller, as documented.
func readReseller(raw string, b *quota.Budget) string {
	if raw == "" {
		return ""
	}
	if json.Unmarshal([]byte(raw), &b.Reseller) != nil || len(b.Reseller) > maxID {
		return idRule
	}
	return ""
}

var (
	amountForm = regexp.MustCompile(`^"?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?"?$`)
	maxAmount  = decimal.NewFromInt(2147483647)
)

func readAmount(raw string, b *quota.Budget) string {
	if raw == "" || raw == "null" {
		return "must be set"
	}
	quoted := raw[0] == '"'
	if !amountForm.MatchString(raw) || quoted != (raw[len(raw)-1] == '"') {
		return "must be a number above zero, or a string with one"
	}
	if quoted {
		raw = raw[1 : len(raw)-1]
	}
	amount, err := decimal.NewFromString(raw)
	switch {
	case err != nil:
		return "must be a number"
	case !amount.IsPositive() || amount.GreaterThan(maxAmount):
		return "must be above 0 and at most 2147483647"
	case !amount.Equal(amount.Truncate(2)):
		return "must have at most two decimals"
	}
	b.Limit.Amount = amount
	return ""
}

// oneOf reads a field that has few forms, each written as in JSON; the empty one is a missing field.
func oneOf[T any](into func(*quota.Budget) *T, forms map[string]T) func(string, *quota.Budget) string {
	return func(raw string, b *quota.Budget) string {
		value, known := forms[raw]
		if !known {
			return "must not be " + raw
		}
		*into(b) = value
		return ""
	}
}
