// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"

	"github.com/resellkit/resell/internal/wire"
	"github.com/resellkit/resell/quota"
)

// accountBalance has no parameters: an OwnerId is not documented for it.
var accountBalance = &operation{name: "QueryAccountBalance", accept: dataObject}

// Balance is what the reseller's own account holds, in the currency that Alibaba says. nil is not told, never zero. Any
// amount may be negative.
type Balance struct {
	Available     *quota.Money
	AvailableCash *quota.Money
	Credit        *quota.Money
	MybankCredit  *quota.Money
	QuotaLimit    *quota.Money // of accounts that have one
}

// Balance reads what the reseller's own account holds (QueryAccountBalance), not that of a customer.
func (c *Client) Balance(ctx context.Context) (balance Balance, err error) {
	err = c.call.Watch(ctx, accountBalance.name, func(ctx context.Context) error {
		var data balanceDto
		return c.read(ctx, accountBalance, nil, &data, func() string {
			var ok bool
			if balance, ok = data.balance(); !ok {
				return "a balance that cannot be read"
			}
			return ""
		})
	})
	return balance, err
}

type balanceDto struct {
	AvailableAmount, AvailableCashAmount, CreditAmount, MybankCreditAmount, QuotaLimit json.RawMessage

	Currency wire.Text
}

var currencyText = regexp.MustCompile(`^[A-Z]{3}$`)

func (d balanceDto) balance() (b Balance, ok bool) {
	if !currencyText.MatchString(string(d.Currency)) {
		return Balance{}, false
	}
	for _, field := range []struct {
		told json.RawMessage
		to   **quota.Money
	}{
		{d.AvailableAmount, &b.Available},
		{d.AvailableCashAmount, &b.AvailableCash},
		{d.CreditAmount, &b.Credit},
		{d.MybankCreditAmount, &b.MybankCredit},
		{d.QuotaLimit, &b.QuotaLimit},
	} {
		if untold(field.told) {
			continue
		}
		amount, ok := parseAmount(field.told)
		if !ok {
			return Balance{}, false
		}
		*field.to = &quota.Money{Amount: amount, Currency: quota.Currency(d.Currency)}
	}
	return b, true
}

// untold reports whether a field is not there, or there with nothing in it.
func untold(raw json.RawMessage) bool {
	var t wire.Text
	return len(raw) == 0 || bytes.Equal(raw, []byte("null")) || t.UnmarshalJSON(raw) == nil && t == ""
}
