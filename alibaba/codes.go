// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"net/http"
	"strings"

	"github.com/resellkit/resell/errors"
)

// code is one documented error code and what it means. Codes go before statuses: CreditInnerError is documented as 400
// on one operation and as 500 on another, and throttling is a 400.
type code struct {
	op     string // the operation; "" is any
	status int    // as documented, for the reader; 0 where documents differ
	code   string // a final or leading * matches any rest
	class  error
	source string
}

// Where the rows come from.
const (
	apiMetadata  = "API metadata of the operation, BssOpenApi 2017-12-14"
	apiPre2022   = "document of the operation before 2022"
	costUnits    = "international document of the cost unit operations, 2019"
	gateway      = "gateway error code reference"
	sdkBehaviour = "what the vendor's own SDKs take it for"
	inferred     = "inferred: same ledgers, same meaning as where it is documented"
)

// unitNotOwned is Alibaba's answer where a cost unit is not the account's.
const unitNotOwned = "UnitNotBelongToUser"

// codes maps every documented code of the operations here. A row of the operation goes before a row of any; among the
// latter an exact one before a pattern. What is in no row is ErrUncertain: it may mean that the change was made.
var codes = []code{
	{"CreateResellerUserQuota", 400, "NotApplicable", errors.ErrDenied, apiMetadata},
	{"CreateResellerUserQuota", 400, "NotAuthorized", errors.ErrDenied, apiMetadata},
	{"CreateResellerUserQuota", 400, "InternalError", errors.ErrUncertain, apiMetadata},
	{"CreateResellerUserQuota", 400, "ParameterError", errors.ErrInvalid, apiMetadata},
	{"CreateResellerUserQuota", 400, "-303", errors.ErrExists, apiMetadata},
	{"CreateResellerUserQuota", 400, "CreditInnerError", errors.ErrUncertain, apiMetadata},
	{"CreateResellerUserQuota", 500, "CreditInnerError", errors.ErrUncertain, apiPre2022},
	{"CreateResellerUserQuota", 500, "UndefinedError", errors.ErrUncertain, apiMetadata},

	{"SetResellerUserQuota", 400, "NotApplicable", errors.ErrDenied, apiMetadata},
	{"SetResellerUserQuota", 400, "NotAuthorized", errors.ErrDenied, apiMetadata},
	{"SetResellerUserQuota", 400, "InternalError", errors.ErrUncertain, apiMetadata},
	{"SetResellerUserQuota", 400, "ParameterError", errors.ErrInvalid, apiMetadata},
	{"SetResellerUserQuota", 500, "CreditInnerError", errors.ErrUncertain, apiMetadata},
	{"SetResellerUserQuota", 500, "UndefinedError", errors.ErrUncertain, apiMetadata},

	{"ChangeResellerConsumeAmount", 400, "NotApplicable", errors.ErrDenied, apiMetadata},
	{"ChangeResellerConsumeAmount", 400, "NotAuthorized", errors.ErrDenied, apiMetadata},
	{"ChangeResellerConsumeAmount", 400, "InternalError", errors.ErrUncertain, apiMetadata},
	{"ChangeResellerConsumeAmount", 400, "ParameterError", errors.ErrInvalid, apiMetadata},
	{"ChangeResellerConsumeAmount", 400, "-1101", errors.ErrUncertain, apiMetadata},
	{"ChangeResellerConsumeAmount", 500, "CreditInnerError", errors.ErrUncertain, apiPre2022},
	{"ChangeResellerConsumeAmount", 500, "UndefinedError", errors.ErrUncertain, apiMetadata},

	{"QueryResellerAvailableQuota", 400, "NotApplicable", errors.ErrDenied, apiMetadata},
	{"QueryResellerAvailableQuota", 400, "NotAuthorized", errors.ErrDenied, apiMetadata},
	{"QueryResellerAvailableQuota", 400, "InternalError", errors.ErrUncertain, apiMetadata},
	{"QueryResellerAvailableQuota", 400, "ParameterError", errors.ErrInvalid, apiMetadata},
	{"QueryResellerAvailableQuota", 400, "-304", errors.ErrNotFound, apiMetadata},
	{"QueryResellerAvailableQuota", 400, "CreditInnerError", errors.ErrUncertain, apiMetadata},
	{"QueryResellerAvailableQuota", 500, "CreditInnerError", errors.ErrUncertain, apiPre2022},
	{"QueryResellerAvailableQuota", 500, "UndefinedError", errors.ErrUncertain, apiMetadata},

	{"SetResellerUserStatus", 200, "-116", errors.ErrConflict, apiMetadata}, // less than nothing is left of the quota
	{"SetResellerUserStatus", 400, "NotApplicable", errors.ErrDenied, apiMetadata},
	{"SetResellerUserStatus", 400, "NotAuthorized", errors.ErrDenied, apiMetadata},
	{"SetResellerUserStatus", 400, "InternalError", errors.ErrUncertain, apiMetadata},
	{"SetResellerUserStatus", 400, "ParameterError", errors.ErrInvalid, apiMetadata},
	{"SetResellerUserStatus", 400, "SYSTEM_ERROR", errors.ErrUncertain, apiMetadata},
	{"SetResellerUserStatus", 400, "CreditInnerError", errors.ErrUncertain, apiMetadata},
	{"SetResellerUserStatus", 500, "CreditInnerError", errors.ErrUncertain, apiPre2022},
	{"SetResellerUserStatus", 500, "UndefinedError", errors.ErrUncertain, apiMetadata}, // there with a space in front, which is cut

	{"GetCustomerList", 400, "NotAuthorized", errors.ErrDenied, apiMetadata},
	{"GetCustomerList", 401, noData, errors.ErrNotFound, apiMetadata}, // no failed login; Customers takes it for an empty list
	{"GetCustomerList", 402, "NotFoundRamAction", errors.ErrDenied, apiMetadata},
	{"GetCustomerList", 500, "InternalError", errors.ErrUncertain, apiMetadata},

	{"GetCustomerAccountInfo", 400, "NotAuthorized", errors.ErrDenied, apiMetadata},
	{"GetCustomerAccountInfo", 401, noData, errors.ErrNotFound, apiMetadata},
	{"GetCustomerAccountInfo", 500, "InternalError", errors.ErrUncertain, apiMetadata},

	{"SetResellerUserAlarmThreshold", 400, "NotApplicable", errors.ErrDenied, apiMetadata},
	{"SetResellerUserAlarmThreshold", 400, "NotAuthorized", errors.ErrDenied, apiMetadata},
	{"SetResellerUserAlarmThreshold", 400, "InternalError", errors.ErrUncertain, apiMetadata},
	{"SetResellerUserAlarmThreshold", 400, "ParameterError", errors.ErrInvalid, apiMetadata},
	{"SetResellerUserAlarmThreshold", 500, "CreditInnerError", errors.ErrUncertain, apiMetadata},
	{"SetResellerUserAlarmThreshold", 500, "UndefinedError", errors.ErrUncertain, apiMetadata},

	{"QueryResellerUserAlarmThreshold", 400, "NotApplicable", errors.ErrDenied, apiMetadata},
	{"QueryResellerUserAlarmThreshold", 400, "NotAuthorized", errors.ErrDenied, apiMetadata},
	{"QueryResellerUserAlarmThreshold", 400, "InternalError", errors.ErrUncertain, apiMetadata},
	{"QueryResellerUserAlarmThreshold", 400, "ParameterError", errors.ErrInvalid, apiMetadata},

	{"QueryAccountBalance", 400, "NotApplicable", errors.ErrDenied, apiMetadata},
	{"QueryAccountBalance", 400, "NotAuthorized", errors.ErrDenied, apiMetadata},
	{"QueryAccountBalance", 400, "MissingParameter", errors.ErrInvalid, apiMetadata},
	{"QueryAccountBalance", 400, "InvalidParameter", errors.ErrInvalid, apiMetadata},
	{"QueryAccountBalance", 400, "InvalidOwner", errors.ErrDenied, apiMetadata},
	{"QueryAccountBalance", 400, "InternalError", errors.ErrUncertain, apiMetadata},
	{"QueryAccountBalance", 500, "UndefinedError", errors.ErrUncertain, apiMetadata},

	{"AllocateCostUnitResource", 0, "MissingParameter", errors.ErrInvalid, costUnits},
	{"AllocateCostUnitResource", 0, "InvalidParameter", errors.ErrInvalid, costUnits},
	{"AllocateCostUnitResource", 0, unitNotOwned, errors.ErrDenied, costUnits},
	{"AllocateCostUnitResource", 0, "MasterAndSubHasNoRelation", errors.ErrDenied, costUnits},
	{"AllocateCostUnitResource", 0, "InternalError", errors.ErrUncertain, costUnits},

	{"QueryCostUnitResource", 0, "MissingParameter", errors.ErrInvalid, costUnits},
	{"QueryCostUnitResource", 0, "InvalidParameter", errors.ErrInvalid, costUnits},
	{"QueryCostUnitResource", 0, unitNotOwned, errors.ErrDenied, costUnits},
	{"QueryCostUnitResource", 0, "MasterAndSubHasNoRelation", errors.ErrDenied, costUnits},
	{"QueryCostUnitResource", 0, "InternalError", errors.ErrUncertain, costUnits},

	{"QueryCostUnit", 0, "MissingParameter", errors.ErrInvalid, costUnits},
	{"QueryCostUnit", 0, "InvalidParameter", errors.ErrInvalid, costUnits},
	{"QueryCostUnit", 0, unitNotOwned, errors.ErrDenied, costUnits},
	{"QueryCostUnit", 0, "MasterAndSubHasNoRelation", errors.ErrDenied, costUnits},
	{"QueryCostUnit", 0, "InternalError", errors.ErrUncertain, costUnits},

	{"CreateCostUnit", 0, "MissingParameter", errors.ErrInvalid, costUnits},
	{"CreateCostUnit", 0, "InvalidParameter", errors.ErrInvalid, costUnits}, // NAME_IS_INVALID: no name, or one that is taken
	{"CreateCostUnit", 0, unitNotOwned, errors.ErrDenied, costUnits},
	{"CreateCostUnit", 0, "MasterAndSubHasNoRelation", errors.ErrDenied, costUnits},
	{"CreateCostUnit", 0, "InternalError", errors.ErrUncertain, costUnits},

	{"ModifyCostUnit", 0, "MissingParameter", errors.ErrInvalid, costUnits},
	{"ModifyCostUnit", 0, "InvalidParameter", errors.ErrInvalid, costUnits}, // NAME_IS_INVALID: no name, or one that is taken
	{"ModifyCostUnit", 0, unitNotOwned, errors.ErrDenied, costUnits},
	{"ModifyCostUnit", 0, "MasterAndSubHasNoRelation", errors.ErrDenied, costUnits},
	{"ModifyCostUnit", 0, "InternalError", errors.ErrUncertain, costUnits},

	{"DeleteCostUnit", 0, "MissingParameter", errors.ErrInvalid, costUnits},
	{"DeleteCostUnit", 0, "InvalidParameter", errors.ErrInvalid, costUnits},
	{"DeleteCostUnit", 0, unitNotOwned, errors.ErrDenied, costUnits},
	{"DeleteCostUnit", 0, "MasterAndSubHasNoRelation", errors.ErrDenied, costUnits},
	{"DeleteCostUnit", 0, "InternalError", errors.ErrUncertain, costUnits},

	{"", 400, "-304", errors.ErrNotFound, inferred},
	{"", 400, "NotApplicable", errors.ErrDenied, apiMetadata},
	{"", 400, "NotAuthorized", errors.ErrDenied, apiMetadata},
	{"", 400, "InvalidOwner", errors.ErrDenied, apiMetadata},
	{"", 400, "InvalidOwnerId", errors.ErrDenied, gateway},
	{"", 400, "SYSTEM_ERROR", errors.ErrUncertain, apiMetadata},

	{"", 400, "Throttling", errors.ErrThrottled, gateway},
	{"", 400, "Throttling.User", errors.ErrThrottled, gateway},
	{"", 400, "Throttling.Api", errors.ErrThrottled, gateway},
	{"", 400, "Rejected.Throttling", errors.ErrThrottled, sdkBehaviour},
	{"", 400, "*Throttling*", errors.ErrThrottled, sdkBehaviour},
	{"", 503, "ServiceUnavailable", errors.ErrUncertain, gateway},
	{"", 500, "InternalError", errors.ErrUncertain, gateway},
	{"", 500, "UndefinedError", errors.ErrUncertain, gateway},
	{"", 0, "CreditInnerError", errors.ErrUncertain, gateway},
	// Our nonce is new on every attempt: if it was seen before, a copy of this very request came first.
	{"", 400, "SignatureNonceUsed", errors.ErrUncertain, gateway},
	{"", 400, "InvalidTimeStamp.Expired", errors.ErrUnauthenticated, gateway},
	{"", 400, "InvalidTimeStamp.Format", errors.ErrUnauthenticated, gateway},
	{"", 400, "IllegalTimestamp", errors.ErrUnauthenticated, gateway},
	{"", 0, "SignatureDoesNotMatch", errors.ErrUnauthenticated, gateway},
	{"", 0, "IncompleteSignature", errors.ErrUnauthenticated, gateway},
	{"", 404, "InvalidAccessKeyId.NotFound", errors.ErrUnauthenticated, gateway},
	{"", 400, "InvalidAccessKeyId.Inactive", errors.ErrUnauthenticated, gateway},
	{"", 0, "InvalidSecurityToken.*", errors.ErrUnauthenticated, gateway},
	{"", 403, "Forbidden.RAM", errors.ErrDenied, gateway},
	{"", 403, "NoPermission", errors.ErrDenied, gateway},
	{"", 403, "Forbidden", errors.ErrDenied, gateway},
	{"", 404, "InvalidApi.NotFound", errors.ErrInvalid, gateway},
	{"", 400, "NoSuchVersion", errors.ErrInvalid, gateway},
	{"", 404, "InvalidProduct.NotFound", errors.ErrInvalid, gateway},
	{"", 400, "InvalidProtocol.NeedSsl", errors.ErrInvalid, gateway},
	{"", 400, "UnsupportedHTTPMethod", errors.ErrInvalid, gateway},
	{"", 400, "ParameterError", errors.ErrInvalid, apiMetadata},
	{"", 400, "Missing*", errors.ErrInvalid, gateway},
	{"", 400, "Invalid*", errors.ErrInvalid, gateway},
}

