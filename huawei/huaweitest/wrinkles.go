// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Wrinkles are oddities of the replies that documents, clients and users show in one place or another. A client must take
// them all. The zero value answers what the sample of each operation shows.
type Wrinkles struct {
	AmountsAsStrings bool // "budget_amount":"100.1", as other operations of the partner API do
	EightDecimals    bool // 100.10000000, as bills do
	IntegersAsText   bool // "measure_id":"1", "count":"1", "is_frozen":"0"
	Nulls            bool // null for what need not be told: measure_id, currency, label, account_managers, an empty description
	NoContent        bool // freezing answers 204, not 200 without a body
	ZeroForNone      bool // a customer without a budget reads as 0.0 of MONTHLY, not as nulls
	FlagsAsText      bool // "delete_flag":"false"
	FlagsAsNumbers   bool // "delete_flag":0
	RecordsBySchema  bool // migration records with the types and keys of their schema, not those of the sample
	ExtraFields      bool // fields that no document knows, in successes and errors

	CamelCaseErrors  bool // {"errorCode":…,"errorMsg":…}, also among errorDetails
	NestedErrors     bool // {"error":{…}}
	NumericCodes     bool // 401 of the gateway as IAM words it: {"error":{"code":401,"message":…,"title":"Unauthorized"}}
	ShortPrefix      bool // APIG.0308 instead of APIGW.0308
	TextForThrottled bool // 429 of the gateway is the plain text "Blocked by olc"
}

func (w Wrinkles) amount(d decimal.Decimal) any {
	text := d.String()
	switch {
	case w.EightDecimals && d.Exponent() > -8:
		text = d.StringFixed(8)
	case !strings.Contains(text, "."):
		text += ".0" // as in the sample
	}
	if w.AmountsAsStrings {
		return text
	}
	return number(text)
}

func (w Wrinkles) integer(digits string) any {
	if w.IntegersAsText {
		return digits
	}
	return number(digits)
}

func (w Wrinkles) number(n int) any { return w.integer(strconv.Itoa(n)) }

func (w Wrinkles) flag(value bool) any {
	switch {
	case w.FlagsAsText:
		return strconv.FormatBool(value)
	case w.FlagsAsNumbers && value:
		return number("1")
	case w.FlagsAsNumbers:
		return number("0")
	}
	return value
}

// text is null where there is none, and this wrinkle is on.
func (w Wrinkles) text(text string) any {
	if w.Nulls && text == "" {
		return nil
	}
	return text
}

// reply gives a success the parts that it is sent in.
func (w Wrinkles) reply(r *reply) (status int, header http.Header, body []byte) {
	if w.ExtraFields && r.fields != nil {
		r.fields = append(r.fields, field{"budget_version", number("3")}, field{"ext", object{{"budget_amount", nil}}})
	}
	return r.render()
}

// refuse gives an error the parts that it is sent in.
func (w Wrinkles) refuse(r *refusal, id string) (status int, header http.Header, body []byte) {
	if w.ShortPrefix {
		r.Code = strings.Replace(r.Code, "APIGW.", "APIG.", 1)
	}
	fields := object{{"error_code", r.Code}, {"error_msg", r.message()}}
	switch {
	case r.byGateway() && r.Status == http.StatusTooManyRequests && w.TextForThrottled:
		return r.Status, http.Header{"Content-Type": {"text/plain"}}, []byte("Blocked by olc")
	case r.byGateway() && r.Status == http.StatusUnauthorized && w.NumericCodes:
		fields = object{{"code", number("401")}, {"message", r.message()}, {"title", "Unauthorized"}}
		return (&reply{r.Status, object{{"error", fields}}}).render()
	case r.byGateway():
		fields = object{{"error_msg", r.message()}, {"error_code", r.Code}, {"request_id", id}}
	}
	if w.ExtraFields {
		fields = append(fields, field{"fail_check_items", object{{"error_code", ""}}})
	}
	fields = w.camel(fields)
	if w.NestedErrors || r.byProjects() {
		fields = object{{"error", fields}}
	}
	return (&reply{r.Status, fields}).render()
}

// camel renames the fields of an error where this wrinkle is on.
func (w Wrinkles) camel(fields object) object {
	if w.CamelCaseErrors {
		for i, f := range fields {
			fields[i].name = camelCase(f.name)
		}
	}
	return fields
}

// camelCase turns error_code into errorCode.
func camelCase(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}
