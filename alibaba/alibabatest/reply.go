// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// reply is what is answered, before it is written as JSON or XML.
type reply struct {
	status int
	root   string // of the XML
	fields object
}

// A value is a string, a bool, or one of these.
type (
	object []field
	list   []object
	number string // written bare, with all its digits, unless the wrinkles say otherwise
	text   string // written as the wrinkles say; a number that the documents show as text
	texts  []string
	amount string // written as the wrinkles say
	code   string // written as the wrinkles say
	field  struct {
		name  string
		value any
	}
)

const requestIDHeader = "X-Acs-Request-Id"

// render writes a reply in the form that was asked for.
func (s *Server) render(in *incoming, r reply) (status int, header http.Header, body []byte) {
	header = http.Header{requestIDHeader: {in.id}}
	var b bytes.Buffer
	if in.json {
		header.Set("Content-Type", "application/json;charset=utf-8")
		s.Wrinkles.writeJSON(&b, s.Wrinkles.keys(r.fields))
	} else {
		header.Set("Content-Type", "text/xml;charset=utf-8")
		b.WriteString("<?xml version='1.0' encoding='UTF-8'?>")
		s.Wrinkles.writeXML(&b, r.root, r.fields)
	}
	return r.status, header, b.Bytes()
}

func (w Wrinkles) writeJSON(b *bytes.Buffer, value any) {
	switch v := value.(type) {
	case object:
		b.WriteByte('{')
		for i, f := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			w.writeJSON(b, f.name)
			b.WriteByte(':')
			w.writeJSON(b, f.value)
		}
		b.WriteByte('}')
	case list:
		b.WriteByte('[')
		for i, o := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			w.writeJSON(b, o)
		}
		b.WriteByte(']')
	case code:
		w.writeNumberOrText(b, w.NumericCode, string(v))
	case amount:
		w.writeNumberOrText(b, w.AmountsAsNumbers, w.amount(v))
	case number:
		if w.NumbersAsText {
			w.writeJSON(b, string(v)+" ")
			return
		}
		w.writeNumberOrText(b, true, string(v))
	case text:
		w.writeNumberOrText(b, w.TextAsNumbers, string(v))
	case texts:
		b.WriteByte('[')
		for i, s := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			w.writeJSON(b, text(s))
		}
		b.WriteByte(']')
	default: // a string or a bool
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		_ = e.Encode(v)
		b.Truncate(b.Len() - 1) // its line end
	}
}

var bareNumber = regexp.MustCompile(`^(-?)(0|[1-9][0-9]*)(\.[0-9]+)?$`)

func (w Wrinkles) writeNumberOrText(b *bytes.Buffer, bare bool, text string) {
	if bare && bareNumber.MatchString(strings.TrimSpace(text)) {
		b.WriteString(strings.TrimSpace(text))
		return
	}
	w.writeJSON(b, text)
}

// writeXML leaves out what is empty, and writes a list as its elements.
func (w Wrinkles) writeXML(b *bytes.Buffer, name string, value any) {
	switch elements := value.(type) {
	case list:
		for _, o := range elements {
			w.writeXML(b, name, o)
		}
		return
	case texts:
		for _, s := range elements {
			w.writeXML(b, name, s)
		}
		return
	}
	b.WriteString("<" + name + ">")
	switch v := value.(type) {
	case object:
		for _, f := range v {
			w.writeXML(b, f.name, f.value)
		}
	case amount:
		b.WriteString(w.amount(v))
	default:
		_ = xml.EscapeText(b, fmt.Append(nil, v))
	}
	b.WriteString("</" + name + ">")
}
