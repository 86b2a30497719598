// SPDX-License-Identifier: Apache-2.0

// Package costunit says how a reseller splits cost: units that own resources, and moves between them.
//
// # What
//
// Plain structs ([Unit], [Details], [Resource], [Transfer] …) and the interfaces [Transferrer], [Lister], [Manager] and
// [Remover] that an adapter implements where its cloud can.
//
// # When
//
// Use it to keep the cost units of one or several accounts (cost centres; Huawei Cloud calls them enterprise projects),
// and to move resources between them.
//
// # Errors
//
// As everywhere in this library: nil is applied, errors.ErrUncertain is may have been applied, every other class is not
// applied. A transfer that ends half-way is a [*PartialError] that names what moved and what did not; its class is that
// of what stopped it. A batch of units of which a part failed is an *errors.BatchError.
//
// # Retries
//
// Repeating a transfer converges: what is in the target already stays there. So does renaming. A creation in doubt is
// settled by reading back; one that is asked for again by a later call is errors.ErrExists.
//
// # Concurrency
//
// Values are plain data; implementations are safe for concurrent use. Two transfers of the same resource at the same
// time end in one of the two targets.
//
// # Testing
//
// Package costunittest holds a provider in memory and the suites that each implementation must pass.
package costunit
