// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// target is a client of one cloud, whose fake holds the planted keys.
type target struct {
	client any
	faults *fault.Script
	calls  map[string]func(context.Context) (any, error)
	// behind are the operations that a method carries out after it has read, so that faults on its first requests miss them.
	behind map[string]string
}

// settings are what a test changes of either client.
type settings struct {
	transport http.RoundTripper
	log       slog.Handler
	observed  func(error)
	patience  time.Duration                                               // for one attempt; 0 is the default
	byToken   bool                                                        // Huawei's IAM token in place of a signature
	ask       func(context.Context) (id, secret, token string, err error) // instead of the planted keys
}

func (s settings) observe(ctx context.Context, _ string) (context.Context, func(error)) {
	return ctx, func(err error) {
		if s.observed != nil {
			s.observed(err)
		}
	}
}

const customer = "1442098325661561"

// holds are the secrets that the client of a cloud holds, and may therefore be told again by a reply.
func holds(cloud string) []string {
	if cloud == "huawei by token" {
		return []string{token}
	}
	return []string{keyID, secret, token}
}

var clouds = map[string]func(testing.TB, settings) target{
	"alibaba": onAlibaba,
	"huawei":  onHuawei,
	"huawei by token": func(t testing.TB, s settings) target {
		s.byToken = true
		return onHuawei(t, s)
	},
}

func onAlibaba(t testing.TB, s settings) target {
	t.Helper()
	server := &alibabatest.Server{AccessKeyID: keyID, AccessKeySecret: secret, SecurityToken: token}
	_, err := server.Start("")
	require.NoError(t, err)
	t.Cleanup(server.Close)
	server.Quota.Update(customer, func(s *quotatest.State) { s.Opened, s.Limit = true, quota.MustMoney("500.00 CNY") })

	config := server.Config()
	config.HTTPClient = &http.Client{Transport: s.transport}
	config.Retry = alibaba.Retry{Attempts: 2, Base: 1, Throttled: 1, Cap: time.Millisecond, Timeout: s.patience}
	config.Observe = s.observe
	if s.log != nil {
		config.Logger = slog.New(s.log)
	}
	if s.ask != nil {
		config.Credentials = alibaba.Credentials{}
		config.CredentialsFunc = func(ctx context.Context) (c alibaba.Credentials, err error) {
			c.AccessKeyID, c.AccessKeySecret, c.SecurityToken, err = s.ask(ctx)
			return c, err
		}
	}
	c, err := alibaba.New(config)
	require.NoError(t, err)
	limit, ten := quota.MustMoney("750.00 CNY"), quota.MustMoney("10.00 CNY")
	unit := costunit.Unit{ID: "1", Owner: customer}
	move := costunit.Transfer{From: unit, To: costunit.Unit{ID: "2", Owner: customer}, Resources: []costunit.Resource{{ID: "i-1", Product: "ecs", Owner: customer}}}
	return target{c, &server.Faults, map[string]func(context.Context) (any, error){
		"Alarms":         func(ctx context.Context) (any, error) { return result(c.Alarms(ctx, customer)) },
		"AvailableQuota": func(ctx context.Context) (any, error) { return result(c.AvailableQuota(ctx, customer)) },
		"Balance":        func(ctx context.Context) (any, error) { return result(c.Balance(ctx)) },
		"CreateQuota": func(ctx context.Context) (any, error) {
			return result(c.CreateQuota(ctx, quota.Grant{Customer: customer, Limit: limit, Key: "k1"}))
		},
		"CustomerInfo": func(ctx context.Context) (any, error) { return result(c.CustomerInfo(ctx, customer)) },
		"Customers":    func(ctx context.Context) (any, error) { return rows(c.Customers(ctx)) },
		"DecreaseConsumption": func(ctx context.Context) (any, error) {
			return result(c.DecreaseConsumption(ctx, quota.Adjustment{Customer: customer, Amount: ten, Key: "k2"}))
		},
		"CreateUnits": func(ctx context.Context) (any, error) {
			return result(c.CreateUnits(ctx, costunit.Definition{Owner: customer, Name: "team"}))
		},
		"DeleteUnit": func(ctx context.Context) (any, error) { return nil, c.DeleteUnit(ctx, unit) },
		"Freeze":     func(ctx context.Context) (any, error) { return result(c.Freeze(ctx, quota.Freeze{Customer: customer})) },
		"Host":       func(ctx context.Context) (any, error) { return result(c.Host(ctx, customer)) },
		"IncreaseConsumption": func(ctx context.Context) (any, error) {
			return result(c.IncreaseConsumption(ctx, quota.Adjustment{Customer: customer, Amount: ten, Key: "k3"}))
		},
		"RenameUnits": func(ctx context.Context) (any, error) {
			return result(c.RenameUnits(ctx, costunit.Renaming{Unit: unit, Name: "renamed"}))
		},
		"Resources": func(ctx context.Context) (any, error) { return rows(c.Resources(ctx, costunit.Query{Unit: unit})) },
		"SetAlarms": func(ctx context.Context) (any, error) {
			return result(c.SetAlarms(ctx, quota.Alarms{Customer: customer, Thresholds: []quota.Threshold{{Amount: ten}}}))
		},
		"SetQuota": func(ctx context.Context) (any, error) {
			return result(c.SetQuota(ctx, quota.Grant{Customer: customer, Limit: limit, Key: "k4"}))
		},
		"Standings":         func(ctx context.Context) (any, error) { return rows(c.Standings(ctx, customer)) },
		"TransferResources": func(ctx context.Context) (any, error) { return result(c.TransferResources(ctx, move)) },
		"Unfreeze": func(ctx context.Context) (any, error) {
			return result(c.Unfreeze(ctx, quota.Freeze{Customer: customer}))
		},
		"Unhost": func(ctx context.Context) (any, error) { return result(c.Unhost(ctx, customer)) },
		"Units":  func(ctx context.Context) (any, error) { return rows(c.Units(ctx, customer)) },
	}, map[string]string{"CreateUnits": "CreateCostUnit"}}
}

