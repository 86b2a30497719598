// SPDX-License-Identifier: Apache-2.0

package costunittest

import "testing"

func TestProviderIsTransferrer(t *testing.T) {
	TestTransferrer(t, func(*testing.T) Fixture {
		p := new(Provider)
		return Fixture{Subject: p, State: p}
	})
}
