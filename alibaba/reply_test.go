// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// transport answers in memory.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func answer(status int, body string) transport {
	return func(*http.Request) (*http.Response, error) { return reply(status, body), nil }
}

func reply(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"X-Acs-Request-Id": {"FROM-HEADER"}}, Body: io.NopCloser(strings.NewReader(body))}
}

func testClient(t *testing.T, f transport, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{
		Credentials: Credentials{AccessKeyID: "testid", AccessKeySecret: "testsecret"},
		Site:        China,
		HTTPClient:  &http.Client{Transport: f},
		Retry:       Retry{Attempts: 1},
	}
	for _, f := range change {
		f(&config)
	}
	c, err := New(config)
	require.NoError(t, err)
	return c
}

var (
	grant      = quota.Grant{Customer: "1442098325661561", Limit: quota.MustMoney("750 CNY")}
	adjustment = quota.Adjustment{Customer: "1442098325661561", Amount: quota.MustMoney("10 CNY"), Key: "1647396865"}
)

func TestSuccessIsExact(t *testing.T) {
	set := func(c *Client) error { _, err := c.SetQuota(t.Context(), grant); return err }
	read := func(c *Client) error { _, err := c.AvailableQuota(t.Context(), grant.Customer); return err }
	for _, c := range []struct {
		name   string
		do     func(*Client) error
		status int
		body   string
		want   error
	}{
		{"the published sample", set, 200, `{"Code":"200","Message":"Successful!","Data":true,"RequestId":"F5B8","Success":true}`, nil},
		{"numeric code", set, 200, `{"Code":200,"Data":true,"Success":true}`, nil},
		{"code with line end", set, 200, `{"Code":"200\n","Data":true,"Success":true}`, nil},
		{"code in words", set, 200, `{"Code":"SUCCESS","Data":"true","Success":"true"}`, nil},
		{"lower-case names", set, 200, `{"code":"200","message":"ok","data":true,"requestId":"x","success":true}`, nil},
		{"no Data", set, 200, `{"Code":"200","Success":true}`, nil},
		{"spaces around", set, 200, " \n{\"Code\":\"200\",\"Success\":true}\n", nil},
		{"Success:false under the success code", set, 200, `{"Code":"200","Data":true,"Success":false}`, errors.ErrUncertain},
		{"Data:false under the success code", set, 200, `{"Code":"200","Data":false,"Success":true}`, errors.ErrUncertain},
		{"error code with Success:true", set, 200, `{"Code":"NotAuthorized","Success":true}`, errors.ErrDenied},
		{"error code at 200", set, 200, `{"Code":"-116","Success":false}`, errors.ErrUncertain},
		{"numeric error code", set, 400, `{"Code":-304,"Success":false}`, errors.ErrNotFound},
		{"success code under an error status", set, 500, `{"Code":"200","Success":true}`, errors.ErrUncertain},
		{"empty", set, 200, ``, errors.ErrUncertain},
		{"null", set, 200, `null`, errors.ErrUncertain},
		{"no code", set, 200, `{"Success":true}`, errors.ErrUncertain},
		{"array", set, 200, `[]`, errors.ErrUncertain},
		{"truncated", set, 200, `{"Code":"200","Data":tr`, errors.ErrUncertain},
		{"HTML 502", set, 502, `<html><body>Bad Gateway</body></html>`, errors.ErrUncertain},
		{"HTML 403", set, 403, `<html><body>Forbidden</body></html>`, errors.ErrDenied},
		{"bare 401", set, 401, ``, errors.ErrUnauthenticated},
		{"bare 429", set, 429, ``, errors.ErrThrottled},
		{"bare 503", set, 503, ``, errors.ErrUncertain},
		{"bare 404", set, 404, ``, errors.ErrUncertain},
		{"XML error", set, 400, `<?xml version="1.0"?><Error><RequestId>R</RequestId><HostId>h</HostId><Code>Throttling.User</Code><Message>slow</Message></Error>`, errors.ErrThrottled},
		{"302", set, 302, ``, errors.ErrUncertain},
		{"a read with an amount", read, 200, `{"Code":"200","Data":"300","Success":true}`, nil},
		{"a read without", read, 200, `{"Code":"200","Success":true}`, errors.ErrUnavailable},
		{"a read of an object", read, 200, `{"Code":"200","Data":{},"Success":true}`, errors.ErrUnavailable},
		{"a read with an unknown code", read, 400, `{"Code":"-999","Success":false}`, errors.ErrUnavailable},
		{"a read of what is not there", read, 400, `{"Code":"-304","Success":false}`, errors.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.do(testClient(t, answer(c.status, c.body)))
			require.Equal(t, c.want, errors.Class(err), "%v", err)
		})
	}
}

