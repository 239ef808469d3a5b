// One trace: its facts, its tree, and the row that is looked at.

import { h, icon, copy, renew, toast } from './dom.js';
import * as api from './api.js';
import * as format from './format.js';
import { Tree } from './tree.js';
import { detail } from './detail.js';
import { print } from './exact.js';
import { grow, lines, extent } from './model.js';

// A process that has ended cannot end its spans: what has been silent for so long is not shown as in progress.
const SILENT_AFTER = 15 * 60;
const TYPING = 150;

export function traceView({ project, id, row, text, back, onPlace }) {
  const rows = new Map();
  const closed = new Set();
  let tree = { roots: [], nodes: [] };
  let summary = null;
  let version = 0;
  let selected = row;
  let hits = null;
  let logs = true;
  let reading = null;
  let seeking = null;
  let typing;
  let gone = false;
  let seen = '';
  let shown = '';

  const facts = h('div', { class: 'headline' });
  const panel = h('aside', { class: 'panel', 'aria-label': 'Details of the selected row', tabindex: '-1' });
  const search = h('input', { type: 'search', placeholder: 'Find in trace', 'aria-label': 'Find in trace', value: text, oninput: () => {
    clearTimeout(typing);
    typing = setTimeout(find, TYPING);
  }, onkeydown: event => {
    if (event.key !== 'ArrowDown') return;
    view.scroller.focus();
    view.key(event);
  } });
  const logSwitch = h('input', { type: 'checkbox', checked: true, onchange: () => { logs = logSwitch.checked; draw(); } });
  const found = h('span', { class: 'faint' });
  const view = new Tree({
    onSelect: select,
    onFold: (rowId, close) => {
      close ? closed.add(rowId) : closed.delete(rowId);
      draw();
    },
  });
  const element = h('section', { class: 'trace', onkeydown: event => {
    if (event.key !== 'Escape') return;
    if (element.classList.contains('reading')) element.classList.remove('reading');
    else if (event.target !== search) back();
    else return;
    event.preventDefault();
  } },
  h('div', { class: 'tracebar' },
    h('button', { class: 'quiet', title: 'Back to the traces (Esc)', 'aria-label': 'Back to the traces', onclick: back }, icon('back')), facts,
    h('button', { class: 'quiet', title: 'Copy a link', 'aria-label': 'Copy a link', onclick: () => copy(location.href, 'Link') }, icon('link')),
    h('a', { class: 'quiet', title: 'Save this trace as NDJSON', 'aria-label': 'Save this trace as NDJSON', href: api.exportOfTrace(project, id), download: true }, icon('down')),
    h('button', { class: 'quiet', title: 'Remove this trace…', 'aria-label': 'Remove this trace…', onclick: remove }, icon('remove'))),
  h('div', { class: 'split' },
    h('div', { class: 'left' }, h('div', { class: 'tools' }, search, h('label', null, logSwitch, 'Logs'), found), view.element),
    panel));

  const now = () => summary?.running > 0 && Date.now() / 1000 - summary.updated < SILENT_AFTER ? Date.now() / 1000 : null;

  const refresh = api.settled(async () => {
    try {
      let answer = await api.trace(project, id, version);
      for (const it of answer.spans) rows.set(it.id, it);
      // The summary is the later of the two, so that it counts all of these rows and perhaps more; if less, some are gone.
      if (answer.trace.rows < rows.size) {
        answer = await api.trace(project, id);
        rows.clear();
        for (const it of answer.spans) rows.set(it.id, it);
      }
      await seek();
      if (gone) return;
      const changed = new Set(answer.spans.map(it => it.id));
      const first = version === 0;
      version = Math.max(version, answer.version);
      summary = answer.trace;
      tree = grow([...rows.values()]);
      head();
      draw(!first);
      if (!first && (changed.size === 0 || changed.has(selected))) read();
      if (first) {
        const hit = hits && lines(tree, { closed, logs, hits }).find(it => hits.has(it.node.row.id))?.node.row.id;
        select(rows.has(selected) ? selected : hit ?? summary.root_id ?? tree.nodes[0]?.row.id, true);
        element.classList.toggle('reading', row !== undefined && row !== summary.root_id);
        view.scroller.focus({ preventScroll: true });
        requestAnimationFrame(() => performance.mark('trace-painted'));
      }
    } catch (error) {
      if (error.status !== 404) throw error;
      absent();
    }
  });

  /** Not yet, or no more: then what is left on the screen would be all that is left of it, so it stays to be read. */
  function absent() {
    const was = rows.size > 0;
    summary = null;
    rows.clear();
    version = 0;
    facts.replaceChildren(
      h('h1', null, was ? 'This trace is not stored any more' : 'This trace is not here (yet)'),
      h('p', { class: 'faint' }, was ? 'It was removed; what you see is a memory of it.' : 'It opens by itself when its first row arrives.'));
  }

  /** Which rows say what is looked for: the server knows, because only it has all that they say. */
  async function seek() {
    seeking?.abort();
    const mine = seeking = new AbortController();
    try {
      const answer = text ? await api.hits(project, id, text, mine.signal) : null;
      if (!mine.signal.aborted) hits = answer;
    } catch (error) {
      if (!mine.signal.aborted) toast(error.message);
    }
  }

  async function find() {
    text = search.value.trim();
    onPlace({ s: selected, text });
    await seek();
    draw();
  }

  async function remove() {
    if (!confirm(`Remove the trace “${summary?.name ?? id}” with all its rows? Nothing brings it back.`)) return;
    try {
      await api.removeTrace(project, id);
      if (!gone) back();
    } catch (error) {
      toast(error.message);
    }
  }

  function head() {
    document.title = `${summary.name ?? 'Trace'} · ${project}`;
    const live = now();
    renew(facts, [
      h('h1', { title: summary.name }, summary.name ?? '(unnamed)'),
      h('ul', null, [
        h('li', null, h('time', { title: format.iso(summary.start) }, format.time(summary.start))),
        summary.running > 0
          ? h('li', { class: live ? 'running' : 'faint' }, live ? 'in progress' : 'not ended')
          : h('li', null, format.duration(summary.duration ?? 0)),
        h('li', null, format.plural(summary.spans, 'span')),
        summary.rows > summary.spans && h('li', null, format.plural(summary.rows - summary.spans, 'log row')),
        summary.tokens !== null && h('li', { title: `${format.exact(summary.prompt_tokens ?? 0)} in, ${format.exact(summary.completion_tokens ?? 0)} out` }, `${format.count(summary.tokens)} tokens`),
        summary.estimated_cost !== null && h('li', null, format.cost(summary.estimated_cost)),
        summary.errors > 0 && h('li', { class: 'bad' }, format.plural(summary.errors, 'error')),
        ...(summary.models ?? []).slice(0, 3).map(model => h('li', { class: 'faint' }, model)),
      ].filter(Boolean)),
    ]);
  }

  function draw(byItself = false) {
    const visible = lines(tree, { closed, logs, hits });
    found.textContent = hits ? format.plural(visible.length, 'row') : '';
    view.show(visible, extent(rows.values(), now()), now(), byItself);
  }

  function select(rowId, reveal = false) {
    if (rowId === undefined || rowId === null) return;
    const again = selected === rowId && seen === rowId;
    selected = rowId;
    if (reveal) for (let node = tree.nodes.find(it => it.row.id === rowId)?.parent; node; node = node.parent) closed.delete(node.row.id);
    view.select(rowId, reveal);
    onPlace({ s: rowId, text });
    if (!reveal) element.classList.add('reading');
    if (!again) read();
  }

  const sections = () => [...panel.querySelectorAll('details')];

  async function read() {
    reading?.abort();
    const mine = reading = new AbortController();
    try {
      const answer = await api.row(project, selected, mine.signal);
      if (mine.signal.aborted || gone) return;
      const running = answer.row.metrics?.start !== undefined && answer.row.metrics?.end === undefined ? (now() ? 'in progress' : 'not ended') : null;
      const said = print([answer, running]);
      const again = seen === selected;
      if (again && said === shown) return; // what is unfolded in it stays so
      const top = again ? panel.scrollTop : 0;
      const folds = new Map(again ? sections().map(it => [it.firstChild.textContent, it.open]) : []);
      [seen, shown] = [selected, said];
      panel.replaceChildren(h('button', { class: 'quiet close', 'aria-label': 'Close the details', onclick: () => element.classList.remove('reading') }, icon('close')), detail(answer, running));
      for (const it of sections()) it.open = folds.get(it.firstChild.textContent) ?? it.open;
      panel.scrollTop = top;
    } catch (error) {
      if (error.name !== 'AbortError') panel.replaceChildren(h('p', { class: 'faint pad' }, error.message));
    }
  }

  const stop = api.onChange(note => {
    const projectId = traceView.ids?.get(project);
    if (note === null || projectId === undefined || note(projectId, id)) refresh();
  });
  const clock = setInterval(() => {
    if (summary?.running > 0 && !document.hidden) {
      draw();
      head();
    }
  }, 1000);
  refresh();

  return {
    element,
    close() {
      gone = true;
      stop();
      clearInterval(clock);
      reading?.abort();
      seeking?.abort();
      clearTimeout(typing);
    },
    focusSearch: () => search.focus(),
  };
}
