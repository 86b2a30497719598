// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/quota/journal"
	"github.com/resellkit/resell/quota/journal/internal/testdb"
)

// The example on PostgreSQL, with several processes. Its own tests have SQLite alone, because only tests in here can start
// a server.
func TestExampleOnPostgres(t *testing.T) {
	db := testdb.Open(t, journal.Postgres)
	program := filepath.Join(t.TempDir(), "journal")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/resellkit/resell/examples/journal").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for range 2 { // in the same database
		out, err = exec.CommandContext(t.Context(), program, "-dsn", db.DSN, "-orders", "60", "-workers", "3").CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "killed itself (kill -9)")
		require.Contains(t, string(out), "60 bookings: each order was booked exactly once")
		t.Log("\n" + string(out))
	}
}
