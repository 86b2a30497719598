// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

var huaweiCloud = &cloud{
	name:    "huawei",
	faults:  huaweiFaults,
	subject: reflect.TypeFor[*huawei.Client](),
	opOf:    huaweiOp,
	open: func(w *world) (http.Handler, *fault.Script) {
		w.huaweiCloud = new(huaweitest.Server)
		return w.huaweiCloud, &w.huaweiCloud.Faults
	},
	client: func(w *world, endpoint string, transport http.RoundTripper, s settings) (err error) {
		config := w.huaweiCloud.Config()
		config.Endpoint, config.ProjectsEndpoint, config.HTTPClient = endpoint, endpoint, &http.Client{Transport: transport}
		config.Retry = huawei.Retry{Attempts: s.attempts, Base: time.Millisecond, Throttled: time.Millisecond, Cap: 2 * time.Second, Timeout: s.timeout}
		w.huawei, err = huawei.New(config)
		return err
	},
}

func init() { huaweiCloud.rows = slices.Concat(huaweiRows(), huaweiUnitRows(), huaweiVendorRows()) }

// huaweiOps says which operation a request asks for, as the documents name them.
var huaweiOps = map[string]string{
	"POST /v2/partners/sub-customers/budget":         "UpdateSubCustomerBudget",
	"GET /v2/partners/sub-customers/budget":          "ShowSubCustomerBudget",
	"POST /v2/partners/sub-customers/budget/query":   "ListSubCustomerBudget",
	"GET /v2/partners/sub-customers/budget/records":  "ListSubCustomerBudgetRecords",
	"POST /v2/partners/sub-customers/freeze":         "FreezeSubCustomers",
	"POST /v2/partners/sub-customers/unfreeze":       "UnfreezeSubCustomers",
	"POST /v2/partners/sub-customers/query":          "ListSubCustomers",
	"POST /v2/partners/indirect-partners/query":      "ListIndirectPartners",
	"GET /v2/partners/credit/consumption-quota":      "ShowPartnerConsumptionQuota",
	"GET " + projectsPath:                            "ListEnterpriseProject",
	"POST " + projectsPath:                           "CreateEnterpriseProject",
	"PUT " + projectsPath + "/{}":                    "UpdateEnterpriseProject",
	"POST " + projectsPath + "/{}/resources/filter":  "ShowResourceBindEnterpriseProject",
	"POST " + projectsPath + "/{}/resources-migrate": "MigrateResource",
	"GET " + projectsPath + "/migrate-record/list":   "ListMigrationRecord",
}

const projectsPath = "/v1.0/enterprise-projects"

// huaweiOp is the operation that a request asks for. Those on one enterprise project have its id in their path.
func huaweiOp(r *http.Request) string {
	asked := r.Method + " " + r.URL.Path
	if op := huaweiOps[asked]; op != "" {
		return op
	}
	before, rest, _ := strings.Cut(asked, projectsPath+"/")
	_, after, of := strings.Cut(rest, "/")
	if of {
		after = "/" + after
	}
	return huaweiOps[before+projectsPath+"/{}"+after]
}

func usd(amount string) quota.Money { return quota.MustMoney(amount + " USD") }

func budgets(w *world) *quotatest.Provider { return &w.huaweiCloud.Quota }

// setBudget gives the customer a one-off budget of 50.00.
func setBudget(w *world) {
	budgets(w).Update(customer, func(s *quotatest.State) { s.Budget.Limit, s.Budget.Period = usd("50.00"), quota.OneOff })
}

func freezeCustomer(w *world) {
	setBudget(w)
	budgets(w).Update(customer, func(s *quotatest.State) { s.Frozen = true })
}

var wanted = quota.Budget{Customer: customer, Limit: usd("100.10"), Period: quota.OneOff}

func budgeted(s quotatest.State) bool { return s.Budget.Limit.Equal(wanted.Limit) }

// crowd is two requests' worth of customers.
var crowd = func() (ids []string) {
	for i := range 12 {
		ids = append(ids, fmt.Sprintf("customer-%02d", i))
	}
	return ids
}()

const firstBatch = 10

func crowdFrozen(frozen bool) func(*world) {
	return func(w *world) {
		for _, id := range crowd {
			budgets(w).Update(id, func(s *quotatest.State) { s.Frozen = frozen })
		}
	}
}

// crowdIs counts the batches all of whose customers are as wanted. Nobody may have been changed twice.
func crowdIs(frozen bool) func(*world) int {
	return func(w *world) int {
		return inParts(w, crowd, firstBatch, func(id string) int {
			if state, _ := budgets(w).Customer(id); state.Frozen != frozen {
				return 0
			}
			return max(1, len(budgets(w).Changes(id)))
		})
	}
}

// honestOfCrowd is honest about freezing the crowd.
func honestOfCrowd(w *world, frozen bool) func([]string, error) error {
	return honest(w, crowd, func() map[string]bool {
		is := make(map[string]bool)
		for _, id := range crowd {
			state, _ := budgets(w).Customer(id)
			is[id] = state.Frozen == frozen
		}
		return is
	})
}

