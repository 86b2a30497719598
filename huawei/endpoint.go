// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"net/url"

	"github.com/resellkit/resell/internal/call"
)

// domains are Huawei Cloud's: its services have names below them.
var domains = []string{"myhuaweicloud.com", "myhuaweicloud.eu", "myhuaweicloud.cn"}

// endpointOf reads where to send requests to.
func endpointOf(field, address string, anyHost bool) (*url.URL, error) {
	if anyHost {
		return call.ParseEndpoint(field, address)
	}
	return call.ParseEndpoint(field, address, domains...)
}
