// SPDX-License-Identifier: Apache-2.0

package costunittest_test

import (
	"context"
	"fmt"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/costunit/costunittest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// The reply to a transfer is lost. Sent again, it converges: nothing moves twice.
func ExampleProvider() {
	ctx := context.Background()
	var cloud costunittest.Provider
	bucket := costunit.Resource{ID: "cn-hangzhou;standard", Product: "oss", Owner: "1000000000000001"}
	spare := costunit.Unit{ID: costunit.Unallocated, Owner: bucket.Owner}
	shop := costunit.Unit{ID: "7", Owner: bucket.Owner}
	cloud.Put(spare, bucket)
	cloud.Put(shop)

	cloud.Faults.Add("TransferResources", fault.LostReply)
	transfer := costunit.Transfer{From: spare, To: shop, Resources: []costunit.Resource{bucket}}
	_, err := cloud.TransferResources(ctx, transfer)
	fmt.Println("first:", errors.Class(err))
	_, err = cloud.TransferResources(ctx, transfer)
	fmt.Println("again:", err)
	fmt.Println("moves:", len(cloud.Moves()), "in the shop:", cloud.Holds(shop)[0].ID)
	// Output:
	// first: uncertain
	// again: <nil>
	// moves: 1 in the shop: cn-hangzhou;standard
}
