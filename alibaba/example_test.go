// SPDX-License-Identifier: Apache-2.0

package alibaba_test

import (
	"context"
	"fmt"
	"log"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// A top-up with the credentials of the environment, as in the README.
func Example() {
	topUp := func(ctx context.Context, orderID string) error {
		client, err := alibaba.New(alibaba.Config{
			Site:            alibaba.China, // where your account lives; the wrong site answers NotApplicable
			CredentialsFunc: alibaba.DefaultChain(),
			Source:          "shop-backend",
		})
		if err != nil {
			return err
		}
		receipt, err := client.DecreaseConsumption(ctx, quota.Adjustment{ // a top-up: more is left to spend
			Customer: "1442098325661561",
			Amount:   quota.MustMoney("100.00 CNY"),
			Key:      quota.KeyFor("topup", orderID), // the same order always has the same key
		})
		fmt.Println(receipt.Consumed)
		return err
	}
	_ = topUp
}

func ExampleClient_CreateQuota() {
	var cloud alibabatest.Server
	if _, err := cloud.Start(""); err != nil {
		log.Fatal(err)
	}
	defer cloud.Close()
	client, err := alibaba.New(cloud.Config())
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	grant := quota.Grant{Customer: "1442098325661561", Limit: quota.MustMoney("500 CNY")}
	_, err = client.CreateQuota(ctx, grant)
	fmt.Println(err)
	available, err := client.AvailableQuota(ctx, grant.Customer)
	fmt.Println(available, err)
	_, err = client.CreateQuota(ctx, grant)
	fmt.Println(errors.Class(err))
	// Output:
	// <nil>
	// 500.00 CNY <nil>
	// exists
}

func ExampleClient_Standings() {
	var cloud alibabatest.Server
	if _, err := cloud.Start(""); err != nil {
		log.Fatal(err)
	}
	defer cloud.Close()
	client, err := alibaba.New(cloud.Config())
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	const customer = "1442098325661561"
	if _, err := client.CreateQuota(ctx, quota.Grant{Customer: customer, Limit: quota.MustMoney("500 CNY")}); err != nil {
		log.Fatal(err)
	}
	if _, err := client.Freeze(ctx, quota.Freeze{Customer: customer}); err != nil {
		log.Fatal(err)
	}
	for customer, err := range client.Customers(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		for standing, err := range client.Standings(ctx, customer.ID) {
			fmt.Println(standing.Available, *standing.Frozen, err)
		}
	}
	// Output:
	// 500.00 CNY true <nil>
}
