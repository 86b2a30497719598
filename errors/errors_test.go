// SPDX-License-Identifier: Apache-2.0

package errors_test

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

// Importing this package instead of the standard one must be natural: it has every exported name of it.
func TestSupersetOfTheStandardPackage(t *testing.T) {
	goroot, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	std := exported(t, filepath.Join(strings.TrimSpace(string(goroot)), "src", "errors"))
	ours := exported(t, ".")
	require.Contains(t, std, "Is")
	for name := range std {
		require.Contains(t, ours, name)
	}
}

func exported(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, decl := range parsed.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() {
					names[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.ValueSpec:
						for _, n := range s.Names {
							if n.IsExported() {
								names[n.Name] = true
							}
						}
					case *ast.TypeSpec:
						if s.Name.IsExported() {
							names[s.Name.Name] = true
						}
					}
				}
			}
		}
	}
	return names
}

var classes = []error{
	errors.ErrInvalid, errors.ErrUnauthenticated, errors.ErrDenied, errors.ErrNotFound, errors.ErrExists,
	errors.ErrConflict, errors.ErrInsufficient, errors.ErrKeyReused, errors.ErrThrottled, errors.ErrUnavailable,
	errors.ErrUncertain,
}

func TestEachClassIsOnlyItself(t *testing.T) {
	labels := map[string]bool{}
	for i, class := range classes {
		err := fmt.Errorf("outer: %w", &errors.Error{Class: class})
		for j, other := range classes {
			require.Equal(t, i == j, errors.Is(err, other), "%v is %v", class, other)
		}
		require.Equal(t, class, errors.Class(err))
		require.Equal(t, class, errors.Class(class))
		require.False(t, labels[class.Error()], "label twice: %v", class)
		labels[class.Error()] = true
		applied := "not applied"
		if class == errors.ErrUncertain {
			applied = "may have been applied"
		}
		require.Contains(t, err.Error(), applied)
	}
}

func TestClass(t *testing.T) {
	throttled := &errors.Error{Class: errors.ErrThrottled}
	uncertain := &errors.Error{Class: errors.ErrUncertain, Err: context.Canceled}
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"nil", nil, nil},
		{"foreign", context.Canceled, nil},
		{"wrapped", fmt.Errorf("a: %w", fmt.Errorf("b: %w", throttled)), errors.ErrThrottled},
		{"uncertain wins among several", errors.Join(throttled, fmt.Errorf("x: %w", uncertain)), errors.ErrUncertain},
		{"else the first", errors.Join(errors.New("x"), throttled, errors.ErrInvalid), errors.ErrThrottled},
		{"the outer one counts", &errors.Error{Class: errors.ErrUncertain, Err: throttled}, errors.ErrUncertain},
		{"no class", &errors.Error{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, errors.Class(c.err)) })
	}
	require.ErrorIs(t, uncertain, context.Canceled)
}

func TestErrorText(t *testing.T) {
	for _, c := range []struct {
		name string
		err  errors.Error
		want string
	}{
		{"everything", errors.Error{
			Provider: "alibaba", Op: "SetResellerUserQuota", Class: errors.ErrUncertain, Code: "CreditInnerError",
			Message: "Please try again.", RequestID: "F5B8", Status: 500, Attempts: 4, After: 2 * time.Second, Err: context.Canceled,
		}, "alibaba: SetResellerUserQuota: uncertain: CreditInnerError: Please try again.: context canceled " +
			"(may have been applied: repeat the same call, with the same key; wait 2s; HTTP 500; request F5B8; 4 attempts)"},
		{"zero value", errors.Error{}, "failed"},
		{"one line", errors.Error{Class: errors.ErrInvalid, Message: "a\nb\x00\x1b[31mc\xff d"}, "invalid: a b [31mc d (not applied: correct the request)"},
		{"invalid", *errors.Invalid("Grant.Limit", "1.005 CNY", "must have at most two decimals"), `invalid: Grant.Limit = "1.005 CNY": must have at most two decimals (not applied: correct the request)`},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, c.err.Error()) })
	}
	long := (&errors.Error{Class: errors.ErrDenied, Message: strings.Repeat("é", 100_000), Err: errors.New(strings.Repeat("x\n", 100_000))}).Error()
	require.Less(t, len(long), 1000)
	require.NotContains(t, long, "\n")
}

func TestLogValue(t *testing.T) {
	var out bytes.Buffer
	err := &errors.Error{Provider: "huawei", Op: "UpdateSubCustomerBudget", Class: errors.ErrThrottled, Code: "CBC.0250", Message: "slow\ndown", RequestID: "r1", Status: 429, Attempts: 2, After: time.Second, Err: context.Canceled}
	slog.New(slog.NewTextHandler(&out, nil)).Error("failed", "err", err)
	for _, want := range []string{"err.provider=huawei", "err.op=UpdateSubCustomerBudget", "err.class=throttled", "err.code=CBC.0250", `err.message="slow down"`, "err.request_id=r1", "err.status=429", "err.attempts=2", "err.after=1s", `err.cause="context canceled"`} {
		require.Contains(t, out.String(), want)
	}
}

func TestAsType(t *testing.T) {
	found, ok := errors.AsType[*errors.Error](fmt.Errorf("outer: %w", &errors.Error{Code: "-303"}))
	require.True(t, ok)
	require.Equal(t, "-303", found.Code)
	_, ok = errors.AsType[*errors.Error](context.Canceled)
	require.False(t, ok)
}

func ExampleClass() {
	err := fmt.Errorf("top-up 4711: %w", &errors.Error{Provider: "alibaba", Class: errors.ErrUncertain})
	switch errors.Class(err) {
	case nil:
		fmt.Println("applied")
	case errors.ErrUncertain:
		fmt.Println("may have been applied: send the same key again")
	case errors.ErrThrottled, errors.ErrUnavailable:
		fmt.Println("not applied: try again later")
	default:
		fmt.Println("not applied:", err)
	}
	// Output: may have been applied: send the same key again
}
