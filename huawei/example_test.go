// SPDX-License-Identifier: Apache-2.0

package huawei_test

import (
	"context"
	"fmt"
	"log"

	"github.com/resellkit/resell/costunit"
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

// Cost units are enterprise projects; what belongs to none is in the default one.
func ExampleClient_TransferResources() {
	var cloud huaweitest.Server
	if _, err := cloud.Start(""); err != nil {
		log.Fatal(err)
	}
	defer cloud.Close()
	client, err := huawei.New(cloud.Config())
	if err != nil {
		log.Fatal(err)
	}
	disk := costunit.Resource{ID: "b621f5ae-b5c1-49d7-a660-752c445434b4", Product: "disk", Project: "e1eb7c40cbea4c8389cde527594a306d"}
	cloud.Units.Put(costunit.Unit{}, disk)

	ctx := context.Background()
	created, err := client.CreateUnits(ctx, costunit.Definition{Name: "web-shop"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.TransferResources(ctx, costunit.Transfer{To: created[0].Unit, Resources: []costunit.Resource{disk}})
	fmt.Println(err)
	for r, err := range client.Resources(ctx, costunit.Query{Unit: created[0].Unit, Products: []string{"disk"}, Projects: []string{disk.Project}}) {
		fmt.Println(r.ID, err)
	}
	// Output:
	// <nil>
	// b621f5ae-b5c1-49d7-a660-752c445434b4 <nil>
}
