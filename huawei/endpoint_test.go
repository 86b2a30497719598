// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

// Requests are signed for the provider's hosts and this machine, and for another only on demand.
func TestEndpointIsTheProviders(t *testing.T) {
	at := func(endpoint string, anyHost bool) (*Client, error) {
		return New(Config{Site: International, Credentials: testKey, Endpoint: endpoint, AnyHost: anyHost})
	}
	for _, host := range []string{"bss-intl.myhuaweicloud.com", "bss.myhuaweicloud.com", "bss.myhuaweicloud.eu", "eps.eu-west-101.myhuaweicloud.eu", "eps.myhuaweicloud.cn:443"} {
		client, err := at("https://"+host, false)
		require.NoError(t, err)
		require.Equal(t, host, client.endpoint.Host)
	}
	_, err := at("http://127.0.0.1:8081", false)
	require.NoError(t, err)
	for _, host := range []string{"evilmyhuaweicloud.com", "myhuaweicloud.com", "myhuaweicloud.com.evil.org", "bss.myhuaweicloud.eu.evil.org", "bss-myhuaweicloud.com", "bss.huaweicloud.com", "bss.myhuaweicloud.org", "business.aliyuncs.com", "159.138.0.1"} {
		client, err := at("https://"+host, false)
		require.Nil(t, client)
		require.ErrorIs(t, err, errors.ErrInvalid)
		require.ErrorContains(t, err, `Config.Endpoint = "https://`+host+`": must be a host below myhuaweicloud.com or myhuaweicloud.eu or myhuaweicloud.cn, or this machine`)
		client, err = at("https://"+host, true)
		require.NoError(t, err, "the control: this rule alone refuses it")
		require.Equal(t, host, client.endpoint.Host)
		_, err = at("http://"+host, true)
		require.ErrorContains(t, err, "must be https", "of any host")
	}
	for _, site := range sites {
		_, err := endpointOf("Config.Endpoint", site, false)
		require.NoError(t, err)
	}
}
