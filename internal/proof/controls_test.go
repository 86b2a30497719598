// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// Clients that are broken on purpose. A check that does not report its own kind of breakage proves nothing.

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// wrapped breaks a transport.
func wrapped(f func(next http.RoundTripper, r *http.Request) (*http.Response, error)) func(*settings) {
	return func(s *settings) {
		s.wrap = func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) { return f(next, r) })
		}
	}
}

// The breakages of a transport.
var (
	sendsTwice = wrapped(func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		again := r.Clone(r.Context())
		again.Body, _ = r.GetBody()
		if resp, err := next.RoundTrip(again); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		return next.RoundTrip(r)
	})
	inventsSuccess = wrapped(func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err != nil {
			return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		}
		return resp, nil
	})
	followsRedirects = wrapped(func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		return (&http.Client{Transport: next}).Do(r)
	})
	leavesBodies = wrapped(func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
		if err == nil {
			resp.Body = io.NopCloser(resp.Body)
		}
		return resp, err
	})
	hidesHints = wrapped(func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err == nil {
			resp.Header.Del("Retry-After")
		}
		return resp, err
	})
	givesUpEarly = func(s *settings) { s.attempts = attempts - 1 }
	neverRepeats = func(s *settings) { s.attempts = 1 }
	inNoTime     = func(s *settings) { s.late = time.Second / 2 }
)

// newKeyEachTime is the mistake that keys are there to prevent.
func newKeyEachTime(ctx context.Context, w *world) (err error) {
	for range attempts {
		_, err = w.alibaba.IncreaseConsumption(ctx, quota.Adjustment{Customer: customer, Amount: cny("10.00"), Key: quota.NewKey()})
		if err == nil {
			return nil
		}
	}
	return err
}

// forgetsDoubt calls again after a doubt, and takes the second answer for that to both.
func forgetsDoubt(call func(context.Context, *world) error) func(context.Context, *world) error {
	return func(ctx context.Context, w *world) error {
		if err := call(ctx, w); errors.Class(err) != errors.ErrUncertain {
			return err
		}
		return call(ctx, w)
	}
}

// hidesContext keeps the class alone.
func hidesContext(call func(context.Context, *world) error) func(context.Context, *world) error {
	return func(ctx context.Context, w *world) error {
		if class := errors.Class(call(ctx, w)); class != nil {
			return &errors.Error{Class: class}
		}
		return nil
	}
}

