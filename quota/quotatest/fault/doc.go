// SPDX-License-Identifier: Apache-2.0

// Package fault says what goes wrong with one request to a fake.
//
// # What
//
// One struct ([Fault]), ready-made faults ([LostReply], [Throttled] … all of them in [All]), a queue of them per
// operation ([Script]), and the two ways to act one out: [Serve] on an HTTP server, [Fault.Play] in memory.
//
// # When
//
// Put faults into the Script of a fake (its field Faults) to see how your backend takes them:
//
//	provider.Faults.Add("SetQuota", fault.LostReply)                  // the next request is carried out, its reply is lost
//	provider.Faults.Add("SetQuota", fault.Fault{}, fault.Throttled)   // the zero Fault lets one request pass
//	provider.Faults.Rate("*", 0.1, 1, fault.Unavailable)              // a tenth of all requests
//
// # Errors
//
// What a careful client makes of a fault: ErrThrottled of a 429, ErrUnauthenticated of a 401, ErrDenied of a 403,
// and of everything else ErrUncertain where something was to be changed, ErrUnavailable where it was only a read.
//
// # Retries
//
// A fault of a queue strikes one request: a client that repeats meets the next one, or none.
//
// # Concurrency
//
// A Script is safe for concurrent use. Faults are values: copy one and change the copy, never a ready-made one.
//
// # Testing
//
// The suites of quotatest and costunittest set Seen to know that a fault was met and did not lie in the queue.
package fault
