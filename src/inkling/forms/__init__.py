"""Forms by template: what a page says in each named field of a printed form. START HERE: form.py."""
