"""Thresholds of every stage, in frozen dataclasses. Comments give the unit of each field and the reason for it.

For a ratio, "of X" means a fraction of X. Most stage modules import the instance of their class as `CONFIG`. The
classes are in seven files:

- `shared`: values that several stages use
- `decoding`: decode, pixel_formats, decoder_errors, decode_limits, file_parts, grayscale
- `binarization`: downscaling, page_crop, polarity, global_threshold, binarize, border_noise
- `layout`: the modules of the package layout
- `segmentation`: segmentation, line_grouping, normalize, test_time_augmentation
- `line`: line_image, line_recognizer, prefix_search, symbol_boxes, second_opinion, recognized_row, row_reader, result,
  row_result, agreement
- `quality`: quality, text_page_filter

Constants of file formats (magic bytes, tag numbers) are not thresholds; they are defined in their modules.
"""
