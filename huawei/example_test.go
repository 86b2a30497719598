// SPDX-License-Identifier: Apache-2.0

package huawei_test

import (
	"context"
	"fmt"
	"log"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
)

// A monthly budget with the credentials of the environment, as in the README.
func Example() {
	setBudget := func(ctx context.Context) error {
		client, err := huawei.New(huawei.Config{
			Site:            huawei.International,
			CredentialsFunc: huawei.FromEnvironment(),
		})
		if err != nil {
			return err
		}
		receipt, err := client.SetBudget(ctx, quota.Budget{
			Customer: "053a48736500d5f40ffec01689b88480",
			Limit:    quota.MustMoney("100.00 USD"),
			Period:   quota.Monthly,
			OnExceed: quota.FreezeAutomatically,
		})
		fmt.Println(receipt.RequestID)
		return err
	}
	_ = setBudget
}

func ExampleClient_SetQuota() {
	var cloud huaweitest.Server
	if _, err := cloud.Start(""); err != nil {
		log.Fatal(err)
	}
	defer cloud.Close()
	client, err := huawei.New(cloud.Config())
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	customer := "053a48736500d5f40ffec01689b88480"
	_, err = client.SetQuota(ctx, quota.Grant{Customer: customer, Limit: quota.MustMoney("250 USD")})
	fmt.Println(err)
	available, err := client.AvailableQuota(ctx, customer)
	fmt.Println(available, err)
	// Output:
	// <nil>
	// 250.00 USD <nil>
}

// What failed is named, customer by customer.
func ExampleClient_FreezeAll() {
	var cloud huaweitest.Server
	if _, err := cloud.Start(""); err != nil {
		log.Fatal(err)
	}
	defer cloud.Close()
	client, err := huawei.New(cloud.Config())
	if err != nil {
		log.Fatal(err)
	}
	for _, customer := range []string{"customer-1", "customer-2"} {
		cloud.Quota.Update(customer, func(*quotatest.State) {}) // known from now on
	}
	done, err := client.FreezeAll(context.Background(), []string{"customer-1", "customer-2", "customer-3"}, quota.Freeze{Reason: "Arrears"})
	fmt.Println("frozen:", done)
	if batch, ok := errors.AsType[*errors.BatchError](err); ok {
		for _, failed := range batch.Failed {
			fmt.Println(failed.Item, "is not:", errors.Class(failed))
		}
	}
	// Output:
	// frozen: [customer-1 customer-2]
	// customer-3 is not: not found
}
