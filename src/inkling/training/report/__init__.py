"""What a trained network can and cannot do, measured, drawn and laid out on one page. START HERE: `page.make`."""
