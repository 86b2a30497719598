// SPDX-License-Identifier: Apache-2.0

// Package secrets seeks planted secrets in everything that the public packages show: their types in every form of output,
// the errors of calls that meet faults, the log at debug level, the cassettes. It has no code of its own.
package secrets
