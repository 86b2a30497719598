// SPDX-License-Identifier: Apache-2.0

package call

import (
	"fmt"
	"io"
)

// maxReply bounds a reply, after decompression, where the request does not say otherwise. The largest page a provider
// documents is far below it.
const maxReply = 1 << 20

// readAll reads a reply of at most limit bytes.
func readAll(r io.Reader, announced, limit int64) ([]byte, error) {
	if announced > limit {
		return nil, fmt.Errorf("reply of %d bytes, more than the %d that are read", announced, limit)
	}
	if announced < 0 || announced > 8<<10 {
		announced = 512
	}
	buf := make([]byte, 0, announced+1) // one spare byte, so that a reply as long as announced ends without growing
	for {
		if int64(len(buf)) > limit {
			return nil, fmt.Errorf("reply of more than the %d bytes that are read", limit)
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF && int64(len(buf)) <= limit:
			return buf, nil
		case err != nil && err != io.EOF:
			return nil, err
		}
	}
}
