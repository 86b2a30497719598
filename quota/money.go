// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"regexp"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/errors"
)

// Currency is an ISO 4217 code. Which ones a cloud takes, its adapter says.
type Currency string

// Currencies that the supported clouds bill resellers in.
const (
	CNY Currency = "CNY"
	USD Currency = "USD"
)

// Money is an exact amount in the major unit (yuan, dollar) of a currency. The zero value has no currency and is
// refused wherever money is sent. There is deliberately no way to make one from a float.
type Money struct {
	Amount   decimal.Decimal
	Currency Currency
}

// maxDigits bounds the digits on either side of the point. The providers document no bound for ledgers; this one
// keeps a mistyped exponent from becoming gigabytes of zeros.
const maxDigits = 15

var moneyText = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,15})? [A-Z]{3}$`)

// ParseMoney reads "500.00 CNY": plain digits, a point, one space and the currency. Every digit is kept. Exponents,
// thousands separators and signs other than a leading minus are errors.ErrInvalid.
func ParseMoney(s string) (Money, error) {
	if !moneyText.MatchString(s) {
		return Money{}, errors.Invalid("money", s, `must look like "500.00 CNY", with at most 15 digits on either side of the point`)
	}
	amount, err := decimal.NewFromString(s[:len(s)-4])
	if err != nil {
		return Money{}, errors.Invalid("money", s, "is not a decimal number")
	}
	return Money{Amount: amount, Currency: Currency(s[len(s)-3:])}, nil
}

// MustMoney is ParseMoney for constants; it panics on bad text.
func MustMoney(s string) Money {
	m, err := ParseMoney(s)
	if err != nil {
		panic(err)
	}
	return m
}

// String gives "500.00 CNY": at least two decimals, and every further digit there is.
func (m Money) String() string {
	currency := string(m.Currency)
	if currency == "" {
		currency = "(no currency)"
	}
	return amountText(m.Amount) + " " + currency
}

// Equal reports whether both are the same amount of the same currency; 5 CNY equals 5.00 CNY.
func (m Money) Equal(other Money) bool {
	return m.Currency == other.Currency && m.Amount.Equal(other.Amount)
}

// MarshalText gives what ParseMoney reads; money without a currency is an error.
func (m Money) MarshalText() ([]byte, error) {
	text := m.String()
	if !moneyText.MatchString(text) {
		return nil, errors.Invalid("money", text, `cannot be written as "500.00 CNY"`)
	}
	return []byte(text), nil
}

// UnmarshalText reads what ParseMoney reads.
func (m *Money) UnmarshalText(text []byte) error {
	parsed, err := ParseMoney(string(text))
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}

// bounded reports whether d can be written out without growing out of hand. It must come before any arithmetic:
// a decimal's exponent is an int32, and 1e1000000000 written out is a gigabyte.
func bounded(d decimal.Decimal) bool {
	exponent := int(d.Exponent())
	if exponent > maxDigits || exponent < -2*maxDigits {
		return false
	}
	digits := d.NumDigits()
	return digits <= 2*maxDigits && digits+exponent <= maxDigits
}

// centExact reports whether d has no digit other than zero behind the second decimal.
func centExact(d decimal.Decimal) bool { return d.Exponent() >= -2 || d.Equal(d.Truncate(2)) }

func amountText(d decimal.Decimal) string {
	switch {
	case !bounded(d):
		return "(out of range)"
	case centExact(d):
		return d.StringFixed(2)
	}
	return d.String()
}
