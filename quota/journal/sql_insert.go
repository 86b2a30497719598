// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func (s *sqlStore) insert(ctx context.Context, q querier, r row) (*Entry, error) {
	if err := r.fits(); err != nil {
		return nil, err
	}
	// The row of another transaction may be gone by the time that it is read.
	for range 3 {
		n, err := s.exec(ctx, q,
			"INSERT INTO resell_intents (intent_key, account, kind, customer, lane, grp, fingerprint, change_json, state, note, created_at, due_at) "+
				"VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', '', {now}, {now}) "+s.d.ifAbsent,
			string(r.Key), r.Account, string(r.kind), r.customer, orNull(r.lane), orNull(r.group), r.fingerprint, r.change)
		if err != nil {
			return nil, trouble("the intent was not recorded", err)
		}
		if n == 1 {
			return nil, nil
		}
		before, err := s.read(ctx, q, r.Key, s.d.readLock)
		if err != nil || before != nil {
			return before, err
		}
	}
	return nil, &errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: "the intent was not recorded: its key comes and goes"}
}

// fits: a database that is not strict would cut what is too long.
func (r row) fits() error {
	for _, c := range []struct {
		field, value string
		most         int
	}{
		{"Intent.Key", string(r.Key), 64},
		{"Intent.Account", r.Account, 64},
		{"Intent.Change.Customer", r.customer, 64},
		{"lane", r.lane, 200},
		{"group", r.group, 64},
	} {
		if utf8.RuneCountInString(c.value) > c.most || !utf8.ValidString(c.value) || strings.ContainsRune(c.value, 0) {
			return errors.Invalid(c.field, c.value, "must be UTF-8 of at most "+strconv.Itoa(c.most)+" characters")
		}
	}
	return nil
}

func (s *sqlStore) entry(ctx context.Context, q querier, key quota.Key) (*Entry, error) {
	return s.read(ctx, q, key, "")
}

func (s *sqlStore) read(ctx context.Context, q querier, key quota.Key, lock string) (*Entry, error) {
	found, err := scanAll(ctx, s, q, readEntry, "SELECT "+entryColumns+" FROM resell_intents i WHERE i.intent_key = ? "+lock, string(key))
	if err != nil || len(found) == 0 {
		return nil, trouble("reading an intent", err)
	}
	return &found[0].Entry, nil
}
