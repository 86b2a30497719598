// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal"
	"github.com/resellkit/resell/quota/journal/internal/testdb"
)

// Two processes call Do with the same key at once, in every other round with another amount: one sends, and where the
// amounts differ one of them is told that the key names another intent.
func TestTwoProcessesOneKey(t *testing.T) {
	rounds := 100
	if long() {
		rounds = 1000
	}
	for _, d := range []journal.Dialect{journal.SQLite, journal.Postgres} {
		t.Run(string(d), func(t *testing.T) { race(t, d, rounds) })
	}
}

func race(t *testing.T, d journal.Dialect, rounds int) {
	db, c := testdb.Open(t, d), newCloud(t, 5*time.Millisecond)
	one := job{Role: "do", Dialect: d, Driver: db.Driver, DSN: db.DSN, Endpoint: c.endpoint, Lease: time.Minute, Workers: 1}
	j, err := openJournal(one, db.DB, c.client(t))
	require.NoError(t, err)
	require.NoError(t, j.Migrate(t.Context()))
	both := [2]*process{start(t, one), start(t, one)}
	began := time.Now()
	var wins [2]int
	for round := range rounds {
		key, customer, amounts := quota.KeyFor("race", fmt.Sprint(round)), customerID(round), [2]string{"1.00 CNY", "1.00 CNY"}
		differ := round%2 == 1
		if differ {
			amounts[1] = "2.00 CNY"
		}
		answers := tell(t, both, [2]errand{{key, customer, amounts[0]}, {key, customer, amounts[1]}})
		winner := 0
		if differ && answers[0].Class != "" {
			winner = 1
		}
		require.Empty(t, answers[winner].Class, answers[winner].Text)
		if differ {
			wins[winner]++
			require.Equal(t, errors.ErrKeyReused.Error(), answers[1-winner].Class, answers[1-winner].Text)
		} else {
			require.Empty(t, answers[1].Class, answers[1].Text)
			require.Equal(t, answers[0].RequestID, answers[1].RequestID, "both are told of the same booking")
		}
		e, err := j.Entry(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, journal.Applied, e.State)
		require.Equal(t, 1, e.Attempts)
		require.Equal(t, amounts[winner], e.Line().Amount+" CNY")
	}
	booked := make(map[quota.Key]int)
	for _, change := range c.Quota.Changes("") {
		booked[change.Key]++
		e, err := j.Entry(t.Context(), change.Key)
		require.NoError(t, err)
		require.Equal(t, change.Amount.String(), e.Line().Amount+" CNY", "what was recorded is what was booked")
	}
	require.Len(t, booked, rounds)
	for key, n := range booked {
		require.Equal(t, 1, n, "bookings under %s", key)
	}
	requests, overlaps, _ := c.seen()
	require.Zero(t, overlaps, "requests with a key while another with it was under way")
	require.Equal(t, rounds, requests)
	t.Logf("%s: %d rounds in %.1f s: %d requests, no two at once; where the amounts differed the processes won %d and %d times",
		d, rounds, time.Since(began).Seconds(), requests, wins[0], wins[1])
}

// tell sends one errand to each process at the same time, and returns what they answer.
func tell(t *testing.T, to [2]*process, errands [2]errand) (answers [2]answer) {
	t.Helper()
	var lines [2][]byte
	for n := range lines {
		line, err := json.Marshal(errands[n])
		require.NoError(t, err)
		lines[n] = append(line, '\n')
	}
	for n, p := range to {
		_, err := p.stdin.Write(lines[n])
		require.NoError(t, err)
	}
	for n, p := range to {
		select {
		case line, alive := <-p.lines:
			require.True(t, alive, "the process ended")
			require.NoError(t, json.Unmarshal([]byte(line), &answers[n]))
		case <-time.After(time.Minute):
			require.FailNow(t, "no answer after a minute")
		}
	}
	return answers
}

// The control: without a journal the fake does see two at once.
func TestTwoAtOnceAreSeen(t *testing.T) {
	c := newCloud(t, 0)
	c.latency = 50 * time.Millisecond
	for range 50 {
		var both sync.WaitGroup
		for range 2 {
			client := c.client(t)
			both.Go(func() { _ = sendOrder(t.Context(), client, numbered(1), "key") })
		}
		both.Wait()
		if _, overlaps, _ := c.seen(); overlaps > 0 {
			return
		}
	}
	require.FailNow(t, "two requests at once were not noticed")
}
