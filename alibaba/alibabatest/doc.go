// SPDX-License-Identifier: Apache-2.0

// Package alibabatest is a server that speaks the dialect of Alibaba Cloud's BSS OpenAPI (BssOpenApi 2017-12-14), so
// that a backend can be tested without a cloud.
//
// # What
//
// [Server] answers the sixteen operations of package alibaba (CreateResellerUserQuota, SetResellerUserQuota,
// ChangeResellerConsumeAmount, QueryResellerAvailableQuota, SetResellerUserStatus, GetCustomerList,
// GetCustomerAccountInfo, SetResellerUserAlarmThreshold, QueryResellerUserAlarmThreshold, QueryAccountBalance,
// AllocateCostUnitResource, QueryCostUnitResource, QueryCostUnit, CreateCostUnit, ModifyCostUnit, DeleteCostUnit) with the
// documented bodies. Behind it are the models of quotatest and costunittest: look there for what really happened. It checks signatures (ACS3-HMAC-SHA256 in headers, and the older
// version 1.0 in the query), the clock, nonces, the security token and the parameters, and answers XML to those who do
// not ask for JSON.
//
// # When
//
// Use it in tests, with package alibaba ([Server.Config]) or with any other client of the API. [Wrinkles] turn on what
// the documents show in one place or another: numeric codes, thousands separators, stray line ends.
//
// # Errors
//
// [Codes] lists the documented errors. The server gives those that follow from the state by itself; any other is
// scripted:
//
//	server.Faults.Add("SetResellerUserQuota", alibabatest.Code(500, "CreditInnerError"), fault.LostReply)
//
// # Retries
//
// A request is answered as often as it is sent, and meets one fault of the script or none. A repeated nonce is refused.
//
// # Concurrency
//
// A Server is safe for concurrent use; do not copy it. Close returns when nothing of it runs any more.
//
// # Testing
//
// What Alibaba does not document, the server does as follows. Do not build on it; a test that does proves nothing:
//
//   - a request without OwnerId acts on the reseller's own account ([Server.Account]), whose ledgers are open
//   - every account exists, and belongs to the reseller; InvalidOwner and MasterAndSubHasNoRelation are for scripts
//   - SetResellerUserQuota and ChangeResellerConsumeAmount without a ledger answer -304
//   - a repeated OutBizId with the same change succeeds and changes nothing; Data is the consumption after the first
//   - a repeated OutBizId with another change answers -1101 and changes nothing; the OutBizId of a quota is not checked
//   - an amount is plain digits with at most two decimals; a quota may be zero; what else an amount looks like, a
//     currency other than the ledger's, an OwnerId that is no number and a bad ExtendMap answer ParameterError
//   - freezing, thawing and alarms of a customer that the model does not know answer -304, GetCustomerAccountInfo of one
//     VnoNoDataError; hosting works for anybody, and at first nobody is hosted
//   - -116 answers Thaw alone, where more is consumed than the limit of an open ledger; Freeze is never refused for it
//   - Freeze of a customer that is frozen with the other StopMode changes the mode; Thaw asks for none; a StopMode other
//     than 0 and 1, and a Status that does not belong to its BusinessType, answer ParameterError
//   - HostingStatus is TRUSTEESHIP for the hosted and FREEZE for all others, CreditLimitStatus Freeze or Thaw alone
//   - GetCustomerList has every customer of the model but the reseller's own account, in the order of their ids as text
//   - without AlarmThresholds there is no threshold any more; an empty array, an unknown field and a threshold that does
//     not fit its type answer ParameterError; fields that do not count for a threshold's type are read as 0.00 and 0
//   - QueryAccountBalance answers [Server.Balance] whatever OwnerId is sent
//   - a resource in neither unit, and a target that is not there, leave the whole batch where it is: Data.IsSuccess is
//     false under a success code
//   - statuses of cost unit errors are 400; a page has at most 300 resources, those asked for more get 300; a page of more
//     than 300 units answers InvalidParameter
//   - CreateCostUnit makes all units of a request or none: a name that a sibling or another of the request has answers
//     InvalidParameter with NAME_IS_INVALID (as a document of 2019 says), a parent that is not there UnitNotBelongToUser
//   - ModifyCostUnit renames what it can: the flag of a unit is false where it is not there or the name is taken
//   - DeleteCostUnit refuses a unit that holds resources or has units below it, and one that is not there, by
//     Data.IsSuccess; a name is what package costunit takes for one
//   - a parameter given twice answers InvalidParameter; one that the operation does not have is ignored, but not one in
//     UnitEntityList
//   - a missing or wrong security token answers InvalidSecurityToken.MismatchWithAccessKey with 400
//   - as XML the gateway's errors are in an element Error, those of an operation in that of its replies
//   - a scripted 429, 401 or 403 without a body carries Throttling.User, InvalidAccessKeyId.Inactive or Forbidden.RAM
package alibabatest
