#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# grpc-python - greeter.py by the Python that has grpcio: Debian's, unless
# RSTLAB_PYTHON names another.
exec "${RSTLAB_PYTHON:-/usr/bin/python3}" "${0%/*}/greeter.py" "$@"
