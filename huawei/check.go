// SPDX-License-Identifier: Apache-2.0

package huawei

import "github.com/resellkit/resell/quota"

var _ quota.CustomerChecker = (*Client)(nil)

// CheckCustomer reports an id that cannot be a Huawei Cloud customer's: visible ASCII without spaces, at most 64
// characters. Nothing is sent.
func (c *Client) CheckCustomer(customer string) error {
	if err := quota.CheckCustomer(customer); err != nil {
		return refuse("CheckCustomer", err)
	}
	return nil
}
