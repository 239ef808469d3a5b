// JSON without loss: whole numbers beyond 2^53, as ids often are, keep every digit, as a bigint. An older browser rounds them.

const isExact = 'rawJSON' in JSON;

export const parse = text => JSON.parse(text, (key, value, context) =>
  isExact && typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value);

export const print = value => JSON.stringify(value, (key, it) => typeof it === 'bigint' ? JSON.rawJSON(it) : it, 2);
