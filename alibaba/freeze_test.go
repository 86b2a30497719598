// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// What goes out, and that a reason does not.
func TestStatusParameters(t *testing.T) {
	var query url.Values
	client := testClient(t, func(req *http.Request) (*http.Response, error) {
		query = req.URL.Query()
		return reply(200, `{"Code":"200","Data":true,"Success":true,"RequestId":"R"}`), nil
	})
	f := quota.Freeze{Customer: "9223372036854775807", Reason: "unpaid"}
	stop := f
	stop.Resources = true
	for _, c := range []struct {
		call func() (quota.Receipt, error)
		want string
	}{
		{func() (quota.Receipt, error) { return client.Freeze(t.Context(), f) }, "BusinessType=FREEZE&OwnerId=9223372036854775807&Status=Freeze&StopMode=0"},
		{func() (quota.Receipt, error) { return client.Freeze(t.Context(), stop) }, "BusinessType=FREEZE&OwnerId=9223372036854775807&Status=Freeze&StopMode=1"},
		{func() (quota.Receipt, error) { return client.Unfreeze(t.Context(), f) }, "BusinessType=FREEZE&OwnerId=9223372036854775807&Status=Thaw"},
		{func() (quota.Receipt, error) { return client.Unfreeze(t.Context(), stop) }, "BusinessType=FREEZE&OwnerId=9223372036854775807&Status=Thaw"},
		{func() (quota.Receipt, error) { return client.Host(t.Context(), f.Customer) }, "BusinessType=TRUSTEESHIP&OwnerId=9223372036854775807&Status=Trusteeship"},
		{func() (quota.Receipt, error) { return client.Unhost(t.Context(), f.Customer) }, "BusinessType=TRUSTEESHIP&OwnerId=9223372036854775807&Status=TrusteeshipCancel"},
	} {
		receipt, err := c.call()
		require.NoError(t, err)
		require.Equal(t, quota.Receipt{RequestID: "R", Attempts: 1}, receipt)
		require.Equal(t, c.want, query.Encode())
	}
}

// Not every 200 is a success here.
func TestStatusReplies(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		class  error
	}{
		{200, `{"Code":"-116","Message":"Fail to modify Enduser status, Quota is less than 0.","Success":false}`, errors.ErrConflict},
		{200, `{"Code":-116,"Success":true,"Data":true}`, errors.ErrConflict},
		{200, `{"Code":"200","Success":true,"Data":false}`, errors.ErrUncertain},
		{400, `{"Code":"SYSTEM_ERROR","Success":false}`, errors.ErrUncertain},
		{400, `{"Code":"CreditInnerError","Success":false}`, errors.ErrUncertain},
		{500, `{"Code":"CreditInnerError","Success":false}`, errors.ErrUncertain},
		{500, `{"Code":" UndefinedError","Success":false}`, errors.ErrUncertain},
	} {
		_, err := testClient(t, answer(c.status, c.body)).Unfreeze(t.Context(), quota.Freeze{Customer: "12"})
		require.Equal(t, c.class, errors.Class(err), "%s: %v", c.body, err)
	}
}
