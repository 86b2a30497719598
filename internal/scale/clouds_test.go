// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/quota"
)

// observer is what both configurations take.
type observer = func(context.Context, string) (context.Context, func(error))

// cloud is one provider: what it answers to a change, and a client that makes one.
type cloud struct {
	status int
	body   string
	client func(t *testing.T, endpoint string, transport http.RoundTripper, watch observer) func(context.Context) error
}

const customer = "6210322125051645960"

var clouds = map[string]cloud{
	"alibaba": {200, `{"Code":"200","Message":"Successful!","Data":true,"RequestId":"F5B803CF-94D8-43AF-ADB3-D819AAD30E27","Success":true}`,
		func(t *testing.T, endpoint string, transport http.RoundTripper, watch observer) func(context.Context) error {
			client, err := alibaba.New(alibaba.Config{
				Site: alibaba.China, Endpoint: endpoint, HTTPClient: &http.Client{Transport: transport}, Observe: watch,
				Credentials: alibaba.Credentials{AccessKeyID: "scale-id", AccessKeySecret: "scale-secret"},
			})
			require.NoError(t, err)
			grant := quota.Grant{Customer: customer, Limit: quota.MustMoney("750.00 CNY"), Key: "scale-1"}
			return func(ctx context.Context) error {
				_, err := client.SetQuota(ctx, grant)
				return err
			}
		}},
	"huawei": {204, "",
		func(t *testing.T, endpoint string, transport http.RoundTripper, watch observer) func(context.Context) error {
			client, err := huawei.New(huawei.Config{
				Site: huawei.International, Endpoint: endpoint, HTTPClient: &http.Client{Transport: transport}, Observe: watch,
				Credentials: huawei.Credentials{AccessKey: "scale-ak", SecretKey: "scale-secret"},
			})
			require.NoError(t, err)
			budget := quota.Budget{Customer: customer, Limit: quota.MustMoney("750.00 USD"), Period: quota.OneOff}
			return func(ctx context.Context) error {
				_, err := client.SetBudget(ctx, budget)
				return err
			}
		}},
}

// each runs a test against a server that keeps nothing, unlike the fakes with their logs and books: what grows is the
// client's.
func each(t *testing.T, run func(t *testing.T, c cloud, endpoint string)) {
	for name, c := range clouds {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer server.Close()
			run(t, c, server.URL)
		})
	}
}
