// A puppet in Go: what its environment means stands in ../README.md.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/types/known/emptypb"
)

func main() {
	options := []grpc.ServerOption{grpc.NumStreamWorkers(uint32(number("WORKERS")))}
	if os.Getenv("TLS") != "off" {
		options = append(options, grpc.Creds(credentials.NewTLS(tlsConfig())))
	}
	if age := number("MAX_AGE_MS"); age > 0 {
		options = append(options, grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge: time.Duration(age) * time.Millisecond,
		}))
	}
	server := grpc.NewServer(options...)
	work := time.Duration(number("WORK_MS")) * time.Millisecond
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "wechaty.Puppet",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{method("Version", 0), method("Ding", work)},
	}, nil)
	if os.Getenv("HEALTH") == "on" {
		grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	}

	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	must(err)
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	stopped := make(chan struct{})
	go func() {
		<-asked
		server.GracefulStop()
		close(stopped)
	}()
	fmt.Println("listening")
	must(server.Serve(listener))
	<-stopped
}

// method answers with an empty message after so much work.
func method(name string, work time.Duration) grpc.MethodDesc {
	handler := func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		if err := decode(new(emptypb.Empty)); err != nil {
			return nil, err
		}
		time.Sleep(work)
		return new(emptypb.Empty), nil
	}
	return grpc.MethodDesc{MethodName: name, Handler: handler}
}

func tlsConfig() *tls.Config {
	certificate, err := tls.LoadX509KeyPair(os.Getenv("CERT_FILE"), os.Getenv("KEY_FILE"))
	must(err)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if os.Getenv("TLS") == "mutual" {
		authority, err := os.ReadFile(os.Getenv("CA_FILE"))
		must(err)
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(authority)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config
}

func number(name string) int {
	value, err := strconv.Atoi(os.Getenv(name))
	must(err)
	return value
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
