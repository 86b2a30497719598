// SPDX-License-Identifier: Apache-2.0

// Package alibaba resells Alibaba Cloud: quota ledgers, consumption adjustments, customers and cost units over BSS
// OpenAPI (BssOpenApi 2017-12-14).
//
// # What
//
// [Client] implements quota.Ledger, quota.Adjuster and costunit.Transferrer. It also implements quota.Freezer,
// quota.Directory, quota.StandingReader and quota.Alarmer, as far as Alibaba tells, and costunit.Lister,
// costunit.Manager and costunit.Remover; [Client.CustomerInfo],
// [Client.Balance], [Client.Host] and [Client.Unhost] are Alibaba's alone. [Client.Do] sends any other request model of
// the vendor's SDK with the same signing, retries and errors.
//
// # When
//
// The caller is the reseller (partner) account itself: use its own access key, and name the customer in each call.
// The [Site] must be the one that the account belongs to; on the wrong one everything is errors.ErrDenied
// (NotApplicable). Whether the reseller operations work on the international site is not documented.
//
// # Errors
//
// Every error is of package errors and carries Alibaba's own code; the table is in codes.go. Bad input is
// errors.ErrInvalid before a byte is sent. Success is exact: a reply that contradicts itself is errors.ErrUncertain.
//
// # Retries
//
// Throttling and what was never sent is repeated. A change in doubt (CreditInnerError, InternalError, a lost reply) is
// repeated where that is safe: an adjustment with the same OutBizId, a limit, a freeze and alarms because they are
// absolute, a creation of ledgers because a second one is refused (and the refusal is then settled by reading the
// available quota), a transfer after reading both units back, the renaming and the deletion of a cost unit because they
// converge. The creation of cost units is not repeated: they are read back. Alibaba documents OutBizId as its idempotence
// check, but not how long it remembers one, nor what it answers to a second use; this package therefore takes no answer
// to a repeated key for a success that is not one.
//
// # Concurrency
//
// A Client is safe for concurrent use by any number of goroutines. Every call ends within milliseconds of its context.
// At most 128 connections are open to a host at a time, unless Config.HTTPClient brings a pool of its own; further calls
// wait for one, and what found none in time was not sent.
//
// # Testing
//
// Package alibabatest is a server that speaks this dialect, strict about signatures; point Config.Endpoint at it.
package alibaba
