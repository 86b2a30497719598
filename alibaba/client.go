// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/internal/call"
)

const version = "2017-12-14"

// operation is one of the API's, with what this library must know of it.
type operation struct {
	name       string
	write      bool
	repeatable bool                   // repeating after an uncertain attempt cannot make the change twice
	maxReply   int64                  // bytes; 0 is 1 MiB
	accept     func(*envelope) string // what is wrong with a reply that has the success code; "" is nothing
}

// exchange is one operation under way.
type exchange struct {
	client  *Client
	op      *operation
	target  url.URL
	request call.Request
	reply   envelope
}

func (x *exchange) sign(ctx context.Context, req *http.Request, body []byte) (call.Secrets, error) {
	return x.client.sign(ctx, req, body, x.op.name, version)
}

func (x *exchange) judge(r call.Reply) *errors.Error {
	x.reply = envelope{doubt: r.Doubt}
	return x.op.judge(r, &x.reply)
}

// send carries out op and leaves the reply in env.
func (c *Client) send(ctx context.Context, op *operation, params []acs.Param, env *envelope) (attempts int, err error) {
	x := &exchange{client: c, op: op, target: c.endpoint}
	x.target.RawQuery = acs.EncodeQuery(params)
	x.request = call.Request{
		Op:         op.name,
		Method:     http.MethodPost, // also for reads, as the vendor's SDKs do
		URL:        &x.target,
		Write:      op.write,
		Repeatable: op.repeatable,
		MaxReply:   op.maxReply,
		Sign:       x.sign,
		Judge:      x.judge,
	}
	attempts, err = c.call.Do(ctx, &x.request)
	*env = x.reply
	return attempts, err
}

// read carries out op and decodes the Data of its reply into data. check, if there is one, says what is wrong with that;
// "" is nothing.
func (c *Client) read(ctx context.Context, op *operation, params []acs.Param, data any, check func() string) error {
	var env envelope
	attempts, err := c.send(ctx, op, params, &env)
	if err != nil {
		return err
	}
	problem := ""
	if len(env.Data) > 0 {
		err = json.Unmarshal(env.Data, data)
	}
	switch {
	case err != nil:
		problem = "a reply that cannot be read"
	case check != nil:
		problem = check()
	}
	if problem == "" {
		return nil
	}
	return &errors.Error{
		Provider: provider, Op: op.name, Class: errors.ErrUnavailable,
		Message: problem, RequestID: string(env.RequestID), Attempts: attempts, Err: err,
	}
}

// sign completes one attempt with fresh credentials, time and nonce.
func (c *Client) sign(ctx context.Context, req *http.Request, body []byte, action, version string) (call.Secrets, error) {
	key, err := c.credentials(ctx)
	if err != nil {
		return call.Secrets{}, err
	}
	if err := key.check("Config.CredentialsFunc: Credentials"); err != nil {
		bad, _ := errors.AsType[*errors.Error](err)
		return call.Secrets{}, &errors.Error{Class: errors.ErrUnauthenticated, Message: bad.Message}
	}
	req.Header["Accept"] = acceptJSON
	req.Header["User-Agent"] = userAgent
	acs.SignV3(req, body, acs.Key{ID: key.AccessKeyID, Secret: key.AccessKeySecret, Token: key.SecurityToken},
		action, version, time.Now(), rand.Text())
	return call.Secrets{key.AccessKeySecret, key.SecurityToken, key.AccessKeyID}, nil
}

// Header values that every attempt shares; nobody changes them.
var (
	acceptJSON = []string{"application/json"} // the product's default is XML
	userAgent  = []string{"resell-go"}
)
