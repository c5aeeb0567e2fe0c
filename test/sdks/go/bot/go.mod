module bot

go 1.26

require github.com/wechaty/go-wechaty v0.4.9

require (
	github.com/golang/protobuf v1.5.2 // indirect
	github.com/google/uuid v1.1.2 // indirect
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.10.0 // indirect
	github.com/hashicorp/golang-lru v0.5.4 // indirect
	github.com/lucsky/cuid v1.0.2 // indirect
	github.com/maruel/rs v0.0.0-20150922171536-2c81c4312fe4 // indirect
	github.com/otiai10/opengraph v1.1.1 // indirect
	github.com/sirupsen/logrus v1.9.0 // indirect
	github.com/skip2/go-qrcode v0.0.0-20191027152451-9434209cb086 // indirect
	github.com/tuotoo/qrcode v0.0.0-20190222102259-ac9c44189bf2 // indirect
	github.com/wechaty/go-grpc v1.5.2 // indirect
	golang.org/x/net v0.0.0-20220127200216-cd36cc0744dd // indirect
	golang.org/x/sys v0.0.0-20220715151400-c0bba94af5f8 // indirect
	golang.org/x/text v0.3.7 // indirect
	google.golang.org/genproto v0.0.0-20220317150908-0efb43f6373e // indirect
	google.golang.org/grpc v1.45.0 // indirect
	google.golang.org/protobuf v1.27.1 // indirect
)