// Every documented code, as the table has it, through a whole call.
func TestEveryDocumentedCode(t *testing.T) {
	calls := map[string]func(*Client) error{
		createQuota.name:    func(c *Client) error { _, err := c.CreateQuota(t.Context(), grant); return err },
		setQuota.name:       func(c *Client) error { _, err := c.SetQuota(t.Context(), grant); return err },
		changeConsumed.name: func(c *Client) error { _, err := c.IncreaseConsumption(t.Context(), adjustment); return err },
		availableQuota.name: func(c *Client) error { _, err := c.AvailableQuota(t.Context(), grant.Customer); return err },
		allocate.name: func(c *Client) error {
			return c.allocate(t.Context(), transferOf(1), transferOf(1).Resources, &costunit.Receipt{})
		},
		listResources.name: func(c *Client) error {
			_, err := c.held(t.Context(), transferOf(1).To, transferOf(1).Resources)
			return err
		},
		setStatus.name: func(c *Client) error { _, err := c.Unhost(t.Context(), grant.Customer); return err },
		listCustomers.name: func(c *Client) error {
			return c.read(t.Context(), listCustomers, nil, nil, nil) // Customers takes one of them for an empty list
		},
		accountInfo.name: func(c *Client) error { _, err := c.CustomerInfo(t.Context(), grant.Customer); return err },
		setAlarms.name: func(c *Client) error {
			_, err := c.SetAlarms(t.Context(), quota.Alarms{Customer: grant.Customer, Clear: true})
			return err
		},
		readAlarms.name:     func(c *Client) error { _, err := c.Alarms(t.Context(), grant.Customer); return err },
		accountBalance.name: func(c *Client) error { _, err := c.Balance(t.Context()); return err },
		listUnits.name:      func(c *Client) error { _, err := c.isThere(t.Context(), someUnit); return err },
		createUnits.name: func(c *Client) error {
			// CreateUnits reads first.
			return c.createBatch(t.Context(), changesOf([]costunit.Definition{{Owner: someUnit.Owner, Name: "sales"}}))
		},
		renameUnits.name: func(c *Client) error {
			_, err := c.RenameUnits(t.Context(), costunit.Renaming{Unit: someUnit, Name: "sales"})
			return err
		},
		deleteUnit.name: func(c *Client) error { return c.DeleteUnit(t.Context(), someUnit) },
	}
	reads := map[string]bool{
		availableQuota.name: true, listResources.name: true, listCustomers.name: true, accountInfo.name: true, readAlarms.name: true,
		accountBalance.name: true, listUnits.name: true,
	}
	seen := map[opCode]bool{}
	for _, row := range codes {
		require.NotEmpty(t, row.source, "%+v", row)
		require.False(t, seen[opCode{row.op + row.source, row.code}], "twice: %+v", row)
		seen[opCode{row.op + row.source, row.code}] = true
		for name, do := range calls {
			if row.op != "" && row.op != name {
				continue
			}
			code := strings.ReplaceAll(row.code, "*", "Xyz")
			status := max(row.status, 400*boolInt(row.status == 0))
			body, _ := json.Marshal(map[string]any{"Code": code, "Message": "words", "RequestId": "R1", "Success": false})
			err := do(testClient(t, answer(status, string(body))))
			want := classOf(name, code)
			if row.op == name {
				want = row.class
			}
			if reads[name] && want == errors.ErrUncertain { //nolint:errorlint // identity is meant
				want = errors.ErrUnavailable
			}
			require.Equal(t, want, errors.Class(err), "%s: %+v", name, row)
			failure, _ := errors.AsType[*errors.Error](err)
			require.Equal(t, []any{"alibaba", name, code, "R1", status}, []any{failure.Provider, failure.Op, failure.Code, failure.RequestID, failure.Status})
		}
	}
}

func TestClassOf(t *testing.T) {
	for code, want := range map[string]error{
		"Throttling.Whatever": errors.ErrThrottled, "Some.Throttling.Thing": errors.ErrThrottled, "MissingOwnerId": errors.ErrInvalid, "InvalidCurrency": errors.ErrInvalid,
		"InvalidSecurityToken.Expired": errors.ErrUnauthenticated, "-304": errors.ErrNotFound, "-310": errors.ErrUncertain, "": errors.ErrUncertain, "throttling": errors.ErrUncertain,
	} {
		require.Equal(t, want, classOf(setQuota.name, code), code)
	}
}

