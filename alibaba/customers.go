// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"iter"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wire"
	"github.com/resellkit/resell/quota"
)

var _ quota.Directory = (*Client)(nil)

var (
	listCustomers = &operation{name: "GetCustomerList", accept: dataObject, maxReply: 8 << 20}
	accountInfo   = &operation{name: "GetCustomerAccountInfo", accept: dataObject}
)

// noData is Alibaba's answer where there is nothing to answer, at the status 401; it is no failed login.
const noData = "VnoNoDataError"

// Customers iterates over the customers that the reseller may act on (GetCustomerList). Alibaba tells their ids alone,
// all in one reply: each is yielded once, with nothing else in it; CustomerInfo tells more of one. A reply of more than
// 8 MiB, which is some 350,000 customers, is errors.ErrUnavailable.
func (c *Client) Customers(ctx context.Context) iter.Seq2[quota.Customer, error] {
	return func(yield func(quota.Customer, error) bool) {
		ids, err := c.customerIDs(ctx)
		if err != nil {
			yield(quota.Customer{}, err)
			return
		}
		seen := make(map[wire.Text]bool, len(ids))
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id] = true
			if ctx.Err() != nil {
				yield(quota.Customer{}, call.Ended(ctx, provider, listCustomers.name))
				return
			}
			if !yield(quota.Customer{ID: string(id)}, nil) {
				return
			}
		}
	}
}

// customerIDs is the list, of ids as they come: they may be there twice.
func (c *Client) customerIDs(ctx context.Context) (ids []wire.Text, err error) {
	err = c.call.Watch(ctx, listCustomers.name, func(ctx context.Context) error {
		var data struct{ UidList []wire.Text }
		err := c.read(ctx, listCustomers, nil, &data, func() string {
			if data.UidList == nil {
				return "a reply without a list of customers"
			}
			for _, id := range data.UidList {
				if !positiveID(string(id)) {
					return "a customer whose id is none"
				}
			}
			return ""
		})
		if failure, ok := errors.AsType[*errors.Error](err); ok && failure.Code == noData {
			return nil
		}
		ids = data.UidList
		return err
	})
	return ids, err
}

// CustomerInfo is what Alibaba tells of one customer's account. Words are as they come: the documents contradict each
// other about them.
type CustomerInfo struct {
	ID                string
	Mpk               string // the reseller's own account, a number; older replies mask a part of it with asterisks
	LoginEmail        string
	HostingStatus     string // "TRUSTEESHIP", "FREEZE"; in older documents "Trusteeship", "TrusteeshipCancel"
	CreditLimitStatus string // "Freeze", "Thaw"; sometimes "Trusteeship", "TrusteeshipCancel"
	AccountType       string // "1" is a company's, "0" a person's
	Certified         bool   // the name of the account's owner was checked
}

// CustomerInfo reads what Alibaba tells of one customer's account (GetCustomerAccountInfo). errors.ErrNotFound where it
// tells nothing.
func (c *Client) CustomerInfo(ctx context.Context, id string) (info CustomerInfo, err error) {
	err = c.call.Watch(ctx, accountInfo.name, func(ctx context.Context) error {
		if err := checkCustomer("id", id); err != nil {
			return refuse(accountInfo.name, err)
		}
		var data struct{ Mpk, LoginEmail, HostingStatus, CreditLimitStatus, AccountType, IsCertified wire.Text }
		if err := c.read(ctx, accountInfo, []acs.Param{{Name: "OwnerId", Value: id}}, &data, nil); err != nil {
			return err
		}
		info = CustomerInfo{
			ID:                id,
			Mpk:               string(data.Mpk),
			LoginEmail:        string(data.LoginEmail),
			HostingStatus:     string(data.HostingStatus),
			CreditLimitStatus: string(data.CreditLimitStatus),
			AccountType:       string(data.AccountType),
			Certified:         data.IsCertified.Is("true", "1"),
		}
		return nil
	})
	return info, err
}
