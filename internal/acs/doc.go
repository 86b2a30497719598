// SPDX-License-Identifier: Apache-2.0

// Package acs signs and verifies requests in Alibaba Cloud's two RPC signature
// schemes.
//
// V3 (ACS3-HMAC-SHA256) puts the action, the time, the nonce and the signature
// in headers. It is the one to send: no part of it shows in a URL, so none
// reaches a *url.Error or an access log. V1 (SignatureVersion=1.0, HMAC-SHA1,
// which Alibaba's documentation calls "signature method V2 for RPC") puts all
// of it in the query. Vendor clients still send it, so a fake must read it.
//
// A signature is good for one attempt: every retry is signed afresh, with a
// new nonce and the current time. Whether a time is recent enough, a nonce
// unused or a security token current is for the caller of VerifyV3 and
// VerifyV1 to judge, from the Signed they return.
//
// A verification fails with one of four sentinels, asked for by errors.Is:
// ErrIncomplete, ErrTime, ErrUnknownKey and ErrMismatch. No error text holds a
// secret, a token, a signature or the string that was signed.
//
// The functions keep no state and are safe for concurrent use, as far as the
// request they are given is used by nobody else.
//
// The tests hold the package to the vectors Alibaba publishes and to the
// vendor's own signer on random requests; RESELL_SIGN_ROUNDS sets how many.
package acs
