// SPDX-License-Identifier: GPL-2.0-or-later

// grpc-go is helloworld.Greeter by grpc-go, its messages as plain bytes.
//
//	grpc-go version
//	grpc-go client|server ADDRESS [KEY=VALUE...]
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/status"
)

const (
	service  = "helloworld.Greeter"
	deadline = 8 * time.Second // below that of a trial
	messages = 3
	request  = "\n\x05world"
	answer   = "\n\x0bHello world"
	// The default of HTTP/2.  A window that was asked for stays as it is: no
	// PING measures what it might be.
	window = 65535
)

// plain takes messages as they are.
type plain struct{}

func (plain) Name() string { return "proto" }

func (plain) Marshal(v interface{}) ([]byte, error) { return *v.(*[]byte), nil }

func (plain) Unmarshal(data []byte, v interface{}) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

func greet(name []byte) *[]byte {
	text := []byte("\n?Hello ")
	if len(name) > 2 {
		text = append(text, name[2:]...)
	}
	text[1] = byte(len(text) - 2)
	return &text
}

// --- server -----------------------------------------------------------------

func sayHello(_ interface{}, _ context.Context, read func(interface{}) error,
	_ grpc.UnaryServerInterceptor) (interface{}, error) {
	var name []byte
	if err := read(&name); err != nil {
		return nil, err
	}
	return greet(name), nil
}

func sayStream(_ interface{}, stream grpc.ServerStream) error {
	var name []byte
	err := stream.RecvMsg(&name)
	for i := 0; err == nil && i < messages; i++ {
		err = stream.SendMsg(greet(name))
	}
	return err
}

func converse(_ interface{}, stream grpc.ServerStream) error {
	for {
		var name []byte
		if err := stream.RecvMsg(&name); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.SendMsg(greet(name)); err != nil {
			return err
		}
	}
}

var greeter = grpc.ServiceDesc{
	ServiceName: service,
	HandlerType: (*interface{})(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "SayHello", Handler: sayHello}},
	Streams: []grpc.StreamDesc{
		{StreamName: "SayHelloStreamReply", Handler: sayStream,
			ServerStreams: true},
		{StreamName: "SayHelloBidiStream", Handler: converse,
			ServerStreams: true, ClientStreams: true},
	},
}

func serve(address string, given map[string]string) error {
	var options []grpc.ServerOption
	if given["bdp_probe"] == "off" {
		options = append(options, grpc.InitialWindowSize(window))
	}
	if given["tls"] == "on" {
		pair, err := tls.X509KeyPair([]byte(os.Getenv("RSTLAB_TLS_CERT")),
			[]byte(os.Getenv("RSTLAB_TLS_KEY")))
		if err != nil {
			return err
		}
		options = append(options,
			grpc.Creds(credentials.NewServerTLSFromCert(&pair)))
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := grpc.NewServer(options...)
	server.RegisterService(&greeter, nil)
	return server.Serve(listener)
}

// --- client -----------------------------------------------------------------

func dial(address string, given map[string]string) (*grpc.ClientConn, error) {
	options := []grpc.DialOption{grpc.WithInsecure()}
	if given["tls"] == "on" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(os.Getenv("RSTLAB_TLS_CERT")))
		options[0] = grpc.WithTransportCredentials(
			credentials.NewClientTLSFromCert(pool, "greeter.rstlab"))
	}
	if given["bdp_probe"] == "off" {
		options = append(options, grpc.WithInitialWindowSize(window))
	}
	return grpc.Dial(address, options...)
}

// answers reads them until the server has said all.
func answers(stream grpc.ClientStream) (n int, err error) {
	for err == nil {
		var said []byte
		err = stream.RecvMsg(&said)
		if err == nil && string(said) == answer {
			n++
		}
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

func askForStream(ctx context.Context, conn *grpc.ClientConn) (int, error) {
	name := []byte(request)
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true},
		"/"+service+"/SayHelloStreamReply")
	if err == nil {
		err = stream.SendMsg(&name)
	}
	if err == nil {
		err = stream.CloseSend()
	}
	if err != nil {
		return 0, err
	}
	return answers(stream)
}

func askToAndFro(ctx context.Context, conn *grpc.ClientConn) (int, error) {
	name := []byte(request)
	n := 0
	stream, err := conn.NewStream(ctx,
		&grpc.StreamDesc{ServerStreams: true, ClientStreams: true},
		"/"+service+"/SayHelloBidiStream")
	for i := 0; err == nil && i < messages; i++ {
		var said []byte
		if err = stream.SendMsg(&name); err == nil {
			err = stream.RecvMsg(&said)
		}
		if err == nil && string(said) == answer {
			n++
		}
	}
	if err == nil {
		err = stream.CloseSend()
	}
	if err != nil {
		return n, err
	}
	more, err := answers(stream)
	return n + more, err
}

func ask(ctx context.Context, conn *grpc.ClientConn) (int, error) {
	name := []byte(request)
	var said []byte
	err := conn.Invoke(ctx, "/"+service+"/SayHello", &name, &said)
	if err == nil && string(said) == answer {
		return 1, nil
	}
	return 0, err
}

var calls = map[string]struct {
	ask    func(context.Context, *grpc.ClientConn) (int, error)
	wanted int
}{
	"unary":         {ask, 1},
	"server-stream": {askForStream, messages},
	"bidi":          {askToAndFro, messages},
}

func talk(address string, given map[string]string) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	conn, err := dial(address, given)
	if err != nil {
		return err
	}
	defer conn.Close()
	call := calls[given["call"]]
	n, err := call.ask(ctx, conn)
	if err != nil {
		s := status.Convert(err)
		return fmt.Errorf("grpc-status %d: %s", s.Code(), s.Message())
	}
	if n != call.wanted {
		return fmt.Errorf("%d right answers instead of %d", n, call.wanted)
	}
	if ns, err := strconv.ParseInt(given["think"], 10, 64); err != nil {
		return err
	} else if ns > 0 {
		time.Sleep(time.Duration(ns))
	}
	return nil
}

// stay is for many trials: a line begins each, and one ends it.
func stay(address string, given map[string]string) error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := talk(address, given); err != nil {
			return err
		}
		fmt.Println("ok")
	}
	return lines.Err()
}

// --- command line -----------------------------------------------------------

func run(args []string) error {
	if len(args) == 1 && args[0] == "version" {
		fmt.Printf("grpc-go %s, %s\n", grpc.Version, runtime.Version())
		return nil
	}
	if len(args) < 2 {
		return errors.New("usage: grpc-go client|server ADDRESS [KEY=VALUE...]")
	}
	given := map[string]string{"call": "unary", "think": "0"}
	for _, word := range args[2:] {
		if i := strings.Index(word, "="); i > 0 {
			given[word[:i]] = word[i+1:]
		}
	}
	if args[0] == "server" {
		return serve(args[1], given)
	}
	if given["client-lifetime"] == "lab" {
		return stay(args[1], given)
	}
	return talk(args[1], given)
}

func main() {
	// A trial is about the lab's network, not about a way around it.
	os.Unsetenv("HTTPS_PROXY")
	os.Unsetenv("https_proxy")
	encoding.RegisterCodec(plain{})
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
