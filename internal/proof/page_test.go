// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"slices"
	"strings"
)

// preface is the beginning of PROOF.md.
const preface = `# Proof

What becomes of a call when something goes wrong between you and the cloud. Every method of both clients was called, over
real connections, against a server that speaks the cloud's dialect, checks signatures, and goes wrong in a scripted way.
This page is written by that run; every run of the tests compares it with a fresh one.

` + "```sh" + `
go test ./internal/proof                            # compare
go test ./internal/proof -run TestMatrix -update    # write this page anew
RESELL_PROOF=pairs go test ./internal/proof -run TestPairs -timeout 60m -v    # every change under every two faults: five to ten minutes
` + "```" + `

**How to read a cell.** Three calls; each shows the class of its error (see the README; nil is success) and how many
requests reached the server:

1. the fault strikes **once**, then the cloud works;
2. the fault strikes **each time**;
3. after 2 the cloud works again, and the **same call is made again**.

So ` + "`nil 2 / uncertain 4 / nil 1`" + ` is: after one fault the client repeated, and succeeded; after four it gave up, and said that
the change may have been made; the same call again succeeded. Clients were allowed four requests for each change or read,
which is the default. Requests that a method sends besides (a read before a change, a read that settles a doubt, a second
batch) count as well. Batches were made to need two: FreezeAll of 12 customers, CreateUnits and RenameUnits of 101 units at
Alibaba Cloud, CreateUnits and TransferResources of two at Huawei Cloud. Operations that fare the same share a column, faults
under which all of them do share a line.

**What else was checked in every cell**, in the books of the server: a change is made once, or not at all, exactly as the
class says: nil is made, uncertain is either, everything else is not made by this call; after the third call it is made,
and once. Nothing that nobody asked for was sent or changed. Hints to wait were honoured. The timeout of an attempt, or the
caller's context, ended every call that got no reply. No connection and no goroutine was left behind.

**Why it can be believed.** What is expected is a table of rules (` + "`internal/proof/rules_test.go`" + `) that knows nothing of the
clients' code. Clients that are broken on purpose are reported (` + "`controls_test.go`" + `). A method without a row fails the test.

**The faults.** "Applied" or "after" is: the cloud carried the operation out, and then things went wrong; a client cannot see
that. "Refused" is a connection that nobody accepts. "Hang" is no answer at all; "caller leaves" is the end of the context
meanwhile. "Truncated" ends early and says that this is all, "cut" announces more than comes. "Slow body" is one byte a
second. "429 wait 60 s" is a longer wait than the client is made for (` + "`Retry.Cap`" + `): the caller decides. Where the documented
success has no body, nothing can happen to it.

**Two things to know.** Huawei Cloud's TransferResources waits for what was accepted to arrive, by itself for two minutes; its
caller left here when the client looked for it the third time. Every read that met a fault began without an open connection:
over one that was used before, Go's net/http by itself sends a GET once more where the connection breaks before a reply.
`

// titles of the clouds.
var titles = map[string]string{"alibaba": "Alibaba Cloud", "huawei": "Huawei Cloud"}

// page is PROOF.md, of the cells in their order.
func page(all []*cell) string {
	var b strings.Builder
	b.WriteString(preface)
	for _, c := range clouds {
		fmt.Fprintf(&b, "\n## %s\n\n", titles[c.name])
		table(&b, slices.DeleteFunc(slices.Clone(all), func(one *cell) bool { return one.cloud != c }))
	}
	b.WriteString("\n## Where an operation differs from the rules\n\n| operation | fault | why it passes for a success |\n|---|---|---|\n")
	for _, e := range exceptions {
		fmt.Fprintf(&b, "| %s: %s | %s | %s |\n", titles[e.cloud], e.row, e.fault, e.why)
	}
	return b.String()
}

// line is a column or a row of a table: operations or faults that fare the same.
type line struct{ names, entries []string }

// merged joins lines that have the same entries.
func merged(lines []line) (few []line) {
	for _, l := range lines {
		if i := slices.IndexFunc(few, func(other line) bool { return slices.Equal(l.entries, other.entries) }); i >= 0 {
			few[i].names = append(few[i].names, l.names...)
		} else {
			few = append(few, l)
		}
	}
	return few
}

// table merges the operations that fare the same under all faults, and then the faults under which all fare the same.
func table(b *strings.Builder, cells []*cell) {
	var columns, rows []line
	for _, c := range cells {
		if n := len(columns); n == 0 || columns[n-1].names[0] != c.row.name {
			columns = append(columns, line{names: []string{c.row.name}})
			rows = nil
		}
		last := &columns[len(columns)-1]
		last.entries = append(last.entries, c.result.String())
		rows = append(rows, line{names: []string{c.script.Name}})
	}
	columns = merged(columns)
	b.WriteString("| fault |")
	for _, c := range columns {
		b.WriteString(" " + strings.Join(c.names, ", ") + " |")
		for i := range rows {
			rows[i].entries = append(rows[i].entries, c.entries[i])
		}
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(columns)) + "\n")
	for _, r := range merged(rows) {
		b.WriteString("| " + strings.Join(r.names, "; ") + " | " + strings.Join(r.entries, " | ") + " |\n")
	}
}

// String is a result as it stands in the table.
func (r result) String() string { return fmt.Sprintf("%v / %v / %v", r.once, r.always, r.again) }
