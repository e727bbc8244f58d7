// Sums and extremes of arrays of any length.

export const sum = (values) => values.reduce((total, value) => total + value, 0);

// -Infinity of none.
export const greatest = (values) => values.reduce((most, value) => (value > most ? value : most), -Infinity);

// Infinity of none.
export const least = (values) => values.reduce((most, value) => (value < most ? value : most), Infinity);