func onHuawei(t testing.TB, s settings) target {
	t.Helper()
	server := &huaweitest.Server{AccessKey: keyID, SecretKey: secret, SecurityToken: token, Token: token}
	_, err := server.Start("")
	require.NoError(t, err)
	t.Cleanup(server.Close)
	from, to := costunit.Unit{ID: "project-1"}, costunit.Unit{ID: "project-2"}
	bucket := costunit.Resource{ID: "bucket", Product: "obs", Region: "eu-west-101"}
	server.Units.Put(from)
	server.Units.Put(to)
	server.Quota.Update(customer, func(s *quotatest.State) {
		s.Budget.Limit, s.Budget.Period = quota.MustMoney("500.00 USD"), quota.OneOff
	})

	config := server.Config()
	config.HTTPClient = &http.Client{Transport: s.transport}
	config.Retry = huawei.Retry{Attempts: 2, Base: 1, Throttled: 1, Cap: time.Millisecond, Timeout: s.patience}
	config.Observe = s.observe
	if s.log != nil {
		config.Logger = slog.New(s.log)
	}
	switch {
	case s.byToken && s.ask != nil:
		config.Credentials = huawei.Credentials{}
		config.TokenFunc = func(ctx context.Context) (string, error) {
			_, _, token, err := s.ask(ctx)
			return token, err
		}
	case s.byToken:
		config.Credentials = huawei.Credentials{}
		config.TokenFunc = func(context.Context) (string, error) { return token, nil }
	case s.ask != nil:
		config.Credentials = huawei.Credentials{}
		config.CredentialsFunc = func(ctx context.Context) (c huawei.Credentials, err error) {
			c.AccessKey, c.SecretKey, c.SecurityToken, err = s.ask(ctx)
			return c, err
		}
	}
	c, err := huawei.New(config)
	require.NoError(t, err)
	limit, all := quota.MustMoney("750.00 USD"), []string{customer, customer + "2"}
	freeze := quota.Freeze{Customer: customer, Reason: "unpaid"}
	terms := quota.Freeze{Reason: "unpaid"}
	return target{c, &server.Faults, map[string]func(context.Context) (any, error){
		"AvailableQuota":   func(ctx context.Context) (any, error) { return result(c.AvailableQuota(ctx, customer)) },
		"Budget":           func(ctx context.Context) (any, error) { return result(c.Budget(ctx, customer)) },
		"BudgetOf":         func(ctx context.Context) (any, error) { return result(c.BudgetOf(ctx, customer, "")) },
		"BudgetRecords":    func(ctx context.Context) (any, error) { return rows(c.BudgetRecords(ctx, customer, "")) },
		"ConsumptionQuota": func(ctx context.Context) (any, error) { return result(c.ConsumptionQuota(ctx)) },
		"CreateUnits": func(ctx context.Context) (any, error) {
			return result(c.CreateUnits(ctx, costunit.Definition{Name: "team"}))
		},
		"Customers":          func(ctx context.Context) (any, error) { return rows(c.Customers(ctx)) },
		"EnterpriseProjects": func(ctx context.Context) (any, error) { return rows(c.EnterpriseProjects(ctx)) },
		"Freeze":             func(ctx context.Context) (any, error) { return result(c.Freeze(ctx, freeze)) },
		"FreezeAll":          func(ctx context.Context) (any, error) { return result(c.FreezeAll(ctx, all, terms)) },
		"ListCustomers":      func(ctx context.Context) (any, error) { return rows(c.ListCustomers(ctx, huawei.CustomerFilter{})) },
		"ListResellers":      func(ctx context.Context) (any, error) { return rows(c.ListResellers(ctx, huawei.ResellerFilter{})) },
		"MigrationRecords":   func(ctx context.Context) (any, error) { return rows(c.MigrationRecords(ctx, huawei.MigrationQuery{})) },
		"RenameUnits": func(ctx context.Context) (any, error) {
			return result(c.RenameUnits(ctx, costunit.Renaming{Unit: to, Name: "renamed"}))
		},
		"Resources": func(ctx context.Context) (any, error) {
			return rows(c.Resources(ctx, costunit.Query{Unit: from, Products: []string{"obs"}}))
		},
		"SetBudget": func(ctx context.Context) (any, error) {
			return result(c.SetBudget(ctx, quota.Budget{Customer: customer, Limit: limit, Period: quota.OneOff}))
		},
		"SetQuota": func(ctx context.Context) (any, error) {
			return result(c.SetQuota(ctx, quota.Grant{Customer: customer, Limit: limit}))
		},
		"Standings":   func(ctx context.Context) (any, error) { return rows(c.Standings(ctx, customer)) },
		"StandingsOf": func(ctx context.Context) (any, error) { return rows(c.StandingsOf(ctx, "reseller", customer)) },
		"TransferResources": func(ctx context.Context) (any, error) {
			server.Units.Put(from, bucket)
			ctx, cancel := context.WithTimeout(ctx, time.Second/20) // what does not arrive would be waited for
			defer cancel()
			return result(c.TransferResources(ctx, costunit.Transfer{From: from, To: to, Resources: []costunit.Resource{bucket}}))
		},
		"Unfreeze":    func(ctx context.Context) (any, error) { return result(c.Unfreeze(ctx, freeze)) },
		"UnfreezeAll": func(ctx context.Context) (any, error) { return result(c.UnfreezeAll(ctx, all, terms)) },
		"Units":       func(ctx context.Context) (any, error) { return rows(c.Units(ctx, "")) },
	}, map[string]string{
		"RenameUnits": "UpdateEnterpriseProject", "SetQuota": "UpdateSubCustomerBudget", "TransferResources": "MigrateResource",
	}}
}

func result[T any](v T, err error) (any, error) { return v, err }

func rows[T any](sequence iter.Seq2[T, error]) (any, error) {
	var all []T
	for row, err := range sequence {
		if err != nil {
			return all, err
		}
		all = append(all, row)
	}
	return all, nil
}

// No method is forgotten. CheckCustomer sends nothing; Do takes a vendor's models, which stay in their adapter: its own tests seek secrets there.
func TestEveryMethodIsCalled(t *testing.T) {
	for name, of := range map[string]reflect.Type{"alibaba": reflect.TypeFor[*alibaba.Client](), "huawei": reflect.TypeFor[*huawei.Client]()} {
		calls := clouds[name](t, settings{}).calls
		for i := range of.NumMethod() {
			if method := of.Method(i).Name; method != "Do" && method != "CheckCustomer" {
				require.Contains(t, calls, method, name)
			}
		}
	}
}
