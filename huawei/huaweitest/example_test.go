// SPDX-License-Identifier: Apache-2.0

package huaweitest_test

import (
	"context"
	"fmt"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// A backend's test: the cloud makes the change, and its reply is lost.
func Example() {
	var cloud huaweitest.Server
	if _, err := cloud.Start(""); err != nil {
		fmt.Println(err)
		return
	}
	defer cloud.Close()
	client, err := huawei.New(cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	const customer = "053a48736500d5f40ffec01689b88480"
	cloud.Quota.Update(customer, func(s *quotatest.State) { s.Budget.Used = quota.MustMoney("30.25 USD") })
	cloud.Faults.Add("UpdateSubCustomerBudget", fault.LostReply)

	ctx := context.Background()
	receipt, err := client.SetQuota(ctx, quota.Grant{Customer: customer, Limit: quota.MustMoney("500.00 USD")})
	fmt.Println("set:", err, "after", receipt.Attempts, "requests")
	left, err := client.AvailableQuota(ctx, customer)
	fmt.Println("left:", left, err)

	state, _ := cloud.Quota.Customer(customer)
	fmt.Println("the cloud says:", state.Budget.Limit, state.Budget.Period)
	for _, r := range cloud.Requests() {
		fmt.Println(r.Method, r.Operation, r.Status)
	}
	// Output:
	// set: <nil> after 2 requests
	// left: 469.75 USD <nil>
	// the cloud says: 500.00 USD one-off
	// GET ShowSubCustomerBudget 200
	// POST UpdateSubCustomerBudget 0
	// POST UpdateSubCustomerBudget 204
	// GET ShowSubCustomerBudget 200
}

// Any documented error can be had.
func ExampleCode() {
	var cloud huaweitest.Server
	if _, err := cloud.Start(""); err != nil {
		fmt.Println(err)
		return
	}
	defer cloud.Close()
	client, err := huawei.New(cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	cloud.Faults.Add("UpdateSubCustomerBudget", huaweitest.Code(400, "CBC.50000030"))

	_, err = client.SetBudget(context.Background(), quota.Budget{
		Customer: "053a48736500d5f40ffec01689b88480", Limit: quota.MustMoney("500.00 USD"), Period: quota.Monthly,
	})
	fmt.Println(errors.Class(err))
	fmt.Println(len(cloud.Quota.Changes("")), "changes")
	// Output:
	// insufficient
	// 0 changes
}
