// SPDX-License-Identifier: Apache-2.0

// Package huaweitest is a server that speaks the dialect of Huawei Cloud's partner budget API (bssintl v2), so that a
// backend can be tested without a cloud.
//
// # What
//
// [Server] answers the two operations of package huawei, UpdateSubCustomerBudget and ShowSubCustomerBudget (POST and GET
// /v2/partners/sub-customers/budget), with the documented statuses and bodies. Behind it is the model of quotatest: look
// there for what really happened. It checks signatures (SDK-HMAC-SHA256), the clock, the security token, IAM tokens and
// the parameters.
//
// # When
//
// Use it in tests, with package huawei ([Server.Config]) or with any other client of the API. [Wrinkles] turn on what
// documents and users show in one place or another: amounts as strings, many decimals, other envelopes of errors.
//
// # Errors
//
// [Codes] lists the documented errors. The server gives those that follow from the request and the state by itself:
//
//   - APIGW.0101 for another path or method, APIGW.0201 for a body above 12 MB
//   - APIGW.0301 for what does not authenticate, and the message says why; APIGW.0307 for a wrong X-Auth-Token
//   - CBC.0100 for what the documents do not allow, and the message names the field
//   - CBC.99000037 for a reseller's customer without that reseller, or with another
//
// Any other is scripted:
//
//	server.Faults.Add("UpdateSubCustomerBudget", huaweitest.Code(500, "CBC.0999"), fault.LostReply)
//
// # Retries
//
// A request is answered as often as it is sent, and meets one fault of the script or none. The signature has no nonce:
// the same request may come twice.
//
// # Concurrency
//
// A Server is safe for concurrent use; do not copy it. Close returns when nothing of it runs any more.
//
// # Testing
//
// What Huawei does not document, the server does as follows. Do not build on it; a test that does proves nothing:
//
//   - more than two decimals of budget_amount are refused, not rounded; zeros at the end do not count
//   - budget_amount is taken as a number and as a string (the vendor's Go SDK sends a string since 0.1.186, the documents
//     and older clients a number), also with an exponent
//   - a customer without a budget reads as 200 with null for budget_amount, used_amount and budget_type
//   - a budget of the other kind (MONTHLY, PACKAGE) replaces the kind; what was used stays
//   - every id is a customer of this partner, by resale; the errors of other associations are for scripts
//   - a customer belongs to the reseller that is first named with a budget, or that the model has; a reseller's name is
//     needed for reading, too
//   - fields and query parameters that the operation does not have are ignored; of a repeated parameter the first counts
//   - a body that is not declared as application/json is CBC.0100, as is a customer id with spaces or beyond ASCII
//   - a missing or wrong security token is APIGW.0301, as is a locked key; every refusal of a known key counts for the
//     lock, and the fifth locks
//   - where a request has both a signature and a token, the signature counts
//   - a scripted 429, 401 or 403 without a body carries APIGW.0308, APIGW.0301 or CBC.0151
package huaweitest
