"""Read a picture with the Python client of openapi-generator: ADDRESS PICTURE."""

import base64
import sys
from pathlib import Path

from generated_client import ApiClient, ApiException, Configuration
from generated_client.api.models_api import ModelsApi
from generated_client.api.reading_api import ReadingApi
from generated_client.models.read_request import ReadRequest

with ApiClient(Configuration(host=sys.argv[1])) as connection:
    reading = ReadingApi(connection)
    picture = ReadRequest(image=base64.b64encode(Path(sys.argv[2]).read_bytes()).decode())
    print(reading.read(picture).actual_instance.text)
    print(reading.read(picture, mode="single", length="1").actual_instance.constraint.satisfied)
    print([model.name for model in ModelsApi(connection).list_models().models if model.default])
    try:
        reading.read(ReadRequest(image="data:image/png;base64,"))
    except ApiException as error:
        print(error.status, error.data.kind)
