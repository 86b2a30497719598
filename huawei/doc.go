// SPDX-License-Identifier: Apache-2.0

// Package huawei resells Huawei Cloud over the partner API (bss-intl): customers, their budgets, and freezing them; and
// it manages enterprise projects (EPS) as cost units.
//
// # What
//
// [Client] implements quota.Budgeter, and quota.Limiter on top of it: the customer's budget stands for the quota, and
// what is available is the budget less its use. It also implements quota.Freezer (with [Client.FreezeAll] for many),
// quota.Directory and quota.StandingReader; [Client.ListCustomers], [Client.ListResellers], [Client.BudgetRecords] and
// [Client.ConsumptionQuota] tell the rest. [Client.BudgetOf] reads the budget of a reseller's customer.
//
// Enterprise projects are cost units: costunit.Lister, costunit.Manager and costunit.Transferrer. Those act within the
// account of the credentials, so owners are empty everywhere; the unallocated unit is the default project "0".
// [Client.EnterpriseProjects] and [Client.MigrationRecords] tell the rest.
//
// [Client.Do] sends any other request model of the vendor's bssintl package with the same signing, retries and errors.
//
// # When
//
// The caller is the partner account itself (a cloud solution provider or a distributor), or one of its IAM users with
// the permission; name the customer in each call. The [Site] must be the one that the account belongs to; on the wrong
// one everything is errors.ErrDenied (CBC.0156, formerly CBC.0150). The site in China has no budget API. Amounts are in
// US dollars. A customer who was newly associated by resale is frozen: Budget.Unfreeze opens the account while its budget
// is set.
//
// # Errors
//
// Every error is of package errors and carries Huawei's own code; the table is in codes.go. Bad input is
// errors.ErrInvalid before a byte is sent. Success is exact: the documented status of the operation, and no error in the
// body, where Huawei also puts errors under HTTP 200. What contradicts itself is errors.ErrUncertain.
//
// # Retries
//
// Throttling and what was never sent is repeated; errors.ErrUnauthenticated never is, because five failures in a row
// lock the access key. Freezing and unfreezing in doubt (CBC.0999, a lost reply) is repeated, and a budget in doubt is set
// again, because they are absolute. Only a budget with Budget.Unfreeze is not, for somebody may have frozen the account
// again in between: then the budget is read back, and set again only where it does not read as asked. Between writers that
// do not know of each other the last one wins, and also a repeated attempt of an older call can win over a newer one:
// Huawei has no version to check.
//
// A migration of a resource names its target alone and is accepted before it is made: it is repeated while it is in doubt,
// and the target is read until the resource is there. A renaming is absolute. A creation in doubt is repeated, because
// names are unique, and then the name is looked up.
//
// Iterators read page by page, and each page is repeated like any read. Where one fails the iteration ends with the error.
//
// # Concurrency
//
// A Client is safe for concurrent use by any number of goroutines. Every call ends within milliseconds of its context.
// At most 128 connections are open to a host at a time, unless Config.HTTPClient brings a pool of its own; further calls
// wait for one, and what found none in time was not sent.
//
// # Testing
//
// Package huaweitest is a server that speaks this dialect, strict about signatures; point Config.Endpoint and
// Config.ProjectsEndpoint at it.
//
// # What is not known
//
// Not documented, of enterprise projects, and decided here on the careful side:
//
//   - whether accounts of the international site use eps.myhuaweicloud.com, see Config.ProjectsEndpoint
//   - whether a description that is left out of an update stays: it is sent again
//   - how long a migration takes, and how one shows that failed: it is waited for, and then unknown; its record may tell
//   - which resource types are regional: Resource.Project is left to the caller
//   - the form of the times that migration records are asked for with: milliseconds since 1970 are sent
//   - what "busy" (EPS.0000) leaves undone: a change is uncertain then
package huawei
