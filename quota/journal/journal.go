// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// Config says where a journal is kept and whom it sends to. The zero value of a field is its documented default.
type Config struct {
	// DB is the database; the driver is the caller's. Required.
	DB *sql.DB
	// Dialect is the database's. Required.
	Dialect Dialect
	// Accounts are the clients that intents go to, by the names that Intent.Account uses: an *alibaba.Client, a
	// *huawei.Client, or anything else that has interfaces of packages quota and costunit. Required. Names are stored, and
	// must go on meaning the same account.
	Accounts map[string]any
	// Window is how long after it was first sent an intent in doubt is sent again with its key; default 24 h. After that
	// the provider may have forgotten the key, and the intent needs an operator.
	Window time.Duration
	// Lease is how long a worker has an intent to itself; default 2 min. A call ends when nine tenths of it have passed.
	// What a worker had that died is taken up again when it ends.
	Lease time.Duration
	// Workers is how many intents Run sends at the same time, 1 to 1000; default 16.
	Workers int
	// Logger gets one line for each attempt (debug), for what needs an operator and for trouble with the database (warn),
	// without secrets; default: silent.
	Logger *slog.Logger
	// Observe is called with "journal.<kind>" when an intent is taken up; what it returns is called with its error at the
	// end. Hang spans and metrics here.
	Observe func(ctx context.Context, op string) (context.Context, func(error))
}

// Journal records intents and carries them out. Make it with [New]; it is safe for concurrent use.
type Journal struct {
	db       *held
	store    store
	accounts map[string]any
	window   time.Duration
	lease    time.Duration
	workers  int
	log      *slog.Logger
	observe  func(ctx context.Context, op string) (context.Context, func(error))
	worker   string // this process, in leases and attempts
	checked  atomic.Bool
	wake     chan struct{} // tells Run that an intent was settled or resolved here
	gates    gates
}

// held keeps the database one step further away than fmt looks where a verb does not fit: it would print the name of the
// data source, password and all.
type held struct{ *sql.DB }

// New checks the configuration and returns a journal. The database is not touched. Errors are errors.ErrInvalid and name
// the field.
func New(c Config) (*Journal, error) {
	if c.DB == nil {
		return nil, errors.Invalid("Config.DB", "", "must be set")
	}
	store, err := newSQLStore(c.DB, c.Dialect)
	if err != nil {
		return nil, err
	}
	if len(c.Accounts) == 0 {
		return nil, errors.Invalid("Config.Accounts", "", "must name at least one client")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Accounts)) {
		if name == "" || len(name) > maxAccount || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == '/' }) {
			return nil, errors.Invalid("Config.Accounts", name, "must be 1 to "+strconv.Itoa(maxAccount)+" characters of visible ASCII without a slash")
		}
		if abilities(c.Accounts[name]) == 0 {
			return nil, errors.Invalid("Config.Accounts", name, fmt.Sprintf("a %T has none of the interfaces that the journal sends to", c.Accounts[name]))
		}
	}
	window, err := setting("Config.Window", c.Window, 24*time.Hour, time.Second, 30*24*time.Hour)
	if err != nil {
		return nil, err
	}
	lease, err := setting("Config.Lease", c.Lease, 2*time.Minute, 100*time.Millisecond, time.Hour)
	if err != nil {
		return nil, err
	}
	if c.Workers < 0 || c.Workers > maxWorkers {
		return nil, errors.Invalid("Config.Workers", strconv.Itoa(c.Workers), "must be 1 to "+strconv.Itoa(maxWorkers)+", or 0 for the default")
	}
	j := &Journal{
		db: &held{c.DB}, store: store, accounts: maps.Clone(c.Accounts), window: window, lease: lease, workers: c.Workers,
		log: c.Logger, observe: c.Observe, worker: workerName(), wake: make(chan struct{}, 1),
	}
	if j.workers == 0 {
		j.workers = defaultWorkers
	}
	if j.log == nil {
		j.log = slog.New(slog.DiscardHandler)
	}
	return j, nil
}

const (
	maxAccount     = 64
	maxWorkers     = 1000
	defaultWorkers = 16
)

func setting(field string, value, otherwise, least, most time.Duration) (time.Duration, error) {
	if value == 0 {
		return otherwise, nil
	}
	if value < least || value > most {
		return 0, errors.Invalid(field, value.String(), "must be "+least.String()+" to "+most.String()+", or 0 for the default")
	}
	return value, nil
}

