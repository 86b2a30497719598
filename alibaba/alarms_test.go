// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func TestThresholdsText(t *testing.T) {
	require.Equal(t, `[{"denominator":100,"numerator":30,"thresholdType":1},{"thresholdAmount":"100.00","thresholdType":0},{"thresholdAmount":"1234567.89","thresholdType":0}]`,
		thresholdsText([]quota.Threshold{
			{Numerator: 30, Denominator: 100}, {Amount: quota.MustMoney("100 CNY")}, {Amount: quota.MustMoney("1234567.89 CNY")},
		}))
}

func TestAlarmsAreRead(t *testing.T) {
	amount := func(text string) quota.Threshold { return quota.Threshold{Amount: quota.MustMoney(text + " CNY")} }
	ratio := func(n, d int) quota.Threshold { return quota.Threshold{Numerator: n, Denominator: d} }
	alarms := func(data, count string) string {
		return `{"Data":` + data + `,"Count":` + count + `,"Success":true,"Code":"200"}`
	}
	for _, c := range []struct {
		name, body string
		want       []quota.Threshold
		ok         bool
	}{
		{"the published sample", alarms(`[{"ThresholdType":0,"ThresholdAmount":"100","Numerator":10,"Denominator":100}]`, `1`), []quota.Threshold{amount("100.00")}, true},
		{"a ratio", alarms(`[{"ThresholdType":1,"Numerator":89,"Denominator":100}]`, `1`), []quota.Threshold{ratio(89, 100)}, true},
		{"a ratio in text", alarms(`[{"ThresholdType":"1","Numerator":"89","Denominator":"100 "}]`, `"1 "`), []quota.Threshold{ratio(89, 100)}, true},
		{"an amount with separators", alarms(`[{"ThresholdType":"0","ThresholdAmount":" 1,234,567.89\n"}]`, `1`), []quota.Threshold{amount("1234567.89")}, true},
		{"an amount as a number", alarms(`[{"ThresholdType":0,"ThresholdAmount":19.90}]`, `1`), []quota.Threshold{amount("19.90")}, true},
		{"another type is an amount", alarms(`[{"ThresholdType":7,"ThresholdAmount":"5"}]`, `1`), []quota.Threshold{amount("5.00")}, true},
		{"no type is an amount", alarms(`[{"ThresholdAmount":"5"}]`, `1`), []quota.Threshold{amount("5.00")}, true},
		{"both", alarms(`[{"ThresholdType":0,"ThresholdAmount":"5"},{"ThresholdType":1,"Numerator":1,"Denominator":3}]`, `2`), []quota.Threshold{amount("5.00"), ratio(1, 3)}, true},
		{"none", alarms(`[]`, `0`), []quota.Threshold{}, true},
		{"none, as null", alarms(`null`, `0`), []quota.Threshold{}, true},
		{"none, left out", `{"Count":0,"Success":true,"Code":"200"}`, []quota.Threshold{}, true},
		{"without a count", `{"Data":[{"ThresholdAmount":"5"}],"Success":true,"Code":"200"}`, []quota.Threshold{amount("5.00")}, true},
		{"lower-case names", `{"data":[{"thresholdAmount":"5"}],"count":1,"success":true,"code":"200"}`, []quota.Threshold{amount("5.00")}, true},

		{"nothing at all", `{"Success":true,"Code":"200"}`, nil, false},
		{"null without a count", `{"Data":null,"Success":true,"Code":"200"}`, nil, false},
		{"one is missing", alarms(`[{"ThresholdAmount":"5"}]`, `2`), nil, false},
		{"an object", alarms(`{}`, `0`), nil, false},
		{"an amount of nothing", alarms(`[{"ThresholdType":0,"ThresholdAmount":""}]`, `1`), nil, false},
		{"an amount that is none", alarms(`[{"ThresholdType":0,"ThresholdAmount":"much"}]`, `1`), nil, false},
		{"a ratio without a denominator", alarms(`[{"ThresholdType":1,"Numerator":1}]`, `1`), nil, false},
		{"a ratio over nothing", alarms(`[{"ThresholdType":1,"Numerator":1,"Denominator":0}]`, `1`), nil, false},
		{"a ratio of a float", alarms(`[{"ThresholdType":1,"Numerator":0.5,"Denominator":100}]`, `1`), nil, false},
		{"a ratio beyond an int32", alarms(`[{"ThresholdType":1,"Numerator":1,"Denominator":4294967297}]`, `1`), nil, false},
		{"a negative ratio", alarms(`[{"ThresholdType":1,"Numerator":-1,"Denominator":100}]`, `1`), nil, false},
		{"the second one cannot be read", alarms(`[{"ThresholdAmount":"5"},{"ThresholdAmount":"much"}]`, `2`), nil, false},
		{"contradicted", `{"Data":[],"Count":0,"Success":false,"Code":"200"}`, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := testClient(t, answer(200, c.body)).Alarms(t.Context(), "12")
			if !c.ok {
				require.Equal(t, errors.ErrUnavailable, errors.Class(err), "%v", err)
				require.Nil(t, got)
				return
			}
			require.NoError(t, err)
			require.Len(t, got, len(c.want))
			for i, want := range c.want {
				require.Equal(t, want.IsRatio(), got[i].IsRatio())
				require.True(t, want.IsRatio() || want.Amount.Equal(got[i].Amount), "%v", got[i])
				require.Equal(t, []int{want.Numerator, want.Denominator}, []int{got[i].Numerator, got[i].Denominator})
			}
		})
	}
}

// Clearing leaves the parameter out; nothing else does.
func TestClearIsLeftOut(t *testing.T) {
	var query map[string][]string
	client := testClient(t, func(req *http.Request) (*http.Response, error) {
		query = req.URL.Query()
		return reply(200, `{"Code":"200","Data":true,"Success":true,"RequestId":"R"}`), nil
	})
	receipt, err := client.SetAlarms(t.Context(), quota.Alarms{Customer: "12", Clear: true})
	require.NoError(t, err)
	require.Equal(t, quota.Receipt{RequestID: "R", Attempts: 1}, receipt)
	require.Equal(t, map[string][]string{"OwnerId": {"12"}, "AlarmType": {"quota_low_balance"}}, query)
	_, err = client.SetAlarms(t.Context(), quota.Alarms{Customer: "12"})
	require.Equal(t, errors.ErrInvalid, errors.Class(err), "%v", err)
}
