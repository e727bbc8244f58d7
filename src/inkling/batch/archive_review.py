"""The review page of an archive run, built from its parts. Pictures are reopened at the locations in the plan."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path

from inkling.batch import storage
from inkling.batch.batch_reader import fetch
from inkling.batch.image_ref import ImageRef
from inkling.batch.job import Job, part_name
from inkling.batch.plan import Plan
from inkling.batch.records import decode, to_result
from inkling.batch.review import ReviewPage
from inkling.batch.sequential_archive import FrontToBack
from inkling.documents import PagesByNumber
from inkling.errors import InklingError


def write(page: ReviewPage, job: Job, plan: Plan) -> None:
    """Fill a page with the rows of a complete run and write it. Raises NotFound and the errors of `storage`."""
    with closing(FrontToBack()) as archive, closing(PagesByNumber()) as documents:
        for i in range(plan.files):
            for chunk in plan.file(i):
                content = storage.read(storage.join(job.out, part_name(chunk.number, job.format)))
                images = iter(chunk.images)
                for record in decode(content, job.format):
                    number = record["page"] or 1
                    if number == 1:  # further pages belong to the same image
                        image = next(images)
                    source = partial(_content, image, archive)
                    page.add(to_result(record), partial(documents.image, image.identity, number, source))
        page.finish()


def _content(image: ImageRef, archive: FrontToBack) -> Path | bytes:
    (content,) = fetch([image], archive)
    if isinstance(content, InklingError):
        raise content
    return content
