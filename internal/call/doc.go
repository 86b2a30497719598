// SPDX-License-Identifier: Apache-2.0

// Package call holds one HTTP conversation with a provider: sign, send, read, judge, wait, repeat, observe.
//
// # What
//
// [Client.Do] runs one [Request] to its end. It knows no provider: the adapter hands it a signer (called for every
// attempt, so that each has its own nonce, time and signature) and a judge (what a reply means).
//
// # Errors
//
// Every failure is an *errors.Error. Its class follows from what is known: before anything was written it is
// ErrUnavailable; after that a broken connection, an unreadable reply or a redirect is ErrUncertain for a change and
// ErrUnavailable for a read. Once one attempt of a change was uncertain, only success ends the doubt: any later failure
// is reported as ErrUncertain too.
//
// # Retries
//
// go-retryablehttp drives the attempts after the first; what is repeated, and after which wait, is decided here by class:
// ErrThrottled and ErrUnavailable always, ErrUncertain only where the request says that repeating is safe. Waits have full
// jitter, a provider's own hint is honoured, and a budget of tokens per client stops retry storms.
//
// # Concurrency
//
// A Client is safe for concurrent use. A context ends a call in flight and in waits. A client's own pool opens at most
// 128 connections to a host; further calls wait for one.
package call
