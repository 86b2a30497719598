// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the program tells is what its clouds did, not a text that always comes out.
func TestOnFakes(t *testing.T) {
	told := capture(t, func() { require.NoError(t, onFakes(t.Context())) })
	for _, line := range []string{
		"customer 1442098325661561 may now spend 750.00 CNY",
		"the first call says: uncertain",
		"the same call again: applied, consumption is now -100.00 CNY",
		"5 requests reached the cloud, which booked 1 top-up",
		"consumption is now -87.66 CNY",
		"the cloud says: 100.10 USD monthly, 0.00 USD used",
		"customer 1442098325661561 may now spend 987.66 CNY",
		"customer 06ffbcd46880d3f30f62c001a49be460 may now spend 250.00 USD",
		"unit \"web shop\" holds:\n     oss cn-hangzhou;standard\n     ecs i-bp67acfmxazb4p",
		"opening it twice: alibaba: CreateResellerUserQuota: exists: -303",
		"must have at most two decimals",
	} {
		require.Contains(t, told, line)
	}
}

// Without credentials -live says what is missing, and reads nothing.
func TestOnRealCloudsWithoutCredentials(t *testing.T) {
	t.Setenv("RESELL_ALIBABA_CUSTOMER", "")
	t.Setenv("RESELL_HUAWEI_CUSTOMER", "")
	told := capture(t, func() { require.NoError(t, onRealClouds(t.Context())) })
	require.Contains(t, told, "RESELL_ALIBABA_CUSTOMER is not set")
	require.Contains(t, told, "RESELL_HUAWEI_CUSTOMER is not set")

	t.Setenv("RESELL_ALIBABA_CUSTOMER", "1442098325661561")
	t.Setenv("RESELL_ALIBABA_SITE", "moon")
	require.ErrorContains(t, onRealClouds(t.Context()), "Config.Site")
}

// capture returns what f prints.
func capture(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	stdout := os.Stdout
	os.Stdout = w
	defer func() { os.Stdout = stdout }()
	told := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		told <- string(b)
	}()
	f()
	require.NoError(t, w.Close())
	return <-told
}
