// SPDX-License-Identifier: Apache-2.0

// Package costunittest is a provider of cost units in memory, and the suites that every implementation of the interfaces
// of package costunit must pass.
//
// # What
//
// [Provider] keeps cost units and the resources in them, and makes, renames, deletes, lists and fills them the way a
// cloud should. [TestTransferrer], [TestLister], [TestManager] and [TestRemover] hold an implementation against it. What
// can go wrong on the way is said with quota/quotatest/fault.
//
// # When
//
// Use the Provider where your backend's tests move resources or manage units. Use the suites where you write an adapter,
// or a layer of your own over one: the fake that the adapter talks to keeps its state in a Provider. The Provider's verbs
// in one word (Create, Rename, Delete, List, Allocate, Put, Holds) are what such a fake is built of; they meet no faults.
//
// # Errors
//
// The Provider fails with *errors.Error of Provider "costunittest", or with one inside a *costunit.PartialError, once
// something moved or may have, or inside an *errors.BatchError that names the units of a batch which failed.
//
// # Retries
//
// The Provider never repeats a request, and leaves in doubt what is in doubt. Each request meets one fault of the script,
// or none: a transfer is sent in requests of 100 resources, a list is read in requests of 100 rows, and units are made,
// renamed and deleted one by one.
//
// # Concurrency
//
// A Provider is safe for concurrent use; do not copy it.
//
// # Testing
//
// Each check of the suites is itself held against implementations broken on purpose, and the suites against one that is
// sound and sends otherwise than the Provider does.
package costunittest
