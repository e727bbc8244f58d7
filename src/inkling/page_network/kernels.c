// The kernels of networks.js: matrix products and poolings on float32 arrays, channels last, in WebAssembly with SIMD.
// Build with `make kernels`. Nothing is allocated here: the caller passes addresses in the exported memory.
//
// A convolution is a matrix product whose rows are patches. In a padded image, each row of a patch is contiguous
// (kernel width * channels numbers), so patches are read in place and never copied.

#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define INLINE static inline __attribute__((always_inline))

enum { LANES = 8, ROWS = 4 }; // outputs and patches per step of the inner loop, limited by the registers

enum activation { LINEAR, RELU, RELU6 };

INLINE v128_t activated(v128_t x, int activation) {
  if (activation == LINEAR) return x;
  x = wasm_f32x4_pmax(wasm_f32x4_const_splat(0), x);
  return activation == RELU6 ? wasm_f32x4_pmin(wasm_f32x4_const_splat(6), x) : x;
}

INLINE float activated_number(float x, int activation) {
  if (activation == LINEAR) return x;
  x = x > 0 ? x : 0;
  return activation == RELU6 && x > 6 ? 6 : x;
}

// The patches and weights of a product.
struct product {
  int segments;       // rows of a patch
  int segment_step;   // from one row to the next, floats
  int segment_length; // floats
  const float *weights; // (segments * segment_length, 8): for eight outputs
  const float *bias;    // (8,)
  int outputs;          // how many of the eight are stored
  int activation;
};

// Computes eight outputs of `rows` patches. `rows` is a compile-time constant, so all sums stay in registers.
INLINE void multiply(const struct product *p, const float *const *patches, float *const *to, const int rows) {
  v128_t low[ROWS], high[ROWS];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    low[r] = wasm_v128_load(p->bias);
    high[r] = wasm_v128_load(p->bias + 4);
  }
  const float *weights = p->weights;
  for (int s = 0; s < p->segments; s++) {
    const float *at[ROWS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) at[r] = patches[r] + s * p->segment_step;
    for (int k = 0; k < p->segment_length; k++, weights += LANES) {
      const v128_t a = wasm_v128_load(weights), b = wasm_v128_load(weights + 4);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        const v128_t x = wasm_v128_load32_splat(at[r] + k);
        low[r] = wasm_f32x4_add(low[r], wasm_f32x4_mul(x, a));
        high[r] = wasm_f32x4_add(high[r], wasm_f32x4_mul(x, b));
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    const v128_t a = activated(low[r], p->activation), b = activated(high[r], p->activation);
    if (p->outputs == LANES) {
      wasm_v128_store(to[r], a);
      wasm_v128_store(to[r] + 4, b);
    } else {
      float eight[LANES];
      wasm_v128_store(eight, a);
      wasm_v128_store(eight + 4, b);
      for (int k = 0; k < p->outputs; k++) to[r][k] = eight[k];
    }
  }
}

// (height * width) patches of `from`, at steps of `step_y` and `step_x` floats, times the weights -> (height, width,
// outputs). `weights`: ((outputs + 7) / 8, segments * segment_length, 8); `bias`: padded to a multiple of eight.
EXPORT("product")
void product(const float *from, int height, int width, int step_y, int step_x, int segments, int segment_step,
             int segment_length, const float *weights, const float *bias, float *to, int outputs, int activation) {
  const int patches = height * width, length = segments * segment_length;
  for (int first = 0; first < outputs; first += LANES) {
    const int left = outputs - first;
    const struct product p = {
        segments,      segment_step,         segment_length, weights + first * length,
        bias + first, left < LANES ? left : LANES, activation,
    };
    int y = 0, x = 0;
    for (int m = 0; m < patches; m += ROWS) {
      const float *at[ROWS];
      float *out[ROWS];
      const int rows = patches - m < ROWS ? patches - m : ROWS;
      for (int r = 0; r < rows; r++) {
        at[r] = from + y * step_y + x * step_x;
        out[r] = to + (m + r) * outputs + first;
        if (++x == width) x = 0, y++;
      }
      switch (rows) {
        case 4: multiply(&p, at, out, 4); break;
        case 3: multiply(&p, at, out, 3); break;
        case 2: multiply(&p, at, out, 2); break;
        default: multiply(&p, at, out, 1);
      }
    }
  }
}

