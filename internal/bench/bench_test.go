// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	leaveHome, err := awayFromHome()
	if err != nil {
		panic(err)
	}
	code := m.Run()
	leaveHome()
	os.Exit(code)
}

// inMemory answers at once: what is left is the client's side of a call.
type inMemory answer

func (a inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: a.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: req, Body: http.NoBody}
	if a.Body != "" {
		resp.Header["Content-Type"] = contentJSON
		resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(a.Body)), int64(len(a.Body))
	}
	if req.Body == nil {
		return resp, nil
	}
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	return resp, req.Body.Close()
}

func BenchmarkAlibabaSetQuota(b *testing.B)      { benchmark(b, alibabaCloud, alibabaCloud.ours(0)) }
func BenchmarkFloorAlibabaSetQuota(b *testing.B) { benchmark(b, alibabaCloud, alibabaCloud.floor) }
func BenchmarkVendorAlibabaSetQuota(b *testing.B) {
	benchmark(b, alibabaCloud, alibabaCloud.vendor)
}

func BenchmarkHuaweiSetBudget(b *testing.B)       { benchmark(b, huaweiCloud, huaweiCloud.ours(0)) }
func BenchmarkFloorHuaweiSetBudget(b *testing.B)  { benchmark(b, huaweiCloud, huaweiCloud.floor) }
func BenchmarkVendorHuaweiSetBudget(b *testing.B) { benchmark(b, huaweiCloud, huaweiCloud.vendor) }

func benchmark(b *testing.B, c cloud, m maker) {
	call, err := m("http://127.0.0.1:1", inMemory(c.success))
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		if err := call(ctx); err != nil {
			b.Fatal(err)
		}
	}
}
