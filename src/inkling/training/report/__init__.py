"""A trained network measured, its figures drawn, and all of it on one page. START HERE: `report_page.make_report`."""
