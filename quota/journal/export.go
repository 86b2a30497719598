// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/resellkit/resell/errors"
)

// Line is an entry as it is exported. Amounts are text, times RFC 3339 in UTC.
type Line struct {
	Key       string `json:"key"`
	Account   string `json:"account"`
	Kind      Kind   `json:"kind"`
	Customer  string `json:"customer,omitempty"`
	Amount    string `json:"amount,omitempty"`
	Currency  string `json:"currency,omitempty"`
	State     State  `json:"state"`
	Doubt     bool   `json:"doubt"`
	Attempts  int    `json:"attempts"`
	Created   string `json:"created"`
	FirstSent string `json:"first_sent,omitempty"`
	Finished  string `json:"finished,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Class     string `json:"class,omitempty"`
	Code      string `json:"code,omitempty"`
	Message   string `json:"message,omitempty"`
	Base      string `json:"base,omitempty"`
	Target    string `json:"target,omitempty"`
	Note      string `json:"note,omitempty"`
}

var columns = []string{
	"key", "account", "kind", "customer", "amount", "currency", "state", "doubt", "attempts", "created", "first_sent",
	"finished", "request_id", "class", "code", "message", "base", "target", "note",
}

// Line is the entry for an export.
func (e Entry) Line() Line {
	p := e.Change.payload()
	l := Line{
		Key: string(e.Key), Account: e.Account, Kind: e.Change.kind(), Customer: p.Customer, State: e.State, Doubt: e.Doubt,
		Attempts: e.Attempts, Created: stamp(e.Created), FirstSent: stamp(e.FirstSent), Finished: stamp(e.Finished),
		RequestID: e.Receipt.RequestID, Note: e.Note,
	}
	if p.Amount != nil {
		l.Amount, l.Currency = p.Amount.Amount.StringFixed(2), string(p.Amount.Currency)
	}
	if e.Base != nil && e.Target != nil {
		l.Base, l.Target = e.Base.String(), e.Target.String()
	}
	if e.Err != nil {
		l.Class, l.Code, l.Message = e.Err.Class.Error(), e.Err.Code, e.Err.Message
		if l.RequestID == "" {
			l.RequestID = e.Err.RequestID
		}
	}
	return l
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// WriteJSON writes entries as JSON lines, for example of [Journal.Entries].
func WriteJSON(w io.Writer, entries iter.Seq2[Entry, error]) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for e, err := range entries {
		if err != nil {
			return err
		}
		if err := out.Encode(e.Line()); err != nil {
			return unwritten(err)
		}
	}
	return nil
}

// WriteCSV writes entries as CSV with a line of column names, as RFC 4180 has it. A text that a spreadsheet would take for
// a formula is preceded by an apostrophe.
func WriteCSV(w io.Writer, entries iter.Seq2[Entry, error]) error {
	out := csv.NewWriter(w)
	_ = out.Write(columns) // Flush tells
	for e, err := range entries {
		if err != nil {
			return err
		}
		l := e.Line()
		fields := []string{
			l.Key, l.Account, string(l.Kind), l.Customer, l.Amount, l.Currency, string(l.State), strconv.FormatBool(l.Doubt),
			strconv.Itoa(l.Attempts), l.Created, l.FirstSent, l.Finished, l.RequestID, l.Class, l.Code, l.Message, l.Base,
			l.Target, l.Note,
		}
		for i, f := range fields {
			if f != "" && strings.ContainsRune("=+-@\t\r", rune(f[0])) {
				fields[i] = "'" + f
			}
		}
		if err := out.Write(fields); err != nil {
			return unwritten(err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return unwritten(err)
	}
	return nil
}

func unwritten(err error) error {
	return &errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: "the export could not be written", Err: err}
}
