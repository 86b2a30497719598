// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/refresh"
	"github.com/resellkit/resell/internal/wire"
	"github.com/resellkit/resell/quota"
)

// Site is the account system that an Alibaba Cloud account belongs to. It follows the account, not the region of its
// resources.
type Site string

// The sites.
const (
	China         Site = "china"         // aliyun.com accounts
	International Site = "international" // alibabacloud.com accounts
)

// sites holds what follows from the site. The hosts are those of the vendor's own endpoint table.
var sites = map[Site]struct {
	endpoint string
	currency quota.Currency
}{
	China:         {"https://business.aliyuncs.com", quota.CNY},
	International: {"https://business.ap-southeast-1.aliyuncs.com", quota.USD},
}

// Config says how to reach Alibaba Cloud. The zero value of a field is its documented default.
type Config struct {
	// Credentials is the reseller account's access key. Set this or CredentialsFunc.
	Credentials Credentials
	// CredentialsFunc returns the credentials to sign with. It is called for every attempt, by one goroutine at a time,
	// so it should be quick once it holds valid ones; the functions in this package are.
	CredentialsFunc func(context.Context) (Credentials, error)
	// Site is required: the wrong one reaches another account system.
	Site Site
	// Currency is attached to the amounts that are read, because Alibaba's answers carry none, and is the only one that
	// is sent. Default: CNY on the China site, USD on the international one. CNY or USD.
	Currency quota.Currency
	// Source is your system's name, sent with every adjustment; default "resell". At most 64 visible ASCII characters.
	Source string
	// Endpoint overrides the site's, for a fake server or a private endpoint: scheme and host, https unless loopback.
	// Its host is the provider's or this machine, unless AnyHost is set.
	Endpoint string
	// AnyHost allows an Endpoint that is neither the provider's nor this machine, for a proxy of yours. Requests are signed
	// for it, and it sees every token.
	AnyHost bool
	// HTTPClient lends its Transport and its Timeout (for one attempt); default: a tuned pool of this client's own, of at
	// most 128 connections to a host.
	HTTPClient *http.Client
	// Retry says how often and how patiently calls are repeated.
	Retry Retry
	// Logger gets one debug line for each attempt, without secrets; default: silent.
	Logger *slog.Logger
	// Observe is called with the operation's name when a method begins; what it returns is called with its error at the
	// end. Hang spans and metrics here.
	Observe func(ctx context.Context, op string) (context.Context, func(error))
}

// Format shows the fields, with the credentials redacted. fmt by itself forgets about those in a pointer that it is to print
// with a verb for texts or numbers.
func (c Config) Format(f fmt.State, verb rune) {
	type fields Config // without this method
	if verb == 'p' {   // of no struct, and then fmt asks the credentials for nothing
		verb = 'v'
	}
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), fields(c))
}

// Retry says how often and how patiently a call is repeated. The zero value of a field is its default.
type Retry struct {
	Attempts  int           // times that a request is sent at most, the first included: 1 to 20, default 4
	Base      time.Duration // the first wait is random up to this, the next up to twice that …; default 200 ms
	Throttled time.Duration // the same after throttling; default 1 s
	Cap       time.Duration // the longest wait, a provider's hint included; default 20 s
	Timeout   time.Duration // for one attempt; default 30 s
}

// Client speaks to Alibaba Cloud for one reseller account. Make it with [New]; it is safe for concurrent use.
type Client struct {
	call        *call.Client
	endpoint    url.URL
	currency    quota.Currency
	source      string
	credentials func(context.Context) (Credentials, error)
}

var (
	_ quota.Ledger   = (*Client)(nil)
	_ quota.Adjuster = (*Client)(nil)
)

const provider = "alibaba"

// New checks the configuration and returns a client. Nothing is sent. Errors are errors.ErrInvalid and name the field.
func New(c Config) (*Client, error) {
	client, err := newClient(c)
	if err != nil {
		return nil, refuse("New", err)
	}
	return client, nil
}

func newClient(c Config) (*Client, error) {
	site, ok := sites[c.Site]
	if !ok {
		return nil, errors.Invalid("Config.Site", string(c.Site), "must be China or International; the wrong one reaches another account system")
	}
	currency := c.Currency
	if currency == "" {
		currency = site.currency
	}
	if currency != quota.CNY && currency != quota.USD {
		return nil, errors.Invalid("Config.Currency", string(currency), "must be CNY or USD")
	}
	source := c.Source
	if source == "" {
		source = "resell"
	}
	if !wire.Visible(source, 64) {
		return nil, errors.Invalid("Config.Source", source, "must be at most 64 visible ASCII characters")
	}
	credentials, err := credentialsOf(c)
	if err != nil {
		return nil, err
	}
	address := c.Endpoint
	if address == "" {
		address = site.endpoint
	}
	endpoint, err := endpointOf("Config.Endpoint", address, c.AnyHost)
	if err != nil {
		return nil, err
	}
	caller, err := call.New(call.Config{
		Provider:   provider,
		HTTPClient: c.HTTPClient,
		Retry:      call.Retry(c.Retry),
		Logger:     c.Logger,
		Observe:    c.Observe,
	})
	if err != nil {
		return nil, err
	}
	return &Client{
		call:        caller,
		endpoint:    *endpoint,
		currency:    currency,
		source:      source,
		credentials: credentials,
	}, nil
}

// credentialsOf keeps the credentials in a closure, where no dump of the client can find them.
func credentialsOf(c Config) (func(context.Context) (Credentials, error), error) {
	static := c.Credentials
	switch {
	case c.CredentialsFunc != nil && static != Credentials{}:
		return nil, errors.Invalid("Config.CredentialsFunc", "set", "set either Credentials or CredentialsFunc, not both")
	case c.CredentialsFunc != nil:
		return refresh.Serial(c.CredentialsFunc), nil
	}
	if err := static.check("Config.Credentials"); err != nil {
		return nil, err
	}
	return func(context.Context) (Credentials, error) { return static, nil }, nil
}

// positiveID reports whether s is a decimal number of the provider: 1 to 2^63-1, in its shortest form.
func positiveID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && s[0] != '0' && s[0] != '+'
}

// refuse names this provider and the operation in an error that was found before anything was sent.
func refuse(op string, err error) error { return call.Refuse(provider, op, err) }
