// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wire"
)

// envelope is what every reply is wrapped in, successes and errors alike. encoding/json matches names in any case, which
// the lower-case variants of the gateway need.
type envelope struct {
	Code      wire.Text
	Message   wire.Text
	RequestID wire.Text `json:"RequestId" xml:"RequestId"`
	Success   wire.Text
	Count     wire.Text       // of the items in Data, where that is a list
	Data      json.RawMessage `xml:"-"`
	doubt     bool            // an earlier attempt of this change may have been applied
}

// decode reads a reply; false where it is neither the JSON envelope nor, from some gateways, an XML error.
func (e *envelope) decode(body []byte) bool {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return false
	}
	if body[0] == '<' {
		return xml.Unmarshal(body, e) == nil && e.Code != ""
	}
	return body[0] == '{' && json.Unmarshal(body, e) == nil
}

const requestIDHeader = "X-Acs-Request-Id"

// judge says what a reply to op means; nil is success, and env then holds it.
func (op *operation) judge(r call.Reply, env *envelope) *errors.Error {
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return op.noCode(r, "an empty reply")
	}
	decoded := env.decode(r.Body)
	// No credential, whatever was told.
	env.RequestID = wire.Text(r.Secrets.Redact(cmp.Or(string(env.RequestID), r.Header.Get(requestIDHeader))))
	if !decoded {
		return op.noCode(r, "a reply that is not the API's JSON")
	}
	problem := ""
	switch {
	case env.Code == "":
		bare := op.noCode(r, "a reply without a code")
		bare.RequestID = string(env.RequestID)
		return bare
	case !env.Code.Is("200", "success"):
		return failed(r, env, classOf(op.name, string(env.Code)), "")
	case r.Status/100 != 2:
		problem = "success code under an error status"
	default:
		problem = op.accept(env)
	}
	switch problem {
	case "":
		return nil
	case refusedByData:
		return failed(r, env, errors.ErrConflict, problem)
	}
	return failed(r, env, errors.ErrUncertain, problem)
}

// failed is what a reply says of its failure, with what we have against it before the provider's words.
func failed(r call.Reply, env *envelope, class error, problem string) *errors.Error {
	message := withoutSignedText(string(env.Message))
	if problem != "" {
		message = strings.TrimSuffix(problem+": "+message, ": ")
	}
	return &errors.Error{Class: class, Code: string(env.Code), Message: message, RequestID: string(env.RequestID), After: waitHint(r.Header)}
}

// noCode judges a reply without a code, by its status.
func (op *operation) noCode(r call.Reply, what string) *errors.Error {
	class, ok := bareStatus[r.Status]
	if !ok {
		class = errors.ErrUncertain
	}
	return &errors.Error{Class: class, Message: what, RequestID: r.Header.Get(requestIDHeader), After: waitHint(r.Header)}
}

// contradicted reports a success code beside a flag that says otherwise.
func contradicted(env *envelope) string {
	if env.Success.Is("false", "0") {
		return "success code with Success:false"
	}
	return ""
}

// dataTrue is the acceptance of operations whose Data is a flag.
func dataTrue(env *envelope) string {
	if problem := contradicted(env); problem != "" {
		return problem
	}
	var flag wire.Text
	if len(env.Data) > 0 && (flag.UnmarshalJSON(env.Data) != nil || flag.Is("false", "0")) {
		return "success code with Data:false"
	}
	return ""
}

// dataAmount is the acceptance of a read whose Data is an amount.
func dataAmount(env *envelope) string {
	if problem := contradicted(env); problem != "" {
		return problem
	}
	if _, ok := parseAmount(env.Data); !ok {
		return "success code without a readable amount"
	}
	return ""
}

// refusedByData is the one problem that is a refusal rather than a contradiction.
const refusedByData = "Data.IsSuccess is false"

