// SPDX-License-Identifier: Apache-2.0

package alibaba

import "github.com/resellkit/resell/quota"

var _ quota.CustomerChecker = (*Client)(nil)

// CheckCustomer reports an id that cannot be an Alibaba Cloud account's: a positive decimal number below 2^63. Nothing is
// sent.
func (c *Client) CheckCustomer(customer string) error {
	if err := checkCustomer("customer", customer); err != nil {
		return refuse("CheckCustomer", err)
	}
	return nil
}
