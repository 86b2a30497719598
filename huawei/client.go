// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/refresh"
	"github.com/resellkit/resell/internal/sdkhmac"
	"github.com/resellkit/resell/internal/wire"
)

// operation is one of the API's, with what this library must know of it.
type operation struct {
	name       string
	method     string
	success    int  // the documented status of success
	write      bool // changes something
	repeatable bool // repeating after an uncertain attempt cannot make the change twice

	largest int64 // the bytes of its reply that are read; 0: as package call has it
}

// request begins a request for op. Its Judge is still to be set.
func (c *Client) request(op *operation, target *url.URL) call.Request {
	return call.Request{
		Op:         op.name,
		Method:     op.method,
		URL:        target,
		Write:      op.write,
		Repeatable: op.repeatable,
		MaxReply:   op.largest,
		Sign:       c.authorize,
	}
}

// authorizer completes one attempt: its headers, and a signature or a token. It holds the credentials in a closure,
// where no dump of the client can find them.
type authorizer func(ctx context.Context, req *http.Request, body []byte) (call.Secrets, error)

func authorizerOf(c Config) (authorizer, error) {
	static := c.Credentials
	given := static != Credentials{}
	switch {
	case c.TokenFunc != nil && (given || c.CredentialsFunc != nil):
		return nil, errors.Invalid("Config.TokenFunc", "set", "set only one of Credentials, CredentialsFunc and TokenFunc")
	case c.CredentialsFunc != nil && given:
		return nil, errors.Invalid("Config.CredentialsFunc", "set", "set only one of Credentials, CredentialsFunc and TokenFunc")
	case c.TokenFunc != nil:
		return tokenAuthorizer(refresh.Serial(c.TokenFunc)), nil
	case c.CredentialsFunc != nil:
		return keyAuthorizer(checked(refresh.Serial(c.CredentialsFunc))), nil
	case !given:
		return nil, errors.Invalid("Config.Credentials", "", "set one of Credentials, CredentialsFunc and TokenFunc")
	}
	if err := static.check("Config.Credentials"); err != nil {
		return nil, err
	}
	return keyAuthorizer(func(context.Context) (Credentials, error) { return static, nil }), nil
}

// keyAuthorizer signs with an access key; every attempt has a time of its own.
func keyAuthorizer(credentials func(context.Context) (Credentials, error)) authorizer {
	return func(ctx context.Context, req *http.Request, body []byte) (call.Secrets, error) {
		key, err := credentials(ctx)
		if err != nil {
			return call.Secrets{}, err
		}
		commonHeaders(req)
		sdkhmac.Sign(req, body, sdkhmac.Key{ID: key.AccessKey, Secret: key.SecretKey, Token: key.SecurityToken}, time.Now())
		return call.Secrets{key.SecretKey, key.SecurityToken, key.AccessKey}, nil
	}
}

// tokenAuthorizer sends an IAM token instead of a signature.
func tokenAuthorizer(token func(context.Context) (string, error)) authorizer {
	return func(ctx context.Context, req *http.Request, _ []byte) (call.Secrets, error) {
		value, err := token(ctx)
		if err != nil {
			return call.Secrets{}, err
		}
		switch {
		case value == "":
			return call.Secrets{}, noCredentials("Config.TokenFunc returned an empty token")
		case !wire.Visible(value, maxSecret):
			return call.Secrets{}, noCredentials("Config.TokenFunc returned a token that is not visible ASCII without spaces or line ends")
		}
		commonHeaders(req)
		req.Header["X-Auth-Token"] = []string{value}
		return call.Secrets{value}, nil
	}
}

// checked refuses what cannot be signed with.
func checked(f func(context.Context) (Credentials, error)) func(context.Context) (Credentials, error) {
	return func(ctx context.Context) (Credentials, error) {
		key, err := f(ctx)
		if err != nil {
			return Credentials{}, err
		}
		if err := key.check("Config.CredentialsFunc: Credentials"); err != nil {
			bad, _ := errors.AsType[*errors.Error](err)
			return Credentials{}, noCredentials(bad.Message)
		}
		return key, nil
	}
}

func noCredentials(message string) error {
	return &errors.Error{Class: errors.ErrUnauthenticated, Message: message}
}

const contentJSON = "application/json"

func commonHeaders(req *http.Request) {
	req.Header["Accept"] = acceptJSON
	req.Header["User-Agent"] = userAgent
}

// Header values that every attempt shares; nobody changes them.
var (
	acceptJSON = []string{contentJSON}
	userAgent  = []string{"resell-go"}
)
