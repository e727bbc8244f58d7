"""Split a document (a PDF, a multi-page TIFF, a picture) into its pages.

from inkling import Reader
from inkling.documents import pages

reader = Reader()
for page in pages("scans.pdf"):
    print(page.name, reader.read(page.image).text)
"""

from inkling.documents.limits import DOCUMENT_LIMITS, DocumentLimits
from inkling.documents.pages import Page, PagesByNumber, is_document, pages

__all__ = ["DOCUMENT_LIMITS", "DocumentLimits", "Page", "PagesByNumber", "is_document", "pages"]
