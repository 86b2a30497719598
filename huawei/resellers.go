// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wire"
)

const resellersPath = "/v2/partners/indirect-partners/query"

var listResellers = &operation{name: "ListIndirectPartners", method: http.MethodPost, success: http.StatusOK}

// ResellerFilter says which indirect partners to list. The zero value of a field asks for all.
type ResellerFilter struct {
	AccountName string // at most 64 characters, without spaces
	Reseller    string // this id alone
	// AssociatedFrom and AssociatedTo are when they were associated with the distributor, to the second.
	AssociatedFrom, AssociatedTo time.Time
}

// Reseller is an indirect partner: a reseller of the distributor who calls. What is not told is empty.
type Reseller struct {
	ID          string // for Budget.Reseller and the like
	AccountName string
	Name        string
	Telephone   string
	Email       string
	Associated  time.Time
	ManagerID   string // the login name of the account manager
	Manager     string // the name of the account manager
}

// ListResellers iterates over the indirect partners of the caller (ListIndirectPartners), who must be a distributor. It
// is paged and behaves as [Client.ListCustomers].
func (c *Client) ListResellers(ctx context.Context, filter ResellerFilter) iter.Seq2[Reseller, error] {
	if err := filter.check(); err != nil {
		return call.Failing[Reseller](ctx, c.call, listResellers.name, err)
	}
	return each(ctx, c, list[Reseller]{
		op: listResellers, offset: maxOffset,
		id: func(r Reseller) string { return r.ID },
		fetch: func(ctx context.Context, offset int) (page[Reseller], error) {
			reply, _, err := read[resellersReply](ctx, c, listResellers, c.at(resellersPath), filter.body(offset))
			if err != nil {
				return page[Reseller]{}, err
			}
			p := page[Reseller]{rows: make([]Reseller, len(reply.Resellers)), total: reply.Count.Count()}
			for i, row := range reply.Resellers {
				p.rows[i] = Reseller{
					ID: string(row.ID), AccountName: string(row.AccountName), Name: string(row.Name), Telephone: string(row.Telephone),
					Email: string(row.Email), Associated: timeOf(row.Associated), ManagerID: string(row.ManagerID), Manager: string(row.Manager),
				}
			}
			return p, nil
		},
	})
}

func (f ResellerFilter) check() error {
	return firstOf(
		checkPart("ResellerFilter.AccountName", f.AccountName, 64),
		checkOptionalID("ResellerFilter.Reseller", f.Reseller),
		checkSpan("ResellerFilter.AssociatedTo", f.AssociatedFrom, f.AssociatedTo),
	)
}

func (f ResellerFilter) body(offset int) []byte {
	return marshal(struct {
		AccountName string `json:"account_name,omitempty"`
		association
		Offset   int    `json:"offset"`
		Limit    int    `json:"limit"`
		Reseller string `json:"indirect_partner_id,omitempty"`
	}{f.AccountName, associated(f.AssociatedFrom, f.AssociatedTo), offset, pageSize, f.Reseller})
}

// resellersReply is the answer of ListIndirectPartners.
type resellersReply struct {
	envelope
	Count     wire.Text     `json:"count"`
	Resellers []resellerRow `json:"indirect_partners"`
}

type resellerRow struct {
	ID          wire.Text `json:"indirect_partner_id"`
	AccountName wire.Text `json:"account_name"`
	Name        wire.Text `json:"name"`
	Telephone   wire.Text `json:"mobile_phone"`
	Email       wire.Text `json:"email"`
	Associated  wire.Text `json:"associated_on"`
	ManagerID   wire.Text `json:"account_manager_id"`
	Manager     wire.Text `json:"account_manager_name"`
}

func (r *resellersReply) check() *errors.Error {
	for _, row := range r.Resellers {
		if row.ID == "" {
			return &errors.Error{Class: errors.ErrUncertain, Message: "the list has a reseller without an id"}
		}
	}
	return nil
}
