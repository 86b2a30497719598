// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	bssintl "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/bssintl/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/bssintl/v2/model"
	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/internal/sdkhmac"
	"github.com/resellkit/resell/quota"
)

var huaweiCloud = cloud{
	name: "huawei",
	// The documented answers of UpdateSubCustomerBudget.
	success:   answer{204, ""},
	failure:   answer{500, `{"error_code":"CBC.0999","error_msg":"Other error."}`},
	floor:     huaweiFloor,
	ours:      huaweiOurs,
	vendor:    huaweiVendor,
	fasterOne: 1.35,
	faster:    2.1,
}

func huaweiFloor(endpoint string, transport http.RoundTripper) (invoke, error) {
	client := orTuned(transport)
	key := sdkhmac.Key{ID: accessKey, Secret: secretKey}
	return func(ctx context.Context) error {
		body := []byte(`{"customer_id":"` + customer + `","budget_amount":` + "750.00" + `,"budget_type":"PACKAGE"}`)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/v2/partners/sub-customers/budget", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Accept", "application/json")
		req.Header.Set("Content-Type", "application/json")
		sdkhmac.Sign(req, body, key, time.Now())
		_, err = roundTrip(client, req, http.StatusNoContent)
		return err
	}, nil
}

func huaweiOurs(base time.Duration) maker {
	return func(endpoint string, transport http.RoundTripper) (invoke, error) {
		client, err := huawei.New(huawei.Config{
			Credentials: huawei.Credentials{AccessKey: accessKey, SecretKey: secretKey},
			Site:        huawei.International,
			Endpoint:    endpoint,
			HTTPClient:  over(transport),
			Retry:       huawei.Retry{Base: base},
		})
		budget := quota.Budget{Customer: customer, Limit: quota.MustMoney("750.00 USD"), Period: quota.OneOff}
		return func(ctx context.Context) error {
			_, err := client.SetBudget(ctx, budget)
			return err
		}, err
	}
}

func huaweiVendor(endpoint string, transport http.RoundTripper) (invoke, error) {
	credentials, err := auth.NewGlobalCredentialsBuilder().WithAk(accessKey).WithSk(secretKey).WithDomainId("bench").SafeBuild()
	if err != nil {
		return nil, err
	}
	settings := config.DefaultHttpConfig()
	if transport != nil {
		settings.WithHttpRoundTripper(transport)
	}
	caller, err := bssintl.BssintlClientBuilder().WithEndpoint(endpoint).WithCredential(credentials).WithHttpConfig(settings).SafeBuild()
	if err != nil {
		return nil, err
	}
	client := bssintl.NewBssintlClient(caller)
	amount := decimal.RequireFromString("750.00")
	kind := model.GetModSubCustomerBudgetReqBudgetTypeEnum().PACKAGE
	return func(context.Context) error { // it takes no context
		_, err := client.UpdateSubCustomerBudget(&model.UpdateSubCustomerBudgetRequest{Body: &model.ModSubCustomerBudgetReq{
			CustomerId:   customer,
			BudgetAmount: &amount,
			BudgetType:   &kind,
		}})
		return err
	}, nil
}
