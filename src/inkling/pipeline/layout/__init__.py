"""Layout: a picture -> its rows of writing, straightened, and the cells of combs and tables.

find       the steps in order: START HERE
page       the sheet in a photograph
sheet      its paper, straightened, and rows cut out of it
light      the paper's brightness, polarity, which pixels are ink
cell_rows  rows of combs and tables, what their cells hold; cells finds the closed boxes
free_rows  rows of everything else; rules finds long straight lines and their tilt, rows groups components
geometry   matrices and boxes of levelled pictures
records    what is found
"""

from inkling.pipeline.layout.find import find_layout
from inkling.pipeline.layout.records import Cell, Ignored, Layout, Row

__all__ = ["Cell", "Ignored", "Layout", "Row", "find_layout"]
