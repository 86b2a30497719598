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
	"github.com/resellkit/resell/quota"
)

const customersPath = "/v2/partners/sub-customers/query"

var listCustomers = &operation{name: "ListSubCustomers", method: http.MethodPost, success: http.StatusOK}

var _ quota.Directory = (*Client)(nil)

// Association says how a customer belongs to the partner.
type Association string

// Associations. A reseller acts on customers by resale alone.
const (
	Consulting    Association = "1"
	ResaleInChina Association = "2" // of the site in China
	Resale        Association = "3" // of the other sites
)

// CustomerFilter says which customers to list. The zero value of a field asks for all.
type CustomerFilter struct {
	AccountName string      // a part of the login name: at most 128 characters, without spaces
	Name        string      // a part of the name in the real-name authentication: at most 128 characters, without spaces
	Label       string      // a part of the label: at most 64 characters, without spaces
	Association Association // how they belong to the partner
	Customer    string      // this id alone
	Reseller    string      // the customers of this indirect partner; without it those of the caller's own
	// AssociatedFrom and AssociatedTo are when they were associated, to the second.
	AssociatedFrom, AssociatedTo time.Time
}

// CustomerInfo is Huawei's record of a customer. What is not told is empty.
type CustomerInfo struct {
	ID           string
	AccountName  string // the login name
	Name         string // in the real-name authentication
	Associated   time.Time
	Association  Association
	Label        string
	Telephone    string
	CountryCode  string // of the telephone, such as "0086"
	Email        string
	Verified     string // real-name authentication: "-1" none, "0" under way, "1" refused, "2" done, "3" failed
	Type         string // "-1" none, "0" a person, "1" an enterprise
	Frozen       string // "0" no, "1" the account, "2" the account and what is running; Huawei calls the field reserved
	Manager      string // the login name of the account manager
	XAccountID   string // the customer's id on the partner's own platform
	XAccountType string // that platform, as Huawei calls it
	Level        string // "V0" to "V5"
}

// Customers lists the caller's customers by resale, whom it may act on (ListSubCustomers); Customer.Detail is a
// [CustomerInfo], and Customer.Name the login name. [Client.ListCustomers] lists those by consulting, and those of indirect
// partners; what it says of a list that changes meanwhile holds here, too.
func (c *Client) Customers(ctx context.Context) iter.Seq2[quota.Customer, error] {
	return func(yield func(quota.Customer, error) bool) {
		for info, err := range c.ListCustomers(ctx, CustomerFilter{Association: Resale}) {
			if err != nil {
				yield(quota.Customer{}, err)
				return
			}
			if !yield(neutral(info), nil) {
				return
			}
		}
	}
}

func neutral(info CustomerInfo) quota.Customer {
	customer := quota.Customer{ID: info.ID, Name: info.AccountName, Associated: info.Associated, Detail: info}
	switch info.Frozen {
	case "0", "1", "2":
		frozen := info.Frozen != "0"
		customer.Frozen = &frozen
	}
	return customer
}

// ListCustomers iterates over the partner's customers (ListSubCustomers), 100 with each request, each once. It ends
// after the first error, which it yields. Breaking off sends nothing more. It holds one page, and the ids of those that it
// has yielded.
//
// The API pages by offset. Of a list that changes meanwhile, each page repeats ten customers of the one before, so that
// none is missed as long as not more than ten disappear between two pages; who is added meanwhile may be missing.
func (c *Client) ListCustomers(ctx context.Context, filter CustomerFilter) iter.Seq2[CustomerInfo, error] {
	if err := filter.check(); err != nil {
		return call.Failing[CustomerInfo](ctx, c.call, listCustomers.name, err)
	}
	return each(ctx, c, list[CustomerInfo]{
		op: listCustomers, offset: maxOffset,
		id: func(info CustomerInfo) string { return info.ID },
		fetch: func(ctx context.Context, offset int) (page[CustomerInfo], error) {
			reply, _, err := read[customersReply](ctx, c, listCustomers, c.at(customersPath), filter.body(offset))
			if err != nil {
				return page[CustomerInfo]{}, err
			}
			p := page[CustomerInfo]{rows: make([]CustomerInfo, len(reply.Customers)), total: reply.Count.Count()}
			for i := range reply.Customers {
				p.rows[i] = reply.Customers[i].info()
			}
			return p, nil
		},
	})
}

