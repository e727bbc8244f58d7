// The pipeline's thresholds; src/inkling/pipeline/config/ gives the unit and the reason of each.
// Written by scripts/make_engine_config.py: change them there, and run it.

export const SHARED = {
  ink_threshold: 0.35,
  level_offset: 24.0,
  min_signal_sigmas: 5.0,
  bar_aspect_ratio: 1.8,
  edge_band: [0.25, 0.6],
  noise_floor_range: [0.08, 0.5],
};

export const DECODE = {
  max_bytes: 20000000,
  max_pixels: 50000000,
  min_sides_px: [3, 8],
  max_side_px: 1600,
  glance_side_px: 400,
  colour_side_px: 640,
  tile_side_px: 512,
  alpha_band_rows: 256,
  opaque_alpha: 127,
  mostly_opaque_share: 0.5,
  dark_ink_level: 128,
};

export const GRAYSCALE = {
  luma_sample_side_px: 96,
  min_luma_edge: 0.25,
  edge_side_px: 160,
  min_channel_spread: 12,
  strongest_quantile: 0.998,
  min_step_levels: 8.0,
  min_step_to_median: 4.0,
  edge_step_share: 0.5,
  min_contrast_gain: 2.0,
  min_snr_gain: 1.5,
};

export const DOWNSCALING = {
  side_px: 64,
  min_block_side_px: 8,
};

export const PAGE_CROP = {
  min_side_px: 24,
  min_area_share: 0.25,
  min_solidity: 0.7,
  min_rectangularity: 0.86,
  min_quadrangle_share: 0.88,
  max_surround_brightness: 0.5,
  surround_quantile: 0.75,
  min_dark_border_share: 0.06,
  min_blank_area_share: 0.4,
  min_panel_step: 10.0,
  max_panel_deviation: 0.35,
  max_touched_sides: 2,
  min_mark_contrast: 0.1,
  max_sharp_step_share: 0.008,
  sharp_log_step: 0.35,
  rim_px: 2,
  border_band_px: 4,
};

export const POLARITY = {
  min_log_step: 0.05,
  sharp_edge_share: 0.3,
  area_weight: 0.5,
  corner_weight: 0.5,
};

export const GLOBAL_THRESHOLD = {
  min_depth_levels: 48,
  typical_quantile: 0.75,
  extreme_quantile: 0.05,
  max_unevenness: 0.12,
  max_stroke_share: 0.5,
  icon_side_px: 64,
  floor_to_unevenness: 2.0,
  max_edge_to_body: 0.5,
};

export const BINARIZE = {
  even_range_levels: 6.0,
  max_stroke_share: 0.27,
  kernel_to_stroke: 3.5,
  kernel_to_sigma: 6.0,
  strong_contrast_quantile: 0.995,
  stroke_contrast_share: 0.6,
  min_surface_r2: 0.99,
  max_blot_brightness: 0.5,
  background_quantile: 0.7,
  denoise_min_side_px: 200,
  denoise_min_noise: 1.0,
  zero_contrast_level: 51,
  histogram_rows: 128,
  background_sigmas: 3.5,
  max_background_level: 250.0,
  min_depth_levels: 10,
  faint_depth_levels: 60,
  max_edge_to_body: 0.3,
};

export const BORDER_NOISE = {
  margin_share: 0.04,
  max_components: 256,
  min_digit_height_share: 0.04,
  min_digit_height_px: 8,
  min_relative_height: 0.5,
  max_thickness_ratio: 1.6,
  max_disc_share: 0.16,
  min_bar_rectangularity: 0.8,
  min_scroll_bar_extent: 0.9,
  max_digit_slant_deg: 50.0,
  min_row_overlap: 0.6,
  min_bar_gap_share: 0.4,
  max_fragment_share: 0.45,
  max_border_fragment_share: 0.6,
  max_rule_thickness: 0.02,
  max_rule_slope: 0.1,
  erase_margin_px: 2,
};

