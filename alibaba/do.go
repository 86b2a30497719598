// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/internal/call"
)

// Do sends any request model of the vendor's BssOpenApi package with this client's endpoint, signing, retries and
// errors, and decodes the reply into the vendor's response model. It is the way to operations that this library does not
// cover, and outside its compatibility promise.
//
// Requests whose action begins with Query, Get, List or Describe count as reads. Every other counts as a change that is
// not repeated after an uncertain attempt. The vendor's models do not say what success is, so Do asks for a JSON object
// under a 2xx status, for the success code where the reply has a code, and that nothing contradicts it.
func (c *Client) Do(ctx context.Context, request requests.AcsRequest, response responses.AcsResponse) error {
	if request == nil || response == nil {
		return refuse("Do", errors.Invalid("request, response", "nil", "both must be set"))
	}
	action := request.GetActionName()
	if request.GetProduct() != "BssOpenApi" || request.GetStyle() != requests.RPC {
		return refuse(action, errors.Invalid("request", request.GetProduct()+" "+request.GetStyle(), "must be an RPC request of BssOpenApi; other products have other hosts"))
	}
	if err := requests.InitParams(request); err != nil {
		return refuse(action, errors.Invalid("request", action, "has a field that cannot be sent: "+err.Error()))
	}
	return c.call.Watch(ctx, action, func(ctx context.Context) error { return c.doVendor(ctx, request, response) })
}

func (c *Client) doVendor(ctx context.Context, request requests.AcsRequest, response responses.AcsResponse) error {
	action, version := request.GetActionName(), request.GetVersion()
	target := c.endpoint
	target.RawQuery = encodeMap(request.GetQueryParams())
	var contentType string
	var body []byte
	if form := request.GetFormParams(); len(form) > 0 {
		contentType, body = "application/x-www-form-urlencoded", []byte(encodeMap(form))
	}
	op := &operation{name: action, write: !readAction(action), accept: contradicted}
	if action == allocate.name {
		op.accept = allocate.accept // its documented success says Success:false
	}
	_, err := c.call.Do(ctx, &call.Request{
		Op: action, Method: http.MethodPost, URL: &target, ContentType: contentType, Body: body, Write: op.write,
		Sign: func(ctx context.Context, req *http.Request, body []byte) (call.Secrets, error) {
			return c.sign(ctx, req, body, action, version)
		},
		Judge: func(r call.Reply) *errors.Error {
			var env envelope
			codeless := r.Status/100 == 2 && bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("{"))
			if failure := op.judge(r, &env); failure != nil && (failure.Code != "" || !codeless) {
				return failure
			}
			reply := &http.Response{StatusCode: r.Status, Header: r.Header, Body: io.NopCloser(bytes.NewReader(r.Body))}
			if err := responses.Unmarshal(response, reply, "JSON"); err != nil {
				return &errors.Error{Class: errors.ErrUncertain, Message: "the reply does not fit the vendor's response model"}
			}
			return nil
		},
	})
	return err
}

func readAction(action string) bool {
	for _, verb := range []string{"Query", "Get", "List", "Describe"} {
		if strings.HasPrefix(action, verb) {
			return true
		}
	}
	return false
}

func encodeMap(m map[string]string) string {
	params := make([]acs.Param, 0, len(m))
	for name, value := range m {
		params = append(params, acs.Param{Name: name, Value: value})
	}
	return acs.EncodeQuery(params)
}
