// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/quota"
)

var _ quota.Freezer = (*Client)(nil)

// setStatus is absolute, so that repeating converges.
var setStatus = &operation{name: "SetResellerUserStatus", write: true, repeatable: true, accept: dataTrue}

// Freeze stops the customer (SetResellerUserStatus, Freeze); with Resources what is running is stopped at once (StopMode
// 1). Alibaba has no place for a reason, so Reason is not sent, and customers belong to no indirect partner, so a
// Reseller is errors.ErrInvalid. It is absolute: repeating it converges, but a repeated attempt of an older call can win
// over a newer one. errors.ErrConflict where Alibaba refuses because less than nothing is left of the quota (-116).
func (c *Client) Freeze(ctx context.Context, f quota.Freeze) (quota.Receipt, error) {
	stopMode := "0"
	if f.Resources {
		stopMode = "1"
	}
	return c.freeze(ctx, f, acs.Param{Name: "Status", Value: "Freeze"}, acs.Param{Name: "StopMode", Value: stopMode})
}

// Unfreeze starts the customer again (SetResellerUserStatus, Thaw), whatever it was stopped with. Reason and Reseller are
// as for Freeze, and so is errors.ErrConflict.
func (c *Client) Unfreeze(ctx context.Context, f quota.Freeze) (quota.Receipt, error) {
	return c.freeze(ctx, f, acs.Param{Name: "Status", Value: "Thaw"})
}

func (c *Client) freeze(ctx context.Context, f quota.Freeze, params ...acs.Param) (receipt quota.Receipt, err error) {
	err = c.call.Watch(ctx, setStatus.name, func(ctx context.Context) error {
		if err := checkFreeze(f); err != nil {
			return refuse(setStatus.name, err)
		}
		receipt, err = c.setStatus(ctx, f.Customer, "FREEZE", params...)
		return err
	})
	return receipt, err
}

// Host puts the customer under Alibaba's care (SetResellerUserStatus, Trusteeship): Alibaba stops its services when the
// quota runs out, and releases its resources after 15 days. It is absolute: repeating it converges.
func (c *Client) Host(ctx context.Context, customer string) (quota.Receipt, error) {
	return c.host(ctx, customer, "Trusteeship")
}

// Unhost takes the customer out of Alibaba's care (SetResellerUserStatus, TrusteeshipCancel).
//
// WARNING: from then on running out of quota stops nothing, and after 15 days nothing is released. The customer goes on
// spending without a limit, and the partner pays everything. Call it only if your own system watches what is used and
// freezes in time.
//
// It is absolute: repeating it converges.
func (c *Client) Unhost(ctx context.Context, customer string) (quota.Receipt, error) {
	return c.host(ctx, customer, "TrusteeshipCancel")
}

func (c *Client) host(ctx context.Context, customer, status string) (receipt quota.Receipt, err error) {
	err = c.call.Watch(ctx, setStatus.name, func(ctx context.Context) error {
		if err := checkCustomer("customer", customer); err != nil {
			return refuse(setStatus.name, err)
		}
		receipt, err = c.setStatus(ctx, customer, "TRUSTEESHIP", acs.Param{Name: "Status", Value: status})
		return err
	})
	return receipt, err
}

func (c *Client) setStatus(ctx context.Context, customer, businessType string, params ...acs.Param) (quota.Receipt, error) {
	params = append(params, acs.Param{Name: "OwnerId", Value: customer}, acs.Param{Name: "BusinessType", Value: businessType})
	var env envelope
	attempts, err := c.send(ctx, setStatus, params, &env)
	if err != nil {
		return quota.Receipt{Attempts: attempts}, err
	}
	return quota.Receipt{RequestID: string(env.RequestID), Attempts: attempts}, nil
}

func checkFreeze(f quota.Freeze) error {
	if err := f.Validate(); err != nil {
		return err
	}
	if f.Reseller != "" {
		return errors.Invalid("Freeze.Reseller", f.Reseller, "must be empty: customers belong to no indirect partner here")
	}
	return checkCustomer("Freeze.Customer", f.Customer)
}
