// SPDX-License-Identifier: Apache-2.0

package alibabatest_test

import (
	"context"
	"fmt"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// A top-up whose reply is lost is booked once, however often it is sent.
func Example() {
	var cloud alibabatest.Server
	if _, err := cloud.Start(""); err != nil {
		fmt.Println(err)
		return
	}
	defer cloud.Close()
	const customer = "1234567890123456"
	cloud.Quota.Update(customer, func(c *quotatest.State) {
		c.Opened, c.Limit, c.Consumed = true, quota.MustMoney("500.00 CNY"), quota.MustMoney("320.00 CNY")
	})
	cloud.Faults.Add("ChangeResellerConsumeAmount", fault.LostReply)

	client, err := alibaba.New(cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	receipt, err := client.DecreaseConsumption(context.Background(), quota.Adjustment{
		Customer: customer,
		Amount:   quota.MustMoney("100.00 CNY"),
		Key:      quota.KeyFor("topup", "order 42"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("requests:", receipt.Attempts)
	fmt.Println("booked:  ", len(cloud.Quota.Changes(customer)))
	fmt.Println("consumed:", receipt.Consumed)
	for i, r := range cloud.Requests() {
		fmt.Println("request", i+1, "answered", r.Status, "with key", r.Params.Get("OutBizId"))
	}
	// Output:
	// requests: 2
	// booked:   1
	// consumed: 220.00 CNY
	// request 1 answered 0 with key d8f2125e2d0c992f1c4adf50cb5177f3
	// request 2 answered 200 with key d8f2125e2d0c992f1c4adf50cb5177f3
}
