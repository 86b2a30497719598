// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"sync"

	"github.com/resellkit/resell/costunit"
)

// inTransit keeps transfers of the same resource through one client apart. EPS is not told where a resource is to come
// from, so of two at once each would find it in the source, and the second would take it away from where the first has
// put it. Between clients nothing can keep them apart.
type inTransit struct {
	mu   sync.Mutex
	held map[identity]chan struct{} // closed when the resource is free again
}

// identity is what EPS tells resources apart by, whatever else is known of them.
type identity struct{ id, product string }

func identityOf(r costunit.Resource) identity { return identity{r.ID, r.Product} }

// acquire waits until nobody moves any of the resources, and holds them until release is called. False: ctx ended first.
func (t *inTransit) acquire(ctx context.Context, resources []costunit.Resource) (release func(), ok bool) {
	for {
		free := t.hold(resources)
		if free == nil {
			return func() { t.free(resources) }, true
		}
		select {
		case <-ctx.Done():
			return nil, false
		case <-free:
		}
	}
}

// hold takes all of the resources, or returns what to wait for.
func (t *inTransit) hold(resources []costunit.Resource) (wait chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range resources {
		if held, busy := t.held[identityOf(r)]; busy {
			return held
		}
	}
	if t.held == nil {
		t.held = make(map[identity]chan struct{})
	}
	done := make(chan struct{})
	for _, r := range resources {
		t.held[identityOf(r)] = done
	}
	return nil
}

func (t *inTransit) free(resources []costunit.Resource) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.held[identityOf(resources[0])])
	for _, r := range resources {
		delete(t.held, identityOf(r))
	}
}
