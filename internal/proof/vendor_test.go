// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/bssopenapi"               //nolint:depguard // Do takes the vendor's models
	bssintl "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/bssintl/v2" //nolint:depguard // as above
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/bssintl/v2/model"   //nolint:depguard // as above

	"github.com/resellkit/resell/quota/quotatest"
)

// Do takes the vendor's models, and knows of no request whether it may be repeated.

func alibabaVendorRows() []row {
	return []row{
		{
			name: "Do (change)", op: "SetResellerUserQuota", settling: handsOff, prepare: openLedger,
			made: absolute(ledgers, quotatest.Change{Op: "SetQuota", Customer: customer, Amount: cny("750.00")}, limited("750.00")),
			call: func(ctx context.Context, w *world) error {
				request := bssopenapi.CreateSetResellerUserQuotaRequest()
				request.OwnerId, request.Amount = customer, "750.00"
				return w.alibaba.Do(ctx, request, bssopenapi.CreateSetResellerUserQuotaResponse())
			},
		},
		{
			name: "Do (read)", op: "QueryResellerAvailableQuota", settling: asking, prepare: openLedger,
			call: func(ctx context.Context, w *world) error {
				request, available := bssopenapi.CreateQueryResellerAvailableQuotaRequest(), bssopenapi.CreateQueryResellerAvailableQuotaResponse()
				request.OwnerId = customer
				err := w.alibaba.Do(ctx, request, available)
				return w.right(err, available.Data == "500.00", available.Data)
			},
		},
	}
}

func huaweiVendorRows() []row {
	return []row{
		{
			name: "Do (change)", op: "FreezeSubCustomers", settling: handsOff, bodiless: true, prepare: setBudget,
			made: absolute(budgets, quotatest.Change{Op: "Freeze", Customer: customer}, func(s quotatest.State) bool { return s.Frozen }),
			call: func(ctx context.Context, w *world) error {
				_, err := w.huawei.Do(ctx, &model.FreezeSubCustomersRequest{Body: &model.FreezeSubCustomersReq{
					CustomerIds: []string{customer}, Reason: "Arrears",
				}}, bssintl.GenReqDefForFreezeSubCustomers())
				return err
			},
		},
		{
			name: "Do (read)", op: "ShowSubCustomerBudget", settling: asking, prepare: setBudget,
			call: func(ctx context.Context, w *world) error {
				_, err := w.huawei.Do(ctx, &model.ShowSubCustomerBudgetRequest{CustomerId: customer}, bssintl.GenReqDefForShowSubCustomerBudget())
				return err
			},
		},
	}
}
