// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"iter"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/sdkhmac"
	"github.com/resellkit/resell/internal/wire"
	"github.com/resellkit/resell/quota"
)

const recordsPath = "/v2/partners/sub-customers/budget/records"

var listRecords = &operation{name: "ListSubCustomerBudgetRecords", method: http.MethodGet, success: http.StatusOK}

// BudgetRecord is one change of a customer's budget. What is not told is empty, or nil.
type BudgetRecord struct {
	Limit          *quota.Money // that was set
	Operation      string       // "SETTING", or "DELETE" where the association ended
	Time           time.Time
	Operator       string // who did it; "system" where nobody did
	Period         quota.Period
	Partner        string // the partner's name
	PartnerAccount string // the partner's login name
}

// BudgetRecords iterates over the changes of a customer's budget (ListSubCustomerBudgetRecords), 100 with each request, in
// Huawei's order; reseller is the indirect partner's id, empty for a customer of the caller's own. It ends after the first
// error, which it yields. Breaking off sends nothing more.
//
// A record has no id, and equal records are no mistake. So where the budget is changed while this is read, records may
// come twice, or not at all: read anew.
func (c *Client) BudgetRecords(ctx context.Context, customer, reseller string) iter.Seq2[BudgetRecord, error] {
	if err := checkIDs(customer, reseller); err != nil {
		return call.Failing[BudgetRecord](ctx, c.call, listRecords.name, err)
	}
	return each(ctx, c, list[BudgetRecord]{
		op: listRecords, offset: math.MaxInt32,
		fetch: func(ctx context.Context, offset int) (page[BudgetRecord], error) {
			params := append(customerParams(customer, reseller),
				sdkhmac.Param{Name: "offset", Value: strconv.Itoa(offset)}, sdkhmac.Param{Name: "limit", Value: strconv.Itoa(pageSize)})
			reply, _, err := read[recordsReply](ctx, c, listRecords, c.at(recordsPath, params...), nil)
			if err != nil {
				return page[BudgetRecord]{}, err
			}
			p := page[BudgetRecord]{rows: make([]BudgetRecord, len(reply.Records)), total: reply.Total.Count()}
			for i, row := range reply.Records {
				p.rows[i] = BudgetRecord{
					Limit: row.Limit.told(), Operation: string(row.Operation), Time: timeOf(row.Time), Operator: string(row.Operator),
					Period: periodOf(row.Type), Partner: string(row.Partner), PartnerAccount: string(row.PartnerAccount),
				}
			}
			return p, nil
		},
	})
}

// recordsReply is the answer of ListSubCustomerBudgetRecords.
type recordsReply struct {
	envelope
	unit
	Total   wire.Text   `json:"total_count"`
	Records []recordRow `json:"record_list"`
}

type recordRow struct {
	Limit          amount    `json:"budget_amount"`
	Operation      wire.Text `json:"operation_type"`
	Time           wire.Text `json:"operation_time"`
	Operator       wire.Text `json:"operator"`
	Type           wire.Text `json:"budget_type"`
	Partner        wire.Text `json:"partner_corp_name"`
	PartnerAccount wire.Text `json:"partner_account_name"`
}

func (r *recordsReply) check() *errors.Error {
	if len(r.Records) > 0 && r.Total.Count() < 0 {
		return &errors.Error{Class: errors.ErrUncertain, Message: "the list does not tell how many records there are"}
	}
	return r.unit.check("the records are")
}
