// SPDX-License-Identifier: Apache-2.0

package quotatest_test

import (
	"context"
	"fmt"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// The reply to a top-up is lost. Sent again with the same key, it is booked once.
func ExampleProvider() {
	ctx := context.Background()
	var cloud quotatest.Provider
	_, err := cloud.CreateQuota(ctx, quota.Grant{Customer: "1000000000000001", Limit: quota.MustMoney("500.00 CNY")})
	fmt.Println("created:", err)

	cloud.Faults.Add("DecreaseConsumption", fault.LostReply)
	topUp := quota.Adjustment{Customer: "1000000000000001", Amount: quota.MustMoney("20.00 CNY"), Key: quota.KeyFor("topup", "42")}
	_, err = cloud.DecreaseConsumption(ctx, topUp)
	fmt.Println("first:", errors.Class(err))
	_, err = cloud.DecreaseConsumption(ctx, topUp)
	fmt.Println("again:", err)

	left, err := cloud.AvailableQuota(ctx, "1000000000000001")
	fmt.Println("left:", left, err)
	for _, change := range cloud.Changes("1000000000000001") {
		fmt.Println(change.Op, change.Amount)
	}
	// Output:
	// created: <nil>
	// first: uncertain
	// again: <nil>
	// left: 520.00 CNY <nil>
	// CreateQuota 500.00 CNY
	// DecreaseConsumption 20.00 CNY
}

// What the reseller's customers may still spend, and who is stopped.
func ExampleProvider_Standings() {
	ctx := context.Background()
	var cloud quotatest.Provider
	for _, id := range []string{"1000000000000001", "1000000000000002"} {
		cloud.Update(id, func(s *quotatest.State) { s.Opened, s.Limit = true, quota.MustMoney("500.00 CNY") })
	}
	_, err := cloud.Freeze(ctx, quota.Freeze{Customer: "1000000000000002", Reason: "not paid"})
	fmt.Println("frozen:", err)

	for standing, err := range cloud.Standings(ctx, "1000000000000001", "1000000000000002", "1000000000000003") {
		if err != nil {
			fmt.Println(standing.Customer, errors.Class(err))
			continue
		}
		fmt.Println(standing.Customer, standing.Available, *standing.Frozen)
	}
	// Output:
	// frozen: <nil>
	// 1000000000000001 500.00 CNY false
	// 1000000000000002 500.00 CNY true
	// 1000000000000003 not found
}
