// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// thresholds are of the customer "1".
func thresholds(ts ...quota.Threshold) quota.Alarms {
	return quota.Alarms{Customer: "1", Thresholds: ts}
}

var badForCustomers = []struct {
	name   string
	intent interface{ Validate() error }
	names  []string
}{
	{"freeze without customer", quota.Freeze{Reason: "r"}, []string{"Freeze.Customer", "reseller's own account"}},
	{"freeze of a customer too long", quota.Freeze{Customer: strings.Repeat("1", 65)}, []string{"Freeze.Customer", "64"}},
	{"freeze of a customer with a line end", quota.Freeze{Customer: "1\n"}, []string{"Freeze.Customer"}},
	{"freeze of a reseller too long", quota.Freeze{Customer: "1", Reseller: strings.Repeat("r", 65)}, []string{"Freeze.Reseller"}},
	{"freeze of a reseller with a space", quota.Freeze{Customer: "1", Reseller: "r 1"}, []string{"Freeze.Reseller", `"r 1"`}},
	{"freeze with a reason too long", quota.Freeze{Customer: "1", Reason: strings.Repeat("付", 257)}, []string{"Freeze.Reason", "256", "257"}},
	{"freeze with a reason of two lines", quota.Freeze{Customer: "1", Reason: "a\nb"}, []string{"Freeze.Reason", "one line"}},
	{"freeze with a reason not UTF-8", quota.Freeze{Customer: "1", Reason: "\xff"}, []string{"Freeze.Reason", "UTF-8"}},
	{"freeze with a control character", quota.Freeze{Customer: "1", Reason: "a\x7fb"}, []string{"Freeze.Reason"}},

	{"alarms without customer", quota.Alarms{Clear: true}, []string{"Alarms.Customer", "reseller's own account"}},
	{"alarms of a customer not ASCII", quota.Alarms{Customer: "１", Clear: true}, []string{"Alarms.Customer"}},
	{"no alarms, and clearing not asked for", thresholds(), []string{"Alarms.Thresholds", "Alarms.Clear"}},
	{"alarms and clearing", quota.Alarms{Customer: "1", Clear: true, Thresholds: []quota.Threshold{{Numerator: 1, Denominator: 2}}}, []string{"Alarms.Clear", "contradicts"}},
	{"eleven alarms", thresholds(slices.Repeat([]quota.Threshold{{Numerator: 1, Denominator: 2}}, 11)...), []string{"Alarms.Thresholds", `"11"`, "at most 10"}},
	{"empty threshold", thresholds(quota.Threshold{}), []string{"Alarms.Thresholds[0].Amount", "currency"}},
	{"the second threshold", thresholds(quota.Threshold{Amount: cny("1")}, quota.Threshold{Amount: cny("0")}), []string{"Alarms.Thresholds[1].Amount", "greater than zero"}},
	{"threshold below zero", thresholds(quota.Threshold{Amount: cny("-1")}), []string{"Alarms.Thresholds[0].Amount", "negative"}},
	{"threshold of three decimals", thresholds(quota.Threshold{Amount: cny("1.005")}), []string{"two decimals"}},
	{"threshold of gigabytes", thresholds(quota.Threshold{Amount: quota.Money{Amount: decimal.New(1, 1_000_000_000), Currency: quota.CNY}}), []string{"15 digits"}},
	{"amount and ratio", thresholds(quota.Threshold{Amount: cny("1"), Numerator: 1, Denominator: 2}), []string{"Alarms.Thresholds[0]", "1/2", "not both"}},
	{"currency and ratio", thresholds(quota.Threshold{Amount: cny("0"), Numerator: 1, Denominator: 2}), []string{"not both"}},
	{"amount without currency and ratio", thresholds(quota.Threshold{Amount: quota.Money{Amount: decimal.NewFromInt(1)}, Numerator: 1, Denominator: 2}), []string{"not both"}},
	{"ratio 0/2", thresholds(quota.Threshold{Denominator: 2}), []string{`"0/2"`, "between 0 and 1"}},
	{"ratio 2/2", thresholds(quota.Threshold{Numerator: 2, Denominator: 2}), []string{`"2/2"`}},
	{"ratio 3/2", thresholds(quota.Threshold{Numerator: 3, Denominator: 2}), []string{`"3/2"`}},
	{"ratio -1/2", thresholds(quota.Threshold{Numerator: -1, Denominator: 2}), []string{`"-1/2"`}},
	{"ratio -2/-1", thresholds(quota.Threshold{Numerator: -2, Denominator: -1}), []string{`"-2/-1"`}},
	{"ratio 1/0", thresholds(quota.Threshold{Numerator: 1}), []string{`"1/0"`}},
	{"ratio 1/10001", thresholds(quota.Threshold{Numerator: 1, Denominator: 10001}), []string{"10000"}},
}

func TestValidateRefusesForCustomers(t *testing.T) {
	for _, c := range badForCustomers {
		t.Run(c.name, func(t *testing.T) {
			err := c.intent.Validate()
			require.ErrorIs(t, err, errors.ErrInvalid)
			for _, name := range c.names {
				require.Contains(t, err.Error(), name)
			}
		})
	}
}

func TestValidateAcceptsForCustomers(t *testing.T) {
	for _, intent := range []interface{ Validate() error }{
		quota.Freeze{Customer: "1"},
		quota.Freeze{Customer: "1", Reseller: "r1", Reason: strings.Repeat("付", 256), Resources: true},
		quota.Alarms{Customer: "1", Clear: true},
		thresholds(quota.Threshold{Amount: cny("0.01")}),
		thresholds(quota.Threshold{Amount: usd("999999999999999.99")}, quota.Threshold{Numerator: 1, Denominator: 10000}),
		thresholds(slices.Repeat([]quota.Threshold{{Numerator: 9999, Denominator: 10000}}, 10)...),
	} {
		require.NoError(t, intent.Validate(), "%+v", intent)
	}
	require.False(t, quota.Threshold{Amount: cny("1")}.IsRatio())
	require.True(t, quota.Threshold{Numerator: 1, Denominator: 2}.IsRatio())
	require.True(t, quota.Threshold{Denominator: 2}.IsRatio())
}

// No thresholds means that there are to be none, which must be said.
func ExampleAlarms() {
	a := quota.Alarms{Customer: "1000000000000001"}
	fmt.Println(errors.Class(a.Validate()))
	a.Clear = true
	fmt.Println(a.Validate())
	a = quota.Alarms{Customer: "1000000000000001", Thresholds: []quota.Threshold{
		{Amount: quota.MustMoney("100.00 CNY")},
		{Numerator: 1, Denominator: 5},
	}}
	fmt.Println(a.Validate(), a.Thresholds[1].IsRatio())
	// Output:
	// invalid
	// <nil>
	// <nil> true
}
