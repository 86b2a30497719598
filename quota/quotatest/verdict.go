// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"fmt"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// same says that a number is not what it should be.
func same(what string, got, expected quota.Money) error {
	if got.Equal(expected) {
		return nil
	}
	return fmt.Errorf("%s is %s; want %s", what, got, expected)
}

// refusedSomehow asks for an error, of whatever class.
func refusedSomehow(err error) error {
	if err == nil {
		return errors.New("the call succeeded; want it refused")
	}
	return nil
}
