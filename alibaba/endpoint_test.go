// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

// Requests are signed for the provider's hosts and this machine, and for another only on demand.
func TestEndpointIsTheProviders(t *testing.T) {
	at := func(endpoint string, anyHost bool) (*Client, error) {
		return New(Config{Site: China, Credentials: testKey, Endpoint: endpoint, AnyHost: anyHost})
	}
	for _, host := range []string{"business.aliyuncs.com", "business.ap-southeast-1.aliyuncs.com", "business-vpc.cn-hangzhou.aliyuncs.com", "business.vpc-proxy.aliyuncs.com", "agency.aliyuncs.com:443"} {
		client, err := at("https://"+host, false)
		require.NoError(t, err)
		require.Equal(t, host, client.endpoint.Host)
	}
	_, err := at("http://127.0.0.1:8081", false)
	require.NoError(t, err)
	for _, host := range []string{"evilaliyuncs.com", "aliyuncs.com", "aliyuncs.com.evil.org", "business.aliyuncs.com.evil.org", "business-aliyuncs.com", "business.alibabacloud.com", "bss-intl.myhuaweicloud.com", "47.88.0.1"} {
		client, err := at("https://"+host, false)
		require.Nil(t, client)
		require.ErrorIs(t, err, errors.ErrInvalid)
		require.ErrorContains(t, err, `Config.Endpoint = "https://`+host+`": must be a host below aliyuncs.com, or this machine`)
		client, err = at("https://"+host, true)
		require.NoError(t, err, "the control: this rule alone refuses it")
		require.Equal(t, host, client.endpoint.Host)
		_, err = at("http://"+host, true)
		require.ErrorContains(t, err, "must be https", "of any host")
	}
	for _, site := range sites {
		_, err := endpointOf("Config.Endpoint", site.endpoint, false)
		require.NoError(t, err)
	}
}
