// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/resellkit/resell/quota/quotatest/fault"
)

// DocumentedCode is one error of Huawei's documents.
type DocumentedCode struct {
	Operation string // empty: on any operation
	Status    int    // HTTP status
	Code      string
	Message   string
}

// Codes lists the documented errors of the operations, those common to the partner API, and the gateway's.
func Codes() []DocumentedCode { return slices.Clone(codes) }

const (
	parameterError   = "Parameter error."
	associationError = "This API cannot be invoked because the association type of the customer is incorrect."
	noReseller       = "You do not have the permission to operate this Huawei Cloud reseller."
	accessDenied     = "Access denied."
	wrongSite        = "The customer does not belong to the website you are now at."
	flowControl      = "policy ip over ratelimit,limit:10,time:1 minute"
	noCustomer       = "The customer does not exist."
	otherErrors      = "Other errors."
	requestError     = "API request error."
	gatewayError     = "Internal server error."
	incorrectIAM     = "Incorrect IAM authentication information"
)

// codes: those of operations are from their own documents, those of any from the common documents of the partner API
// and from the gateway's error table. Of CBC.0154 documents give two statuses. Of those of EPS the meaning is known, and of
// one the words; the others' words are made up, and some have codes only in package huawei.
var codes = []DocumentedCode{
	{"UpdateSubCustomerBudget", 400, "CBC.0100", parameterError},
	{"UpdateSubCustomerBudget", 400, "CBC.50000030", "Setting budgets not supported. This reseller's budget quota is insufficient."},
	{"UpdateSubCustomerBudget", 400, "CBC.50000033", "Budget setting permissions have been revoked. This reseller cannot set budgets."},
	{"UpdateSubCustomerBudget", 400, "CBC.99000037", noReseller},
	{"UpdateSubCustomerBudget", 400, "CBC.99005024", associationError},
	{"UpdateSubCustomerBudget", 403, "CBC.0151", accessDenied},
	{"UpdateSubCustomerBudget", 403, "CBC.0150", "Invalid operation."},
	{"UpdateSubCustomerBudget", 500, "CBC.0999", otherErrors},

	{"ShowSubCustomerBudget", 400, "CBC.0100", parameterError},
	{"ShowSubCustomerBudget", 400, "CBC.99005024", associationError},
	{"ShowSubCustomerBudget", 403, "CBC.0151", accessDenied},
	{"ShowSubCustomerBudget", 500, "CBC.0999", otherErrors},

	{"ListSubCustomerBudget", 400, "CBC.0100", parameterError},
	{"ListSubCustomerBudget", 400, "CBC.99005024", associationError},
	{"ListSubCustomerBudget", 403, "CBC.0151", accessDenied},
	{"ListSubCustomerBudget", 500, "CBC.0999", otherErrors},

	{"ListSubCustomerBudgetRecords", 400, "CBC.0100", parameterError},
	{"ListSubCustomerBudgetRecords", 400, "CBC.99005024", associationError},
	{"ListSubCustomerBudgetRecords", 403, "CBC.0151", accessDenied},
	{"ListSubCustomerBudgetRecords", 500, "CBC.0999", otherErrors},

	{"FreezeSubCustomers", 400, "CBC.99000037", noReseller},
	{"FreezeSubCustomers", 429, "CBC.0250", flowControl},
	{"UnfreezeSubCustomers", 400, "CBC.99000037", noReseller},
	{"UnfreezeSubCustomers", 429, "CBC.0250", flowControl},
	{"ListSubCustomers", 400, "CBC.0100", parameterError},
	{"ListSubCustomers", 400, "CBC.99000037", noReseller},
	{"ListSubCustomers", 429, "CBC.0250", flowControl},
	{"ListIndirectPartners", 400, "CBC.0100", parameterError},

	{"", 400, "CBC.0100", parameterError},
	{"", 400, "CBC.0101", "Invalid parameter."},
	{"", 400, "CBC.0199", parameterError},
	{"", 403, "CBC.0150", wrongSite},
	{"", 403, "CBC.0151", accessDenied},
	{"", 401, "CBC.0154", "The token is invalid or has expired."},
	{"", 403, "CBC.0154", "The token is invalid or has expired."},
	{"", 403, "CBC.0155", "Operation not allowed."},
	{"", 403, "CBC.0156", wrongSite},
	{"", 429, "CBC.0250", flowControl},
	{"", 500, "CBC.0999", otherErrors},
	{"", 400, "CBC.18000016", "Insufficient permission. Contact your partner."},
	{"", 400, "CBC.30000067", "The resource does not exist."},
	{"", 400, "CBC.99000035", noCustomer},
	{"", 400, "CBC.99000037", noReseller},
	{"", 400, "CBC.99003651", "Another operation is in progress."},

	{"", 500, "EPS.0000", "The system is busy."},
	{"", 500, "EPS.0001", "Internal error."},
	{"", 400, "EPS.0002", "Invalid request."},
	{"", 401, "EPS.0003", "Authentication failed."},
	{"", 403, "EPS.0004", "No permission."},
	{"", 404, "EPS.0005", "Not found."},
	{"", 403, "EPS.0006", "The request is too much, try again later."},
	{"", 409, "EPS.0010", "The name exists."},
	{"", 400, "EPS.0014", "The enterprise project is disabled."},
	{"", 400, "EPS.0017", "Invalid limit."},
	{"", 400, "EPS.0018", "Invalid offset."},

	{"", 404, "APIGW.0101", "The API does not exist or has not been published in the environment."},
	{"", 404, "APIGW.0103", "The backend does not exist."},
	{"", 400, "APIGW.0104", "Plug-in configuration error."},
	{"", 400, "APIGW.0105", "Backend configuration error."},
	{"", 400, "APIGW.0106", "Orchestration error."},
	{"", 400, "APIGW.0201", requestError},
	{"", 413, "APIGW.0201", "Request entity too large."},
	{"", 414, "APIGW.0201", "Request URI too large."},
	{"", 494, "APIGW.0201", "Request headers too large."},
	{"", 502, "APIGW.0201", "Backend unavailable."},
	{"", 504, "APIGW.0201", "Backend timeout."},
	{"", 401, "APIGW.0301", incorrectIAM},
	{"", 403, "APIGW.0302", "The IAM user is not authorized to access the API."},
	{"", 401, "APIGW.0303", "Incorrect app authentication information."},
	{"", 403, "APIGW.0304", "The app is not authorized to access the API."},
	{"", 401, "APIGW.0305", "Incorrect authentication information."},
	{"", 403, "APIGW.0306", "API access denied."},
	{"", 401, "APIGW.0307", "The token must be updated."},
	{"", 429, "APIGW.0308", "The throttling threshold has been reached."},
	{"", 403, "APIGW.0310", "The project is unavailable."},
	{"", 401, "APIGW.0311", "Incorrect debugging authentication information."},
	{"", 403, "APIGW.0401", "Unknown client IP address."},
	{"", 403, "APIGW.0402", "The IP address is not authorized to access the API."},
	{"", 403, "APIGW.0404", "Access to the backend IP address has been denied."},
	{"", 405, "APIGW.0501", "The app quota has been used up."},
	{"", 405, "APIGW.0502", "The app has been frozen."},
	{"", 500, "APIGW.0601", gatewayError},
	{"", 400, "APIGW.0602", "Bad request."},
	{"", 500, "APIGW.0605", "Domain name resolution failed."},
	{"", 500, "APIGW.0606", "Failed to load the API configuration."},
	{"", 400, "APIGW.0607", "The protocol is not supported."},
	{"", 500, "APIGW.0608", "Failed to obtain the admin token."},
	{"", 500, "APIGW.0609", "The VPC backend does not exist."},
	{"", 502, "APIGW.0610", "No backend available."},
	{"", 500, "APIGW.0611", "The backend port does not exist."},
	{"", 500, "APIGW.0612", "An API cannot call itself."},
	{"", 503, "APIGW.0613", "The IAM service is currently unavailable."},
	{"", 500, "APIGW.0705", "Backend signature calculation failed."},
	{"", 403, "APIGW.0801", "The service is unavailable in the current region."},
	{"", 403, "APIGW.0802", "The IAM user is forbidden in the current region."},
}

