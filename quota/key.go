// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Key names one intended change, so that sending it again cannot make it twice. On Alibaba's wire it is the OutBizId.
// Valid keys are 1 to 64 characters of A-Z, a-z, 0-9, '_' and '-'. Make one per intent, store it before the first
// attempt, and send the same one on every attempt.
type Key string

// NewKey returns 32 random hexadecimal characters. Store it before you use it.
func NewKey() Key {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return Key(hex.EncodeToString(b[:]))
}

// KeyFor derives a key from what identifies the intent in your own books, such as KeyFor("topup", orderID): the same
// parts give the same key in every process and every version of this library (derivation 1: the first 16 bytes, in
// hexadecimal, of SHA-256 over the text "resell/key/1" and each part preceded by its length as eight bytes). Without
// parts it returns the empty key, which every write that needs a key refuses.
func KeyFor(parts ...string) Key {
	if len(parts) == 0 {
		return ""
	}
	h := sha256.New()
	h.Write([]byte("resell/key/1"))
	for _, part := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return Key(hex.EncodeToString(h.Sum(nil)[:16]))
}

func (k Key) valid() bool {
	if len(k) < 1 || len(k) > 64 {
		return false
	}
	for _, c := range []byte(k) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
