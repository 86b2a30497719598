// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]string{
		"500.00 CNY": "500.00 CNY", "500 CNY": "500.00 CNY", "0.1 USD": "0.10 USD", "-1.50 CNY": "-1.50 CNY",
		"0.123456789012345 CNY": "0.123456789012345 CNY", "999999999999999.99 CNY": "999999999999999.99 CNY", "00.5 CNY": "0.50 CNY",
	} {
		m, err := quota.ParseMoney(text)
		require.NoError(t, err, text)
		require.Equal(t, want, m.String())
		again, err := quota.ParseMoney(m.String())
		require.NoError(t, err)
		require.True(t, m.Equal(again))
	}
	for _, text := range []string{
		"", "500", "CNY", "500CNY", "500  CNY", " 500 CNY", "500 CNY ", "1,000.00 CNY", "+5 CNY", "5. CNY", ".5 CNY", "1e3 CNY",
		"NaN CNY", "500 cny", "500 CN", "500 CNYX", "0x10 CNY", "5\n CNY", "５ CNY", strings.Repeat("9", 16) + " CNY",
	} {
		_, err := quota.ParseMoney(text)
		require.ErrorIs(t, err, errors.ErrInvalid, "%q", text)
	}
}

func TestMoneyText(t *testing.T) {
	type order struct{ Price quota.Money }
	b, err := json.Marshal(order{quota.MustMoney("10.5 USD")})
	require.NoError(t, err)
	require.JSONEq(t, `{"Price":"10.50 USD"}`, string(b))
	var back order
	require.NoError(t, json.Unmarshal(b, &back))
	require.True(t, back.Price.Equal(quota.MustMoney("10.50 USD")))
	require.Error(t, json.Unmarshal([]byte(`{"Price":"10.50"}`), &back))

	_, err = quota.Money{Amount: decimal.NewFromInt(1)}.MarshalText()
	require.ErrorIs(t, err, errors.ErrInvalid, "no currency")
	require.Panics(t, func() { quota.MustMoney("ten") })
	require.False(t, quota.MustMoney("5 CNY").Equal(quota.MustMoney("5 USD")))
	require.True(t, quota.MustMoney("5 CNY").Equal(quota.MustMoney("5.00 CNY")))
}

// An exponent is an int32: written out naively, these are gigabytes.
func TestHugeExponentsAreNotWrittenOut(t *testing.T) {
	for _, exponent := range []int32{math.MaxInt32, math.MinInt32, 100, -100} {
		m := quota.Money{Amount: decimal.New(1, exponent), Currency: quota.CNY}
		require.Equal(t, "(out of range) CNY", m.String())
		require.ErrorIs(t, quota.Grant{Customer: "1", Limit: m}.Validate(), errors.ErrInvalid)
		require.ErrorIs(t, quota.Adjustment{Customer: "1", Amount: m, Key: "k"}.Validate(), errors.ErrInvalid)
		require.ErrorIs(t, quota.Budget{Customer: "1", Limit: m}.Validate(), errors.ErrInvalid)
		_, err := m.MarshalText()
		require.ErrorIs(t, err, errors.ErrInvalid)
	}
}

// The derivation is frozen: stored keys must stay the same in every later version.
func TestKeyForGolden(t *testing.T) {
	for _, c := range []struct {
		parts []string
		want  quota.Key
	}{
		{[]string{"topup", "4711"}, goldenTopup},
		{[]string{"topup4711"}, goldenOnePart},
		{[]string{""}, goldenEmptyPart},
		{[]string{"订单", "\x00"}, goldenForeign},
		{nil, ""},
	} {
		require.Equal(t, c.want, quota.KeyFor(c.parts...), "%q", c.parts)
	}
}

const (
	goldenTopup     = "655088f59fbc43c3c113eaa3517bdf1e"
	goldenOnePart   = "cb06c6eb89c851dc82ff937b086d6b0e"
	goldenEmptyPart = "f539077b1b6476405df610957700842a"
	goldenForeign   = "ce728ed2ba0f0cc1eb08fad9a9d1117c"
)

