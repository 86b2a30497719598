// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/quota"
)

// The program as another process uses it: the ready line has all that a backend needs, and an interrupt ends it.
func TestServesOtherProcesses(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "fakecloud")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	program := exec.CommandContext(t.Context(), binary, "-alibaba", "127.0.0.1:0", "-huawei", "127.0.0.1:0", "-access-key", "K", "-secret-key", "S")
	stdout, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	ready := map[string]string{}
	require.True(t, strings.HasPrefix(line, "ready "), line)
	for _, field := range strings.Fields(line)[1:] {
		name, value, _ := strings.Cut(field, "=")
		ready[name] = value
	}
	require.Equal(t, []string{"K", "S"}, []string{ready["access-key"], ready["secret-key"]})

	ali, err := alibaba.New(alibaba.Config{
		Site: alibaba.China, Endpoint: ready["alibaba"],
		Credentials: alibaba.Credentials{AccessKeyID: ready["access-key"], AccessKeySecret: ready["secret-key"]},
	})
	require.NoError(t, err)
	_, err = ali.CreateQuota(t.Context(), quota.Grant{Customer: "1", Limit: quota.MustMoney("5 CNY")})
	require.NoError(t, err)
	hua, err := huawei.New(huawei.Config{
		Site: huawei.International, Endpoint: ready["huawei"],
		Credentials: huawei.Credentials{AccessKey: ready["access-key"], SecretKey: ready["secret-key"]},
	})
	require.NoError(t, err)
	_, err = hua.SetQuota(t.Context(), quota.Grant{Customer: "c", Limit: quota.MustMoney("5 USD")})
	require.NoError(t, err)

	require.NoError(t, program.Process.Signal(syscall.SIGINT))
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("an interrupt did not end it")
	}
}
