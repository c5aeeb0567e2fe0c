// A puppet in Go: the server that go-grpc generates, of which a puppet implements what it can do. This one starts, stops,
// says its version, and answers a ding with a dong event.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"github.com/wechaty/go-grpc/wechaty"
	"github.com/wechaty/go-grpc/wechaty/puppet"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func main() {
	token := os.Getenv("WECHATY_PUPPET_SERVICE_TOKEN")
	listener, err := net.Listen("tcp", ":"+os.Getenv("WECHATY_PUPPET_SERVER_PORT"))
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(
		grpc.UnaryInterceptor(func(ctx context.Context, call any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			if err := checkToken(ctx, token); err != nil {
				return nil, err
			}
			return handle(ctx, call)
		}),
		grpc.StreamInterceptor(func(service any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
			if err := checkToken(stream.Context(), token); err != nil {
				return err
			}
			return handle(service, stream)
		}),
	)
	wechaty.RegisterPuppetServer(server, &dongPuppet{listeners: map[chan *puppet.EventResponse]bool{}})

	ends := make(chan os.Signal, 1)
	signal.Notify(ends, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ends
		// A graceful stop would wait for the bots' event streams, which do not end by themselves.
		server.Stop()
	}()
	fmt.Println("listening")
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}

// checkToken takes the token where bots send it: in the metadata over TLS, as :authority in plaintext.
func checkToken(ctx context.Context, token string) error {
	sent, _ := metadata.FromIncomingContext(ctx)
	if slices.Contains(sent["authorization"], "Wechaty "+token) || slices.Contains(sent[":authority"], token) {
		return nil
	}
	return status.Error(codes.Unauthenticated, "another token")
}

type dongPuppet struct {
	wechaty.UnimplementedPuppetServer
	mu        sync.Mutex
	listeners map[chan *puppet.EventResponse]bool
}

func (p *dongPuppet) Version(context.Context, *puppet.VersionRequest) (*puppet.VersionResponse, error) {
	return &puppet.VersionResponse{Version: "1.0.0"}, nil
}

func (p *dongPuppet) Start(context.Context, *puppet.StartRequest) (*puppet.StartResponse, error) {
	return &puppet.StartResponse{}, nil
}

func (p *dongPuppet) Stop(context.Context, *puppet.StopRequest) (*puppet.StopResponse, error) {
	return &puppet.StopResponse{}, nil
}

func (p *dongPuppet) Ding(_ context.Context, ding *puppet.DingRequest) (*puppet.DingResponse, error) {
	payload, err := json.Marshal(map[string]string{"data": ding.Data})
	if err != nil {
		return nil, err
	}
	p.emit(&puppet.EventResponse{Type: puppet.EventType_EVENT_TYPE_DONG, Payload: string(payload)})
	return &puppet.DingResponse{}, nil
}

func (p *dongPuppet) Event(_ *puppet.EventRequest, stream wechaty.Puppet_EventServer) error {
	events := make(chan *puppet.EventResponse, 16)
	p.mu.Lock()
	p.listeners[events] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.listeners, events)
		p.mu.Unlock()
	}()
	for {
		select {
		case event := <-events:
			if err := stream.Send(event); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return nil
		}
	}
}

// emit tells every bot; one that reads too slowly misses the event.
func (p *dongPuppet) emit(event *puppet.EventResponse) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for events := range p.listeners {
		select {
		case events <- event:
		default:
		}
	}
}