// abilities is how many kinds of change a client can make.
func abilities(client any) (n int) {
	for _, rules := range kinds {
		if rules.can(client) {
			n++
		}
	}
	return n
}

// workerName is for people, who look for the process that had an intent; the random part makes it unique.
func workerName() string {
	host, err := os.Hostname()
	if err != nil || host == "" || len(host) > 64 {
		host = "host"
	}
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return host + "/" + strconv.Itoa(os.Getpid()) + "/" + hex.EncodeToString(b[:])
}

// Migrate makes the journal's tables (resell_journal, resell_intents, resell_attempts), or brings them up to date. Call it
// when you deploy; any number of processes may at the same time.
func (j *Journal) Migrate(ctx context.Context) error { return j.store.migrate(ctx) }

// ready checks the schema once.
func (j *Journal) ready(ctx context.Context, q querier) error {
	if j.checked.Load() {
		return nil
	}
	if err := j.store.check(ctx, q); err != nil {
		return err
	}
	j.checked.Store(true)
	return nil
}

// Enqueue records an intent inside the caller's own transaction: both commit, or neither does. After the commit a process
// that runs [Journal.Run] sends it. An intent that is recorded already is left as it is; another one under the same key
// is errors.ErrKeyReused. Bad input is errors.ErrInvalid. After any error roll the transaction back.
func (j *Journal) Enqueue(ctx context.Context, tx *sql.Tx, i Intent) error {
	r, err := j.row(i)
	if err != nil {
		return err
	}
	if tx == nil {
		return errors.Invalid("tx", "", "must be the transaction that the intent belongs to")
	}
	if err := j.ready(ctx, tx); err != nil {
		return err
	}
	before, err := j.store.insert(ctx, tx, r)
	if err != nil {
		return err
	}
	return r.same(before)
}

// row checks an intent and makes it what is inserted.
func (j *Journal) row(i Intent) (row, error) {
	if i.Change == nil {
		return row{}, errors.Invalid("Intent.Change", "", "must be set")
	}
	kind := i.Change.kind()
	rules := kinds[kind]
	client, known := j.accounts[i.Account]
	if !known {
		return row{}, errors.Invalid("Intent.Account", i.Account, "must be one of Config.Accounts: "+strings.Join(slices.Sorted(maps.Keys(j.accounts)), ", "))
	}
	if !rules.can(client) {
		return row{}, errors.Invalid("Intent.Change", string(kind), fmt.Sprintf("account %q cannot do this: %T is not a %s", i.Account, client, rules.needs))
	}
	if err := quota.CheckKey(i.Key); err != nil {
		return row{}, err
	}
	if err := i.Change.validate(i.Key); err != nil {
		return row{}, err
	}
	p := i.Change.payload()
	if checker, ok := client.(quota.CustomerChecker); ok && p.Customer != "" {
		if err := checker.CheckCustomer(p.Customer); err != nil {
			return row{}, err
		}
	}
	change, err := encode(i.Change)
	if err != nil {
		return row{}, err
	}
	if len(change) > maxChange {
		return row{}, errors.Invalid("Intent.Change", string(kind), "must take at most "+strconv.Itoa(maxChange)+" bytes as JSON, takes "+strconv.Itoa(len(change)))
	}
	return row{
		Intent: i, kind: kind, customer: p.Customer, change: change, fingerprint: fingerprint(i.Account, kind, change),
		lane: rules.lane(i, client), group: rules.group(i.Change),
	}, nil
}

// maxChange is what every database takes for a text.
const maxChange = 60_000

// same says whether what is recorded under the key is this intent.
func (r row) same(before *Entry) error {
	if before == nil || before.fingerprint == r.fingerprint {
		return nil
	}
	return &errors.Error{
		Op: "journal", Class: errors.ErrKeyReused,
		Message: fmt.Sprintf("key %q names a %s for account %q and customer %q that was recorded at %s, and is not the same as this %s for account %q and customer %q",
			r.Key, before.Change.kind(), before.Account, before.Change.payload().Customer, before.Created.UTC().Format(time.RFC3339),
			r.kind, r.Account, r.customer),
	}
}
