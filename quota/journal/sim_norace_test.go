// SPDX-License-Identifier: Apache-2.0

//go:build !race

package journal

// underRace is how many times fewer scenarios are played under the race detector: each is on one goroutine, so that there
// is nothing for it to find.
const underRace = 1