func rowOf(t *testing.T, c *cloud, name string) row {
	t.Helper()
	i := slices.IndexFunc(c.rows, func(r row) bool { return r.name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return c.rows[i]
}

func faultOf(t *testing.T, c *cloud, name string) script {
	t.Helper()
	faults := c.faults()
	i := slices.IndexFunc(faults, func(s script) bool { return s.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return faults[i]
}

func TestBrokenClientsAreReported(t *testing.T) {
	slowReply := script{Fault: fault.Fault{Name: "late", Delay: time.Second}, kind: good}
	leftBehind := make(chan struct{})
	t.Cleanup(func() { close(leftBehind) })
	for _, c := range []struct {
		name       string
		cloud      *cloud
		row, fault string
		script     *script
		settings   func(*settings)
		call       func(func(context.Context, *world) error) func(context.Context, *world) error
		report     string
	}{
		{name: "sends every request twice", cloud: huaweiCloud, row: "SetBudget", fault: "gzip", settings: sendsTwice, report: "once: nil 2, want nil 1"},
		{name: "sends every request twice, lost", cloud: huaweiCloud, row: "Do (change)", fault: "503", settings: sendsTwice, report: "the change was made 1 times, want 0"},
		{name: "makes up a success", cloud: huaweiCloud, row: "SetBudget", fault: "lost request", settings: inventsSuccess, report: "the change was made 0 times, want 1"},
		{name: "gives up early", cloud: alibabaCloud, row: "SetQuota", fault: "lost reply", settings: givesUpEarly, report: "always: uncertain 3, want uncertain 4"},
		{name: "never tries again where nobody listens", cloud: alibabaCloud, row: "SetQuota", fault: "refused", settings: neverRepeats, report: "always: 1 attempts never reached the server, want 4"},
		{name: "follows redirects", cloud: alibabaCloud, row: "SetQuota", fault: "307", settings: followsRedirects, report: "sent what no operation sends: POST /redirected"},
		{name: "does not wait as it is told", cloud: huaweiCloud, row: "Budget", fault: "429 wait 1 s", settings: hidesHints, report: "but the cloud asked to wait"},
		{name: "takes too long", cloud: huaweiCloud, row: "Budget", script: &slowReply, settings: inNoTime, report: "longer than 500ms"},
		{name: "leaves connections", cloud: alibabaCloud, row: "SetQuota", fault: "20 MB reply", settings: leavesBodies, report: "connections open"},
		{
			name: "leaves goroutines", cloud: alibabaCloud, row: "SetQuota", fault: "gzip", report: "left 1 goroutines",
			settings: wrapped(func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
				go func() { <-leftBehind }()
				return next.RoundTrip(r)
			}),
		},
		{
			name: "has a new key each time", cloud: alibabaCloud, row: "IncreaseConsumption", fault: "lost reply", settings: neverRepeats,
			call:   func(func(context.Context, *world) error) func(context.Context, *world) error { return newKeyEachTime },
			report: "the change was made 2 times, want 1",
		},
		{name: "hides the end of the context", cloud: alibabaCloud, row: "SetQuota", fault: "hang, caller leaves", call: hidesContext, report: "the end of the context cannot be seen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			row := rowOf(t, c.cloud, c.row)
			struck := c.script
			if struck == nil {
				found := faultOf(t, c.cloud, c.fault)
				struck = &found
			}
			require.NotContains(t, reports(t, c.cloud, row, *struck, standard(*struck)), c.report, "control: the sound client")
			with := standard(*struck)
			with.patience = time.Second / 2
			if c.settings != nil {
				c.settings(&with)
			}
			if c.call != nil {
				row.call = c.call(row.call)
			}
			require.Contains(t, reports(t, c.cloud, row, *struck, with), c.report)
		})
	}
}

func reports(t *testing.T, c *cloud, r row, s script, with settings) string {
	t.Helper()
	return strings.Join(check(t.Context(), c, r, s, with).problems, "\n")
}

// The pairs, too, know a client that does not tell the truth.
func TestForgottenDoubtIsReported(t *testing.T) {
	p := &pair{
		cloud: alibabaCloud, row: rowOf(t, alibabaCloud, "IncreaseConsumption"),
		first: faultOf(t, alibabaCloud, "lost reply"), second: faultOf(t, alibabaCloud, "401"),
	}
	p.check(t.Context(), standard(script{}))
	require.Empty(t, p.problems, "control: the sound client")

	with := standard(script{})
	neverRepeats(&with)
	p.row.call = forgetsDoubt(p.row.call)
	p.check(t.Context(), with)
	require.Contains(t, strings.Join(p.problems, "\n"), "the class says that it is not")

	p.row.call, p.second = newKeyEachTime, faultOf(t, alibabaCloud, "503")
	p.check(t.Context(), with)
	require.Contains(t, strings.Join(p.problems, "\n"), "made 2 times")
}

// PROOF.md shows one cell that came out otherwise.
func TestPageShowsEveryCell(t *testing.T) {
	var all []*cell
	for _, c := range clouds {
		for _, r := range c.rows {
			for _, s := range c.faults() {
				all = append(all, &cell{cloud: c, row: r, script: s})
			}
		}
	}
	before := page(all)
	for _, c := range []*cell{all[0], all[len(all)/2], all[len(all)-1]} {
		c.result.once.requests++
		require.NotEqual(t, before, page(all), c.String())
		c.result.once.requests--
	}
	require.Equal(t, before, page(all))
}

// What a batch tells is not taken on trust.
func TestLiesAboutABatchAreReported(t *testing.T) {
	failed := func(item string, class error) error {
		return &errors.BatchError{Failed: []*errors.ItemError{{Item: item, Err: &errors.Error{Class: class}}}}
	}
	for _, c := range []struct {
		name          string
		before, after map[string]bool
		done          []string
		err           error
		report        string
	}{
		{"the truth", nil, map[string]bool{"a": true}, []string{"a"}, failed("b", errors.ErrDenied), ""},
		{"the truth, in doubt", nil, map[string]bool{"a": true, "b": true}, []string{"a"}, failed("b", errors.ErrUncertain), ""},
		{"the truth, done before", map[string]bool{"b": true}, map[string]bool{"a": true, "b": true}, []string{"a"}, failed("b", errors.ErrExists), ""},
		{"not done", nil, map[string]bool{"a": true}, []string{"a", "b"}, nil, "b is told to be done, and is not"},
		{"done", nil, map[string]bool{"a": true, "b": true}, []string{"a"}, failed("b", errors.ErrDenied), "b is told not to be done by the call, and is"},
		{"not there", nil, map[string]bool{"a": true, "b": true}, []string{"a"}, failed("b", errors.ErrExists), "b is told to be there before the call, and was not"},
		{"one is missing", nil, map[string]bool{"a": true}, []string{"a"}, nil, "done are only [a]"},
		{"one is forgotten", nil, nil, nil, failed("b", errors.ErrDenied), "0 done and 1 failed are not 2"},
	} {
		w, now := new(world), c.before
		judge := honest(w, []string{"a", "b"}, func() map[string]bool { return now })
		now = c.after
		require.Equal(t, c.err, judge(c.done, c.err), c.name)
		require.Contains(t, strings.Join(w.wrong, "\n"), c.report, c.name)
		require.Equal(t, c.report == "", len(w.wrong) == 0, c.name)
	}
	w := new(world)
	times := map[string]int{"a": 1, "b": 2}
	require.Equal(t, 0, inParts(w, []string{"a", "c"}, 2, func(item string) int { return times[item] }))
	require.Contains(t, w.wrong[0], "1 of a part of 2")
	inParts(w, []string{"b"}, 1, func(item string) int { return times[item] })
	require.Contains(t, w.wrong[1], "b was changed twice")
}
