package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/wechaty/go-wechaty/wechaty"
	wp "github.com/wechaty/go-wechaty/wechaty-puppet"
	puppetservice "github.com/wechaty/go-wechaty/wechaty-puppet-service"
	"github.com/wechaty/go-wechaty/wechaty-puppet/schemas"
	"github.com/wechaty/go-wechaty/wechaty/user"
)

func main() {
	puppet, err := puppetservice.NewPuppetService(wp.Option{})
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	bot := wechaty.NewWechaty(wechaty.WithPuppet(puppet))
	bot.OnScan(func(_ *wechaty.Context, _ string, _ schemas.ScanStatus, _ string) { fmt.Println("event scan") }).
		OnLogin(func(_ *wechaty.Context, _ *user.ContactSelf) { fmt.Println("event login") }).
		OnMessage(func(_ *wechaty.Context, _ *user.Message) { fmt.Println("event message") }).
		OnDong(func(_ *wechaty.Context, _ string) { fmt.Println("event dong") }).
		OnHeartbeat(func(_ *wechaty.Context, _ string) { fmt.Println("event heartbeat") }).
		OnError(func(_ *wechaty.Context, err error) { fmt.Println("error", err) })
	if err := bot.Start(); err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	fmt.Println("started")

	ends := make(chan os.Signal, 1)
	signal.Notify(ends, os.Interrupt, syscall.SIGTERM)
	lines := make(chan string)
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- in.Text()
		}
	}()
	for {
		select {
		case line := <-lines:
			switch line {
			case "ding":
				puppet.Ding("ding")
				continue
			case "stop":
			default:
				continue
			}
		case <-ends:
		}
		break
	}
	puppet.Stop()
	fmt.Println("stopped")
}
