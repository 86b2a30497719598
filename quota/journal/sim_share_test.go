// SPDX-License-Identifier: Apache-2.0

package journal

import "github.com/resellkit/resell/internal/race"

// scenariosOf is how many scenarios are played of n: fewer under the race detector. Each is on one goroutine, so that there is
// nothing for it to find.
func scenariosOf(n uint64) uint64 {
	if race.Enabled {
		return n / 10
	}
	return n
}
