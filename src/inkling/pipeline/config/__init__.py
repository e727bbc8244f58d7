"""Thresholds of every stage: one frozen dataclass per module, each field with its unit and its reason.

A stage module imports the instance of its own class as `CONFIG`. The classes lie in seven files:

- `shared`: values that several stages use
- `decoding`: decode, decode_limits, grayscale
- `binarization`: downscaling, page_crop, polarity, global_threshold, binarize, border_noise
- `layout`: layout and its modules
- `segmentation`: segmentation, line_grouping, normalize, test_time_augmentation
- `line`: line_image, line_recognizer, prefix_search, symbol_boxes, recognized_row, row_result, agreement
- `quality`: quality, text_page_filter

Facts of a file format (magic bytes, tag numbers) are no thresholds and stay in their module.
"""
