// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"iter"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wire"
	"github.com/resellkit/resell/quota"
)

var _ quota.StandingReader = (*Client)(nil)

// Standings yields one pair for each customer that is named, in that order. Alibaba tells what is available
// (QueryResellerAvailableQuota) and whether the customer is frozen (GetCustomerAccountInfo), in two requests for each; it
// does not tell limit and use, so that Limit and Used are nil. Frozen is nil where the second request fails, or says
// neither Freeze nor Thaw. Available is nil where no ledger was opened; errors.ErrNotFound where Alibaba tells nothing at
// all of the customer.
func (c *Client) Standings(ctx context.Context, customers ...string) iter.Seq2[quota.Standing, error] {
	return func(yield func(quota.Standing, error) bool) {
		for _, customer := range customers {
			standing, err := c.standing(ctx, customer)
			if !yield(standing, err) || endedBy(ctx, err) {
				return
			}
		}
	}
}

func (c *Client) standing(ctx context.Context, customer string) (quota.Standing, error) {
	standing := quota.Standing{Customer: customer}
	if ctx.Err() != nil {
		return standing, call.Ended(ctx, provider, availableQuota.name)
	}
	available, err := c.AvailableQuota(ctx, customer)
	if err != nil && !errors.Is(err, errors.ErrNotFound) {
		return standing, err
	}
	info, infoErr := c.CustomerInfo(ctx, customer)
	switch {
	case endedBy(ctx, infoErr):
		return standing, infoErr
	case infoErr != nil && err != nil:
		return standing, err
	case err == nil:
		standing.Available = &available
	}
	standing.Frozen = frozen(info)
	return standing, nil
}

// endedBy reports whether it is the end of the context that err tells of.
func endedBy(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err())
}

// frozen is what the account says of the reseller's freeze. HostingStatus is another matter, in spite of its words.
func frozen(info CustomerInfo) *bool {
	status := wire.Text(info.CreditLimitStatus)
	if !status.Is("Freeze", "Thaw") {
		return nil
	}
	is := status.Is("Freeze")
	return &is
}
