"""Synthetic lines for the line recognizer: numbers on paper as people hand them in, made by code, with their texts.

texts        what is written: plain numbers, amounts, dates, times, percentages, with the signs in them
handwriting  how: one writer's forms, slant, size, spacing and pen; digits that touch or are joined
cells        in what: combs and boxes, some empty or crossed out
paper        on what: rules, frames, squares, patterns, shade, parts of neighbouring rows
camera       seen how: resolution, blur, noise, JPEG, tilt, black and white
maker        START HERE: all of it, in order -> a grey image and its text
dataset      many of them, in processes of their own
"""
