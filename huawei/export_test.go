// SPDX-License-Identifier: Apache-2.0

package huawei

import "time"

// SetPatience shortens how long migrated resources are waited for.
func SetPatience(c *Client, patience time.Duration) { c.patience = patience }
