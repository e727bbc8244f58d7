"""Form reading by template: the number in each named field of a printed form. START HERE: form.py."""
