// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

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
				if row.op == "" || row.op == setBudget.name {
					_, err := newTestClient(t, answers(answer), once).SetBudget(t.Context(), testBudget())
					requireClass(t, row.class, err)
					failure := failureOf(t, err)
					require.Equal(t, spelling, failure.Code)
					require.Equal(t, answer.status, failure.Status)
				}
				if row.op == "" || row.op == showBudget.name {
					want := row.class
					if want == errors.ErrUncertain { //nolint:errorlint // identity is meant
						want = errors.ErrUnavailable
					}
					_, err := newTestClient(t, answers(answer), once).Budget(t.Context(), testCustomer)
					requireClass(t, want, err)
					require.Equal(t, spelling, failureOf(t, err).Code)
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
