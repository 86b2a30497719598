// SPDX-License-Identifier: Apache-2.0

// Package costunittest is a provider of cost units in memory, and the suite that every costunit.Transferrer must pass.
//
// # What
//
// [Provider] holds resources in units and moves them the way a cloud should. [TestTransferrer] holds an implementation
// against it. What can go wrong on the way is said with quota/quotatest/fault.
//
// # When
//
// Use the Provider where your backend's tests move resources. Use the suite where you write an adapter, or a layer of
// your own over one: the fake that the adapter talks to keeps its state in a Provider.
//
// # Errors
//
// The Provider fails with *errors.Error of Provider "costunittest", or, once something moved or may have, with a
// *costunit.PartialError around one.
//
// # Retries
//
// The Provider never repeats a request: a transfer is sent in requests of 100 resources, and each meets one fault of the
// script, or none.
//
// # Concurrency
//
// A Provider is safe for concurrent use; do not copy it.
//
// # Testing
//
// Each check of the suite is itself held against implementations broken on purpose.
package costunittest
