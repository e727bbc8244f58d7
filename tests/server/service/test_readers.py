"""server.service.readers: the models that a request can name."""

from __future__ import annotations

import shutil
from pathlib import Path

from inkling.models import registry
from inkling.server import app
from inkling.server.app import create_app
from inkling.server.settings import Settings

STATIC = Path(app.__file__).parent / "static"


def test_a_run_of_a_shipped_recipe_does_not_hide_the_shipped_model(tmp_path: Path) -> None:
    run = shutil.copytree(registry.PACKAGED / "ann", tmp_path / "run" / "bundle").parent
    client = create_app(Settings(model=str(run))).test_client()
    models = {model["name"]: model for model in client.get("/api/v1/models").json["models"]}
    (own,) = models.keys() - registry.packaged().keys()
    assert own.startswith("ann-")
    assert models[own]["default"]
    assert models.keys() >= registry.packaged().keys()
    assert f'href="/models/{own}"' in client.get("/models").text
    content = (STATIC / "examples" / "five.webp").read_bytes()
    for name in (own, "ann"):
        assert (
            client.post("/api/v1/read", query_string={"model": name}, data=content, content_type="image/webp").json[
                "model"
            ]["name"]
            == name
        )
