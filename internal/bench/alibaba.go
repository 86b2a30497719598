// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/bssopenapi"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/quota"
)

var alibabaCloud = cloud{
	name: "alibaba",
	// The documented sample of SetResellerUserQuota, and its documented error.
	success:     answer{200, `{"Code":"200","Message":"Successful!","Data":true,"RequestId":"F5B803CF-94D8-43AF-ADB3-D819AAD30E27","Success":true}`},
	failure:     answer{500, `{"Code":"CreditInnerError","Message":"This interface has some error. Please try again.","RequestId":"F5B803CF-94D8-43AF-ADB3-D819AAD30E27"}`},
	floor:       alibabaFloor,
	ours:        alibabaOurs,
	vendor:      alibabaVendor,
	vendorAlone: true,
	fasterOne:   2.4,
	faster:      3.3,
}

const bizID = "5f0c2d1e4b3a49788897a6b5c4d3e2f1"

func alibabaFloor(endpoint string, transport http.RoundTripper) (invoke, error) {
	client := orTuned(transport)
	key := acs.Key{ID: accessKey, Secret: secretKey}
	return func(ctx context.Context) error {
		query := acs.EncodeQuery([]acs.Param{
			{Name: "OwnerId", Value: customer},
			{Name: "Amount", Value: "750.00"},
			{Name: "Currency", Value: "CNY"},
			{Name: "OutBizId", Value: bizID},
		})
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/?"+query, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Accept", "application/json")
		acs.SignV3(req, nil, key, "SetResellerUserQuota", "2017-12-14", time.Now(), rand.Text())
		body, err := roundTrip(client, req, http.StatusOK)
		if err != nil {
			return err
		}
		var reply struct{ Code string }
		if err := json.Unmarshal(body, &reply); err != nil {
			return err
		}
		if reply.Code != "200" {
			return fmt.Errorf("code %q", reply.Code)
		}
		return nil
	}, nil
}

func alibabaOurs(base time.Duration) maker {
	return func(endpoint string, transport http.RoundTripper) (invoke, error) {
		client, err := alibaba.New(alibaba.Config{
			Credentials: alibaba.Credentials{AccessKeyID: accessKey, AccessKeySecret: secretKey},
			Site:        alibaba.China,
			Endpoint:    endpoint,
			HTTPClient:  over(transport),
			Retry:       alibaba.Retry{Base: base},
		})
		grant := quota.Grant{Customer: customer, Limit: quota.MustMoney("750.00 CNY"), Key: bizID}
		return func(ctx context.Context) error {
			_, err := client.SetQuota(ctx, grant)
			return err
		}, err
	}
}

func alibabaVendor(endpoint string, transport http.RoundTripper) (invoke, error) {
	config := sdk.NewConfig()
	config.Transport = transport
	client, err := bssopenapi.NewClientWithOptions("cn-hangzhou", config, credentials.NewStaticAKCredentialsProvider(accessKey, secretKey))
	return func(context.Context) error { // it takes no context
		req := bssopenapi.CreateSetResellerUserQuotaRequest()
		req.Domain = strings.TrimPrefix(endpoint, "http://")
		req.OwnerId = requests.Integer(customer)
		req.Amount = "750.00"
		req.Currency = "CNY"
		req.OutBizId = bizID
		reply, err := client.SetResellerUserQuota(req)
		if err == nil && reply.Code != "200" {
			return fmt.Errorf("code %q", reply.Code)
		}
		return err
	}, err
}

// over lends a transport to our clients; nil leaves them their own pool.
func over(transport http.RoundTripper) *http.Client {
	if transport == nil {
		return nil
	}
	return &http.Client{Transport: transport}
}
