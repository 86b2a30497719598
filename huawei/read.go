// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/sdkhmac"
	"github.com/resellkit/resell/internal/wire"
)

// answer is the reply of a read: it has an envelope, and says what this library will not take over from it.
type answer[R any] interface {
	*R
	self() *envelope
	check() *errors.Error
}

func (e *envelope) self() *envelope { return e }

// read carries out an operation, and decodes its reply; most often that of a read. The reply's RequestID is set then, wherever it was told.
func read[R any, A answer[R]](ctx context.Context, c *Client, op *operation, target *url.URL, body []byte) (reply A, attempts int, err error) {
	request := c.request(op, target)
	if body != nil {
		request.ContentType, request.Body = contentJSON, body
	}
	request.Judge = func(r call.Reply) *errors.Error {
		reply = A(new(R))
		e := reply.self()
		if failure := op.judge(r, reply, e); failure != nil {
			return failure
		}
		e.RequestID, e.secrets = wire.Text(requestID(e.RequestID, r)), r.Secrets
		failure := reply.check()
		if failure != nil {
			failure.RequestID = string(e.RequestID)
		}
		return failure
	}
	attempts, err = c.call.Do(ctx, &request)
	if err != nil {
		return nil, attempts, err
	}
	return reply, attempts, nil
}

// at is the address of an operation.
func (c *Client) at(path string, params ...sdkhmac.Param) *url.URL {
	target := c.endpoint
	target.Path = path
	if len(params) > 0 {
		target.RawQuery = sdkhmac.EncodeQuery(params)
	}
	return &target
}

// customerParams name a customer in a query.
func customerParams(customer, reseller string) []sdkhmac.Param {
	params := []sdkhmac.Param{{Name: "customer_id", Value: customer}}
	if reseller != "" {
		params = append(params, sdkhmac.Param{Name: "indirect_partner_id", Value: reseller})
	}
	return params
}

// marshal writes a body of texts and numbers, which cannot fail.
func marshal(body any) []byte {
	text, _ := json.Marshal(body)
	return text
}
