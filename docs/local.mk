# SPDX-License-Identifier: GPL-2.0-or-later
# Documents of one folder are listed by that folder.
EXTRA_DIST += \
	docs/architecture.md \
	docs/causes.md \
	docs/founding-question.md \
	docs/grpc.md \
	docs/import.md \
	docs/result-format.md

schemadir = $(pkgdatadir)/schema
dist_schema_DATA = \
	docs/schema/rstlab.error-1.schema.json \
	docs/schema/rstlab.explain-1.schema.json \
	docs/schema/rstlab.run-1.schema.json \
	docs/schema/rstlab.selftest-1.schema.json \
	docs/schema/rstlab.verify-1.schema.json
