// SPDX-License-Identifier: Apache-2.0

//go:build race

package race

// Enabled reports that the race detector is on.
const Enabled = true
