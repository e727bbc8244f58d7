"""Layout: a picture -> its rows of writing, straightened, and the cells of combs and tables.

page   the sheet in a photograph, its perspective undone
light  the paper's brightness, polarity, which pixels are ink
cells  closed boxes of combs and tables
rules  long straight lines and their tilt
rows   components of ink grouped into rows
find   the steps in order
"""

from inkling.pipeline.layout.find import find_layout
from inkling.pipeline.layout.records import Cell, Ignored, Layout, Row

__all__ = ["Cell", "Ignored", "Layout", "Row", "find_layout"]
