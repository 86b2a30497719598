// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// twoReplies answers the two reads of a standing.
func twoReplies(available, info transport) transport {
	return func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("X-Acs-Action") == accountInfo.name {
			return info(req)
		}
		return available(req)
	}
}

func TestStandings(t *testing.T) {
	yes, no := true, false
	left := quota.MustMoney("-1828.72 CNY")
	available := answer(200, `{"Code":"200","Data":"-1,828.72\n","Success":true}`)
	noLedger := answer(400, `{"Code":"-304","Success":false}`)
	noData := answer(401, `{"Code":"VnoNoDataError","Success":false}`)
	for _, c := range []struct {
		name            string
		available, info transport
		frozen          *bool
		left            *quota.Money
		class           error
	}{
		{"frozen", available, answer(200, account(`{"CreditLimitStatus":"Freeze","HostingStatus":"TRUSTEESHIP"}`)), &yes, &left, nil},
		{"not frozen", available, answer(200, account(`{"CreditLimitStatus":"Thaw","HostingStatus":"FREEZE"}`)), &no, &left, nil},
		{"in other letters", available, answer(200, account(`{"CreditLimitStatus":" THAW "}`)), &no, &left, nil},
		{"about hosting", available, answer(200, account(`{"CreditLimitStatus":"Trusteeship"}`)), nil, &left, nil},
		{"not told", available, answer(200, account(`{}`)), nil, &left, nil},
		{"account of nobody", available, noData, nil, &left, nil},
		{"account denied", available, answer(400, `{"Code":"NotAuthorized","Success":false}`), nil, &left, nil},
		{"account fails", available, answer(500, ``), nil, &left, nil},
		{"account in pieces", available, answer(200, account(`[`)), nil, &left, nil},
		{"no ledger", noLedger, answer(200, account(`{"CreditLimitStatus":"Freeze"}`)), &yes, nil, nil},
		{"nobody", noLedger, noData, nil, nil, errors.ErrNotFound},
		{"no ledger, account fails", noLedger, answer(500, ``), nil, nil, errors.ErrNotFound},
		{"quota denied", answer(400, `{"Code":"NotAuthorized","Success":false}`), answer(200, account(`{"CreditLimitStatus":"Freeze"}`)), nil, nil, errors.ErrDenied},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := testClient(t, twoReplies(c.available, c.info))
			pairs := 0
			for got, err := range client.Standings(t.Context(), "12", "0", "12") {
				pairs++
				if pairs == 2 {
					require.Equal(t, errors.ErrInvalid, errors.Class(err), "%v", err)
					require.Equal(t, quota.Standing{Customer: "0"}, got)
					continue
				}
				require.Equal(t, c.class, errors.Class(err), "%v", err)
				require.Equal(t, quota.Standing{Customer: "12", Available: c.left, Frozen: c.frozen}, got, "limit and use are not told")
			}
			require.Equal(t, 3, pairs)
		})
	}
}

// The context ends in one request or the other: the pair of that customer says so, and is the last.
func TestStandingsEndWithContext(t *testing.T) {
	for _, name := range []string{"available", "account"} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			end := func(*http.Request) (*http.Response, error) { cancel(); return nil, context.Canceled }
			client := testClient(t, twoReplies(end, end))
			if name == "account" {
				client = testClient(t, twoReplies(answer(200, `{"Code":"200","Data":"1","Success":true}`), end))
			}
			pairs := 0
			for got, err := range client.Standings(ctx, "12", "13") {
				pairs++
				require.ErrorIs(t, err, context.Canceled)
				require.Equal(t, errors.ErrUnavailable, errors.Class(err))
				require.Equal(t, quota.Standing{Customer: "12"}, got)
			}
			require.Equal(t, 1, pairs)
		})
	}
}