// (height, width, channels) -> padded with zeros: (padded_height, padded_width, channels).
EXPORT("pad")
void pad(const float *from, int height, int width, int channels, int top, int left, int padded_height,
         int padded_width, float *to) {
  const int line = padded_width * channels;
  __builtin_memset(to, 0, sizeof(float) * padded_height * line);
  for (int y = 0; y < height; y++)
    __builtin_memcpy(to + (y + top) * line + left * channels, from + y * width * channels,
                     sizeof(float) * width * channels);
}

// Depthwise convolution: padded `from`, with rows of `line` floats -> (height, width, channels * multiplier).
// `weights`: (window_h, window_w, channels * multiplier).
EXPORT("depthwise")
void depthwise(const float *from, int line, int height, int width, int channels, int multiplier, int window_h,
               int window_w, int stride_y, int stride_x, const float *weights, const float *bias, float *to,
               int activation) {
  const int outputs = channels * multiplier;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++, to += outputs) {
      __builtin_memcpy(to, bias, sizeof(float) * outputs);
      for (int v = 0; v < window_h; v++)
        for (int u = 0; u < window_w; u++) {
          const float *pixel = from + (y * stride_y + v) * line + (x * stride_x + u) * channels;
          const float *weight = weights + (v * window_w + u) * outputs;
          if (multiplier == 1)
            for (int k = 0; k < outputs; k++) to[k] += pixel[k] * weight[k];
          else
            for (int k = 0; k < outputs; k++) to[k] += pixel[k / multiplier] * weight[k];
        }
      for (int k = 0; k < outputs; k++) to[k] = activated_number(to[k], activation);
    }
}

// The maximum or mean of each channel in each window. Positions outside the image do not count.
EXPORT("pool")
void pool(const float *from, int height, int width, int channels, int window_h, int window_w, int stride_y,
          int stride_x, int top, int left, int out_height, int out_width, float *to, int is_mean, int activation) {
  for (int y = 0; y < out_height; y++)
    for (int x = 0; x < out_width; x++, to += channels) {
      int n = 0;
      for (int v = y * stride_y - top, end_v = v + window_h; v < end_v; v++)
        for (int u = x * stride_x - left, end_u = u + window_w; u < end_u; u++) {
          if (v < 0 || v >= height || u < 0 || u >= width) continue;
          const float *pixel = from + (v * width + u) * channels;
          if (n++ == 0) __builtin_memcpy(to, pixel, sizeof(float) * channels);
          else if (is_mean) for (int k = 0; k < channels; k++) to[k] += pixel[k];
          else for (int k = 0; k < channels; k++) to[k] = to[k] > pixel[k] ? to[k] : pixel[k];
        }
      for (int k = 0; k < channels; k++) to[k] = activated_number(is_mean ? to[k] / n : to[k], activation);
    }
}

// n numbers with `channels` channels: each channel is multiplied by its weight, and its bias is added.
EXPORT("scale")
void scale(const float *from, int n, int channels, const float *weights, const float *bias, float *to,
           int activation) {
  for (int i = 0; i < n; i += channels)
    for (int k = 0; k < channels; k++)
      to[i + k] = activated_number(from[i + k] * weights[k] + bias[k], activation);
}

EXPORT("add")
void add(const float *a, const float *b, int n, float *to, int activation) {
  for (int i = 0; i < n; i++) to[i] = activated_number(a[i] + b[i], activation);
}
