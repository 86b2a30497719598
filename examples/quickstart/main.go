// SPDX-License-Identifier: Apache-2.0

// Quickstart does a reseller's main job on both clouds, and tells what happens in plain words.
//
//	go run ./examples/quickstart
//
// runs on fake clouds inside this program: no account, nothing leaves the machine. With -live it reads (and only reads)
// from the real clouds; live.go lists the environment variables.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

func main() {
	live := flag.Bool("live", false, "read from the real clouds, with the credentials of the environment")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := onFakes
	if *live {
		run = onRealClouds
	}
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

const (
	aliCustomer    = "1442098325661561"
	huaweiCustomer = "053a48736500d5f40ffec01689b88480"
)

// onFakes starts both fake clouds and works through the day of a reseller.
func onFakes(ctx context.Context) error {
	var fakeAlibaba alibabatest.Server
	if _, err := fakeAlibaba.Start(""); err != nil {
		return err
	}
	defer fakeAlibaba.Close()
	var fakeHuawei huaweitest.Server
	if _, err := fakeHuawei.Start(""); err != nil {
		return err
	}
	defer fakeHuawei.Close()

	aliConfig := fakeAlibaba.Config() // where the fake listens, and keys that it takes
	aliConfig.Retry.Base = 10 * time.Millisecond
	ali, err := alibaba.New(aliConfig)
	if err != nil {
		return err
	}
	hua, err := huawei.New(fakeHuawei.Config())
	if err != nil {
		return err
	}
	return firstError(
		func() error { return openQuota(ctx, ali) },
		func() error { return topUp(ctx, ali, &fakeAlibaba) },
		func() error { return correct(ctx, ali) },
		func() error { return budget(ctx, hua) },
		func() error { return limits(ctx, ali, hua) },
		func() error { return move(ctx, ali, &fakeAlibaba) },
		func() error { return refused(ctx, ali) },
	)
}

// openQuota opens a customer's ledger and sets its limit.
func openQuota(ctx context.Context, ledger quota.Ledger) error {
	say("1. Open a quota ledger on Alibaba Cloud, then raise the limit")
	if _, err := ledger.CreateQuota(ctx, quota.Grant{Customer: aliCustomer, Limit: quota.MustMoney("500 CNY")}); err != nil {
		return err
	}
	if _, err := ledger.SetQuota(ctx, quota.Grant{Customer: aliCustomer, Limit: quota.MustMoney("750 CNY")}); err != nil {
		return err
	}
	return tellAvailable(ctx, ledger, aliCustomer)
}

// topUp books a top-up while every reply gets lost, and sends it again with the same key.
func topUp(ctx context.Context, adjuster quota.Adjuster, cloud *alibabatest.Server) error {
	say("2. Top up by 100.00 CNY, and lose the cloud's replies")
	order := quota.Adjustment{
		Customer: aliCustomer,
		Amount:   quota.MustMoney("100 CNY"),
		Key:      quota.KeyFor("topup", "order-4711"), // the same in every process, and after a crash
	}
	cloud.Faults.Add("ChangeResellerConsumeAmount", fault.Times(4, fault.LostReply)...)

	_, err := adjuster.DecreaseConsumption(ctx, order)
	tell("the first call says: %v", errors.Class(err))
	if !errors.Is(err, errors.ErrUncertain) {
		return err
	}
	receipt, err := adjuster.DecreaseConsumption(ctx, order) // the same call, the same key
	if err != nil {
		return err
	}
	tell("the same call again: applied, consumption is now %v", receipt.Consumed)
	booked := 0
	for _, change := range cloud.Quota.Changes(aliCustomer) {
		if change.Key == order.Key {
			booked++
		}
	}
	tell("%d requests reached the cloud, which booked %d top-up", len(cloud.Requests())-requestsBefore, booked)
	return nil
}

// requestsBefore the top-up: open, set, and read.
const requestsBefore = 3

// correct books a correction against the customer.
func correct(ctx context.Context, adjuster quota.Adjuster) error {
	say("3. Correct upward: 12.34 CNY were billed too little")
	receipt, err := adjuster.IncreaseConsumption(ctx, quota.Adjustment{
		Customer: aliCustomer,
		Amount:   quota.MustMoney("12.34 CNY"),
		Key:      quota.KeyFor("correction", "2026-11", aliCustomer),
		Metadata: map[string]string{"reason": "late metering"},
	})
	if err != nil {
		return err
	}
	tell("consumption is now %v", receipt.Consumed)
	return nil
}

// budget gives a Huawei Cloud customer a monthly budget.
func budget(ctx context.Context, budgets quota.Budgeter) error {
	say("4. A monthly budget on Huawei Cloud, frozen automatically when it is spent")
	_, err := budgets.SetBudget(ctx, quota.Budget{
		Customer: huaweiCustomer,
		Limit:    quota.MustMoney("100.10 USD"),
		Period:   quota.Monthly,
		OnExceed: quota.FreezeAutomatically,
	})
	if err != nil {
		return err
	}
	b, err := budgets.Budget(ctx, huaweiCustomer)
	if err != nil {
		return err
	}
	tell("the cloud says: %v %s, %v used", b.Limit, b.Period, b.Used)
	return nil
}

// limits sets a limit on either cloud through one and the same function.
func limits(ctx context.Context, ali, hua quota.Limiter) error {
	say("5. The same function sets a limit on either cloud")
	return firstError(
		func() error { return setLimit(ctx, ali, aliCustomer, "900 CNY") },
		func() error { return setLimit(ctx, hua, "06ffbcd46880d3f30f62c001a49be460", "250 USD") },
	)
}

func setLimit(ctx context.Context, cloud quota.Limiter, customer, limit string) error {
	money, err := quota.ParseMoney(limit)
	if err != nil {
		return err
	}
	if _, err := cloud.SetQuota(ctx, quota.Grant{Customer: customer, Limit: money}); err != nil {
		return err
	}
	return tellAvailable(ctx, cloud, customer)
}

// move makes a cost unit, and transfers resources into it.
func move(ctx context.Context, ali *alibaba.Client, cloud *alibabatest.Server) error {
	say("6. Make a cost unit, and move two resources into it")
	units, err := ali.CreateUnits(ctx, costunit.Definition{Owner: aliCustomer, Name: "web shop"})
	if err != nil {
		return err
	}
	from, to := costunit.Unit{ID: costunit.Unallocated, Owner: aliCustomer}, units[0].Unit
	resources := []costunit.Resource{
		{ID: "cn-hangzhou;standard", Product: "oss", Owner: aliCustomer},
		{ID: "i-bp67acfmxazb4p", Product: "ecs", Owner: aliCustomer},
	}
	cloud.Units.Put(from, resources...) // they are there already, as far as the fake goes
	if _, err := ali.TransferResources(ctx, costunit.Transfer{From: from, To: to, Resources: resources}); err != nil {
		return err
	}
	tell("unit %q holds:", units[0].Name)
	for r, err := range ali.Resources(ctx, costunit.Query{Unit: to}) {
		if err != nil {
			return err
		}
		tell("  %s %s", r.Product, r.ID)
	}
	return nil
}

// refused shows an error handled by its class, and one refused before anything was sent.
func refused(ctx context.Context, ledger quota.Ledger) error {
	say("7. Errors have classes")
	_, err := ledger.CreateQuota(ctx, quota.Grant{Customer: aliCustomer, Limit: quota.MustMoney("500 CNY")})
	if !errors.Is(err, errors.ErrExists) {
		return fmt.Errorf("expected %w, got %w", errors.ErrExists, err)
	}
	tell("opening it twice: %v", err)
	_, err = ledger.SetQuota(ctx, quota.Grant{Customer: aliCustomer, Limit: quota.MustMoney("1.005 CNY")})
	if !errors.Is(err, errors.ErrInvalid) {
		return fmt.Errorf("expected %w, got %w", errors.ErrInvalid, err)
	}
	tell("half a cent: %v", err)
	return nil
}

func tellAvailable(ctx context.Context, cloud quota.Limiter, customer string) error {
	available, err := cloud.AvailableQuota(ctx, customer)
	if err != nil {
		return err
	}
	tell("customer %s may now spend %v", customer, available)
	return nil
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func say(title string)                { fmt.Println("\n" + title) }
func tell(format string, args ...any) { fmt.Printf("   "+format+"\n", args...) }
