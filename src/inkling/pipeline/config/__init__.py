"""Thresholds of every stage: one frozen dataclass per module. Comments give the unit and the reason of each field.

"Of X" in a comment means a fraction of X. A stage module imports the instance of its class as `CONFIG`. The classes
are in seven files:

- `shared`: values that several stages use
- `decoding`: decode, decode_limits, file_parts, grayscale
- `binarization`: downscaling, page_crop, polarity, global_threshold, binarize, border_noise
- `layout`: layout and its modules
- `segmentation`: segmentation, line_grouping, normalize, test_time_augmentation
- `line`: line_image, line_recognizer, prefix_search, symbol_boxes, recognized_row, row_result, agreement
- `quality`: quality, text_page_filter

Constants of file formats (magic bytes, tag numbers) are not thresholds; they are defined in their modules.
"""
