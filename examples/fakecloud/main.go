// SPDX-License-Identifier: Apache-2.0

// Fakecloud serves both fake clouds until it is interrupted, so that any backend, in any language, can be pointed at
// them instead of the real ones.
//
//	go run ./examples/fakecloud -alibaba 127.0.0.1:8081 -huawei 127.0.0.1:8082
//
// When both listen it prints one line that begins with "ready" and names the addresses and the keys. State is in memory
// and gone at the end. Signatures are checked as strictly as the clouds do.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/huawei/huaweitest"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context) error {
	alibabaAddr := flag.String("alibaba", "127.0.0.1:8081", "address of the fake Alibaba Cloud")
	huaweiAddr := flag.String("huawei", "127.0.0.1:8082", "address of the fake Huawei Cloud")
	accessKey := flag.String("access-key", "fake-access-key", "access key that both take")
	secretKey := flag.String("secret-key", "fake-secret-key", "its secret")
	flag.Parse()

	ali := alibabatest.Server{AccessKeyID: *accessKey, AccessKeySecret: *secretKey}
	aliURL, err := ali.Start(*alibabaAddr)
	if err != nil {
		return err
	}
	defer ali.Close()
	hua := huaweitest.Server{AccessKey: *accessKey, SecretKey: *secretKey}
	huaURL, err := hua.Start(*huaweiAddr)
	if err != nil {
		return err
	}
	defer hua.Close()

	// The keys are fakes, made to be shown.
	fmt.Printf("ready alibaba=%s huawei=%s access-key=%s secret-key=%s\n", aliURL, huaURL, *accessKey, *secretKey)
	<-ctx.Done()
	return nil
}
