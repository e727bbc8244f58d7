"""Layout: a picture -> its rows of writing, straightened, and the cells of combs and tables.

find         START HERE: the steps in order
perspective  the sheet in a photograph
sheet        the picture's paper, straightened; cutting out rows
light        the paper's brightness, polarity, which pixels are ink
cell_rows    rows of combs and tables, and the contents of their cells
cells        the closed boxes
tables       rows of cells grouped into tables
cell_images  cutting out each cell of a table
crosses      crossed-out cells
free_rows    rows of all other writing
rules        ruled lines: long straight lines, and their tilt
rows         components grouped into rows
geometry     matrices and boxes of leveled pictures
records      the result types
"""

from inkling.pipeline.layout.cell_images import cell_images
from inkling.pipeline.layout.find import find_layout, find_table_cells
from inkling.pipeline.layout.records import Cell, Ignored, Layout, Row
from inkling.pipeline.layout.tables import FoundTable

__all__ = ["Cell", "FoundTable", "Ignored", "Layout", "Row", "cell_images", "find_layout", "find_table_cells"]
