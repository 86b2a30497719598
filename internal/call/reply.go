// SPDX-License-Identifier: Apache-2.0

package call

import (
	"fmt"
	"io"
)

// maxReply bounds a reply, after decompression. The largest page a provider documents is far below it.
const maxReply = 1 << 20

// readAll reads a reply of at most maxReply bytes.
func readAll(r io.Reader, announced int64) ([]byte, error) {
	if announced > maxReply {
		return nil, fmt.Errorf("reply of %d bytes, more than the %d that are read", announced, maxReply)
	}
	if announced < 0 || announced > 8<<10 {
		announced = 512
	}
	buf := make([]byte, 0, announced+1) // one spare byte, so that a reply as long as announced ends without growing
	for {
		if len(buf) > maxReply {
			return nil, fmt.Errorf("reply of more than the %d bytes that are read", maxReply)
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
