// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"io"
	"net/http"
	"strings"

	"github.com/resellkit/resell/quota/quotatest/fault"
)

// incoming is one request, read.
type incoming struct {
	http *http.Request
	body []byte
	op   *operation // nil where the API has none of this method and path
	auth authentication
	id   string // of the answer

	project string // that the path names
}

// operation is one of the API's.
type operation struct {
	name, method, path string // a path may have projectPart in it
	answer             func(*Server, *incoming) (*reply, *refusal)
}

// ofProjects reports whether the operation is one of EPS, which is strict in other ways and has its own errors.
func (op *operation) ofProjects() bool { return op != nil && strings.HasPrefix(op.path, projectsPath) }

// match reports whether the operation is at a path, and for which project.
func (op *operation) match(path string) (project string, ok bool) {
	before, after, of := strings.Cut(op.path, projectPart)
	if !of {
		return "", path == op.path
	}
	rest, ok := strings.CutPrefix(path, before)
	if !ok {
		return "", false
	}
	project, ok = strings.CutSuffix(rest, after)
	return project, ok && project != "" && !strings.Contains(project, "/")
}

const (
	customersPath = "/v2/partners/sub-customers"
	budgetPath    = customersPath + "/budget"
	projectsPath  = "/v1.0/enterprise-projects"
	projectPart   = "{enterprise_project_id}"
)

var operations = []operation{
	{"UpdateSubCustomerBudget", http.MethodPost, budgetPath, (*Server).updateBudget},
	{"ShowSubCustomerBudget", http.MethodGet, budgetPath, (*Server).showBudget},
	{"ListSubCustomerBudget", http.MethodPost, budgetPath + "/query", (*Server).listBudgets},
	{"ListSubCustomerBudgetRecords", http.MethodGet, budgetPath + "/records", (*Server).listRecords},
	{"FreezeSubCustomers", http.MethodPost, customersPath + "/freeze", (*Server).freeze},
	{"UnfreezeSubCustomers", http.MethodPost, customersPath + "/unfreeze", (*Server).unfreeze},
	{"ListSubCustomers", http.MethodPost, customersPath + "/query", (*Server).listCustomers},
	{"ListIndirectPartners", http.MethodPost, "/v2/partners/indirect-partners/query", (*Server).listResellers},
	{"ShowPartnerConsumptionQuota", http.MethodGet, "/v2/partners/credit/consumption-quota", (*Server).showConsumption},

	{"ListEnterpriseProject", http.MethodGet, projectsPath, (*Server).listProjects},
	{"CreateEnterpriseProject", http.MethodPost, projectsPath, (*Server).createProject},
	{"UpdateEnterpriseProject", http.MethodPut, projectsPath + "/" + projectPart, (*Server).updateProject},
	{"ShowResourceBindEnterpriseProject", http.MethodPost, projectsPath + "/" + projectPart + "/resources/filter", (*Server).listResources},
	{"MigrateResource", http.MethodPost, projectsPath + "/" + projectPart + "/resources-migrate", (*Server).migrate},
	{"ListMigrationRecord", http.MethodGet, projectsPath + "/migrate-record/list", (*Server).listMigrations},
}

// maxBody is what the gateway takes.
const maxBody = 12 << 20

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.prepare()
	in := s.read(r)
	w = s.logged(w, in)
	w.Header().Set(requestIDHeader, in.id)

	if refused := s.admit(in); refused != nil {
		fault.Serve(w, r, fault.Fault{}, func() (int, http.Header, []byte) { return s.Wrinkles.refuse(refused, in.id) })
		return
	}
	f, _ := s.Faults.Next(in.op.name)
	fault.Serve(w, r, s.dressed(f, in), func() (int, http.Header, []byte) {
		done, refused := in.op.answer(s, in)
		if refused != nil {
			return s.Wrinkles.refuse(refused, in.id)
		}
		return s.Wrinkles.reply(done)
	})
}

func (s *Server) read(r *http.Request) *incoming {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		panic(http.ErrAbortHandler) // whoever sent it went away
	}
	in := &incoming{http: r, body: body, id: s.nextID()}
	for i := range operations {
		op := &operations[i]
		if project, ok := op.match(r.URL.Path); ok && r.Method == op.method {
			in.op, in.project = op, project
		}
	}
	in.auth = s.authenticate(in)
	return in
}

// admit says why the gateway does not pass a request on.
func (s *Server) admit(in *incoming) *refusal {
	switch {
	case in.op == nil:
		return refuse(http.StatusNotFound, "APIGW.0101", "")
	case len(in.body) > maxBody:
		return refuse(http.StatusRequestEntityTooLarge, "APIGW.0201", "")
	}
	if s.LockKey {
		return s.lock.admit(in.auth, s.now())
	}
	return in.auth.refused
}

// dressed is a scripted fault with this API's envelope: around a documented code, and in the bare statuses that the API
// does not answer barely.
func (s *Server) dressed(f fault.Fault, in *incoming) fault.Fault {
	code := f.Header.Get(codeHeader)
	if code == "" && f.Body == "" && f.Mangle == nil {
		code = bareStatus[f.Status]
		if in.op.ofProjects() && f.Status == http.StatusForbidden {
			code = "EPS.0004"
		}
	}
	if code == "" {
		return f
	}
	_, header, body := s.Wrinkles.refuse(refuse(f.Status, code, ""), in.id)
	for name, values := range f.Header {
		if name != codeHeader {
			header[name] = values
		}
	}
	f.Header, f.Body = header, string(body)
	return f
}
