// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/resellkit/resell/quota/quotatest/fault"
)

// A server of your own can take the same faults as the ones here.
func ExampleServe() {
	var script fault.Script
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, _ := script.Next(r.Method)
		fault.Serve(w, r, f, func() (int, http.Header, []byte) { return http.StatusOK, nil, []byte(`{"ok":true}`) })
	}))
	defer server.Close()

	script.Add(http.MethodGet, fault.Unavailable)
	for range 2 {
		resp, err := http.Get(server.URL)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}
	// Output:
	// 503
	// 200
}
