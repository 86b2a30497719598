// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"encoding/json"
	"iter"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/sdkhmac"
	"github.com/resellkit/resell/internal/wire"
)

var listMigrations = &operation{name: "ListMigrationRecord", method: http.MethodGet, success: http.StatusOK, largest: largestPage}

// migrationsPage is how many records are asked for at once; the largest number is not documented.
const migrationsPage = 100

// MigrationQuery says which records of migrations to list. The zero value of a field asks for all.
type MigrationQuery struct {
	// From and To are when it happened, from 1970 on. Huawei does not document the form of its two parameters: milliseconds
	// since 1970 are sent, in which the records tell their time.
	From, To time.Time
	Resource string // this resource id alone
}

// MigrationRecord is what Huawei Cloud keeps of one migration. What is not told is empty, or nil.
type MigrationRecord struct {
	Resource     costunit.Resource // with Region and Project
	ResourceName string
	ProjectName  string           // of the IAM project
	Origin       costunit.Details // the enterprise project that the resource was in
	Target       costunit.Details // the one that it was to be moved into
	Initiator    costunit.Details // the one that it was moved from the side of
	Operation    string           // such as "migrateOut"
	Time         time.Time
	User         string
	Code         string // "0" is a success
	Message      string
	Associated   *bool // whether what belongs to the resource was moved, too
	Failed       *bool // whether something failed
}

// MigrationRecords iterates over the records of migrations (ListMigrationRecord), 100 with each request, in Huawei's order; equal
// ones are yielded once. It ends after the first error, which it yields. Breaking off sends nothing more. Huawei has them
// since 2025-07-23; neither the forms of the times nor the largest page are documented.
func (c *Client) MigrationRecords(ctx context.Context, q MigrationQuery) iter.Seq2[MigrationRecord, error] {
	if err := q.check(); err != nil {
		return call.Failing[MigrationRecord](ctx, c.call, listMigrations.name, err)
	}
	rows := each(ctx, c, list[migrationRow]{
		op: listMigrations, offset: math.MaxInt32,
		id: migrationRow.id,
		fetch: func(ctx context.Context, offset int) (page[migrationRow], error) {
			params := append(q.params(), sdkhmac.Param{Name: "offset", Value: strconv.Itoa(offset)}, sdkhmac.Param{Name: "limit", Value: strconv.Itoa(migrationsPage)})
			reply, _, err := read[migrationsReply](ctx, c, listMigrations, c.inProjects("/migrate-record/list", params...), nil)
			if err != nil {
				return page[migrationRow]{}, err
			}
			return page[migrationRow]{rows: reply.Records, total: -1}, nil
		},
	})
	return func(yield func(MigrationRecord, error) bool) {
		for row, err := range rows {
			if err != nil {
				yield(MigrationRecord{}, err)
				return
			}
			if !yield(row.record(), nil) {
				return
			}
		}
	}
}

func (q MigrationQuery) check() error {
	if err := firstOf(checkSpan("MigrationQuery.To", q.From, q.To), checkResourceID("MigrationQuery.Resource", q.Resource)); err != nil {
		return err
	}
	for _, t := range []struct {
		field string
		at    time.Time
	}{{"MigrationQuery.From", q.From}, {"MigrationQuery.To", q.To}} {
		if !t.at.IsZero() && t.at.UnixMilli() < 0 {
			return errors.Invalid(t.field, t.at.String(), "must not be before 1970")
		}
	}
	return nil
}

// checkResourceID checks an id to look for, which may be empty.
func checkResourceID(field, id string) error {
	if len(id) > 256 || !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errors.Invalid(field, id, "must be UTF-8 text of at most 256 characters without control characters")
	}
	return nil
}

func (q MigrationQuery) params() (params []sdkhmac.Param) {
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"start_time", q.From}, {"end_time", q.To}} {
		if !t.at.IsZero() {
			params = append(params, sdkhmac.Param{Name: t.name, Value: strconv.FormatInt(t.at.UnixMilli(), 10)})
		}
	}
	if q.Resource != "" {
		params = append(params, sdkhmac.Param{Name: "resource_id", Value: q.Resource})
	}
	return params
}

// migrationsReply is the answer of ListMigrationRecord.
type migrationsReply struct {
	envelope
	Records []migrationRow `json:"records"`
}

func (r *migrationsReply) check() *errors.Error { return nil }

// migrationRow is one record. Schema and sample contradict each other: flags are booleans or texts, the time is a number
// or a text, and in the sample two keys have a stray quote at their end.
type migrationRow map[string]wire.Text

// UnmarshalJSON implements json.Unmarshaler.
func (r *migrationRow) UnmarshalJSON(b []byte) error {
	var fields map[string]wire.Text
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	*r = make(migrationRow, len(fields))
	for name, value := range fields {
		if name = strings.Trim(name, `" `); value != "" {
			(*r)[name] = value
		}
	}
	return nil
}

// id is everything that is told: a record has none of its own.
func (r migrationRow) id() string {
	parts := make([]string, 0, len(r))
	for name, value := range r {
		parts = append(parts, strconv.Quote(name)+strconv.Quote(string(value)))
	}
	slices.Sort(parts)
	return strings.Join(parts, "")
}

func (r migrationRow) record() MigrationRecord {
	unit := func(which string) costunit.Details {
		return costunit.Details{Unit: costunit.Unit{ID: string(r[which+"_ep_id"])}, Name: string(r[which+"_ep_name"])}
	}
	return MigrationRecord{
		Resource: costunit.Resource{
			ID: string(r["resource_id"]), Product: string(r["resource_type"]), Region: string(r["region_id"]), Project: string(r["project_id"]),
		},
		ResourceName: string(r["resource_name"]), ProjectName: string(r["project_name"]),
		Origin: unit("origin"), Target: unit("target"), Initiator: unit("initiate"),
		Operation: string(r["operate_type"]), Time: eventTime(r["event_time"]), User: string(r["user_name"]),
		Code: string(r["code"]), Message: string(r["message"]),
		Associated: flag(r["associated"]), Failed: flag(r["exist_failed"]),
	}
}

// eventTime reads milliseconds since 1970, or a time in words; zero where it is neither.
func eventTime(text wire.Text) time.Time {
	if ms, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return time.UnixMilli(ms).UTC()
	}
	return timeOf(text)
}

// flag is nil where it is not told.
func flag(text wire.Text) *bool {
	told := text.Is("true", "1")
	if !told && !text.Is("false", "0") {
		return nil
	}
	return &told
}
