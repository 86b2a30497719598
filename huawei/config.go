// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/quota"
)

// Site is the account system that a Huawei Cloud account belongs to. It follows the account, not the region of its
// resources. The site in China is not here: it has no budget API.
type Site string

// The sites.
const (
	International Site = "international" // bss-intl.myhuaweicloud.com
	Europe        Site = "europe"        // bss.myhuaweicloud.eu
)

// Enterprise projects are at another address. The vendor's table names the first for cn-north-4 alone; that accounts of
// the international site use it too is not documented.
var projectSites = map[Site]string{
	International: "https://eps.myhuaweicloud.com",
	Europe:        "https://eps.eu-west-101.myhuaweicloud.eu",
}

// sites holds the endpoints, as in the vendor's own table.
var sites = map[Site]string{
	International: "https://bss-intl.myhuaweicloud.com",
	Europe:        "https://bss.myhuaweicloud.eu",
}

// Config says how to reach Huawei Cloud. The zero value of a field is its documented default. Of Credentials,
// CredentialsFunc and TokenFunc set exactly one.
type Config struct {
	// Credentials is the partner account's access key.
	Credentials Credentials
	// CredentialsFunc returns the credentials to sign with. It is called for every attempt, by one goroutine at a time,
	// so it should be quick once it holds valid ones; the functions in this package are.
	CredentialsFunc func(context.Context) (Credentials, error)
	// TokenFunc returns an IAM token, sent as X-Auth-Token instead of a signature. It is called for every attempt, by one
	// goroutine at a time. A token holds for 24 hours: renewing it in time is up to the function.
	TokenFunc func(context.Context) (string, error)
	// Site is required: the wrong one reaches another account system.
	Site Site
	// Endpoint overrides the site's, for a fake server or a proxy: scheme and host, https unless loopback. Its
	// host is the provider's or this machine, unless AnyHost is set.
	Endpoint string
	// ProjectsEndpoint overrides in the same way where enterprise projects (EPS) are asked for, which is another address
	// than the site's; it does not follow Endpoint. For International the default is eps.myhuaweicloud.com, which the
	// vendor's table names for the site in China alone: that international accounts use it too is not documented.
	ProjectsEndpoint string
	// AnyHost allows an Endpoint or ProjectsEndpoint that is neither the provider's nor this machine, for a proxy of yours.
	// Requests are signed for it, and it sees every token.
	AnyHost bool
	// QuotaPeriod is the kind of budget that stands for the quota in SetQuota; default quota.OneOff (PACKAGE).
	QuotaPeriod quota.Period
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

// Retry says how often and how patiently a call is repeated. The zero value of a field is its default. Beside that, net/http
// itself may send a GET once more where a connection that was used before breaks without an answer.
type Retry struct {
	Attempts  int           // times that a request is sent at most, the first included: 1 to 20, default 4
	Base      time.Duration // the first wait is random up to this, the next up to twice that …; default 200 ms
	Throttled time.Duration // the same after throttling; default 2 s, for the gateway counts by the second and advises 2 to 5
	Cap       time.Duration // the longest wait, a provider's hint included; default 20 s
	Timeout   time.Duration // for one attempt; default 30 s
}

// Client speaks to Huawei Cloud for one partner account. Make it with [New]; it is safe for concurrent use.
type Client struct {
	call      *call.Client
	endpoint  url.URL
	budget    url.URL // of all operations on a budget
	period    quota.Period
	authorize authorizer

	projects url.URL       // where enterprise projects are
	moving   *inTransit    // resources that this client is moving
	poll     time.Duration // the first wait between two looks for migrated resources
	patience time.Duration // how long they are waited for
}

var (
	_ quota.Limiter  = (*Client)(nil)
	_ quota.Budgeter = (*Client)(nil)
)

const provider = "huawei"

// New checks the configuration and returns a client. Nothing is sent. Errors are errors.ErrInvalid and name the field.
func New(c Config) (*Client, error) {
	client, err := newClient(c)
	if err != nil {
		return nil, refuse("New", err)
	}
	return client, nil
}

func newClient(c Config) (*Client, error) {
	address, ok := sites[c.Site]
	if !ok {
		return nil, errors.Invalid("Config.Site", string(c.Site), "must be International or Europe, the one that the account belongs to; the site in China has no budget API")
	}
	if c.Endpoint != "" {
		address = c.Endpoint
	}
	endpoint, err := endpointOf("Config.Endpoint", address, c.AnyHost)
	if err != nil {
		return nil, err
	}
	projects, err := endpointOf("Config.ProjectsEndpoint", cmp.Or(c.ProjectsEndpoint, projectSites[c.Site]), c.AnyHost)
	if err != nil {
		return nil, err
	}
	authorize, err := authorizerOf(c)
	if err != nil {
		return nil, err
	}
	period := c.QuotaPeriod
	switch period {
	case "":
		period = quota.OneOff
	case quota.OneOff, quota.Monthly:
	default:
		return nil, errors.Invalid("Config.QuotaPeriod", string(period), "must be quota.OneOff or quota.Monthly")
	}
	retry := call.Retry(c.Retry)
	if retry.Throttled == 0 {
		retry.Throttled = 2 * time.Second
	}
	caller, err := call.New(call.Config{
		Provider:   provider,
		HTTPClient: c.HTTPClient,
		Retry:      retry,
		Logger:     c.Logger,
		Observe:    c.Observe,
	})
	if err != nil {
		return nil, err
	}
	budget := *endpoint
	budget.Path = budgetPath
	return &Client{
		call: caller, endpoint: *endpoint, budget: budget, period: period, authorize: authorize,
		projects: *projects, moving: new(inTransit), poll: min(cmp.Or(c.Retry.Base, firstPoll), longestPoll), patience: MigrationPatience,
	}, nil
}

// refuse names this provider and the operation in an error that was found before anything was sent.
func refuse(op string, err error) error { return call.Refuse(provider, op, err) }
