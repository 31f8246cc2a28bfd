#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# grpc-node - greeter.js by Node, or by what RSTLAB_NODE_PROGRAM names.  Node
# looks for @grpc/grpc-js in node_modules/ here and in the directories above,
# and in those of NODE_PATH.
exec "${RSTLAB_NODE_PROGRAM:-node}" "${0%/*}/greeter.js" "$@"
