// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"bufio"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// process is a worker process: this test binary once more.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan string   // what it wrote, but for the first line, which says that it is ready
	ready chan struct{} // closed when it was
	ended chan struct{} // closed when the process is gone
}

func startProcess(j job, stderr io.Writer) (*process, error) {
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(self), lines: make(chan string, 16), ready: make(chan struct{}), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), jobVariable+"="+string(text))
	p.cmd.Stderr = stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		in := bufio.NewScanner(stdout)
		if in.Scan() {
			close(p.ready)
		}
		for in.Scan() {
			p.lines <- in.Text()
		}
		close(p.lines)
		_ = p.cmd.Wait() // most are killed
		close(p.ended)
	}()
	return p, nil
}

// start is startProcess for a process that the test ends.
func start(t testing.TB, j job) *process {
	t.Helper()
	p, err := startProcess(j, diary(t))
	require.NoError(t, err)
	t.Cleanup(p.kill)
	select {
	case <-p.ready:
	case <-p.ended:
		require.FailNow(t, "the worker process ended at once")
	case <-time.After(time.Minute):
		require.FailNow(t, "the worker process is not ready after a minute")
	}
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone
	<-p.ended
}

func (p *process) isReady() bool {
	select {
	case <-p.ready:
		return true
	default:
		return false
	}
}

// fleet keeps worker processes running, and kills them.
type fleet struct {
	t     testing.TB
	jobs  []job // one for each worker
	seed  uint64
	kills atomic.Int64
	spare atomic.Bool
	done  chan struct{}
	over  sync.WaitGroup
}

// launch starts a process for each job, and from then on kills a random one every 40 to 120 ms, and starts another.
func launch(t testing.TB, seed uint64, jobs ...job) *fleet {
	t.Helper()
	f := &fleet{t: t, jobs: jobs, seed: seed, done: make(chan struct{})}
	stderr := diary(t)
	var all []*process
	for _, j := range jobs {
		p, err := startProcess(j, stderr)
		require.NoError(t, err)
		all = append(all, p)
	}
	f.over.Go(func() { f.hunt(all, stderr) })
	t.Cleanup(f.stop)
	return f
}

func (f *fleet) hunt(all []*process, stderr io.Writer) {
	defer func() {
		for _, p := range all {
			p.kill()
		}
	}()
	dice := rand.New(rand.NewPCG(f.seed, f.seed))
	for {
		select {
		case <-f.done:
			return
		case <-time.After(40*time.Millisecond + time.Duration(dice.Int64N(int64(80*time.Millisecond)))):
		}
		// One that is still starting is spared, else a slow machine would see nothing but starts.
		n := dice.IntN(len(all))
		if !all[n].isReady() || f.spare.Load() {
			continue
		}
		all[n].kill()
		f.kills.Add(1)
		next, err := startProcess(f.jobs[n], stderr)
		if err != nil {
			f.t.Error(err)
			return
		}
		all[n] = next
	}
}

// rest lets the workers live.
func (f *fleet) rest() { f.spare.Store(true) }

func (f *fleet) stop() {
	select {
	case <-f.done:
	default:
		close(f.done)
	}
	f.over.Wait()
}

// killed waits for the nth kill.
func (f *fleet) killed(n int) {
	f.t.Helper()
	eventually(f.t, 2*time.Minute, "the workers do not come up to be killed", func() bool { return int(f.kills.Load()) >= n })
}

// scribe is what processes wrote, shown where the test failed.
type scribe struct {
	mu   sync.Mutex
	text strings.Builder
}

func (d *scribe) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.text.Len() < 20_000 {
		d.text.Write(p)
	}
	return len(p), nil
}

func diary(t testing.TB) io.Writer {
	d := &scribe{}
	t.Cleanup(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if t.Failed() && d.text.Len() > 0 {
			t.Log("the worker processes wrote:\n" + d.text.String())
		}
	})
	return d
}
