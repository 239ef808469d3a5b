// The tree with its waterfall: one line per row, of which only those in sight are in the document.

import { h, icon } from './dom.js';
import * as format from './format.js';
import { isLog as isLogRow } from './model.js';

const HEIGHT = 28;
const MARGIN = 8;

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

  /** Other lines; the place where one was looking stays. */
  show(lines, extent, now) {
    this.lines = lines;
    this.extent = extent;
    this.now = now;
    this.places = new Map(lines.map((line, index) => [line.node.row.id, index]));
    this.space.style.height = `${lines.length * HEIGHT}px`;
    this.drawAxis();
    this.drawn = null;
    this.draw();
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
    this.space.replaceChildren(...this.lines.slice(first, last).map((line, i) => this.line(line, first + i)));
    const index = this.places?.get(this.selected);
    if (index === undefined) this.scroller.removeAttribute('aria-activedescendant');
    else this.scroller.setAttribute('aria-activedescendant', `line-${index}`);
  }

  line({ node, depth, folds, open }, index) {
    const { row } = node;
    const isLog = isLogRow(row);
    const kind = isLog ? 'log' : row.type ?? 'span';
    const failed = row.failed || (isLog && (row.level === 'error' || row.level === 'fatal'));
    return h('div', {
      class: `line${isLog ? ' log' : ''}${failed ? ' failed' : ''}${row.id === this.selected ? ' selected' : ''}`,
      role: 'treeitem', id: `line-${index}`, 'data-index': index, 'data-row': row.id,
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
    const { from, to } = this.extent;
    this.axis.replaceChildren(h('span', { class: 'label' }, 'Span'), h('div', { class: 'ticks' }, [0, 0.25, 0.5, 0.75].map(part =>
      h('span', { style: { left: `${part * 100}%` } }, format.duration((to - from) * part)))));
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

const share = (time, from, to) => Math.max(0, Math.min(100, (time - from) / (to - from) * 100));
