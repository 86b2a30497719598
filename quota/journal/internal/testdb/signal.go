// SPDX-License-Identifier: Apache-2.0

package testdb

import "syscall"

const terminate = syscall.SIGTERM
