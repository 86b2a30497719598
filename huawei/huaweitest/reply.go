// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/resellkit/resell/quota"
)

// reply is what is answered, before it is written.
type reply struct {
	status int
	fields object // nil: no body
}

// A value is a string, a boolean, nil, or one of these.
type (
	object []field
	array  []any
	number string // written bare, with all its digits
	field  struct {
		name  string
		value any
	}
)

const contentType = "application/json;charset=UTF-8"

// render gives a reply the parts that it is sent in. The documented success without a body has a Content-Type, too.
func (r *reply) render() (status int, header http.Header, body []byte) {
	header = http.Header{"Content-Type": {contentType}}
	if r.fields == nil {
		return r.status, header, nil
	}
	var b bytes.Buffer
	write(&b, r.fields)
	return r.status, header, b.Bytes()
}

func write(b *bytes.Buffer, value any) {
	switch v := value.(type) {
	case object:
		b.WriteByte('{')
		for i, f := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			write(b, f.name)
			b.WriteByte(':')
			write(b, f.value)
		}
		b.WriteByte('}')
	case array:
		b.WriteByte('[')
		for i, inner := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			write(b, inner)
		}
		b.WriteByte(']')
	case number:
		b.WriteString(string(v))
	default: // a string, a boolean or nil
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		_ = e.Encode(v)
		b.Truncate(b.Len() - 1) // its line end
	}
}

// budget is the answer of a read.
func (w Wrinkles) budget(b quota.Budget) *reply {
	limit, used, kind := w.terms(b)
	measure, currency := w.unit(b.Limit.Currency)
	return &reply{http.StatusOK, object{
		{"budget_amount", limit},
		{"used_amount", used},
		{"measure_id", measure},
		{"currency", currency},
		{"budget_type", kind},
	}}
}

// terms are what is told of a budget. Without a budget, nothing is known of one.
func (w Wrinkles) terms(b quota.Budget) (limit, used, kind any) {
	if w.ZeroForNone || !b.Limit.Amount.IsZero() {
		limit, used, kind = w.amount(b.Limit.Amount), w.amount(b.Used.Amount), periodName(b.Period)
	}
	return limit, used, kind
}

// unit is what amounts are in.
func (w Wrinkles) unit(c quota.Currency) (measure, currency any) {
	if w.Nulls {
		return nil, nil
	}
	return w.integer("1"), string(c)
}

func periodName(p quota.Period) string {
	if p == quota.OneOff {
		return "PACKAGE"
	}
	return "MONTHLY"
}