// bareStatus are the codes that a status is answered with where a script gives no body.
var bareStatus = map[int]string{
	http.StatusUnauthorized:    "APIGW.0301",
	http.StatusForbidden:       "CBC.0151",
	http.StatusTooManyRequests: "APIGW.0308",
}

// codeHeader tells the Server which code a scripted fault is to be dressed as. It is not sent.
const codeHeader = "Huaweitest-Code"

// Code answers an error instead of carrying the request out, in the envelope of the partner API (CBC.…) or of the
// gateway (APIGW.…, and APIG.… where a document writes it so), with the message that the documents have for it. Set
// Applied on the result to have the request carried out before. Only a Server of this package knows how to answer it.
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
	detail string // after the documented message: what is wrong with this request
}

// refuse looks the code up: with the status, or else with any.
func refuse(status int, code, detail string) *refusal {
	found := DocumentedCode{Code: code, Message: "Unknown error."}
	for _, c := range codes {
		if c.Code == strings.Replace(code, "APIG.", "APIGW.", 1) {
			found.Message = c.Message
			if c.Status == status {
				break
			}
		}
	}
	found.Status = status
	return &refusal{found, detail}
}

// invalid is a request that the documents do not allow.
func invalid(why string) *refusal { return refuse(http.StatusBadRequest, "CBC.0100", why) }

// invalid is the same in the words of the API that was asked.
func (in *incoming) invalid(why string) *refusal {
	if in.op.ofProjects() {
		return refuse(http.StatusBadRequest, "EPS.0002", why)
	}
	return invalid(why)
}

func (r *refusal) message() string {
	if r.detail == "" {
		return r.Message
	}
	return strings.TrimSuffix(r.Message, ".") + ": " + r.detail
}

// byGateway reports whether the gateway answers this, not the API behind it.
func (r *refusal) byGateway() bool { return strings.HasPrefix(r.Code, "APIG") }

// byProjects reports whether EPS answers this: its errors are nested.
func (r *refusal) byProjects() bool { return strings.HasPrefix(r.Code, "EPS.") }
