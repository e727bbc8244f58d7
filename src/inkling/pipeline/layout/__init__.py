"""Layout: a picture -> its rows of writing, straightened, and the cells of combs and tables.

find       the steps in order: START HERE
page       the sheet in a photograph
sheet      its paper, straightened, and rows cut out of it
light      the paper's brightness, polarity, which pixels are ink
cell_rows  rows of combs and tables, what their cells hold; cells finds the closed boxes
tables     rows of cells put together; cell_images each of their cells alone, crosses those crossed out
free_rows  rows of everything else; rules finds long straight lines and their tilt, rows groups components
geometry   matrices and boxes of levelled pictures
records    what is found
"""

from inkling.pipeline.layout.cell_images import cell_images
from inkling.pipeline.layout.find import find_layout, find_table_cells
from inkling.pipeline.layout.records import Cell, Ignored, Layout, Row
from inkling.pipeline.layout.tables import FoundTable

__all__ = ["Cell", "FoundTable", "Ignored", "Layout", "Row", "cell_images", "find_layout", "find_table_cells"]
