"""Reports on trained networks: measurements, figures and one page. START HERE: `report_page.make_report`."""
