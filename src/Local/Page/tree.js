// The tree with its waterfall: one line per row, of which only those in sight are in the document.

import { h, icon, renew } from './dom.js';
import * as format from './format.js';
import { isLog as isLogRow } from './model.js';

const HEIGHT = 28;
const MARGIN = 8;

const idOf = row => `line-${encodeURIComponent(row)}`;

export class Tree {
  constructor({ onSelect, onFold }) {
    this.onSelect = onSelect;
    this.onFold = onFold;
    this.lines = [];
    this.extent = { from: 0, to: 1 };
    this.now = null;
    this.selected = null;
    this.space = h('div', { class: 'space' });
    this.axis = h('div', { class: 'axis', 'aria-hidden': 'true' });
    this.scroller = h('div', {
      class: 'lines', role: 'tree', tabindex: '0', 'aria-label': 'Spans of the trace',
      onscroll: () => this.draw(), onkeydown: event => this.key(event),
      onclick: event => this.click(event),
    }, this.space);
    this.element = h('div', { class: 'tree' }, this.axis, this.scroller);
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  /** Other lines. When they changed by themselves, what one was looking at stays where it is on the screen. */
  show(lines, extent, now, byItself = false) {
    const anchor = byItself ? this.anchor() : null;
    this.lines = lines;
    this.extent = extent;
    this.now = now;
    this.places = new Map(lines.map((line, index) => [line.node.row.id, index]));
    this.space.style.height = `${lines.length * HEIGHT}px`;
    const moved = anchor === null ? 0 : (this.places.get(anchor.id) ?? anchor.index) - anchor.index;
    if (moved !== 0) this.scroller.scrollTop += moved * HEIGHT;
    this.drawAxis();
    this.drawn = null;
    this.draw();
  }

  /** The selected line if it is in sight, else the first that is. */
  anchor() {
    const first = Math.ceil(this.scroller.scrollTop / HEIGHT);
    const last = Math.floor((this.scroller.scrollTop + this.scroller.clientHeight) / HEIGHT) - 1;
    const selected = this.places?.get(this.selected);
    const index = selected >= first && selected <= last ? selected : first;
    return index in this.lines ? { id: this.lines[index].node.row.id, index } : null;
  }

  select(id, reveal = false) {
    this.selected = id;
    const index = this.places?.get(id);
    if (reveal && index !== undefined) this.reveal(index);
    this.drawn = null;
    this.draw();
  }

  reveal(index) {
    const top = index * HEIGHT;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + HEIGHT > scrollTop + clientHeight) this.scroller.scrollTop = top - clientHeight + HEIGHT * (clientHeight > 6 * HEIGHT ? 3 : 1);
  }

  draw() {
    const { scrollTop, clientHeight } = this.scroller;
    // The axis ends where the lines end, with a scrollbar or without.
    this.axis.style.setProperty('--scrollbar', `${this.scroller.offsetWidth - this.scroller.clientWidth}px`);
    const first = Math.max(0, Math.floor(scrollTop / HEIGHT) - MARGIN);
    const last = Math.min(this.lines.length, Math.ceil((scrollTop + (clientHeight || 800)) / HEIGHT) + MARGIN);
    if (this.drawn?.first === first && this.drawn.last === last) return;
    this.drawn = { first, last };
    renew(this.space, this.lines.slice(first, last).map((line, i) => this.line(line, first + i)));
    const index = this.places?.get(this.selected);
    if (index === undefined) this.scroller.removeAttribute('aria-activedescendant');
    else this.scroller.setAttribute('aria-activedescendant', idOf(this.selected));
  }