func TestKeysAreDistinct(t *testing.T) {
	seen := map[quota.Key]bool{quota.KeyFor("a", "bc"): true}
	for _, k := range []quota.Key{quota.KeyFor("ab", "c"), quota.KeyFor("abc"), quota.KeyFor("a", "bc", ""), quota.KeyFor("", "abc")} {
		require.False(t, seen[k])
		seen[k] = true
	}
	for range 1000 {
		k := quota.NewKey()
		require.Len(t, string(k), 32)
		require.False(t, seen[k])
		seen[k] = true
	}
}

// bad lists what must be refused: the intent, and what the refusal must name.
var bad = []struct {
	name   string
	intent interface{ Validate() error }
	names  []string
}{
	{"grant without customer", quota.Grant{Limit: cny("1")}, []string{"Grant.Customer", "reseller's own account"}},
	{"customer too long", quota.Grant{Customer: strings.Repeat("1", 65), Limit: cny("1")}, []string{"Grant.Customer", "64"}},
	{"customer with space", quota.Grant{Customer: "1 2", Limit: cny("1")}, []string{"Grant.Customer", `"1 2"`}},
	{"customer with line end", quota.Grant{Customer: "12\n", Limit: cny("1")}, []string{"Grant.Customer"}},
	{"customer not ASCII", quota.Grant{Customer: "１２", Limit: cny("1")}, []string{"Grant.Customer"}},
	{"no limit", quota.Grant{Customer: "1"}, []string{"Grant.Limit", "currency"}},
	{"no currency", quota.Grant{Customer: "1", Limit: quota.Money{Amount: decimal.NewFromInt(5)}}, []string{"Grant.Limit", "5.00", "currency"}},
	{"currency in small letters", quota.Grant{Customer: "1", Limit: quota.Money{Amount: decimal.NewFromInt(5), Currency: "cny"}}, []string{"ISO 4217"}},
	{"three decimals", quota.Grant{Customer: "1", Limit: cny("1.005")}, []string{"Grant.Limit", "1.005 CNY", "two decimals"}},
	{"negative", quota.Grant{Customer: "1", Limit: cny("-0.01")}, []string{"-0.01 CNY", "negative"}},
	{"sixteen digits", quota.Grant{Customer: "1", Limit: quota.Money{Amount: decimal.New(1, 15), Currency: "CNY"}}, []string{"15 digits"}},
	{"key too long", quota.Grant{Customer: "1", Limit: cny("1"), Key: quota.Key(strings.Repeat("k", 65))}, []string{"Grant.Key", "64"}},
	{"key with dot", quota.Grant{Customer: "1", Limit: cny("1"), Key: "a.b"}, []string{"Grant.Key", `"a.b"`}},
	{"adjustment without key", quota.Adjustment{Customer: "1", Amount: cny("1")}, []string{"Adjustment.Key", "twice"}},
	{"adjustment of zero", quota.Adjustment{Customer: "1", Amount: cny("0"), Key: "k"}, []string{"Adjustment.Amount", "0.00 CNY", "greater than zero"}},
	{"adjustment negative", quota.Adjustment{Customer: "1", Amount: cny("-1"), Key: "k"}, []string{"Adjustment.Amount", "negative"}},
	{"business type with space", quota.Adjustment{Customer: "1", Amount: cny("1"), Key: "k", BusinessType: "a b"}, []string{"Adjustment.BusinessType"}},
	{"metadata without name", quota.Adjustment{Customer: "1", Amount: cny("1"), Key: "k", Metadata: map[string]string{"": "x"}}, []string{"Adjustment.Metadata", "empty name"}},
	{"metadata too long", quota.Adjustment{Customer: "1", Amount: cny("1"), Key: "k", Metadata: map[string]string{"n": strings.Repeat("x", 257)}}, []string{"256"}},
	{"metadata not UTF-8", quota.Adjustment{Customer: "1", Amount: cny("1"), Key: "k", Metadata: map[string]string{"n": "\xff"}}, []string{"UTF-8"}},
	{"too much metadata", quota.Adjustment{Customer: "1", Amount: cny("1"), Key: "k", Metadata: many(33)}, []string{"33 entries"}},
	{"budget without customer", quota.Budget{Limit: usd("1")}, []string{"Budget.Customer"}},
	{"budget of zero", quota.Budget{Customer: "c", Limit: usd("0")}, []string{"Budget.Limit", "greater than zero"}},
	{"budget too large", quota.Budget{Customer: "c", Limit: usd("2147483647.01")}, []string{"Budget.Limit", "2147483647"}},
	{"budget period unknown", quota.Budget{Customer: "c", Limit: usd("1"), Period: "MONTHLY"}, []string{"Budget.Period", "monthly", "one-off"}},
	{"budget action unknown", quota.Budget{Customer: "c", Limit: usd("1"), OnExceed: "explode"}, []string{"Budget.OnExceed", "explode"}},
	{"reseller too long", quota.Budget{Customer: "c", Reseller: strings.Repeat("r", 65), Limit: usd("1")}, []string{"Budget.Reseller"}},
}

