// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/resellkit/resell/quota/quotatest/fault"
)

// DocumentedCode is one error of Alibaba's documents.
type DocumentedCode struct {
	Operation string // empty: of the gateway, on any operation
	Status    int    // HTTP status
	Code      string
	Message   string
}

// Codes lists the documented errors of the operations and of the gateway.
func Codes() []DocumentedCode { return slices.Clone(codes) }

const (
	notApplicable = "This API is not applicable for caller."
	notAuthorized = "This API is not authorized for caller."
	internalError = "The request processing has failed due to some unknown error, exception or failure."
	missingMust   = "Missing the must parameter."
	unknownError  = "The request processing has failed due to some unknown error."
	tryAgain      = "This interface has some error. Please try again."
	recordExists  = "Record is exists already."
	recordMissing = "Record is not exists."
	noData        = "There is no data by this request."
	nameInvalid   = "NAME_IS_INVALID"
	flowControl   = "Request was denied due to request throttling."
)

// codes: those of operations are from the API metadata, with its misprints; the second CreditInnerError of an operation
// is from documents before 2022. Of cost units the documents (international site, 2019) give codes alone, neither
// statuses nor messages.
var codes = []DocumentedCode{
	{"CreateResellerUserQuota", 400, "NotApplicable", notApplicable},
	{"CreateResellerUserQuota", 400, "NotAuthorized", notAuthorized},
	{"CreateResellerUserQuota", 400, "InternalError", internalError},
	{"CreateResellerUserQuota", 400, "ParameterError", missingMust},
	{"CreateResellerUserQuota", 400, "-303", recordExists},
	{"CreateResellerUserQuota", 400, "CreditInnerError", tryAgain},
	{"CreateResellerUserQuota", 500, "CreditInnerError", tryAgain},
	{"CreateResellerUserQuota", 500, "UndefinedError", unknownError},

	{"SetResellerUserQuota", 400, "NotApplicable", notApplicable},
	{"SetResellerUserQuota", 400, "NotAuthorized", notAuthorized},
	{"SetResellerUserQuota", 400, "InternalError", internalError},
	{"SetResellerUserQuota", 400, "ParameterError", missingMust},
	{"SetResellerUserQuota", 500, "CreditInnerError", tryAgain},
	{"SetResellerUserQuota", 500, "UndefinedError", unknownError},

	{"ChangeResellerConsumeAmount", 400, "NotApplicable", notApplicable},
	{"ChangeResellerConsumeAmount", 400, "NotAuthorized", notAuthorized},
	{"ChangeResellerConsumeAmount", 400, "InternalError", internalError},
	{"ChangeResellerConsumeAmount", 400, "ParameterError", missingMust},
	{"ChangeResellerConsumeAmount", 400, "-1101", unknownError},
	{"ChangeResellerConsumeAmount", 500, "CreditInnerError", tryAgain},
	{"ChangeResellerConsumeAmount", 500, "UndefinedError", unknownError},

	{"QueryResellerAvailableQuota", 400, "NotApplicable", notApplicable},
	{"QueryResellerAvailableQuota", 400, "NotAuthorized", notAuthorized},
	{"QueryResellerAvailableQuota", 400, "InternalError", internalError},
	{"QueryResellerAvailableQuota", 400, "ParameterError", missingMust},
	{"QueryResellerAvailableQuota", 400, "-304", recordMissing},
	{"QueryResellerAvailableQuota", 400, "CreditInnerError", tryAgain},
	{"QueryResellerAvailableQuota", 500, "CreditInnerError", tryAgain},
	{"QueryResellerAvailableQuota", 500, "UndefinedError", unknownError},

	{"SetResellerUserStatus", 200, "-116", "Fail to modify Enduser status, Quota is less than 0."},
	{"SetResellerUserStatus", 400, "NotApplicable", notApplicable},
	{"SetResellerUserStatus", 400, "NotAuthorized", notAuthorized},
	{"SetResellerUserStatus", 400, "InternalError", internalError},
	{"SetResellerUserStatus", 400, "ParameterError", missingMust},
	{"SetResellerUserStatus", 400, "SYSTEM_ERROR", unknownError},
	{"SetResellerUserStatus", 400, "CreditInnerError", tryAgain},
	{"SetResellerUserStatus", 500, "CreditInnerError", tryAgain},
	{"SetResellerUserStatus", 500, " UndefinedError", unknownError}, // with the space

	{"GetCustomerList", 400, "NotAuthorized", notAuthorized},
	{"GetCustomerList", 401, "VnoNoDataError", noData},
	{"GetCustomerList", 402, "NotFoundRamAction", "Not found ramAction for apiActon: GetCustomerList"},
	{"GetCustomerList", 500, "InternalError", unknownError},

	{"GetCustomerAccountInfo", 400, "NotAuthorized", notAuthorized},
	{"GetCustomerAccountInfo", 401, "VnoNoDataError", noData},
	{"GetCustomerAccountInfo", 500, "InternalError", unknownError},

	{"SetResellerUserAlarmThreshold", 400, "NotApplicable", notApplicable},
	{"SetResellerUserAlarmThreshold", 400, "NotAuthorized", notAuthorized},
	{"SetResellerUserAlarmThreshold", 400, "InternalError", internalError},
	{"SetResellerUserAlarmThreshold", 400, "ParameterError", "Missing the must parameter"},
	{"SetResellerUserAlarmThreshold", 500, "CreditInnerError", tryAgain},
	{"SetResellerUserAlarmThreshold", 500, "UndefinedError", unknownError},

	{"QueryResellerUserAlarmThreshold", 400, "NotApplicable", notApplicable + "\t"},
	{"QueryResellerUserAlarmThreshold", 400, "NotAuthorized", notAuthorized + "\t"},
	{"QueryResellerUserAlarmThreshold", 400, "InternalError", internalError + "\t"},
	{"QueryResellerUserAlarmThreshold", 400, "ParameterError", "Missing the must parameter\t"},

	{"QueryAccountBalance", 400, "NotApplicable", notApplicable},
	{"QueryAccountBalance", 400, "NotAuthorized", notAuthorized},
	{"QueryAccountBalance", 400, "MissingParameter", "  Some parameters arte mandatoryfor this request."},
	{"QueryAccountBalance", 400, "InvalidParameter", "Some parametersare not valid."},
	{"QueryAccountBalance", 400, "InvalidOwner", "The specifiedowner doesn’t belong to caller"},
	{"QueryAccountBalance", 400, "InternalError", internalError},
	{"QueryAccountBalance", 500, "UndefinedError", unknownError},

	{"AllocateCostUnitResource", 400, "MissingParameter", missingMust},
	{"AllocateCostUnitResource", 400, "InvalidParameter", "The parameter is invalid."},
	{"AllocateCostUnitResource", 400, "UnitNotBelongToUser", "The cost unit does not belong to the user."},
	{"AllocateCostUnitResource", 400, "MasterAndSubHasNoRelation", "The two accounts have no relation."},
	{"AllocateCostUnitResource", 400, "InternalError", internalError},

	{"QueryCostUnitResource", 400, "MissingParameter", missingMust},
	{"QueryCostUnitResource", 400, "InvalidParameter", "The parameter is invalid."},
	{"QueryCostUnitResource", 400, "UnitNotBelongToUser", "The cost unit does not belong to the user."},
	{"QueryCostUnitResource", 400, "MasterAndSubHasNoRelation", "The two accounts have no relation."},
	{"QueryCostUnitResource", 400, "InternalError", internalError},

	{"QueryCostUnit", 400, "MissingParameter", missingMust},
	{"QueryCostUnit", 400, "InvalidParameter", "The parameter is invalid."},
	{"QueryCostUnit", 400, "UnitNotBelongToUser", "The cost unit does not belong to the user."},
	{"QueryCostUnit", 400, "MasterAndSubHasNoRelation", "The two accounts have no relation."},
	{"QueryCostUnit", 400, "InternalError", internalError},

	{"CreateCostUnit", 400, "MissingParameter", missingMust},
	{"CreateCostUnit", 400, "InvalidParameter", nameInvalid},
	{"CreateCostUnit", 400, "UnitNotBelongToUser", "The cost unit does not belong to the user."},
	{"CreateCostUnit", 400, "MasterAndSubHasNoRelation", "The two accounts have no relation."},
	{"CreateCostUnit", 400, "InternalError", internalError},

	{"ModifyCostUnit", 400, "MissingParameter", missingMust},
	{"ModifyCostUnit", 400, "InvalidParameter", nameInvalid},
	{"ModifyCostUnit", 400, "UnitNotBelongToUser", "The cost unit does not belong to the user."},
	{"ModifyCostUnit", 400, "MasterAndSubHasNoRelation", "The two accounts have no relation."},
	{"ModifyCostUnit", 400, "InternalError", internalError},

	{"DeleteCostUnit", 400, "MissingParameter", missingMust},
	{"DeleteCostUnit", 400, "InvalidParameter", "The parameter is invalid."},
	{"DeleteCostUnit", 400, "UnitNotBelongToUser", "The cost unit does not belong to the user."},
	{"DeleteCostUnit", 400, "MasterAndSubHasNoRelation", "The two accounts have no relation."},
	{"DeleteCostUnit", 400, "InternalError", internalError},

	{"", 400, "Throttling", flowControl},
	{"", 400, "Throttling.User", "Request was denied due to user flow control."},
	{"", 400, "Throttling.Api", "Request was denied due to api flow control."},
	{"", 400, "Rejected.Throttling", flowControl},
	{"", 503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server."},
	{"", 500, "InternalError", internalError},
	{"", 400, "SignatureNonceUsed", "Specified signature nonce was used already."},
	{"", 400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."},
	{"", 400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."},
	{"", 400, "IllegalTimestamp", "The input parameter Timestamp that is mandatory for processing this request is not supplied."},
	{"", 400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation."},
	{"", 400, "IncompleteSignature", "The request signature does not conform to Aliyun standards."},
	{"", 404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."},
	{"", 400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."},
	{"", 400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."},
	{"", 400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed."},
	{"", 400, "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey."},
	{"", 403, "Forbidden.RAM", "User not authorized to operate on the specified resource, or this API doesn't support RAM."},
	{"", 403, "NoPermission", "You are not authorized to perform this action."},
	{"", 403, "Forbidden", "You are not authorized to operate on the specified resource."},
	{"", 404, "InvalidApi.NotFound", "Specified api is not found, please check your url and method."},
	{"", 400, "NoSuchVersion", "Specified parameter Version is not valid."},
	{"", 404, "InvalidProduct.NotFound", "Specified product is not found."},
	{"", 400, "InvalidProtocol.NeedSsl", "Your request is denied as lack of ssl protect."},
	{"", 400, "UnsupportedHTTPMethod", "This http method is not supported."},
	{"", 400, "InvalidParameter", "The parameter is invalid."},
	{"", 400, "MissingParameter", missingMust},
	{"", 400, "InvalidOwner", "The specified owner doesn't belong to caller."},
	{"", 400, "InvalidOwnerId", "OwnerId and OwnerAccount cannot be used in the same request."},
}

// bareStatus are the codes that a status is answered with where a script gives no body.
var bareStatus = map[int]string{
	http.StatusUnauthorized:    "InvalidAccessKeyId.Inactive",
	http.StatusForbidden:       "Forbidden.RAM",
	http.StatusTooManyRequests: "Throttling.User",
}

// codeHeader tells the Server which code a scripted fault is to be dressed as. It is not sent.
const codeHeader = "Alibabatest-Code"

// Code answers a documented error instead of carrying the request out: the message is the documented one, or the one
// for unknown errors. Set Applied on the result to have it carried out before. Only a Server of this package knows how
// to answer it.
func Code(status int, code string) fault.Fault {
	return fault.Fault{
		Name:   fmt.Sprintf("%d %s", status, code),
		Status: status,
		Header: http.Header{codeHeader: {code}},
	}
}

// refusal is an error that is going to be answered.
type refusal struct {
	DocumentedCode
	detail string // after the documented message: what the real service does not tell
}

// refuse is an error of an operation, or of the gateway where operation is empty or has no such code.
func refuse(operation, code, detail string) *refusal {
	return &refusal{documented(operation, 0, code), detail}
}

// documented is the row that fits best. Status 0 is any.
func documented(operation string, status int, code string) DocumentedCode {
	best, points := DocumentedCode{operation, status, code, unknownError}, 0
	for _, row := range codes {
		if row.Code != code {
			continue
		}
		fit := 1
		if status == 0 || row.Status == status {
			fit += 4
		}
		switch row.Operation {
		case operation:
			fit += 2
		case "":
			fit++
		}
		if fit > points {
			best, points = row, fit
		}
	}
	return best
}

// reply is the gateway's envelope, or the operations' own.
func (r *refusal) reply(in *incoming) reply {
	message := r.Message
	if r.detail != "" {
		message += " " + r.detail
	}
	if r.Operation == "" {
		return reply{r.Status, "Error", object{
			{"RequestId", in.id},
			{"HostId", "business.aliyuncs.com"},
			{"Code", code(r.Code)},
			{"Message", message},
			{"Recommend", "https://api.alibabacloud.com/troubleshoot?q=" + r.Code + "&product=BssOpenApi"},
		}}
	}
	return reply{r.Status, in.action + "Response", object{
		{"Code", code(r.Code)},
		{"Message", message},
		{"RequestId", in.id},
		{"Success", false},
	}}
}
