// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
)

// populate gives both fakes their customers: each has spent something, every twentieth is frozen.
func populate(customers int, ali *alibabatest.Server, hua *huaweitest.Server) {
	for i := range customers {
		limit, used := decimal.NewFromInt(int64(100+i)), decimal.New(int64(i*37%(100+i)*100+i%100), -2)
		ali.Quota.Update(fmt.Sprintf("14420983%08d", i), func(s *quotatest.State) {
			s.Opened, s.Frozen = true, i%20 == 0
			s.Limit, s.Consumed = quota.Money{Amount: limit, Currency: quota.CNY}, quota.Money{Amount: used, Currency: quota.CNY}
		})
		hua.Quota.Update(fmt.Sprintf("053a48736500d5f40ffec016%08d", i), func(s *quotatest.State) {
			s.Frozen = i%20 == 0
			s.Budget = quota.Budget{
				Limit: quota.Money{Amount: limit, Currency: quota.USD}, Used: quota.Money{Amount: used, Currency: quota.USD}, Period: quota.Monthly,
			}
		})
	}
}