func (f CustomerFilter) check() error {
	switch f.Association {
	case "", Consulting, ResaleInChina, Resale:
	default:
		return errors.Invalid("CustomerFilter.Association", string(f.Association), "must be Consulting, ResaleInChina or Resale, or empty")
	}
	return firstOf(
		checkPart("CustomerFilter.AccountName", f.AccountName, 128),
		checkPart("CustomerFilter.Name", f.Name, 128),
		checkPart("CustomerFilter.Label", f.Label, 64),
		checkOptionalID("CustomerFilter.Customer", f.Customer),
		checkOptionalID("CustomerFilter.Reseller", f.Reseller),
		checkSpan("CustomerFilter.AssociatedTo", f.AssociatedFrom, f.AssociatedTo),
	)
}

// body leaves out what is empty; of the times "" is not allowed.
func (f CustomerFilter) body(offset int) []byte {
	return marshal(struct {
		AccountName string      `json:"account_name,omitempty"`
		Name        string      `json:"customer,omitempty"`
		Offset      int         `json:"offset"`
		Limit       int         `json:"limit"`
		Label       string      `json:"label,omitempty"`
		Association Association `json:"association_type,omitempty"`
		association
		Customer string `json:"customer_id,omitempty"`
		Reseller string `json:"indirect_partner_id,omitempty"`
	}{
		f.AccountName, f.Name, offset, pageSize, f.Label, f.Association,
		associated(f.AssociatedFrom, f.AssociatedTo), f.Customer, f.Reseller,
	})
}

// customersReply is the answer of ListSubCustomers.
type customersReply struct {
	envelope
	Count     wire.Text     `json:"count"`
	Customers []customerRow `json:"customer_infos"`
}

type customerRow struct {
	ID           wire.Text    `json:"customer_id"`
	AccountName  wire.Text    `json:"account_name"`
	Name         wire.Text    `json:"customer"`
	Associated   wire.Text    `json:"associated_on"`
	Association  wire.Text    `json:"association_type"`
	Label        wire.Text    `json:"label"`
	Telephone    wire.Text    `json:"telephone"`
	CountryCode  wire.Text    `json:"country_code"`
	Email        wire.Text    `json:"email"`
	Verified     wire.Text    `json:"verified_status"`
	Type         wire.Text    `json:"customer_type"`
	Frozen       wire.Text    `json:"is_frozen"`
	Managers     []managerRow `json:"account_managers"`
	XAccountID   wire.Text    `json:"xaccount_id"`
	XAccountType wire.Text    `json:"xaccount_type"`
	Level        wire.Text    `json:"customer_level"`
}

type managerRow struct {
	AccountName wire.Text `json:"account_name"`
}

func (r *customersReply) check() *errors.Error {
	for _, row := range r.Customers {
		if row.ID == "" {
			return &errors.Error{Class: errors.ErrUncertain, Message: "the list has a customer without an id"}
		}
	}
	return nil
}

func (r *customerRow) info() CustomerInfo {
	info := CustomerInfo{
		ID: string(r.ID), AccountName: string(r.AccountName), Name: string(r.Name), Associated: timeOf(r.Associated),
		Association: Association(r.Association), Label: string(r.Label), Telephone: string(r.Telephone),
		CountryCode: string(r.CountryCode), Email: string(r.Email), Verified: string(r.Verified), Type: string(r.Type),
		Frozen: string(r.Frozen), XAccountID: string(r.XAccountID), XAccountType: string(r.XAccountType), Level: string(r.Level),
	}
	if len(r.Managers) > 0 { // Huawei supports one
		info.Manager = string(r.Managers[0].AccountName)
	}
	return info
}