export const SEGMENTATION = {
  max_components: 1024,
  tall_share: 0.5,
  max_speck_size: 0.12,
  max_part_size: 0.45,
  max_dash_height: 0.2,
  max_gap: 0.12,
  max_stacked_height: 1.35,
  min_stacked_overlap: 0.5,
  upper_part_share: 0.4,
  frame_extent: 0.85,
  frame_border_share: 0.06,
  frame_side_band: 0.2,
  min_frame_share: 0.85,
  max_frame_fill: 0.35,
  min_framed_height: 0.3,
  full_ink: 0.8,
};

export const LINE_GROUPING = {
  min_overlap: 0.35,
  max_slope: 0.35,
  min_neighbors: 3,
  neighbor_gap_range: [0.2, 3.0],
  slope_tolerance: 0.15,
  min_height_ratio: 0.6,
};

export const NORMALIZE = {
  min_stroke_px: 1.6,
  target_stroke_px: 2.0,
  max_stroke_px: 3.2,
  measured_side_px: 80,
  max_drawn_stroke: 0.3,
  faint_ink: 0.1,
  stroke_ink: 0.5,
  peak_quantile: 0.98,
};

export const TEST_TIME_AUGMENTATION = {
  aspect_ratio_range: [0.8, 1.3],
  width_factors: [0.8, 0.65, 0.5],
  certain_at: 0.99,
  min_filled_share: 0.94,
};

export const QUALITY = {
  dark_quantile: 0.99,
  max_dark_level: 24,
  min_digit_height_px: 13,
  min_ink_contrast: 0.2,
  max_edge_height_share: 0.075,
  max_edge_px: 3.0,
  soft_ink: [0.15, 0.85],
  stroke_ink: 0.7,
  paper_ink: 0.05,
  max_glyphs: 300,
  max_extra_components: 5,
  min_opposite_margin: 0.15,
  sampled_glyphs: 6,
  sampled_rows: 12,
};

export const TEXT_PAGE = {
  min_glyphs: 60,
  max_components: 900,
  max_height_spread: 0.3,
  max_solid_share: 0.3,
  min_solid_fill: 0.5,
  min_solid_core_fill: 0.95,
  max_solid_aspect_ratio: 2.0,
  max_crossings: 3.5,
  sampled_glyphs: 3,
  sampled_lines: 12,
  grid_px: 16,
};

export const LAYOUT = {
  work_side_px: 1000,
  rim_share: 0.006,
  continued_share: 0.25,
  min_known: 20,
  min_whole_aspect: 0.8,
  min_whole_height: 0.35,
  max_rows: 64,
  max_cells: 400,
  max_components: 3000,
};

export const PAGE = {
  side_px: 256,
  min_picture_side_px: 160,
  min_area_share: 0.2,
  min_quadrangle_share: 0.9,
  threshold_shares: [0.25, 0.5, 0.75],
  min_log_step: 0.08,
  max_tilt_deg: 20.0,
  tried_tilts: 41,
  edge_width_px: 2.5,
  min_edge_share: 0.3,
  edges_per_side: 3,
  max_surround: 0.85,
  far_rims: 3.0,
  min_seen_share: 0.5,
  min_sides: 3,
  rim_px: 3,
};

export const LIGHT = {
  background_side_px: 192,
  window_share: 0.35,
  stroke_px: 7,
  min_contrast: 10,
  noise_sigmas: 2.5,
  smoothed_side_px: 40,
  ink_share: 0.42,
  paper_level: 235,
  even_share: 0.12,
};

export const RULES = {
  max_tilt_deg: 16.0,
  min_rule_share: 0.3,
  rule_to_digit: 2.0,
  enough_share: 0.8,
  min_upright_px: 50.0,
  min_tilt_deg: 1.0,
  gap_share: 0.02,
  kernel_share: 0.08,
  min_kernel_px: 14,
  min_gap_px: 4,
  wall_kernel_share: 0.5,
  max_rule_thickness: 0.04,
};

