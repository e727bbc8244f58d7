"""Read a picture with the client of openapi-python-client, in each supported form: ADDRESS PICTURE."""

import base64
import io
import sys
from pathlib import Path

from generated_client import Client
from generated_client.api.models import list_models
from generated_client.api.reading import read
from generated_client.models import ReadFilesBody, ReadRequest
from generated_client.types import File

content = Path(sys.argv[2]).read_bytes()
with Client(base_url=sys.argv[1]) as client:
    raw = File(payload=io.BytesIO(content))
    print(read.sync(client=client, body=raw).text)
    as_json = ReadRequest(image=base64.b64encode(content).decode(), length="1")
    print(read.sync(client=client, body=as_json).constraint.satisfied)
    form = ReadFilesBody()
    for field in ("image", "file"):
        form[field] = File(payload=io.BytesIO(content), file_name="drawing.png")
    print([each.text for each in read.sync(client=client, body=form).readings])
    print([model.name for model in list_models.sync(client=client).models if model.default])
    print(read.sync(client=client, body=File(payload=io.BytesIO())).kind)
