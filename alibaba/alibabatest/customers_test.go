// SPDX-License-Identifier: Apache-2.0

package alibabatest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
)

func TestStatus(t *testing.T) {
	for scheme, signed := range schemes {
		t.Run(scheme, func(t *testing.T) {
			s := prepared()
			for _, row := range []struct {
				business, status, mode    string
				frozen, resources, hosted bool
			}{
				{"FREEZE", "Freeze", "0", true, false, false},
				{"TRUSTEESHIP", "Trusteeship", "", true, false, true},
				{"FREEZE", "Freeze", "1", true, true, true}, // the mode changes
				{"FREEZE", "Freeze", "1", true, true, true},
				{"FREEZE", "Thaw", "", false, false, true},
				{"FREEZE", "Thaw", "", false, false, true},
				{"TRUSTEESHIP", "TrusteeshipCancel", "", false, false, false},
				{"FREEZE", "Freeze", "", true, false, false},
				{"FREEZE", "Thaw", "1", false, false, false},
			} {
				request := stating(row.business, row.status)
				if row.mode != "" {
					request.with("StopMode", row.mode)
				}
				got := serve(t, s, signed(request))
				require.Equal(t, 200, got.status, got.body)
				state, _ := s.Quota.Customer(customer)
				require.Equal(t, []bool{row.frozen, row.resources, row.hosted}, []bool{state.Frozen, state.FrozenResources, s.Hosted(customer)}, "%+v", row)
			}
		})
	}
}

// Less than nothing is left: a success by its status, a refusal by its code.
func TestThawOfTheOverdrawn(t *testing.T) {
	s := prepared()
	overdrawn := func(c *quotatest.State) { c.Consumed, c.Frozen = quota.MustMoney("500.01 CNY"), true }
	s.Quota.Update(customer, overdrawn)
	for _, numeric := range []bool{false, true} {
		s.Wrinkles.NumericCode = numeric
		got := serve(t, s, stating("FREEZE", "Thaw").v3())
		require.Equal(t, 200, got.status)
		require.EqualValues(t, "-116", got.json["Code"])
		require.Equal(t, false, got.json["Success"])
	}
	require.Empty(t, s.Quota.Changes(""))
	require.Equal(t, "200", func() string {
		s.Wrinkles.NumericCode = false
		return serve(t, s, stating("FREEZE", "Freeze").v3()).code()
	}(), "freezing is never refused for it")
}

// The reseller itself is not its own customer, and no customers are no data.
func TestCustomerList(t *testing.T) {
	for scheme, signed := range schemes {
		t.Run(scheme, func(t *testing.T) {
			s := new(alibabatest.Server)
			got := serve(t, s, signed(to(listing)))
			require.Equal(t, 401, got.status)
			require.Equal(t, "VnoNoDataError", got.code())
			for _, id := range []string{"9223372036854775807", "12", alibabatest.DefaultAccount} {
				open(s, id)
			}
			require.Equal(t, []any{"12", "9223372036854775807"}, serve(t, s, signed(to(listing))).json["Data"].(map[string]any)["UidList"])
			request := to(listing)
			request.plain = true
			require.Contains(t, serve(t, s, signed(request)).body, "<Data><UidList>12</UidList><UidList>9223372036854775807</UidList></Data>")
		})
	}
}

func TestAlarmsAreKept(t *testing.T) {
	for scheme, signed := range schemes {
		t.Run(scheme, func(t *testing.T) {
			s := prepared()
			require.Equal(t, 200, serve(t, s, signed(warning(`[{"thresholdAmount":"1828.72","thresholdType":0},{"denominator":3,"numerator":1,"thresholdType":1}]`))).status)
			state, _ := s.Quota.Customer(customer)
			require.Len(t, state.Alarms, 2)
			require.True(t, state.Alarms[0].Amount.Equal(quota.MustMoney("1828.72 CNY")))
			require.Equal(t, quota.Threshold{Numerator: 1, Denominator: 3}, state.Alarms[1])
			require.Equal(t, 200, serve(t, s, signed(warning(""))).status)
			state, _ = s.Quota.Customer(customer)
			require.Empty(t, state.Alarms)
			got := serve(t, s, signed(to(warned, "OwnerId", customer, "AlarmType", "quota_low_balance")))
			require.Contains(t, got.body, `{"Data":[],"Count":0,`)
		})
	}
}

func TestBalanceInAnotherCurrency(t *testing.T) {
	yen := quota.MustMoney("-1182872 JPY")
	s := &alibabatest.Server{Wrinkles: alibabatest.Wrinkles{Separators: true}}
	s.Balance.AvailableCash = &yen
	got := serve(t, s, to(balance).v3())
	require.Contains(t, got.body, `"Currency":"JPY","AvailableCashAmount":"-1,182,872.00"}}`)
	require.NotContains(t, got.body, "QuotaLimit")
}
