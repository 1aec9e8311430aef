# SPDX-License-Identifier: Apache-2.0
"""Validate JSON documents against a schema: prints "accept NAME" or "refuse NAME" for each.

usage: validate.py SCHEMA DOCUMENT...      exits with 77 where jsonschema is missing
"""
import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    print("accept" if validator.is_valid(document) else "refuse", path)
