// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExtendMap(t *testing.T) {
	require.Equal(t, `{"a":"<&>","b":"\"é\""}`, extendMap(map[string]string{"b": `"é"`, "a": "<&>"}), "sorted, and not escaped for HTML")
}
