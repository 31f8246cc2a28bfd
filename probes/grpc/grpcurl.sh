#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# grpc-curl - helloworld.Greeter by grpcurl
#
#   grpc-curl version
#   grpc-curl client ADDRESS call=KIND tls=off|on
set -eu
unset HTTPS_PROXY https_proxy || :
here=${0%/*}

if [ "$1" = version ]; then
	command -v grpcurl >/dev/null || {
		echo 'there is no grpcurl in PATH' >&2
		exit 1
	}
	exec grpcurl -version 2>&1
fi

address=$2 security=-plaintext wanted=1 name='{"name": "world"}'
shift 2
for setting; do
	case $setting in
	call=unary) method=SayHello ;;
	call=server-stream) method=SayHelloStreamReply wanted=3 ;;
	call=bidi) method=SayHelloBidiStream wanted=3 name="$name $name $name" ;;
	# a certificate can be given as a file only
	tls=on) security='-insecure -servername greeter.rstlab' ;;
	tls=off) ;;
	*)
		echo "no setting $setting" >&2
		exit 2
		;;
	esac
done

# shellcheck disable=SC2086 # several words
said=$(grpcurl $security -max-time 8 -import-path "$here" \
	-proto helloworld.proto -d "$name" "$address" \
	"helloworld.Greeter/$method")
found=$(printf '%s\n' "$said" | grep -c '"Hello world"') || :
[ "$found" = "$wanted" ] || {
	echo "$found right answers instead of $wanted" >&2
	exit 1
}
