// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/quota"
)

// What is stored, and its fingerprints: rows outlive the program, so these texts never change.
var golden = []struct {
	change      Change
	text        string
	fingerprint string
}{
	{
		CreateQuota{Customer: "1", Limit: quota.MustMoney("500 CNY"), Key: "k"},
		`{"customer":"1","amount":"500.00 CNY"}`,
		"77677a01d39abc7b825103415b5b2fb72a6eba8e1c228e5f42dc328358f56f05",
	},
	{
		SetQuota{Customer: "1", Limit: quota.MustMoney("0 CNY")},
		`{"customer":"1","amount":"0.00 CNY"}`,
		"a6ef3b3c9e5883037d238f20d06c4e440f8e444a2ed0cb01a13d19e6bec9c8b6",
	},
	{
		Increase{Customer: "1", Amount: quota.MustMoney("0.1 CNY"), BusinessType: "b", Metadata: map[string]string{"b": "<2>", "a": "1"}},
		`{"customer":"1","amount":"0.10 CNY","business_type":"b","metadata":{"a":"1","b":"\u003c2\u003e"}}`,
		"9d529d743dfc393d396b93cff31f80d3a8eb6c075bdde6d68a1b6ea58b8c9ddf",
	},
	{
		Decrease{Customer: "1", Amount: quota.MustMoney("0.10 CNY"), Metadata: map[string]string{}},
		`{"customer":"1","amount":"0.10 CNY"}`,
		"0ca4bd4e523278988204fd6ed5ab177e08928e127b5acd7d1580cbb02aa0ad6b",
	},
	{
		TopUp{Customer: "1", Reseller: "r", Amount: quota.MustMoney("100 USD")},
		`{"customer":"1","reseller":"r","amount":"100.00 USD"}`,
		"b8a6e030d7b8a3e66bf844456b7ee48a92b19c6c38cdc598ab52c889a9072b0b",
	},
	{
		SetBudget{Customer: "1", Limit: quota.MustMoney("100 USD"), Period: quota.Monthly, OnExceed: quota.FreezeAutomatically, Unfreeze: true},
		`{"customer":"1","amount":"100.00 USD","period":"monthly","on_exceed":"freeze automatically","unfreeze":true}`,
		"49c8e4d0ecad66ce2ff05b8fb4906d11d32afdcfbdac92c7fbc7d698aac3af18",
	},
	{
		Freeze{Customer: "1", Reason: "unpaid", Resources: true},
		`{"customer":"1","reason":"unpaid","resources":true}`,
		"2a07db7824b539049c4f45a42fae307e53ba94529a41f6f9118325ba504df429",
	},
	{
		Unfreeze{Customer: "1", Reason: "paid"},
		`{"customer":"1","reason":"paid"}`,
		"1d24cf9045844671e4472d09f9f3ad133a46d0dc124eec31e9468470fdf064fb",
	},
	{
		Transfer{From: costunit.Unit{ID: "0", Owner: "9"}, To: costunit.Unit{ID: "7", Owner: "9"}, Resources: []costunit.Resource{{ID: "i", Product: "ecs", Owner: "9"}}},
		`{"from":{"id":"0","owner":"9"},"to":{"id":"7","owner":"9"},"moved":[{"id":"i","product":"ecs","owner":"9"}]}`,
		"3c70b8b366f16975ba2511d0e913c04348129648f1ce3ab9ca5ee630ee17a550",
	},
}

func TestGolden(t *testing.T) {
	seen := make(map[Kind]bool)
	for _, g := range golden {
		kind := g.change.kind()
		seen[kind] = true
		text, err := encode(g.change)
		require.NoError(t, err)
		require.Equal(t, g.text, text)
		require.Equal(t, g.fingerprint, fingerprint("a", kind, text), kind)
		back, err := decode(kind, text)
		require.NoError(t, err)
		again, err := encode(back)
		require.NoError(t, err)
		require.Equal(t, text, again)
		require.IsType(t, g.change, back)
	}
	require.Len(t, seen, len(kinds), "a kind has no golden text")
}

// The same amount written in two ways is the same intent; anything else is another.
func TestFingerprintTellsIntentsApart(t *testing.T) {
	of := func(account string, c Change) string {
		text, err := encode(c)
		require.NoError(t, err)
		return fingerprint(account, c.kind(), text)
	}
	base := Decrease{Customer: "1", Amount: quota.Money{Amount: decimal.New(1000, -1), Currency: "CNY"}}
	require.Equal(t, of("a", base), of("a", Decrease{Customer: "1", Amount: quota.Money{Amount: decimal.New(100, 0), Currency: "CNY"}}))
	others := []string{
		of("b", base),
		of("a", Increase(base)),
		of("a", Decrease{Customer: "2", Amount: base.Amount}),
		of("a", Decrease{Customer: "1", Amount: quota.MustMoney("100.01 CNY")}),
		of("a", Decrease{Customer: "1", Amount: quota.MustMoney("100 USD")}),
		of("a", Decrease{Customer: "1", Amount: base.Amount, BusinessType: "x"}),
		of("a", Decrease{Customer: "1", Amount: base.Amount, Metadata: map[string]string{"order": "1"}}),
		of("a", TopUp{Customer: "1", Amount: base.Amount}),
	}
	for i, other := range others {
		require.NotEqual(t, of("a", base), other, i)
	}
}

func TestDecodeRefusesWhatItDoesNotKnow(t *testing.T) {
	_, err := decode("teleport", `{}`)
	require.ErrorContains(t, err, "teleport")
	_, err = decode(kindFreeze, `{`)
	require.ErrorContains(t, err, "cannot be read")
}
