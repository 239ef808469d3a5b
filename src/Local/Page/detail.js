// One row with all that it says.

import { h, icon, copy, copyButton } from './dom.js';
import { json, long } from './json.js';
import { chat, messagesOf } from './chat.js';
import { print } from './exact.js';
import * as format from './format.js';
import { isLog as isLogRow } from './model.js';

const units = {
  time_to_first_token: format.duration,
  estimated_cost: format.cost,
};
const metricNames = {
  prompt_tokens: 'Prompt tokens', completion_tokens: 'Completion tokens', tokens: 'Total tokens', prompt_cached_tokens: 'Cached prompt tokens',
  prompt_cache_creation_tokens: 'Cache writes', completion_reasoning_tokens: 'Reasoning tokens', time_to_first_token: 'Time to first token', estimated_cost: 'Cost',
};

export function detail({ row, comments, audit }, running) {
  const attributes = row.span_attributes ?? {};
  const metrics = row.metrics ?? {};
  const isLog = isLogRow({ type: attributes.type, level: attributes.log_level, start: metrics.start, end: metrics.end });
  const kind = isLog ? 'log' : attributes.type ?? 'span';
  return h('div', { class: 'detail' },
    h('header', { class: 'title' },
      h('span', { class: `kind ${kind}${isLog ? ` level-${attributes.log_level ?? 'info'}` : ''}` }, icon(kind), isLog ? attributes.log_level ?? 'log' : kind),
      h('h2', null, attributes.name ?? (isLog ? 'Log message' : '(unnamed)')),
      h('button', { class: 'quiet', title: 'Copy a link to this row', 'aria-label': 'Copy a link to this row', onclick: () => copy(location.href, 'Link') }, icon('link'))),
    facts(row, metrics, running, isLog),
    row.tags?.length > 0 && h('div', { class: 'chips' }, row.tags.map(tag => h('span', { class: 'chip' }, tag))),
    row.error !== undefined && row.error !== null && failure(row.error),
    scores(row.scores),
    section('Input', row.input),
    section(isLog ? 'Message' : 'Output', row.output),
    section('Expected', row.expected),
    numbers(metrics),
    section('Metadata', row.metadata, 1),
    reviews(comments, audit),
    section('Context', row.context, 0, true),
    raw(row));
}

function facts(row, metrics, running, isLog) {
  const spent = Number.isFinite(metrics.end) && Number.isFinite(metrics.start) ? metrics.end - metrics.start : null;
  return h('dl', { class: 'facts' },
    fact('Start', Number.isFinite(metrics.start) && h('time', { title: format.iso(metrics.start) }, format.time(metrics.start))),
    !isLog && fact('Duration', spent !== null ? format.duration(spent) : running && h('span', { class: 'running' }, running)),
    fact('Model', row.metadata?.model),
    fact('Provider', typeof row.metadata?.provider === 'string' && row.metadata.provider),
    fact('Tokens', Number.isFinite(metrics.prompt_tokens) || Number.isFinite(metrics.completion_tokens)
      ? `${format.count(Number(metrics.prompt_tokens ?? 0))} → ${format.count(Number(metrics.completion_tokens ?? 0))}`
      : Number.isFinite(metrics.tokens) && format.count(metrics.tokens)),
    fact('Cost', Number.isFinite(metrics.estimated_cost) && format.cost(metrics.estimated_cost)));
}

function fact(name, value) {
  return value ? h('div', null, h('dt', null, name), h('dd', null, value)) : null;
}

function failure(error) {
  const text = typeof error === 'string' ? error : print(error);
  const cut = text.indexOf('\n');
  return h('section', { class: 'failure' },
    h('h3', null, icon('error'), 'Error', copyButton(() => text, 'Error')),
    h('p', null, cut < 0 ? text : text.slice(0, cut)),
    cut >= 0 && h('pre', null, long(text.slice(cut + 1).replace(/^\n+/, ''))));
}

function scores(all) {
  const entries = Object.entries(all ?? {});
  if (entries.length === 0) return null;
  return h('section', null, h('h3', null, 'Scores'), h('div', { class: 'scores' }, entries.map(([name, value]) => [
    h('span', null, name),
    h('div', { class: 'meter' }, h('i', { style: { width: `${(Number.isFinite(value) ? value : 0) * 100}%` } })),
    h('b', null, format.score(value)),
  ])));
}

function section(title, value, open = 2, folded = false) {
  if (value === undefined || value === null || (title === 'Metadata' && Object.keys(value).length === 0)) return null;
  const body = () => {
    if (typeof value === 'string') return h('div', { class: 'said block' }, long(value));
    const messages = title === 'Metadata' ? null : messagesOf(value);
    return messages ? chat(messages) : json(value, open);
  };
  return fold(title, body, () => typeof value === 'string' ? value : print(value), folded);
}

function fold(title, body, text, folded) {
  let filled = false;
  const element = h('details', { class: 'section' }, h('summary', null, icon('caret'), title, copyButton(text, title)));
  const fill = () => {
    if (filled || !element.open) return;
    filled = true;
    element.append(body());
  };
  element.addEventListener('toggle', fill);
  element.open = !folded;
  fill();
  return element;
}

function numbers(metrics) {
  const entries = Object.entries(metrics).filter(([name]) => name !== 'start' && name !== 'end');
  if (entries.length === 0) return null;
  return fold('Metrics', () => h('table', { class: 'numbers' }, h('tbody', null, entries.map(([name, value]) => h('tr', null,
    h('th', { scope: 'row', title: name }, metricNames[name] ?? name),
    h('td', { title: String(value) }, !Number.isFinite(value) ? String(value) : units[name] ? units[name](value) : format.exact(value)))))),
  () => print(metrics), false);
}

function reviews(comments, audit) {
  if (comments.length === 0 && audit.length === 0) return null;
  return h('section', null, h('h3', null, 'Feedback'),
    comments.map(it => h('blockquote', null, long(String(it.comment?.text ?? '')), it.created && h('footer', null, format.time(Date.parse(it.created) / 1000)))),
    audit.map(it => h('p', { class: 'faint' }, `Changed by ${it.source ?? 'someone'}`, it.metadata && h('span', null, ` ${print(it.metadata)}`))));
}

function raw(row) {
  return fold('Raw row', () => h('pre', { class: 'raw' }, long(print(row))), () => print(row), true);
}