export const CELLS = {
  threshold_shares: [1.0, 0.5],
  max_ink_share: 0.45,
  max_holes: 2000,
  min_side_px: 9,
  max_open_aspect: 4.0,
  max_area_share: 0.6,
  min_rectangularity: 0.86,
  corner_inset: 0.07,
  max_tilt_deg: 17.0,
  height_range: [0.72, 1.4],
  max_level_step: 0.3,
  max_gap: 1.2,
  wall_share: 0.2,
  joined_range: [0.85, 1.15],
  min_wall_share: 0.8,
  wall_reach: 0.06,
  credible_cells: 5,
  max_beside: 0.9,
  max_beside_aspect: 0.25,
  min_beside: 0.5,
  min_height: 1.0,
  spoilt_share: 0.6,
  wall_rest_share: 0.2,
  min_cross_share: 0.9,
  cross_side_px: 48,
  cross_radii_px: [11.5, 16.0, 20.0],
  min_cross_circles: 2,
  max_arm_deg: 75.0,
  max_off_diagonal_deg: 30.0,
  max_arm_bend_deg: 30.0,
  min_zigzag: 4,
  min_zigzag_height: 0.25,
  min_hole_px: 12.0,
  min_cross_px: 6,
  max_cross_aspect: 2.2,
  min_ink_height: 0.2,
  inset: 0.06,
  margin: 0.1,
  margin_to_digit: 0.35,
  squared_min_cells: 12,
  squared_max_written: 0.15,
  min_within: 0.5,
};

export const ROWS = {
  tall_share: 0.4,
  low_row_share: 0.6,
  speck_share: 0.1,
  max_thickness: 2.2,
  edge_thickness: 0.5,
  border_share: 0.04,
  min_piece_aspect: 3.0,
  min_contact: 0.5,
  stroke_range: [0.7, 1.35],
  pointing_length: 2.5,
  sliver_thickness: 0.25,
  min_inner_share: 0.2,
  reach: 1.6,
  level_reach: 0.45,
  min_row_share: 0.3,
  two_rows_height: 2.0,
  max_level_slope: 0.05,
  min_common_box: 0.5,
  max_row_gap: 1.5,
  min_common: 0.3,
  min_strength: 0.45,
  sampled_components: 16,
  sampled_points: 800,
  margin: 0.14,
  keep_share: 0.58,
  min_tilt_gain: 0.07,
  max_tilt_deg: 16.0,
  tilt_step_deg: 1.0,
  height_quantiles: [0.02, 0.98],
  min_level_aspect: 1.6,
};

export const LINE_IMAGE = {
  height_px: 32,
  width_step_px: 4,
  width_range_px: [16, 1024],
  ink_percentile: 2.0,
  min_contrast_levels: 12.0,
  range: [-0.5, 1.5],
};

export const LINE_RECOGNIZER = {
  stretches: [0.85, 1.2],
  certain_at: 0.95,
};

export const CTC = {
  n_best: 5,
  min_share: 0.001,
  negligible_share: 1e-12,
  max_columns: 2000,
  beam_width: 10,
  beam_symbols: 4,
  beam_min_prob: 0.001,
};

export const SYMBOL_BOXES = {
  ink_threshold: 0.35,
  rule_share: 0.1,
  off_middle_cost: 0.02,
  max_gap_px: 3,
  max_reach: 0.8,
};

export const SECOND_OPINION = {
  damaged: 0.01,
  cell_weight: 1.0,
  min_ink: 0.15,
  min_share: 0.02,
};

export const COLUMNS = {
  max_gap: 1.5,
  min_aspect_ratio: 1.4,
  min_digits: 1.5,
};

export const RESULT = {
  signs_sure_at: 0.5,
  right_despite_doubt: 0.5,
};

export const ROW_READER = {
  min_opinion: 0.3,
  max_read_again: 6,
};

export const AGREEMENT = {
  min_own_ink: 0.98,
  min_outlined_px: 200,
  min_outline: 0.7,
  max_parts: 3,
  max_digit_aspect: 1.15,
  min_faint_confidence: 0.05,
  min_common: 0.5,
  min_height: 0.7,
  min_enclosed: 0.9,
  min_covered: 0.5,
};
