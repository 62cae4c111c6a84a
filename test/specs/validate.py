# validate: JSON texts on stdin, one a line, against a schema: as it stands, and with nothing in them that it does not
# tell of. Prints what is wrong with each; a schema that is none is told, too.
import copy
import json
import sys

import jsonschema


def closed(schema):
    """The same schema, in which an object has no more than what is told."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: closed(value) for key, value in schema.items()}
    if "required" in schema and "properties" in schema:
        out["additionalProperties"] = False
    return out


schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
for number, line in enumerate(sys.stdin, 1):
    if not line.strip():
        continue
    value = json.loads(line)
    for each in schema, closed(copy.deepcopy(schema)):
        for error in jsonschema.Draft202012Validator(each).iter_errors(value):
            where = "/".join(str(part) for part in error.absolute_path)
            print("%d: /%s: %s" % (number, where, error.message[:300]))
