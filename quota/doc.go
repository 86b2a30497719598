// SPDX-License-Identifier: Apache-2.0

// Package quota says what a reseller means: how much a customer may spend, and every change of it.
//
// # What
//
// Plain structs ([Money], [Key], [Grant], [Adjustment], [Budget], [Receipt] …) and small interfaces ([Limiter], [Ledger],
// [Adjuster], [Budgeter], [Freezer], [Directory], [StandingReader], [Alarmer]) that the adapters alibaba and huawei
// implement as far as their cloud can. What a cloud cannot do is a method its client does not have: the compiler tells,
// not the production log.
//
// # When
//
// Write your backend against the interfaces, and choose the cloud where the client is made.
//
// # Errors
//
// Every method ends in nil (applied), in an error of class errors.ErrUncertain (may have been applied), or in an
// error of another class (not applied). Bad input is errors.ErrInvalid before any byte is sent. A batch of which a part
// failed returns what succeeded and a *errors.BatchError that names the rest.
//
// # Retries
//
// Every method may be called again with the same arguments: the change is made at most once, or converges to the
// same state. Relative changes carry a [Key] for that; choose it before the first attempt and store it with the
// order ([KeyFor] derives it from the order's own id). A key made anew for each attempt protects nothing.
//
// # Concurrency
//
// Values are plain data; implementations are safe for concurrent use.
//
// # Testing
//
// Package quotatest holds a provider in memory and the suites that each implementation must pass.
package quota