func huaweiRows() []row {
	asked := quotatest.Change{Op: "SetBudget", Customer: customer, Amount: wanted.Limit}
	terms := quota.Freeze{Reason: "Arrears"}
	one := quota.Freeze{Customer: customer, Reason: "Arrears"}
	setQuota := func(ctx context.Context, w *world) error {
		_, err := w.huawei.SetQuota(ctx, quota.Grant{Customer: customer, Limit: wanted.Limit})
		return err
	}
	return []row{
		{
			name: "SetQuota", op: "UpdateSubCustomerBudget", settling: repeated, before: 1, bodiless: true,
			prepare: setBudget, made: absolute(budgets, asked, budgeted), call: setQuota,
		},
		{
			name: "SetQuota (reading first)", op: "ShowSubCustomerBudget", settling: asking, after: 1,
			prepare: setBudget, made: absolute(budgets, asked, budgeted), call: setQuota,
		},
		{
			name: "SetBudget", op: "UpdateSubCustomerBudget", settling: repeated, bodiless: true,
			prepare: setBudget, made: absolute(budgets, asked, budgeted),
			call: func(ctx context.Context, w *world) error {
				_, err := w.huawei.SetBudget(ctx, wanted)
				return err
			},
		},
		{
			name: "SetBudget (Unfreeze)", op: "UpdateSubCustomerBudget", settling: opened, back: "ShowSubCustomerBudget", bodiless: true,
			prepare: freezeCustomer,
			made:    absolute(budgets, asked, func(s quotatest.State) bool { return budgeted(s) && !s.Frozen }),
			call: func(ctx context.Context, w *world) error {
				b := wanted
				b.Unfreeze = true
				_, err := w.huawei.SetBudget(ctx, b)
				return err
			},
		},
		{
			name: "Freeze", op: "FreezeSubCustomers", settling: repeated, bodiless: true, prepare: setBudget,
			made: absolute(budgets, quotatest.Change{Op: "Freeze", Customer: customer}, func(s quotatest.State) bool { return s.Frozen }),
			call: func(ctx context.Context, w *world) error {
				_, err := w.huawei.Freeze(ctx, one)
				return err
			},
		},
		{
			name: "Unfreeze", op: "UnfreezeSubCustomers", settling: repeated, bodiless: true, prepare: freezeCustomer,
			made: absolute(budgets, quotatest.Change{Op: "Unfreeze", Customer: customer}, func(s quotatest.State) bool { return !s.Frozen }),
			call: func(ctx context.Context, w *world) error {
				_, err := w.huawei.Unfreeze(ctx, one)
				return err
			},
		},
		{
			name: "FreezeAll", op: "FreezeSubCustomers", settling: repeated, bodiless: true, batches: 2,
			prepare: crowdFrozen(false), made: crowdIs(true),
			call: func(ctx context.Context, w *world) error {
				judge := honestOfCrowd(w, true)
				return judge(w.huawei.FreezeAll(ctx, crowd, terms))
			},
		},
		{
			name: "UnfreezeAll", op: "UnfreezeSubCustomers", settling: repeated, bodiless: true, batches: 2,
			prepare: crowdFrozen(true), made: crowdIs(false),
			call: func(ctx context.Context, w *world) error {
				judge := honestOfCrowd(w, false)
				return judge(w.huawei.UnfreezeAll(ctx, crowd, terms))
			},
		},
		{
			name: "AvailableQuota", op: "ShowSubCustomerBudget", settling: asking, prepare: setBudget,
			call: func(ctx context.Context, w *world) error {
				available, err := w.huawei.AvailableQuota(ctx, customer)
				return w.right(err, available.Equal(usd("50.00")), available)
			},
		},
		{
			name: "Budget", op: "ShowSubCustomerBudget", settling: asking, prepare: setBudget,
			call: func(ctx context.Context, w *world) error {
				b, err := w.huawei.Budget(ctx, customer)
				return w.right(err, b.Limit.Equal(usd("50.00")), b)
			},
		},
		{
			name: "BudgetOf", op: "ShowSubCustomerBudget", settling: asking, prepare: setBudget,
			call: func(ctx context.Context, w *world) error {
				b, err := w.huawei.BudgetOf(ctx, customer, "reseller-1")
				return w.right(err, b.Limit.Equal(usd("50.00")), b)
			},
		},
		{
			name: "Standings", op: "ListSubCustomerBudget", settling: asking, prepare: setBudget,
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.huawei.Standings(ctx, customer))
				return w.right(err, n == 1, n)
			},
		},
		{
			name: "StandingsOf", op: "ListSubCustomerBudget", settling: asking,
			prepare: func(w *world) {
				setBudget(w)
				budgets(w).Update(customer, func(s *quotatest.State) { s.Budget.Reseller = "reseller-1" })
			},
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.huawei.StandingsOf(ctx, "reseller-1", customer))
				return w.right(err, n == 1, n)
			},
		},
		{
			name: "Customers", op: "ListSubCustomers", settling: asking, prepare: setBudget,
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.huawei.Customers(ctx))
				return w.right(err, n == 1, n)
			},
		},
		{
			name: "ListCustomers", op: "ListSubCustomers", settling: asking, prepare: setBudget,
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.huawei.ListCustomers(ctx, huawei.CustomerFilter{Customer: customer}))
				return w.right(err, n == 1, n)
			},
		},
		{
			name: "ListResellers", op: "ListIndirectPartners", settling: asking,
			prepare: func(w *world) { w.huaweiCloud.Resellers = []huawei.Reseller{{ID: "reseller-1"}} },
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.huawei.ListResellers(ctx, huawei.ResellerFilter{}))
				return w.right(err, n == 1, n)
			},
		},
		{
			name: "BudgetRecords", op: "ListSubCustomerBudgetRecords", settling: asking, prepare: setBudget,
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.huawei.BudgetRecords(ctx, customer, ""))
				return w.right(err, n == 0, n)
			},
		},
		{
			name: "ConsumptionQuota", op: "ShowPartnerConsumptionQuota", settling: asking,
			call: func(ctx context.Context, w *world) error {
				q, err := w.huawei.ConsumptionQuota(ctx)
				return w.right(err, q.Limit != nil, q)
			},
		},
	}
}
