// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/errors"
)

// What any provider must be told, checked before a byte is sent. An adapter adds its own cloud's rules: the form of
// a customer id, the currencies it takes, the upper bounds.

const (
	maxIDLength     = 64
	maxMetadata     = 32
	maxMetadataText = 256
)

var maxBudget = decimal.NewFromInt(2147483647)

// Validate reports the first rule that g breaks, as errors.ErrInvalid, or nil.
func (g Grant) Validate() error {
	return first(
		identifier("Grant.Customer", g.Customer, required),
		amount("Grant.Limit", g.Limit, notNegative),
		key("Grant.Key", g.Key, optional),
	)
}

// Validate reports the first rule that a breaks, as errors.ErrInvalid, or nil.
func (a Adjustment) Validate() error {
	return first(
		identifier("Adjustment.Customer", a.Customer, required),
		amount("Adjustment.Amount", a.Amount, positive),
		key("Adjustment.Key", a.Key, required),
		identifier("Adjustment.BusinessType", a.BusinessType, optional),
		metadata("Adjustment.Metadata", a.Metadata),
	)
}

// Validate reports the first rule that b breaks, as errors.ErrInvalid, or nil.
func (b Budget) Validate() error {
	return first(
		identifier("Budget.Customer", b.Customer, required),
		identifier("Budget.Reseller", b.Reseller, optional),
		amount("Budget.Limit", b.Limit, positive),
		atMost("Budget.Limit", b.Limit, maxBudget),
		oneOf("Budget.Period", b.Period, "", Monthly, OneOff),
		oneOf("Budget.OnExceed", b.OnExceed, "", FreezeByHand, FreezeAutomatically),
	)
}

// CheckCustomer reports what is wrong with a customer id, as errors.ErrInvalid, or nil.
func CheckCustomer(customer string) error {
	return first(identifier("customer", customer, required))
}

type need bool

const (
	optional need = false
	required need = true
)

type sign int

const (
	notNegative sign = iota
	positive
)

func first(problems ...*errors.Error) error {
	for _, p := range problems {
		if p != nil {
			return p
		}
	}
	return nil
}

func identifier(field, id string, n need) *errors.Error {
	switch {
	case id == "" && n == required:
		return errors.Invalid(field, id, "must be set; without it the change might act on the reseller's own account")
	case len(id) > maxIDLength:
		return errors.Invalid(field, id, "must have at most "+strconv.Itoa(maxIDLength)+" characters, has "+strconv.Itoa(len(id)))
	case strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.Invalid(field, id, "must be visible ASCII without spaces")
	}
	return nil
}

func amount(field string, m Money, s sign) *errors.Error {
	rule := ""
	switch {
	case m.Currency == "":
		rule = "needs a currency"
	case !currencyText(m.Currency):
		rule = "the currency must be an ISO 4217 code of three capital letters"
	case !bounded(m.Amount):
		rule = "must have at most " + strconv.Itoa(maxDigits) + " digits before the point and two after it"
	case !centExact(m.Amount):
		rule = "must have at most two decimals; it is not rounded for you"
	case m.Amount.IsNegative():
		rule = "must not be negative"
	case s == positive && m.Amount.IsZero():
		rule = "must be greater than zero"
	default:
		return nil
	}
	return errors.Invalid(field, m.String(), rule)
}

func atMost(field string, m Money, limit decimal.Decimal) *errors.Error {
	if bounded(m.Amount) && m.Amount.GreaterThan(limit) { // all checks run, also after a failed one: no arithmetic on what is unbounded
		return errors.Invalid(field, m.String(), "must be at most "+limit.String())
	}
	return nil
}

func currencyText(c Currency) bool {
	return len(c) == 3 && strings.Trim(string(c), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func key(field string, k Key, n need) *errors.Error {
	switch {
	case k == "" && n == required:
		return errors.Invalid(field, "", "must be set: it is what keeps a repeated attempt from booking twice")
	case k != "" && !k.valid():
		return errors.Invalid(field, string(k), "must be 1 to 64 characters of A-Z a-z 0-9 _ -")
	}
	return nil
}

// line is one line of text, of at most limit characters.
func line(field, text string, limit int) *errors.Error {
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.Invalid(field, text, "must be one line of UTF-8 text")
	case utf8.RuneCountInString(text) > limit:
		return errors.Invalid(field, text, "must have at most "+strconv.Itoa(limit)+" characters, has "+strconv.Itoa(utf8.RuneCountInString(text)))
	}
	return nil
}

func oneOf[T ~string](field string, value T, allowed ...T) *errors.Error {
	if slices.Contains(allowed, value) {
		return nil
	}
	words := make([]string, 0, len(allowed))
	for _, a := range allowed {
		words = append(words, strconv.Quote(string(a)))
	}
	return errors.Invalid(field, string(value), "must be one of "+strings.Join(words, ", "))
}

func metadata(field string, m map[string]string) *errors.Error {
	if len(m) > maxMetadata {
		return errors.Invalid(field, strconv.Itoa(len(m))+" entries", "must have at most "+strconv.Itoa(maxMetadata))
	}
	for _, name := range sortedNames(m) {
		switch value := m[name]; {
		case name == "":
			return errors.Invalid(field, name, "must have no empty name")
		case len(name) > maxMetadataText || len(value) > maxMetadataText:
			return errors.Invalid(field, name, "names and values must have at most "+strconv.Itoa(maxMetadataText)+" bytes")
		case !utf8.ValidString(name) || !utf8.ValidString(value):
			return errors.Invalid(field, name, "names and values must be UTF-8")
		}
	}
	return nil
}

func sortedNames(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare[string])
	return names
}

// CheckKey reports what is wrong with a key, as errors.ErrInvalid, or nil.
func CheckKey(k Key) error { return first(key("Key", k, required)) }
