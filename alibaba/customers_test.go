// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func idsOf(ctx context.Context, c *Client) (ids []string, err error) {
	for customer, err := range c.Customers(ctx) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, customer.ID)
	}
	return ids, nil
}

func list(ids string) string {
	return `{"Code":"200","Success":true,"Data":{"UidList":` + ids + `}}`
}

func TestCustomerList(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   []string
		class  error
	}{
		{"text", 200, list(`["6210322125051645960","1"]`), []string{"6210322125051645960", "1"}, nil},
		{"numbers beyond 2^53", 200, list(`[6210322125051645960,9223372036854775807]`), []string{"6210322125051645960", "9223372036854775807"}, nil},
		{"both, with spaces", 200, list(`[" 12 ","13\n",14]`), []string{"12", "13", "14"}, nil},
		{"twice", 200, list(`["12",13,12,"13","14"]`), []string{"12", "13", "14"}, nil},
		{"an empty list", 200, list(`[]`), nil, nil},
		{"lower-case names", 200, `{"code":"200","success":true,"data":{"uidList":["12"]}}`, []string{"12"}, nil},
		{"no data", 401, `{"Code":"VnoNoDataError","Message":"There is no data by this request.","Success":false}`, nil, nil},
		{"no data, in XML", 401, `<Error><Code>VnoNoDataError</Code></Error>`, nil, nil},
		{"a failed login", 401, `{"Code":"InvalidAccessKeyId.Inactive","Success":false}`, nil, errors.ErrUnauthenticated},
		{"a bare 401", 401, ``, nil, errors.ErrUnauthenticated},
		{"no RAM action", 402, `{"Code":"NotFoundRamAction","Success":false}`, nil, errors.ErrDenied},
		{"null", 200, list(`null`), nil, errors.ErrUnavailable},
		{"no list", 200, `{"Code":"200","Success":true,"Data":{}}`, nil, errors.ErrUnavailable},
		{"no Data", 200, `{"Code":"200","Success":true}`, nil, errors.ErrUnavailable},
		{"Data is the list", 200, `{"Code":"200","Success":true,"Data":["12"]}`, nil, errors.ErrUnavailable},
		{"one that is no list", 200, list(`"12"`), nil, errors.ErrUnavailable},
		{"a float", 200, list(`[6.21e18]`), nil, errors.ErrUnavailable},
		{"a name", 200, list(`["12","somebody"]`), nil, errors.ErrUnavailable},
		{"nothing", 200, list(`["12",null]`), nil, errors.ErrUnavailable},
		{"contradicted", 200, `{"Code":"200","Success":false,"Data":{"UidList":["12"]}}`, nil, errors.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := idsOf(t.Context(), testClient(t, answer(c.status, c.body)))
			require.Equal(t, c.class, errors.Class(err), "%v", err)
			require.Equal(t, c.want, got)
		})
	}
}

// The list comes in one reply: breaking off sends nothing more, ranging again asks again.
func TestCustomersAreAskedForOnce(t *testing.T) {
	requests := 0
	client := testClient(t, func(*http.Request) (*http.Response, error) {
		requests++
		return reply(200, list(`["12","13","14"]`)), nil
	})
	all := client.Customers(t.Context())
	for _, err := range all {
		require.NoError(t, err)
		break
	}
	require.Equal(t, 1, requests)
	for customer, err := range all {
		require.NoError(t, err)
		require.Equal(t, quota.Customer{ID: customer.ID}, customer, "nothing else is told")
	}
	require.Equal(t, 2, requests)
}

func TestCustomersEndWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := 0
	var last error
	for _, last = range testClient(t, answer(200, list(`["12","13","14"]`))).Customers(ctx) {
		seen++
		cancel()
	}
	require.Equal(t, 2, seen, "a customer and the error")
	require.ErrorIs(t, last, context.Canceled)
	require.Equal(t, errors.ErrUnavailable, errors.Class(last))
}

// A list of any length that fits a reply is read; one that does not fit is an error, not the beginning of a list.
func TestLongCustomerList(t *testing.T) {
	body := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"%d"`, 6_210_322_125_051_000_000+i)
		}
		return list("[" + b.String()[1:] + "]")
	}
	got, err := idsOf(t.Context(), testClient(t, answer(200, body(300_000))))
	require.NoError(t, err)
	require.Len(t, got, 300_000)
	got, err = idsOf(t.Context(), testClient(t, answer(200, body(400_000))))
	require.Equal(t, errors.ErrUnavailable, errors.Class(err), "%v", err)
	require.Empty(t, got)
}

// Listing 100,000 customers stays small: live-MiB is what the iteration holds in the middle, above what the server holds.
func BenchmarkCustomers100k(b *testing.B) {
	var list strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&list, `,"%d"`, 6_210_322_125_051_000_000+i)
	}
	body := `{"Code":"200","Success":true,"Data":{"UidList":[` + list.String()[1:] + `]}}`
	client, err := New(Config{Credentials: testKey, Site: China, HTTPClient: &http.Client{Transport: answer(200, body)}})
	require.NoError(b, err)
	live := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before, most := live(), 0.0
	for b.Loop() {
		n := 0
		for _, err := range client.Customers(b.Context()) {
			require.NoError(b, err)
			if n++; n == 50_000 {
				most = max(most, live()-before)
			}
		}
		require.Equal(b, 100_000, n)
	}
	require.Less(b, most, 32.0)
	b.ReportMetric(most, "live-MiB")
}

func account(data string) string { return `{"Code":"Success","Success":true,"Data":` + data + `}` }

func TestCustomerInfo(t *testing.T) {
	const id = "1442098325661561"
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   CustomerInfo
		class  error
	}{
		{
			"as documented", 200, account(`{"Mpk":1051360339779133,"LoginEmail":"xxxx@aliyun.com","HostingStatus":"FREEZE","AccountType":"1","CreditLimitStatus":"Freeze","IsCertified":true}`),
			CustomerInfo{id, "1051360339779133", "xxxx@aliyun.com", "FREEZE", "Freeze", "1", true}, nil,
		},
		{
			"as older documents have it", 200, account(`{"Mpk":"123******567","LoginEmail":" a@b.test\n","HostingStatus":"TrusteeshipCancel","AccountType":0,"CreditLimitStatus":"Thaw ","IsCertified":"false"}`),
			CustomerInfo{id, "123******567", "a@b.test", "TrusteeshipCancel", "Thaw", "0", false}, nil,
		},
		{"beyond 2^53", 200, account(`{"Mpk":9007199254740993,"IsCertified":"true"}`), CustomerInfo{ID: id, Mpk: "9007199254740993", Certified: true}, nil},
		{"beyond 2^63", 200, account(`{"Mpk":92233720368547758071}`), CustomerInfo{ID: id, Mpk: "92233720368547758071"}, nil},
		{"nothing told", 200, account(`{}`), CustomerInfo{ID: id}, nil},
		{"no data", 401, `{"Code":"VnoNoDataError","Success":false}`, CustomerInfo{}, errors.ErrNotFound},
		{"no Data", 200, `{"Code":"Success","Success":true}`, CustomerInfo{}, errors.ErrUnavailable},
		{"a list", 200, account(`[]`), CustomerInfo{}, errors.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := testClient(t, answer(c.status, c.body)).CustomerInfo(t.Context(), id)
			require.Equal(t, c.class, errors.Class(err), "%v", err)
			require.Equal(t, c.want, got)
		})
	}
}
