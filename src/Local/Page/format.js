// Numbers and times as people read them.

const whole = new Intl.NumberFormat('en');

export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '';
  if (seconds < 0) return '–' + duration(-seconds);
  if (seconds === 0) return '0';
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(seconds < 0.001 ? 2 : 1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor(seconds % 3600 / 60)).padStart(2, '0')} m`;
}

/** A round time on an axis, without the zeros that a measured one has. */
export function tick(seconds) {
  const round = number => String(Number(number.toPrecision(3)));
  if (seconds === 0) return '0';
  if (seconds < 1) return `${round(seconds * 1000)} ms`;
  return seconds < 60 ? `${round(seconds)} s` : duration(seconds).replace(/ 00 [ms]$/, '');
}

export function count(number) {
  if (number === null || number === undefined) return '';
  if (number < 10_000) return whole.format(number);
  if (number < 1_000_000) return `${(number / 1000).toFixed(number < 100_000 ? 1 : 0)}k`;
  return `${(number / 1_000_000).toFixed(1)}M`;
}

export const exact = number => whole.format(number);

export function plural(number, one, many = one + 's') {
  return `${count(number)} ${number === 1 ? one : many}`;
}

export function cost(dollars) {
  if (dollars === null || dollars === undefined) return '';
  if (dollars >= 1000) return `$${whole.format(Math.round(dollars))}`;
  return `$${dollars < 0.01 ? dollars.toPrecision(2) : dollars.toFixed(dollars < 1 ? 3 : 2)}`;
}

export function score(value) {
  return value === null || value === undefined ? '–' : String(Math.round(Number(value) * 1000) / 1000);
}

/** A time of today as a time, another as a date and a time. */
export function time(seconds) {
  if (!Number.isFinite(seconds)) return '';
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return '';
  const clock = date.toLocaleTimeString('en-GB');
  return date.toDateString() === new Date().toDateString() ? clock : `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${clock.slice(0, 5)}`;
}

export function iso(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().replace('T', ' ').replace('Z', ' UTC');
}
