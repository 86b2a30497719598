// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"net/http"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

const consumptionPath = "/v2/partners/credit/consumption-quota"

var showConsumption = &operation{name: "ShowPartnerConsumptionQuota", method: http.MethodGet, success: http.StatusOK}

// ConsumptionQuota is what the partner itself may owe Huawei Cloud, in USD. What is not told is nil.
type ConsumptionQuota struct {
	Limit    *quota.Money
	Used     *quota.Money // Due and Unbilled less Balance and Coupons; negative where those are more
	Balance  *quota.Money // of the account
	Coupons  *quota.Money // the balance of cash coupons
	Due      *quota.Money
	Unbilled *quota.Money // an estimate
}

// ConsumptionQuota reads the partner's own quota (ShowPartnerConsumptionQuota). Huawei sets it; nobody else can.
func (c *Client) ConsumptionQuota(ctx context.Context) (q ConsumptionQuota, err error) {
	err = c.call.Watch(ctx, showConsumption.name, func(ctx context.Context) error {
		reply, _, err := read[consumptionReply](ctx, c, showConsumption, c.at(consumptionPath), nil)
		if err != nil {
			return err
		}
		q = ConsumptionQuota{
			Limit: reply.Limit.told(), Used: reply.Used.told(), Balance: reply.Balance.told(),
			Coupons: reply.Coupons.told(), Due: reply.Due.told(), Unbilled: reply.Unbilled.told(),
		}
		return nil
	})
	return q, err
}

// consumptionReply is the answer of ShowPartnerConsumptionQuota. All its amounts are strings.
type consumptionReply struct {
	envelope
	unit
	Limit    amount `json:"consumption_quota"`
	Used     amount `json:"used_consumption_quota"`
	Balance  amount `json:"amount"`
	Coupons  amount `json:"coupon_amount"`
	Due      amount `json:"due_amount"`
	Unbilled amount `json:"unbilled_amount"`
}

func (r *consumptionReply) check() *errors.Error { return r.unit.check("the quota is") }
