// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func TestConfigMistakes(t *testing.T) {
	credentials := func(context.Context) (Credentials, error) { return testKey, nil }
	token := func(context.Context) (string, error) { return "token", nil }
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no site", func(c *Config) { c.Site = "" }, "Config.Site"},
		{"the site in China", func(c *Config) { c.Site = "china" }, "no budget API"},
		{"no credentials", func(c *Config) { c.Credentials = Credentials{} }, "Config.Credentials"},
		{"no access key", func(c *Config) { c.Credentials.AccessKey = "" }, "Config.Credentials.AccessKey"},
		{"no secret key", func(c *Config) { c.Credentials.SecretKey = "" }, "Config.Credentials.SecretKey"},
		{"line end in the secret key", func(c *Config) { c.Credentials.SecretKey += "\n" }, "Config.Credentials.SecretKey"},
		{"space in the security token", func(c *Config) { c.Credentials.SecurityToken = "SecretKey 2" }, "Config.Credentials.SecurityToken"},
		{"two sources", func(c *Config) { c.CredentialsFunc = credentials }, "Config.CredentialsFunc"},
		{"key and token", func(c *Config) { c.TokenFunc = token }, "Config.TokenFunc"},
		{"two functions", func(c *Config) { c.Credentials, c.CredentialsFunc, c.TokenFunc = Credentials{}, credentials, token }, "Config.TokenFunc"},
		{"plain http", func(c *Config) { c.Endpoint = "http://bss-intl.myhuaweicloud.com" }, "Config.Endpoint"},
		{"endpoint with a path", func(c *Config) { c.Endpoint = "https://host/v2" }, "Config.Endpoint"},
		{"plain http for projects", func(c *Config) { c.ProjectsEndpoint = "http://eps.myhuaweicloud.com" }, "Config.ProjectsEndpoint"},
		{"projects with a path", func(c *Config) { c.ProjectsEndpoint = "https://host/v1.0" }, "Config.ProjectsEndpoint"},
		{"unknown period", func(c *Config) { c.QuotaPeriod = "yearly" }, "Config.QuotaPeriod"},
		{"negative attempts", func(c *Config) { c.Retry.Attempts = -1 }, "Config.Retry.Attempts"},
		{"negative wait", func(c *Config) { c.Retry.Throttled = -1 }, "Config.Retry.Throttled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config := Config{Credentials: testKey, Site: International}
			tt.change(&config)
			client, err := New(config)
			require.Nil(t, client)
			requireClass(t, errors.ErrInvalid, err)
			_ = failureOf(t, err)
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "SecretKey\n")
			require.NotContains(t, err.Error(), "SecretKey 2")
		})
	}
}

func TestSites(t *testing.T) {
	for site, host := range map[Site]string{
		International: "bss-intl.myhuaweicloud.com",
		Europe:        "bss.myhuaweicloud.eu",
	} {
		w := answers(reply{status: 204})
		client := newTestClient(t, w, func(c *Config) { c.Site = site })
		_, err := client.SetBudget(t.Context(), testBudget())
		require.NoError(t, err)
		require.Equal(t, "https://"+host+"/v2/partners/sub-customers/budget", w.requests[0].URL.String())
	}
}

func TestEndpointOverride(t *testing.T) {
	w := answers(reply{status: 204})
	client := newTestClient(t, w, func(c *Config) { c.Endpoint = "http://127.0.0.1:8080/" })
	_, err := client.SetBudget(t.Context(), testBudget())
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:8080/v2/partners/sub-customers/budget", w.requests[0].URL.String())
}

func TestObserve(t *testing.T) {
	type key struct{}
	var begun []string
	var ended []error
	w := &script{answer: func(_ int, r sent) reply {
		if r.Context().Value(key{}) == nil {
			return reply{status: 400}
		}
		if r.Method == http.MethodGet {
			return reply{status: 200, body: `{"budget_amount":5,"used_amount":1,"budget_type":"PACKAGE"}`}
		}
		return reply{status: 204}
	}}
	client := newTestClient(t, w, func(c *Config) {
		c.Observe = func(ctx context.Context, op string) (context.Context, func(error)) {
			begun = append(begun, op)
			return context.WithValue(ctx, key{}, op), func(err error) { ended = append(ended, err) }
		}
	})
	_, err := client.SetBudget(t.Context(), testBudget())
	require.NoError(t, err)
	_, err = client.SetQuota(t.Context(), quota.Grant{Customer: testCustomer, Limit: quota.MustMoney("7.00 USD")})
	require.NoError(t, err)
	_, err = client.Budget(t.Context(), testCustomer)
	require.NoError(t, err)
	_, err = client.AvailableQuota(t.Context(), testCustomer)
	require.NoError(t, err)
	_, bad := client.Budget(t.Context(), "")
	requireClass(t, errors.ErrInvalid, bad)
	_, worse := client.Do(t.Context(), nil, nil)
	requireClass(t, errors.ErrInvalid, worse)
	require.Equal(t, []string{
		"UpdateSubCustomerBudget", "UpdateSubCustomerBudget", "ShowSubCustomerBudget", "ShowSubCustomerBudget", "ShowSubCustomerBudget", "Do",
	}, begun)
	require.Equal(t, []error{nil, nil, nil, nil, bad, worse}, ended)
}
