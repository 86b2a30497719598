// SPDX-License-Identifier: Apache-2.0

// Package quotatest is a provider in memory, and the suites that every implementation of package quota must pass.
//
// # What
//
// [Provider] implements every interface of package quota the way a cloud should. [TestLimiter], [TestLedger],
// [TestAdjuster], [TestBudgeter], [TestFreezer], [TestAlarmer], [TestDirectory] and [TestStandingReader] hold an
// implementation against it. Package fault says what can go wrong on the way.
//
// # When
//
// Use the Provider where your backend's tests need a cloud that books, remembers and can be asked what it booked. Use
// the suites where you write an adapter, or a layer of your own over one: the fake that the adapter talks to keeps its
// state in a Provider, and the suite looks there for what really happened.
//
// # Errors
//
// The Provider fails with *errors.Error of Provider "quotatest", and of the class that a careful adapter gives.
//
// # Retries
//
// The Provider never repeats a request: one call, one request, one fault of its script. That makes your own retries
// visible.
//
// # Concurrency
//
// A Provider is safe for concurrent use; do not copy it.
//
// # Testing
//
// Each check of the suites is itself held against implementations broken on purpose.
package quotatest
