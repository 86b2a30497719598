// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wire"
	"github.com/resellkit/resell/quota"
)

// envelope is what replies say of their failure. Six forms were seen: flat, flat in camel case, nested in "error", IAM's
// nested one with a number, a list of failures under HTTP 200, and plain text or HTML from something in front.
type envelope struct {
	ErrorCode    wire.Text     `json:"error_code"`
	ErrorMsg     wire.Text     `json:"error_msg"`
	CamelCode    wire.Text     `json:"errorCode"`
	CamelMsg     wire.Text     `json:"errorMsg"`
	Inner        innerError    `json:"error"`
	ErrorDetails []errorDetail `json:"error_details"`
	CamelDetails []errorDetail `json:"errorDetails"`
	RequestID    wire.Text     `json:"request_id"`

	secrets call.Secrets // of the attempt, for texts of the reply that are shown
}

// errorDetail is one failure of several.
type errorDetail struct {
	ID        wire.Text `json:"id"`
	ErrorCode wire.Text `json:"error_code"`
	ErrorMsg  wire.Text `json:"error_msg"`
	CamelCode wire.Text `json:"errorCode"`
	CamelMsg  wire.Text `json:"errorMsg"`
}

func (d *errorDetail) code() string    { return cmp.Or(string(d.ErrorCode), string(d.CamelCode)) }
func (d *errorDetail) message() string { return cmp.Or(string(d.ErrorMsg), string(d.CamelMsg)) }

// details are the failures of some of several, in either form.
func (e *envelope) details() []errorDetail { return slices.Concat(e.ErrorDetails, e.CamelDetails) }

func (e *envelope) code() string {
	return cmp.Or(string(e.ErrorCode), string(e.CamelCode), e.Inner.code)
}

func (e *envelope) message() string {
	return cmp.Or(string(e.ErrorMsg), string(e.CamelMsg), e.Inner.message)
}

// clean reports whether e tells of no failure. CBC.0000 is the code of success.
func (e *envelope) clean() bool {
	return e.whole() && len(e.ErrorDetails)+len(e.CamelDetails) == 0
}

// whole reports whether e tells of no failure of the whole; some of several may have failed.
func (e *envelope) whole() bool {
	code := e.code()
	return (code == "" || code == codeOK) && !e.Inner.present
}

// innerError is the nested form: EPS writes error_code and error_msg, IAM code, message and title, others a mere text.
type innerError struct {
	present       bool
	code, message string
}

// UnmarshalJSON implements json.Unmarshaler.
func (i *innerError) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case 'n':
		return nil
	case '{':
		var o struct {
			ErrorCode wire.Text `json:"error_code"`
			ErrorMsg  wire.Text `json:"error_msg"`
			CamelCode wire.Text `json:"errorCode"`
			CamelMsg  wire.Text `json:"errorMsg"`
			Code      wire.Text `json:"code"`
			Message   wire.Text `json:"message"`
			Title     wire.Text `json:"title"`
		}
		if err := json.Unmarshal(b, &o); err != nil {
			return err
		}
		i.code = cmp.Or(string(o.ErrorCode), string(o.CamelCode), string(o.Code))
		i.message = cmp.Or(string(o.ErrorMsg), string(o.CamelMsg), string(o.Message), string(o.Title))
	default:
		var t wire.Text
		if err := t.UnmarshalJSON(b); err != nil {
			return err
		}
		i.message = string(t)
	}
	i.present = true
	return nil
}

const requestIDHeader = "X-Request-Id"

// requestID is the id that a reply tells for itself, within it or beside it; no credential, whatever was told.
func requestID(told wire.Text, r call.Reply) string {
	return r.Secrets.Redact(cmp.Or(string(told), r.Header.Get(requestIDHeader)))
}

// done reports whether r is the documented success without a body.
func (op *operation) done(r call.Reply) bool {
	return r.Status == op.success && r.Status == http.StatusNoContent && len(bytes.TrimSpace(r.Body)) == 0
}

// judge says what a reply to op means. nil is success, and into then holds the reply; e is the envelope within into.
func (op *operation) judge(r call.Reply, into any, e *envelope) *errors.Error {
	body := bytes.TrimSpace(r.Body)
	if op.done(r) || (r.Status == op.success && isObject(body) && json.Unmarshal(body, into) == nil && e.clean()) {
		return nil
	}
	return op.failure(r, body)
}

// failure says what a reply means that is not a success.
func (op *operation) failure(r call.Reply, body []byte) *errors.Error {
	e, foreign := readEnvelope(body)
	failure := &errors.Error{
		Code:      e.code(),
		Message:   cmp.Or(e.message(), foreign),
		RequestID: requestID(e.RequestID, r),
		After:     call.RetryAfter(r.Header),
	}
	positive := r.Status/100 == 2
	details, what := e.details(), ""
	switch {
	case r.Status == http.StatusNoContent && !e.clean():
		failure.Class, what = errors.ErrUncertain, "an error under a status that means success"
	case len(details) > 0 && (positive || failure.Code == ""):
		d := details[0]
		failure.Class, failure.Code = errors.ErrUncertain, cmp.Or(failure.Code, d.code())
		what = strconv.Itoa(len(details)) + " failed, others may have been applied; first " + string(d.ID) + ": " + d.message()
	case failure.Code == "" && positive:
		failure.Class, what = errors.ErrUncertain, "neither the documented success nor an error"
	case failure.Code == "":
		failure.Class, what = bareClass(r.Status), "no error code"
	case failure.Code == codeOK:
		failure.Class, what = errors.ErrUncertain, "the code of success under another status"
	case isStatus(failure.Code):
		failure.Class = errors.ErrUncertain
		if failure.Code == strconv.Itoa(r.Status) {
			failure.Class = bareClass(r.Status)
		}
	default:
		failure.Class = classOf(op.name, failure.Code, r.Status, failure.Message)
	}
	if what != "" && failure.Message != "" {
		what += ": "
	}
	failure.Message = what + failure.Message
	return failure
}

