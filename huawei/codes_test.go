// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

// everyCall makes a call of each operation.
var everyCall = map[*operation]func(context.Context, *Client) error{
	setBudget: func(ctx context.Context, c *Client) error {
		_, err := c.SetBudget(ctx, testBudget())
		return err
	},
	showBudget: func(ctx context.Context, c *Client) error {
		_, err := c.Budget(ctx, testCustomer)
		return err
	},
	freezeCustomers: func(ctx context.Context, c *Client) error {
		_, err := c.Freeze(ctx, testFreeze())
		return err
	},
	unfreezeCustomers: func(ctx context.Context, c *Client) error {
		_, err := c.Unfreeze(ctx, testFreeze())
		return err
	},
	listCustomers: func(ctx context.Context, c *Client) error { return last(c.ListCustomers(ctx, CustomerFilter{})) },
	listResellers: func(ctx context.Context, c *Client) error { return last(c.ListResellers(ctx, ResellerFilter{})) },
	listBudgets:   func(ctx context.Context, c *Client) error { return last(c.Standings(ctx, testCustomer)) },
	listRecords:   func(ctx context.Context, c *Client) error { return last(c.BudgetRecords(ctx, testCustomer, "")) },
	showConsumption: func(ctx context.Context, c *Client) error {
		_, err := c.ConsumptionQuota(ctx)
		return err
	},
	listProjects:   func(ctx context.Context, c *Client) error { return last(c.Units(ctx, "")) },
	listResources:  func(ctx context.Context, c *Client) error { return last(c.Resources(ctx, testQuery())) },
	listMigrations: func(ctx context.Context, c *Client) error { return last(c.MigrationRecords(ctx, MigrationQuery{})) },
	createProject: func(ctx context.Context, c *Client) error {
		_, err := c.CreateUnits(ctx, costunit.Definition{Name: "new"})
		return err
	},
	updateProject: func(ctx context.Context, c *Client) error {
		_, err := c.RenameUnits(ctx, costunit.Renaming{Unit: testSource, Name: "new"})
		return err
	},
	migrateResource: func(ctx context.Context, c *Client) error {
		_, err := c.TransferResources(ctx, testTransfer())
		return err
	},
}

// reads are the requests that an operation makes before or after its own, and good answers to them: method, end of the
// path, reply.
var reads = map[*operation][][3]string{
	createProject: {{"GET", projectsPath, `{"enterprise_projects":[],"total_count":0}`}},
	updateProject: {{"GET", projectsPath, `{"enterprise_projects":[{"id":"source","name":"old"}],"total_count":1}`}},
	migrateResource: {
		{"POST", "/target/resources/filter", `{"resources":[],"errors":[],"total_count":0}`},
		{"POST", "/source/resources/filter", `{"resources":[{"resource_id":"disk-1","resource_type":"disk","project_id":"project-1"}],"errors":[],"total_count":1}`},
	},
}

// onlyOf answers the requests of an operation itself, and well what it reads beside.
func onlyOf(op *operation, answer reply) *script {
	return &script{answer: func(_ int, r sent) reply {
		for _, good := range reads[op] {
			if r.Method == good[0] && strings.HasSuffix(r.URL.Path, good[1]) {
				return reply{status: 200, body: good[2]}
			}
		}
		return answer
	}}
}

// last goes through an iteration, and gives the error of its last pair.
func last[T any](all iter.Seq2[T, error]) (err error) {
	for _, err = range all {
	}
	return err
}

// Every row is of an operation that exists.
func TestCodesAreOfOperations(t *testing.T) {
	for _, row := range codes {
		known := row.op == ""
		for op := range everyCall {
			known = known || op.name == row.op
		}
		require.True(t, known, row.op)
	}
}

// Every row, through the whole client: as a change, and as a read, where ErrUncertain is ErrUnavailable.
func TestCodes(t *testing.T) {
	for _, row := range codes {
		spellings := []string{row.code}
		if rest, ok := strings.CutPrefix(row.code, "APIGW."); ok {
			spellings = append(spellings, "APIG."+rest)
		}
		for _, spelling := range spellings {
			t.Run(row.op+" "+spelling, func(t *testing.T) {
				require.NotEmpty(t, row.source)
				answer := reply{status: row.status, body: `{"error_code":"` + spelling + `","error_msg":"words"}`}
				if answer.status == 0 {
					answer.status = 400
				}
				if spelling == blockedByOLC {
					answer.body = blockedByOLC
				}
				for op, call := range everyCall {
					if row.op != "" && row.op != op.name {
						continue
					}
					want := row.class
					if !op.write && want == errors.ErrUncertain { //nolint:errorlint // identity is meant
						want = errors.ErrUnavailable
					}
					client := newTestClient(t, onlyOf(op, answer), once)
					client.patience = 0
					err := call(t.Context(), client)
					requireClass(t, want, err)
					failure := failureOf(t, err)
					require.Equal(t, []any{op.name, spelling, answer.status}, []any{failure.Op, failure.Code, failure.Status})
				}
			})
		}
	}
}

func TestCodeLookUp(t *testing.T) {
	tests := []struct {
		name, op, code string
		status         int
		message        string
		want           error
	}{
		{"a code goes before its status", "UpdateSubCustomerBudget", "CBC.0100", 500, "", errors.ErrInvalid},
		{"throttling as 403", "", "EPS.0006", 403, "", errors.ErrThrottled},
		{"0201 needs its status: too large", "", "APIGW.0201", 413, "", errors.ErrInvalid},
		{"0201 needs its status: timeout", "", "APIGW.0201", 504, "", errors.ErrUncertain},
		{"0201 under the other prefix", "", "APIG.0201", 400, "", errors.ErrInvalid},
		{"0201 under a status of its own", "", "APIGW.0201", 500, "", errors.ErrUncertain},
		{"unknown", "UpdateSubCustomerBudget", "CBC.12345678", 400, "", errors.ErrUncertain},
		{"unknown under 401", "UpdateSubCustomerBudget", "CBC.12345678", 401, "", errors.ErrUncertain},
		{"wrapped, known", "UpdateSubCustomerBudget", "CBC.99006006", 500, "inner call: CBC.99006006 {CBC.50000030: not enough}", errors.ErrInsufficient},
		{"wrapped, unknown before known", "", "CBC.99006006", 400, "CBC.1111 / APIG.0308", errors.ErrThrottled},
		{"wrapped, unknown", "", "CBC.99006006", 400, "CBC.12345678 and 0100", errors.ErrUncertain},
		{"not wrapped: a code in the message says nothing", "", "CBC.0999", 500, "CBC.0100", errors.ErrUncertain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			requireClass(t, tt.want, classOf(tt.op, tt.code, tt.status, tt.message))
		})
	}
}

// Rows of one code and operation must differ in status, or the later ones are dead.
func TestCodesHaveNoDeadRows(t *testing.T) {
	seen := map[code]bool{}
	for _, row := range codes {
		key := code{op: row.op, code: row.code, status: row.status}
		require.Falsef(t, seen[key], "%+v", row)
		seen[key] = true
	}
}
