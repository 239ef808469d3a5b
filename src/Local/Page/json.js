// A JSON value as text that folds. Only what is open is in the document, so a large value costs nothing until it is looked into.

import { h, icon } from './dom.js';
import { isAttachment, attachment } from './attachment.js';

const MOST = 100;
const LONGEST = 4000;
const LONGEST_INNER = 1000;

export function json(value, open = 2) {
  return h('div', { class: 'json' }, open > 0 && isTree(value) ? members(value, open) : node(null, value, open));
}

const isTree = value => value !== null && typeof value === 'object' && !isAttachment(value) && Object.keys(value).length > 0;

/** The outermost braces say nothing. */
function members(value, open) {
  const body = h('div', { class: 'members' });
  fill(body, entriesOf(value), open - 1, 0);
  return body;
}

const entriesOf = value => Array.isArray(value) ? value.map((item, index) => [index, item]) : Object.entries(value);

function node(key, value, open) {
  const label = key === null ? [] : [h('span', { class: 'key' }, key), h('span', { class: 'mark' }, ': ')];
  if (isAttachment(value)) return h('div', { class: 'leaf' }, label, attachment(value));
  if (value === null || typeof value !== 'object') return h('div', { class: 'leaf' }, label, scalar(value));
  const entries = entriesOf(value);
  const [left, right] = Array.isArray(value) ? '[]' : '{}';
  if (entries.length === 0) return h('div', { class: 'leaf' }, label, h('span', { class: 'mark' }, left + right));

  const body = h('div', { class: 'members' });
  const hint = h('span', { class: 'mark' }, `${left} ${summary(value, entries)} ${right}`);
  const toggle = h('button', { class: 'fold', onclick: () => show(toggle.getAttribute('aria-expanded') !== 'true') }, icon('caret'), label, hint);
  let filled = false;
  function show(now) {
    if (now && !filled) {
      filled = true;
      fill(body, entries, open - 1, 0);
    }
    toggle.setAttribute('aria-expanded', now);
    body.hidden = !now;
    hint.hidden = now && key !== null;
  }
  show(open > 0);
  return h('div', null, toggle, body);
}

function fill(body, entries, open, from) {
  body.append(...entries.slice(from, from + MOST).map(([key, value]) => node(String(key), value, open)));
  const left = entries.length - from - MOST;
  if (left <= 0) return;
  const more = h('button', { class: 'more', onclick: () => { more.remove(); fill(body, entries, open, from + MOST); } }, `${left} more`);
  body.append(more);
}

function summary(value, entries) {
  if (Array.isArray(value)) return entries.length === 1 ? '1 item' : `${entries.length} items`;
  const names = entries.slice(0, 4).map(entry => entry[0]).join(', ');
  return entries.length > 4 ? `${names}, …` : names;
}

function scalar(value) {
  if (typeof value === 'string') return h('span', { class: 'string' }, long(value, LONGEST_INNER));
  return h('span', { class: value === null ? 'null' : typeof value === 'bigint' ? 'number' : typeof value }, String(value));
}

/** Text of any length: its beginning, and the rest when asked for. */
export function long(text, most = LONGEST) {
  if (text.length <= most) return [text];
  const rest = h('button', { class: 'more', onclick: () => rest.replaceWith(text.slice(most)) }, `Show all ${text.length.toLocaleString('en')} characters`);
  return [text.slice(0, most), '… ', rest];
}