func isObject(body []byte) bool { return len(body) > 0 && body[0] == '{' }

// readEnvelope reads an error body, and describes one that is not JSON.
func readEnvelope(body []byte) (e envelope, foreign string) {
	switch {
	case len(body) == 0:
		return e, "an empty reply"
	case isObject(body) && json.Unmarshal(body, &e) == nil:
		return e, ""
	}
	e = envelope{}
	excerpt := string(body[:min(len(body), 300)])
	switch {
	case strings.Contains(excerpt, blockedByOLC):
		e.ErrorCode = blockedByOLC
		return e, excerpt
	case body[0] == '<':
		return e, "a page of HTML"
	case isObject(body):
		return e, "a reply of broken JSON"
	}
	return e, excerpt
}

// isStatus reports whether a code is IAM's: the HTTP status, once more.
func isStatus(code string) bool {
	n, err := strconv.Atoi(code)
	return err == nil && 100 <= n && n <= 599
}

// budgetReply is the answer of ShowSubCustomerBudget.
type budgetReply struct {
	envelope
	unit
	Limit amount    `json:"budget_amount"`
	Used  amount    `json:"used_amount"`
	Type  wire.Text `json:"budget_type"`

	attempts int
}

// problem is what a method has against a reply that was a success.
func (b *budgetReply) problem(class error, message string) error {
	return &errors.Error{
		Provider: provider, Op: showBudget.name, Class: class, Message: message,
		RequestID: string(b.RequestID), Status: showBudget.success, Attempts: b.attempts,
	}
}

// check reports what this library will not take over from a reply.
func (b *budgetReply) check() *errors.Error {
	if b.Type != "" && periodOf(b.Type) == "" {
		return &errors.Error{
			Class:   errors.ErrUncertain, // of a read: ErrUnavailable
			Message: "the budget is of an unknown kind, " + strconv.Quote(string(b.Type)),
		}
	}
	return b.unit.check("the budget is")
}

// unit is what the amounts of a reply are in.
type unit struct {
	Measure  wire.Text `json:"measure_id"`
	Currency wire.Text `json:"currency"`
}

// check refuses amounts that are not in whole dollars.
func (u unit) check(whatIs string) *errors.Error {
	why := ""
	switch {
	case u.Currency != "" && !strings.EqualFold(string(u.Currency), string(quota.USD)):
		why = " in " + strconv.Quote(string(u.Currency)) + ", not in USD; it is not taken over"
	case u.Measure != "" && u.Measure != "1":
		why = " in measure " + strconv.Quote(string(u.Measure)) + ", not in whole dollars (1); it is not taken over"
	default:
		return nil
	}
	return &errors.Error{Class: errors.ErrConflict, Message: whatIs + why}
}

// exists reports whether a budget is set. Zero cannot be set.
func (b *budgetReply) exists() bool { return b.Limit.set && !b.Limit.value.IsZero() }

// differs reports whether the budget is certainly not as asked.
func (b *budgetReply) differs(asked quota.Budget) bool {
	if !b.Limit.value.Equal(asked.Limit.Amount) {
		return true
	}
	return b.Type != "" && string(b.Type) != wirePeriod(asked.Period)
}

func (b *budgetReply) period() quota.Period { return periodOf(b.Type) }

// periodOf is the kind of a budget; empty where it is not told, or unknown.
func periodOf(kind wire.Text) quota.Period {
	switch kind {
	case wireMonthly:
		return quota.Monthly
	case wireOneOff:
		return quota.OneOff
	}
	return ""
}

// amount is an amount in dollars as it comes: a number or a string, with every digit; missing and null are unset.
type amount struct {
	value decimal.Decimal
	set   bool
}

// Java writes a decimal zero of eight places as 0E-8.
var amountForm = regexp.MustCompile(`^-?[0-9]{1,24}(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?$`)

// UnmarshalJSON implements json.Unmarshaler.
func (a *amount) UnmarshalJSON(b []byte) error {
	*a = amount{}
	if b[0] == 'n' {
		return nil
	}
	var t wire.Text
	if err := t.UnmarshalJSON(b); err != nil {
		return err
	}
	if !amountForm.MatchString(string(t)) {
		return errors.New("not an amount")
	}
	value, err := decimal.NewFromString(string(t))
	*a = amount{value, err == nil}
	return err
}

// told is the amount where it was told, nil otherwise.
func (a amount) told() *quota.Money {
	if !a.set {
		return nil
	}
	m := a.money()
	return &m
}

func (a amount) money() quota.Money { return quota.Money{Amount: a.value, Currency: quota.USD} }
