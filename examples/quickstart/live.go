// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
)

// onRealClouds reads one customer's standing on each cloud that the environment has credentials for. It changes nothing.
//
//	ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET   the reseller account's key
//	RESELL_ALIBABA_SITE        china or international
//	RESELL_ALIBABA_CUSTOMER    the customer's account id
//	HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK   the partner account's key
//	RESELL_HUAWEI_SITE         international or europe
//	RESELL_HUAWEI_CUSTOMER     the customer's account id
func onRealClouds(ctx context.Context) error {
	return firstError(
		func() error { return readAlibaba(ctx) },
		func() error { return readHuawei(ctx) },
	)
}

func readAlibaba(ctx context.Context) error {
	customer := os.Getenv("RESELL_ALIBABA_CUSTOMER")
	if customer == "" {
		fmt.Println("Alibaba Cloud: RESELL_ALIBABA_CUSTOMER is not set, nothing to read")
		return nil
	}
	client, err := alibaba.New(alibaba.Config{
		Site:            alibaba.Site(os.Getenv("RESELL_ALIBABA_SITE")),
		CredentialsFunc: alibaba.DefaultChain(),
	})
	if err != nil {
		return err
	}
	available, err := client.AvailableQuota(ctx, customer)
	if errors.Is(err, errors.ErrNotFound) {
		fmt.Println("Alibaba Cloud: no quota ledger is open for customer", customer)
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Println("Alibaba Cloud: customer", customer, "may spend", available)
	return nil
}

func readHuawei(ctx context.Context) error {
	customer := os.Getenv("RESELL_HUAWEI_CUSTOMER")
	if customer == "" {
		fmt.Println("Huawei Cloud: RESELL_HUAWEI_CUSTOMER is not set, nothing to read")
		return nil
	}
	client, err := huawei.New(huawei.Config{
		Site:            huawei.Site(os.Getenv("RESELL_HUAWEI_SITE")),
		CredentialsFunc: huawei.FromEnvironment(),
	})
	if err != nil {
		return err
	}
	budget, err := client.Budget(ctx, customer)
	if err != nil {
		return err
	}
	fmt.Println("Huawei Cloud: customer", customer, "has a", budget.Period, "budget of", budget.Limit, "with", budget.Used, "used")
	return nil
}
