// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func TestBalance(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       [5]string // available, cash, credit, MYbank, limit; empty: not told
		ok         bool
	}{
		{
			"the published sample", `{"AvailableAmount":"10000.00","CreditAmount":"0.00","MybankCreditAmount":"0.00","Currency":"CNY","AvailableCashAmount":"10000.00","QuotaLimit":"10000.00\n"}`,
			[5]string{"10000.00 CNY", "10000.00 CNY", "0.00 CNY", "0.00 CNY", "10000.00 CNY"}, true,
		},
		{
			"the published XML sample", `{"AvailableCashAmount":"0.00","MybankCreditAmount":"0.00","Currency":"CNY","AvailableAmount":"-11.19","CreditAmount":"0.00"}`,
			[5]string{"-11.19 CNY", "0.00 CNY", "0.00 CNY", "0.00 CNY", ""}, true,
		},
		{
			"separators, numbers and yen", `{"AvailableAmount":"1,828.72","AvailableCashAmount":-1234567,"CreditAmount":"-1,234,567","Currency":" JPY\n"}`,
			[5]string{"1828.72 JPY", "-1234567.00 JPY", "-1234567.00 JPY", "", ""}, true,
		},
		{"dollars on a client of yuan", `{"AvailableAmount":"5","Currency":"USD"}`, [5]string{"5.00 USD"}, true},
		{"null and empty", `{"AvailableAmount":null,"CreditAmount":" ","QuotaLimit":"","Currency":"CNY"}`, [5]string{}, true},
		{"nothing but the currency", `{"Currency":"CNY"}`, [5]string{}, true},
		{"no currency", `{"AvailableAmount":"5"}`, [5]string{}, false},
		{"a currency in words", `{"AvailableAmount":"5","Currency":"yuan"}`, [5]string{}, false},
		{"an amount that is none", `{"AvailableAmount":"5","CreditAmount":"much","Currency":"CNY"}`, [5]string{}, false},
		{"an amount with an exponent", `{"AvailableAmount":1e5,"Currency":"CNY"}`, [5]string{}, false},
		{"an object", `{"AvailableAmount":{},"Currency":"CNY"}`, [5]string{}, false},
		{"a list", `[]`, [5]string{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := testClient(t, answer(200, `{"Code":"200","Success":true,"Data":`+c.data+`}`)).Balance(t.Context())
			if !c.ok {
				require.Equal(t, errors.ErrUnavailable, errors.Class(err), "%v", err)
				require.Equal(t, Balance{}, got)
				return
			}
			require.NoError(t, err)
			told := [5]string{}
			for i, m := range []*quota.Money{got.Available, got.AvailableCash, got.Credit, got.MybankCredit, got.QuotaLimit} {
				if m != nil {
					told[i] = m.String()
				}
			}
			require.Equal(t, c.want, told)
		})
	}
}
