// Sums and extremes of arrays of any length.

export const sum = (values) => values.reduce((total, value) => total + value, 0);

// -Infinity for no values.
export const greatest = (values) => values.reduce((most, value) => (value > most ? value : most), -Infinity);

// Infinity for no values.
export const least = (values) => values.reduce((most, value) => (value < most ? value : most), Infinity);
