// SPDX-License-Identifier: Apache-2.0

// Package huaweitest is a server that speaks the dialects of Huawei Cloud's partner API (bssintl v2) and of its enterprise
// projects (EPS v1), both at one address, so that a backend can be tested without a cloud.
//
// # What
//
// [Server] answers the operations of package huawei with the documented statuses and bodies: UpdateSubCustomerBudget and
// ShowSubCustomerBudget (POST and GET /v2/partners/sub-customers/budget), ListSubCustomerBudget (POST …/budget/query),
// ListSubCustomerBudgetRecords (GET …/budget/records), FreezeSubCustomers and UnfreezeSubCustomers (POST …/freeze and
// …/unfreeze), ListSubCustomers (POST …/query), ListIndirectPartners (POST /v2/partners/indirect-partners/query) and
// ShowPartnerConsumptionQuota (GET /v2/partners/credit/consumption-quota); and below /v1.0/enterprise-projects
// ListEnterpriseProject and CreateEnterpriseProject (GET and POST), UpdateEnterpriseProject (PUT /{id}),
// ShowResourceBindEnterpriseProject (POST /{id}/resources/filter), MigrateResource (POST /{id}/resources-migrate) and
// ListMigrationRecord (GET /migrate-record/list). Behind it are the models of quotatest and costunittest: look there for
// what really happened. It checks signatures (SDK-HMAC-SHA256), the clock, the security token, IAM tokens and
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
// Of enterprise projects it gives EPS.0002 for what the documents do not allow, fields that the operation does not have
// included, EPS.0005 for a project or a resource that is not there, and EPS.0010 for a name that is taken.
//
// Freezing tells of a customer that it cannot freeze under error_details, with the status 200, and freezes the others.
//
// Any other is scripted:
//
//	server.Faults.Add("UpdateSubCustomerBudget", huaweitest.Code(500, "CBC.0999"), fault.LostReply)
//	server.Faults.Add("FreezeSubCustomers", huaweitest.PartialFailure("CBC.0151", "customer-1"))
//	server.Faults.Add("ShowResourceBindEnterpriseProject", huaweitest.Unread("EPS.0001", "ecs", "project-1"))
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
//   - one budget of any id can be read and set: it is a customer of this partner, by resale (association_type 3); the
//     errors of other associations are for scripts. Lists have those whom the model knows
//   - a customer belongs to the reseller that is first named with a budget, or that the model has; a reseller's name is
//     needed for reading, too
//   - fields and query parameters that an operation of the partner API does not have are ignored; of a repeated parameter the first counts
//   - freezing answers 200 without a body; with the wrinkle NoContent 204
//   - in error_details a customer whom the model does not know is CBC.99000035, and one that is frozen with the other type
//     CBC.99005024; freezing the frozen again, and unfreezing others, is a success
//   - where a fault in the model strikes in the middle of several customers the whole is refused, and those before are done
//   - customers are listed by their ids, those of a reseller only where it is named; a customer's one name in the model is
//     account_name and customer, nobody has a label, and telephone, manager and level are made up
//   - names are found by any part of them, with capital letters distinguished; a space in one is CBC.0100, and so is an
//     association_type other than 1, 2 and 3; both ends of a span of time are in it
//   - budgets of many are told in the order asked for, each once, of a reseller's customers only where it is named
//   - records are of the budgets that were set through this server, the newest first, with an operator and a partner that
//     are made up; nothing is ever deleted
//   - a body that is not declared as application/json is CBC.0100, as is a customer id with spaces or beyond ASCII
//   - a missing or wrong security token is APIGW.0301, as is a locked key; every refusal of a known key counts for the
//     lock, and the fifth locks
//   - where a request has both a signature and a token, the signature counts
//   - a scripted 429, 401 or 403 without a body carries APIGW.0308, APIGW.0301 or CBC.0151, of EPS EPS.0004
//   - an update of an enterprise project without a description empties it, and its type stays
//   - all projects are enabled, and none is ever deleted; one that was not created through this server is of 2018
//   - a project may keep its name in an update
//   - resources with a project in the model are regional: they are listed where their project is named, and moved with it
//   - a migration is accepted for what is there, and made at once, or with the next request after its delay; one into the
//     project where the resource is already is accepted, too; what belongs to a resource stays
//   - migration records are of what was accepted, the newest first, asked for in milliseconds; both ends of a span of time
//     are in it; the initiator is the source, and the operator is made up
package huaweitest
