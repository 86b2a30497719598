// SPDX-License-Identifier: Apache-2.0

// Package journal keeps what a reseller means to change in the reseller's own database, and carries it out: no change is
// lost and none is made twice, although replies are lost, processes die and replicas race.
//
// # What
//
// An [Intent] is one change under a key. [Journal.Enqueue] records it inside the transaction that records the order;
// [Journal.Run], in any number of processes, sends it, and settles what is in doubt. [Journal.Do] records and sends at
// once. It runs on PostgreSQL, on MariaDB and MySQL, and on SQLite for one host, through database/sql; the driver is the
// caller's, and [Journal.Migrate] makes the three tables.
//
//	pending ──► sending ──► applied | refused | superseded
//	   ▲          │ ▲
//	   └──────────┤ │       not applied: later again
//	              ▼ │
//	          uncertain ──► needs_operator
//
// # When
//
// Use it wherever a lost process must not lose or double money: a key that dies with its process protects nothing.
// Without it the adapters' promise holds as long as the caller keeps the key.
//
// Adjustments go in any order and in parallel. Quotas and budgets of one customer go one at a time in the order in which
// they were enqueued, and so do freezes, and the transfers of one account: after one that is in doubt nothing newer goes
// out before it is settled, and one that was not sent gives way to a newer one. There is no order between the one and the
// other: enqueue an adjustment when the creation of its ledger is [Applied]. Of two transactions that enqueue at the same
// time, the order is that of their inserts, or that of their commits where the later insert was sent before the earlier one
// was committed.
//
// An intent in doubt is sent again with its key, for Config.Window after it was first sent; so the provider must remember
// keys for that long, and the length of a call. A creation and a top-up of a
// budget are settled by reading back. What cannot be settled like that goes to a person: [NeedsOperator], [Journal.Resolve].
//
// Enqueue late in your transaction: on MariaDB and MySQL a key that is recorded already stays locked until the transaction
// ends. For SQLite let the driver begin transactions as writers, and wait for each other: with modernc.org/sqlite that is
// "_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)" in the data source's name.
//
// # Errors
//
// As everywhere in this library; [Journal.Do] says what each class means here. Bad input, a schema that is missing or
// newer, and a database of another kind are errors.ErrInvalid; a database that is away, full or read-only is
// errors.ErrUnavailable, and nothing was sent.
//
// # Retries
//
// What was not applied and may be later (errors.ErrThrottled, errors.ErrUnavailable, errors.ErrUnauthenticated) and what
// is in doubt is taken up again: after a second, then after twice that, up to five minutes, or as the provider asked. Any
// other class is final, unless an earlier attempt is in doubt: then a refusal proves nothing, and an operator is needed.
//
// # Concurrency
//
// A [Journal] is safe for concurrent use. Which process has an intent is a lease by the database's clock, so that the
// clocks of the processes do not matter. A process that was held up past the end of its lease is stopped by its own
// deadline; what it still reports is refused by a fence, and kept as evidence. What no client can stop is a request that
// the network delivers after all that: adjustments carry their key for this, and a customer's absolute changes wait for
// one another.
//
// # Testing
//
// In a test use SQLite in a file of its own, with the adapters on their fakes; see the example.
package journal
