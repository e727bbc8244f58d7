"""Synthetic training lines for the line recognizer: rendered images of handwritten numbers, with their texts.

texts        the text: plain numbers, amounts, dates, times, percentages, with their signs
handwriting  the writing: one writer's forms, slant, size, spacing and pen; touching and joined digits
cells        the cells: combs and boxes, some empty or crossed out
paper        the paper: ruled lines, frames, graph-paper squares, patterns, shade, parts of neighboring rows
camera       the capture: resolution, blur, noise, JPEG, tilt, black and white
maker        START HERE: combines all of these into a gray image and its text
dataset      many lines, made in worker processes
"""
