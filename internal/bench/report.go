// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"os"
	"text/tabwriter"
)

// The figures to reach, beside those of each cloud.
const (
	maxRatio       = 1.10
	maxAllocs      = 12
	maxConnections = 80
)

func verdict(ok bool) string {
	if ok {
		return "PASS"
	}
	return "over"
}

// comparison is one client's speed in units of another's.
type comparison struct{ one, many, processorOne, processorMany ratio }

func compare(s *speed, a, b int) comparison {
	return comparison{
		ratioOf(s.one[a].took, s.one[b].took), ratioOf(s.many[a].took, s.many[b].took),
		ratioOf(s.one[a].processor, s.one[b].processor), ratioOf(s.many[a].processor, s.many[b].processor),
	}
}

func (c comparison) String() string {
	return fmt.Sprintf("%v\t%v\t%v\t%v", c.one, c.many, c.processorOne, c.processorMany)
}

func report(c cloud, p plan, s *speed, opened []connections, again []repeats) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush() //nolint:errcheck // standard output
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }

	line("%s: medians (quartiles) of %d rounds of %v\tsequential\t%d in parallel\tprocessor time, sequential\tin parallel\tallocs/call\tbytes/call",
		c.name, p.rounds, p.slice, workers)
	for i := range clients {
		name, cells := names[i], "1\t1\t1\t1"
		if i != floor {
			name, cells = name+", × floor", compare(s, i, floor).String()
		}
		line("%s\t%s\t%.1f\t%.0f", name, cells, s.allocs[i], s.bytes[i])
	}
	cost, extra := compare(s, ours, floor), s.allocs[ours]-s.allocs[floor]
	line("ours ≤ %.2f × floor, ≤ %d allocs above it\t%s\t%s\t\t\t%s (%+.1f)", maxRatio, maxAllocs,
		verdict(cost.one.median <= maxRatio), verdict(cost.many.median <= maxRatio), verdict(math.Round(extra) <= maxAllocs), extra)
	gain := compare(s, vendor, ours)
	line("vendor, × ours\t%v", gain)
	line("≥ %.2f sequential, ≥ %.2f in parallel\t%s\t%s", c.fasterOne, c.faster, verdict(gain.one.median >= c.fasterOne), verdict(gain.many.median >= c.faster))
	line("")

	line("connections: %d callers, 2 %% cancelled\tcalls\tcancelled\tothers failed\topened\twithout those cancelled on", workers)
	for _, o := range opened {
		judged := ""
		if o.client == names[ours] {
			judged = verdict(o.opened-o.abandoned <= maxConnections && o.failed == 0) + fmt.Sprintf(" (≤ %d)", maxConnections)
		}
		line("%s, %s\t%d\t%d\t%d\t%d\t%d %s", o.client, o.when, o.calls, o.cancelled, o.failed, o.opened, o.opened-o.abandoned, judged)
	}
	line("")

	line("retry traffic\tcalls\tfailed\trequests\trequests/call")
	for _, r := range again {
		perCall := float64(r.requests) / float64(r.calls)
		line("%s\t%d\t%d\t%d\t%.3f %s (≤ %.2f)", r.what, r.calls, r.failed, r.requests, perCall,
			verdict(perCall <= r.limit && (!r.succeed || r.failed == 0)), r.limit)
	}
	line("")
}