  line({ node, depth, folds, open }, index) {
    const { row } = node;
    const isLog = isLogRow(row);
    const kind = isLog ? 'log' : row.type ?? 'span';
    const failed = row.failed || (isLog && (row.level === 'error' || row.level === 'fatal'));
    return h('div', {
      class: `line${isLog ? ' log' : ''}${failed ? ' failed' : ''}${row.id === this.selected ? ' selected' : ''}`,
      role: 'treeitem', id: idOf(row.id), 'data-index': index, 'data-row': row.id,
      'aria-level': depth + 1, 'aria-selected': row.id === this.selected, 'aria-expanded': folds ? open : null,
      style: { top: `${index * HEIGHT}px` },
    },
    h('div', { class: 'name', style: { '--depth': Math.min(depth, 24) } },
      folds ? h('button', { class: 'twist', tabindex: '-1', 'aria-label': open ? 'Fold' : 'Unfold' }, icon('caret')) : h('i', { class: 'twist' }),
      h('span', { class: `kind ${kind} ${isLog ? `level-${row.level ?? 'info'}` : ''}` }, icon(failed && !isLog ? 'error' : kind)),
      h('span', { class: 'text', title: row.name ?? '' }, row.name || (isLog ? '(no message)' : '(unnamed)')),
      node.orphan && h('span', { class: 'chip', title: 'The span that this one names as its parent is not stored' }, 'no parent'),
      Object.entries(row.scores ?? {}).slice(0, 2).map(([name, value]) => h('span', { class: 'chip score' }, `${name} ${format.score(value)}`)),
      row.tokens > 0 && h('span', { class: 'tokens', title: `${format.exact(row.tokens)} tokens` }, format.count(row.tokens))),
    h('div', { class: 'time' }, this.bar(row, isLog)));
  }

  bar(row, isLog) {
    if (!Number.isFinite(row.start)) return null;
    const { from, to } = this.extent;
    const left = share(row.start, from, to);
    if (isLog || (row.end !== undefined && row.end <= row.start)) return h('i', { class: `moment ${row.type ?? 'span'} level-${row.level ?? 'info'}`, style: { left: `${left}%` } });
    const running = row.end === undefined;
    const end = row.end ?? this.now ?? to;
    const width = share(end, from, to) - left;
    // The label stands where there is room for it.
    const room = left + width < 80 ? 'after' : left > 20 ? 'before' : 'within';
    return [
      h('i', { class: `bar ${row.type ?? 'span'}${running ? ' running' : ''}`, style: { left: `${left}%`, width: `${width}%` } }),
      h('small', { class: room, style: room === 'before' ? { right: `${100 - left}%` } : { left: `${room === 'after' ? left + width : left}%` } },
        running ? (this.now === null ? 'not ended' : format.duration(this.now - row.start) + ' …') : format.duration(row.end - row.start)),
    ];
  }

  drawAxis() {
    const span = this.extent.to - this.extent.from;
    const step = roundStep(span / 5);
    this.element.style.setProperty('--step', `${step / span * 100}%`);
    const ticks = Array.from({ length: Math.ceil(span / step) }, (_, i) => i * step).filter(at => at / span < 0.94);
    this.axis.replaceChildren(h('span', { class: 'label' }, 'Span'), h('div', { class: 'ticks' }, ticks.map(at =>
      h('span', { style: { left: `${at / span * 100}%` } }, format.tick(at)))));
  }

  click(event) {
    const line = this.lines[Number(event.target.closest('.line')?.dataset.index)];
    if (!line) return;
    if (event.target.closest('button.twist')) this.onFold(line.node.row.id, line.open);
    else this.onSelect(line.node.row.id);
  }

  key(event) {
    const index = this.places?.get(this.selected) ?? -1;
    const line = this.lines[index];
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / HEIGHT) - 1);
    const go = { ArrowDown: index + 1, ArrowUp: index - 1, j: index + 1, k: index - 1, Home: 0, End: this.lines.length - 1, PageDown: index + page, PageUp: index - page }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (go !== undefined) this.move(go);
    else if (event.key === 'ArrowRight' && line?.folds) line.open ? this.move(index + 1) : this.onFold(line.node.row.id, false);
    else if (event.key === 'ArrowLeft' && line) {
      if (line.folds && line.open) this.onFold(line.node.row.id, true);
      else if (line.node.parent) this.move(this.places.get(line.node.parent.row.id));
    } else return;
    event.preventDefault();
  }

  move(index) {
    const line = this.lines[Math.max(0, Math.min(this.lines.length - 1, index))];
    if (!line) return;
    this.onSelect(line.node.row.id);
    this.select(line.node.row.id, true);
  }
}

/** The next of 1, 2, 5, 10, … below a minute, and of a clock's steps above it, in seconds. */
function roundStep(least) {
  const clock = [60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400].find(step => step >= least);
  if (least > 30 && clock) return clock;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].find(it => it * power >= least * (1 - 1e-9)) * power;
}

const share = (time, from, to) => Math.max(0, Math.min(100, (time - from) / (to - from) * 100));