// dataIsSuccess is the acceptance of AllocateCostUnitResource, where Data.IsSuccess alone decides: the documented sample
// of a success says Success:false.
func dataIsSuccess(env *envelope) string {
	var data struct{ IsSuccess wire.Text }
	switch {
	case json.Unmarshal(env.Data, &data) != nil || data.IsSuccess == "":
		return "success code without Data.IsSuccess"
	case data.IsSuccess.Is("true", "1"):
		return ""
	}
	return refusedByData
}

// dataDeleted is the acceptance of DeleteCostUnit, where Data.IsSuccess decides, and the sample of a success says
// Success:true.
func dataDeleted(env *envelope) string {
	return cmp.Or(dataIsSuccess(env), contradicted(env))
}

// dataItems is the acceptance of ModifyCostUnit, whose Data tells of each unit by itself.
func dataItems(env *envelope) string {
	if problem := contradicted(env); problem != "" {
		return problem
	}
	var items []json.RawMessage
	if json.Unmarshal(env.Data, &items) != nil || items == nil {
		return "success code without a list in Data"
	}
	return ""
}

// dataObject is the acceptance of reads whose Data is an object, decoded by the caller.
func dataObject(env *envelope) string {
	if problem := contradicted(env); problem != "" {
		return problem
	}
	if data := bytes.TrimSpace(env.Data); len(data) == 0 || data[0] != '{' {
		return "success code without Data"
	}
	return ""
}

// dataList is the acceptance of reads whose Data is a list, decoded by the caller. Count, where it is told, is how many
// items there are; a list of none may be left out.
func dataList(env *envelope) string {
	if problem := contradicted(env); problem != "" {
		return problem
	}
	var items []json.RawMessage
	switch {
	case len(env.Data) > 0 && json.Unmarshal(env.Data, &items) != nil:
		return "success code without a list in Data"
	case items == nil && env.Count == "":
		return "success code without Data"
	case env.Count != "" && env.Count != wire.Text(strconv.Itoa(len(items))):
		return "success code with a Count that is not that of Data"
	}
	return ""
}

var (
	plainAmount   = regexp.MustCompile(`^-?[0-9]{1,24}(\.[0-9]{1,24})?$`)
	groupedAmount = regexp.MustCompile(`^-?[0-9]{1,3}(,[0-9]{3}){1,7}(\.[0-9]{1,24})?$`)
)

// parseAmount reads an amount as it comes: a string or a number, with spaces around it, with thousands separators.
func parseAmount(raw json.RawMessage) (decimal.Decimal, bool) {
	var t wire.Text
	if len(raw) == 0 || t.UnmarshalJSON(raw) != nil {
		return decimal.Decimal{}, false
	}
	s := string(t)
	if groupedAmount.MatchString(s) {
		s = strings.ReplaceAll(s, ",", "")
	} else if !plainAmount.MatchString(s) {
		return decimal.Decimal{}, false
	}
	amount, err := decimal.NewFromString(s)
	return amount, err == nil
}

// withoutSignedText cuts what a signature error repeats of the request: the text that was signed may hold the token.
func withoutSignedText(message string) string {
	if i := strings.Index(strings.ToLower(message), "string to sign"); i >= 0 {
		return strings.TrimSpace(message[:i]) + " string to sign [redacted]"
	}
	return message
}

// waitHint is how long a throttled caller is asked to wait. Only the vendor's SDKs document these headers:
// x-acs-retry-after in milliseconds, and x-ratelimit-user(-api) as "Limit:1,Remain:0,TimeLeft:2000,Reset:1234", of which
// the larger TimeLeft counts when nothing remains.
func waitHint(h http.Header) time.Duration {
	wait := max(call.Milliseconds(h.Get("X-Acs-Retry-After")), call.RetryAfter(h))
	for _, name := range []string{"X-Ratelimit-User-Api", "X-Ratelimit-User"} {
		fields := map[string]string{}
		for _, field := range strings.Split(h.Get(name), ",") {
			if key, value, ok := strings.Cut(field, ":"); ok {
				fields[strings.TrimSpace(key)] = strings.TrimSpace(value)
			}
		}
		if fields["Remain"] == "0" {
			wait = max(wait, call.Milliseconds(fields["TimeLeft"]))
		}
	}
	return wait
}