// bareStatus is for replies without any code, which come from something in front of the API. Only refusals that are made
// before a request is passed on are here.
var bareStatus = map[int]error{
	http.StatusUnauthorized:      errors.ErrUnauthenticated,
	http.StatusForbidden:         errors.ErrDenied,
	http.StatusProxyAuthRequired: errors.ErrUnauthenticated,
	http.StatusTooManyRequests:   errors.ErrThrottled,
}

type opCode struct{ op, code string }

// exact and patterns are the table in the form that it is looked up in.
var exact, patterns = indexCodes()

func indexCodes() (map[opCode]error, []code) {
	index, rest := make(map[opCode]error, len(codes)), []code{}
	for _, row := range codes {
		if strings.Contains(row.code, "*") {
			rest = append(rest, row)
		} else {
			index[opCode{row.op, row.code}] = row.class
		}
	}
	return index, rest
}

// classOf returns the class of a code, ErrUncertain for one that is in no row.
func classOf(op, code string) error {
	for _, key := range []opCode{{op, code}, {"", code}} {
		if class, ok := exact[key]; ok {
			return class
		}
	}
	for _, row := range patterns {
		if matches(row.code, code) {
			return row.class
		}
	}
	return errors.ErrUncertain
}

func matches(pattern, code string) bool {
	head, tail := strings.HasSuffix(pattern, "*"), strings.HasPrefix(pattern, "*")
	core := strings.Trim(pattern, "*")
	switch {
	case head && tail:
		return strings.Contains(code, core)
	case tail:
		return strings.HasSuffix(code, core)
	}
	return strings.HasPrefix(code, core)
}