func TestAmounts(t *testing.T) {
	for raw, want := range map[string]string{
		`"300"`: "300", `"300.00"`: "300", `300.10`: "300.1", `"1,828.72"`: "1828.72", `"1,234,567.89"`: "1234567.89", `"-11.19"`: "-11.19",
		`"10000.00\n"`: "10000", `" 5 "`: "5", `0`: "0", `"123456789012345678.99"`: "123456789012345678.99", `"-1,000"`: "-1000",
	} {
		got, ok := parseAmount(json.RawMessage(raw))
		require.True(t, ok, raw)
		require.Equal(t, want, got.String())
	}
	for _, raw := range []string{``, `null`, `""`, `"x"`, `{}`, `[]`, `true`, `"1,82.7"`, `"1,8287"`, `",100"`, `"1e5"`, `1e5`, `"NaN"`, `"1.2.3"`, `"１"`, `"+5"`, `"`} {
		_, ok := parseAmount(json.RawMessage(raw))
		require.False(t, ok, raw)
	}
}

func TestWaitHints(t *testing.T) {
	for _, c := range []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{}, 0},
		{http.Header{"X-Acs-Retry-After": {"1500"}}, 1500 * time.Millisecond},
		{http.Header{"Retry-After": {"3"}}, 3 * time.Second},
		{http.Header{"X-Ratelimit-User-Api": {"Limit:1,Remain:0,TimeLeft:2000,Reset:1234"}}, 2 * time.Second},
		{http.Header{"X-Ratelimit-User-Api": {"Limit:1,Remain:0,TimeLeft:2000"}, "X-Ratelimit-User": {"Limit:5, Remain:0, TimeLeft:4000"}}, 4 * time.Second},
		{http.Header{"X-Ratelimit-User": {"Limit:5,Remain:3,TimeLeft:4000"}}, 0},
		{http.Header{"X-Ratelimit-User": {"nonsense"}}, 0},
	} {
		require.Equal(t, c.want, waitHint(c.header), "%v", c.header)
	}
}

// What the signature error repeats of the request may hold the token.
func TestSignedTextIsCut(t *testing.T) {
	body := `{"Code":"SignatureDoesNotMatch","Message":"Specified signature is not matched. server string to sign is:POST&%2F&AccessKeyId%3Dx","RequestId":"R"}`
	_, err := testClient(t, answer(400, body)).SetQuota(t.Context(), grant)
	require.ErrorIs(t, err, errors.ErrUnauthenticated)
	require.Contains(t, err.Error(), "string to sign [redacted]")
	require.NotContains(t, err.Error(), "AccessKeyId")
}

func FuzzReply(f *testing.F) {
	for _, seed := range []string{`{"Code":"200","Data":true,"Success":true}`, `{"Code":200}`, `<Error><Code>x</Code></Error>`, `{"Code":{"a":1}}`, ``, `{"Data":"1,000"}`,
		`{"Code":"200","Data":[{"ThresholdType":"1","Numerator":"1","Denominator":"100 "}],"Count":1}`,
		`{"Code":"200","Data":{"AvailableAmount":"-1,000.00\n","Currency":"CNY"}}`,
		`{"Code":"200","Data":{"TotalCount":"1","CostUnitDtoList":[{"ParentUnitId":-1,"UnitName":"sales","UnitId":186419,"OwnerUid":"7"}]}}`,
		`{"Code":"200","Data":[{"IsSuccess":false,"UnitId":186419,"OwnerUid":241021678450941490}]}`,
		`{"Code":"200","Data":{"IsSuccess":"true","UnitId":186419}}`,
	} {
		f.Add(200, seed)
		f.Add(400, seed)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		for _, do := range []func(*Client) error{
			func(c *Client) error { _, err := c.SetQuota(t.Context(), grant); return err },
			func(c *Client) error { _, err := c.DecreaseConsumption(t.Context(), adjustment); return err },
			func(c *Client) error { _, err := c.AvailableQuota(t.Context(), grant.Customer); return err },
			func(c *Client) error {
				_, err := c.TransferResources(t.Context(), transferOf(1))
				return err
			},
			func(c *Client) error { _, err := c.Unhost(t.Context(), grant.Customer); return err },
			func(c *Client) error { _, err := c.CustomerInfo(t.Context(), grant.Customer); return err },
			func(c *Client) error { _, err := c.Alarms(t.Context(), grant.Customer); return err },
			func(c *Client) error { _, err := c.Balance(t.Context()); return err },
			func(c *Client) error { _, err := c.isThere(t.Context(), someUnit); return err },
			func(c *Client) error {
				_, err := c.CreateUnits(t.Context(), costunit.Definition{Owner: someUnit.Owner, Name: "sales"})
				return err
			},
			func(c *Client) error {
				_, err := c.RenameUnits(t.Context(), costunit.Renaming{Unit: someUnit, Name: "sales"})
				return err
			},
			func(c *Client) error { return c.DeleteUnit(t.Context(), someUnit) },
		} {
			if err := do(testClient(t, answer(status, body))); err != nil {
				require.NotNil(t, errors.Class(err))
				require.NotContains(t, err.Error(), "\n")
			} else {
				require.Equal(t, 2, status/100)
				require.Contains(t, strings.ToLower(body), "code")
			}
		}
	})
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