func TestValidateRefuses(t *testing.T) {
	for _, c := range bad {
		t.Run(c.name, func(t *testing.T) {
			err := c.intent.Validate()
			require.ErrorIs(t, err, errors.ErrInvalid)
			for _, name := range c.names {
				require.Contains(t, err.Error(), name)
			}
		})
	}
}

func TestValidateAccepts(t *testing.T) {
	for _, intent := range []interface{ Validate() error }{
		quota.Grant{Customer: "1442098325661561", Limit: cny("0")},
		quota.Grant{Customer: "1", Limit: quota.Money{Amount: decimal.New(10500, -4), Currency: "CNY"}}, // 1.0500: more decimals, all zero
		quota.Grant{Customer: "1", Limit: quota.Money{Amount: decimal.New(5, 2), Currency: "CNY"}},      // 5e2
		quota.Grant{Customer: "1", Limit: cny("999999999999999.99"), Key: quota.Key(strings.Repeat("-", 64))},
		quota.Adjustment{Customer: "1", Amount: cny("0.01"), Key: "k", Metadata: many(32), BusinessType: "quota_amount_adjust"},
		quota.Budget{Customer: "053a48736500d5f40ffec01689b88480", Limit: usd("2147483647"), Used: usd("9")},
		quota.Budget{Customer: "c", Reseller: "r", Limit: usd("0.01"), Period: quota.OneOff, OnExceed: quota.FreezeAutomatically, Unfreeze: true},
	} {
		require.NoError(t, intent.Validate(), "%+v", intent)
	}
	require.NoError(t, quota.CheckCustomer("1"))
	require.ErrorIs(t, quota.CheckCustomer(""), errors.ErrInvalid)
}

func FuzzParseMoney(f *testing.F) {
	for _, seed := range []string{"500.00 CNY", "-0.1 USD", "1e9 CNY", "", "٣ CNY"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := quota.ParseMoney(text)
		if err != nil {
			require.ErrorIs(t, err, errors.ErrInvalid)
			return
		}
		again, err := quota.ParseMoney(m.String())
		require.NoError(t, err)
		require.True(t, again.Equal(m))
	})
}

func FuzzKey(f *testing.F) {
	f.Add("topup", "4711")
	f.Fuzz(func(t *testing.T, a, b string) {
		k := quota.KeyFor(a, b)
		require.NoError(t, quota.Grant{Customer: "1", Limit: cny("1"), Key: k}.Validate())
		require.Equal(t, k, quota.KeyFor(a, b))
		if b != "" {
			require.NotEqual(t, k, quota.KeyFor(a+b))
			require.NotEqual(t, k, quota.KeyFor(a+b[:1], b[1:]))
		}
		_ = quota.Grant{Customer: "1", Limit: cny("1"), Key: quota.Key(a)}.Validate()
	})
}

func cny(amount string) quota.Money { return quota.MustMoney(amount + " CNY") }
func usd(amount string) quota.Money { return quota.MustMoney(amount + " USD") }

func many(n int) map[string]string {
	m := make(map[string]string, n)
	for i := range n {
		m[fmt.Sprint("name", i)] = "value"
	}
	return m
}

func ExampleKeyFor() {
	// The same order gives the same key, in every process and after every restart.
	fmt.Println(quota.KeyFor("topup", "order-4711"))
	// Output: 5127b6f0e21ef23f15871be56dae9b8d
}

func ExampleParseMoney() {
	m, err := quota.ParseMoney("500 CNY")
	fmt.Println(m, err)
	_, err = quota.ParseMoney("1,000.00 CNY")
	fmt.Println(errors.Is(err, errors.ErrInvalid))
	// Output:
	// 500.00 CNY <nil>
	// true
}
