// The traces of a project, newest first, as they come in.

import { h, icon, renew } from './dom.js';
import * as api from './api.js';
import * as format from './format.js';
import { start } from './start.js';

const PAGE = 100;
const MOST_SHOWN = 500;
const TYPING = 150;
const SILENT_AFTER = 15 * 60;
const TIMES = [['', 'Any time'], ['900', 'Last 15 minutes'], ['3600', 'Last hour'], ['86400', 'Last 24 hours'], ['604800', 'Last 7 days']];

const idOf = trace => `trace-${encodeURIComponent(trace)}`;

export function listView({ project, filter, place, open, onFilter, onRemove }) {
  let traces = [];
  let unrolled = place?.unrolled ?? PAGE;
  let complete = false;
  let asked = null;
  let turn = Promise.resolve();
  let selected = null;
  let known = null;
  let gone = false;
  let typing;

  const search = h('input', {
    type: 'search', class: 'wide', placeholder: 'Search in everything that was logged', 'aria-label': 'Search', value: filter.text ?? '',
    oninput: () => {
      clearTimeout(typing);
      typing = setTimeout(() => change('text', search.value.trim()), TYPING);
    },
    onkeydown: event => {
      if (event.key !== 'ArrowDown') return;
      list.focus();
      key(event);
    },
  });
  const choices = h('div', { class: 'choices', onfocusout: () => refreshChoices() });
  const list = h('div', { class: 'list', role: 'listbox', tabindex: '0', 'aria-label': 'Traces', onkeydown: key });
  const more = h('div', { class: 'foot' });
  const scroller = h('div', { class: 'scroll' },
    h('div', { class: 'head', 'aria-hidden': 'true' }, ['Time', 'Trace', 'Model', 'Tokens', 'Cost', 'Duration'].map(name => h('span', null, name))),
    list, more);
  const element = h('section', { class: 'traces' },
    h('div', { class: 'filters' }, h('div', { class: 'searchbox' }, icon('search'), search), choices,
      h('a', { class: 'quiet', title: 'Save this project as NDJSON', 'aria-label': 'Save this project as NDJSON', href: api.exportOfProject(project), download: true }, icon('down')),
      h('button', { class: 'quiet', title: 'Remove this project…', 'aria-label': 'Remove this project…', onclick: onRemove }, icon('remove'))),
    scroller);
  new IntersectionObserver(() => unroll()).observe(more);

  function query() {
    const it = { limit: PAGE };
    for (const name of ['text', 'tag', 'model', 'score', 'score_min', 'score_max', 'errors', 'running']) if (filter[name]) it[name] = filter[name];
    if (filter.within) it.since = Date.now() / 1000 - Number(filter.within);
    return it;
  }

  /** One question at a time, so that no answer overtakes another or is lost to it. */
  const inTurn = ask => turn = turn.catch(() => {}).then(ask);

  async function load(next) {
    const mine = asked = new AbortController();
    const wanted = query();
    const last = traces.at(-1);
    if (next) Object.assign(wanted, { after: last.root_span_id, after_start: last.start });
    // What has been unrolled stays unrolled.
    else wanted.limit = Math.min(MOST_SHOWN, unrolled);
    try {
      const page = await api.traces(project, wanted, mine.signal);
      mine.signal.throwIfAborted();
      const ids = new Set(page.map(it => it.root_span_id));
      // A trace that has moved stands in both.
      const others = traces.filter(it => !ids.has(it.root_span_id));
      traces = next ? others.concat(page) : page.concat(page.length === MOST_SHOWN ? others.filter(isAfter(page.at(-1))) : []);
      unrolled = Math.max(PAGE, traces.length);
      if (next || traces.length === page.length) complete = page.length < wanted.limit;
      draw();
    } catch (error) {
      if (error.status !== 404) throw error;
      traces = [];
      complete = true;
      list.replaceChildren();
      more.replaceChildren(start(project));
    }
  }

  /** What was unrolled beyond what is asked for at a time. Only its beginning is asked for again: that is where traces change. */
  const isAfter = last => it => it.start < last.start || (it.start === last.start && it.root_span_id < last.root_span_id);

  const filtered = () => Object.entries(filter).some(([, value]) => value);

  function draw() {
    const fresh = known === null ? null : new Set(traces.map(it => it.root_span_id).filter(id => !known.has(id)));
    known = new Set([...known ?? [], ...traces.map(it => it.root_span_id)]);
    if (!traces.some(it => it.root_span_id === selected)) {
      selected = null;
      list.removeAttribute('aria-activedescendant');
    }
    renew(list, traces.map(it => line(it, fresh?.has(it.root_span_id))));
    element.classList.toggle('empty', traces.length === 0);
    more.replaceChildren(traces.length > 0
      ? h('span', { class: 'faint' }, complete ? `${format.plural(traces.length, 'trace')}${filtered() ? ' found' : ''}` : 'Loading more…')
      : filtered() ? h('div', { class: 'nothing' }, h('p', null, 'No trace fits.'), h('button', { onclick: clear }, 'Show all traces')) : start(project));
    unroll();
  }

  function line(it, fresh) {
    const live = it.running > 0 && Date.now() / 1000 - it.updated < SILENT_AFTER;
    const only = it.spans === 0;
    return h('a', {
      class: `item${it.errors > 0 ? ' failed' : ''}${fresh ? ' fresh' : ''}${it.root_span_id === selected ? ' selected' : ''}`, role: 'option', tabindex: '-1', id: idOf(it.root_span_id),
      'data-trace': it.root_span_id, 'aria-selected': it.root_span_id === selected,
      href: `/app/local/p/${api.step(project)}/logs?r=${encodeURIComponent(it.root_span_id)}`,
      onclick: event => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        leave(it.root_span_id);
      },
    },
    h('time', { title: format.iso(it.start) }, format.time(it.start)),
    h('div', { class: 'what' },
      h('div', { class: 'naming' },
        h('span', { class: `kind ${only ? 'log' : it.type ?? 'span'}` }, icon(it.errors > 0 ? 'error' : only ? 'log' : it.type ?? 'span')),
        h('b', null, it.name ?? '(unnamed)'),
        it.errors > 0 && h('span', { class: 'chip bad' }, format.plural(it.errors, 'error')),
        Object.entries(it.scores ?? {}).slice(0, 3).map(([name, value]) => h('span', { class: 'chip score' }, `${name} ${format.score(value)}`)),
        (it.tags ?? []).slice(0, 3).map(tag => h('span', { class: 'chip' }, tag)),
        h('span', { class: 'faint' }, only ? format.plural(it.rows, 'log row') : it.rows > 1 ? format.plural(it.spans, 'span') : '')),
      (it.input || it.output) && !only && h('div', { class: 'said' }, it.input && h('span', null, it.input), it.output && h('span', { class: 'out' }, it.output))),
    h('span', { class: 'model', title: (it.models ?? []).join(', ') }, it.models?.length > 1 ? `${it.models[0]} +${it.models.length - 1}` : it.models?.[0] ?? ''),
    h('span', { class: 'number', title: it.tokens === null ? null : `${format.exact(it.prompt_tokens ?? 0)} in, ${format.exact(it.completion_tokens ?? 0)} out` }, format.count(it.tokens)),
    h('span', { class: 'number' }, format.cost(it.estimated_cost)),
    live ? h('span', { class: 'number running' }, 'in progress') : h('span', { class: 'number' }, it.running > 0 ? 'not ended' : only ? '' : format.duration(it.duration)));
  }

  function select(id) {
    selected = id;
    for (const item of list.children) {
      item.classList.toggle('selected', item.dataset.trace === id);
      item.setAttribute('aria-selected', item.dataset.trace === id);
    }
    list.setAttribute('aria-activedescendant', idOf(id));
  }

  const topOf = id => document.getElementById(idOf(id)).getBoundingClientRect().top - scroller.getBoundingClientRect().top;

  const leave = id => open(id, { selected: id, top: topOf(id), unrolled: traces.length });

  /** To where the list was left. */
  async function comeBack({ selected: id, top, unrolled: least }) {
    place = null;
    while (traces.length < least && !complete) await load(true);
    if (!traces.some(it => it.root_span_id === id)) return;
    select(id);
    // Lines get their height as they come near, and move those below them.
    for (let frame = 0; frame < 5 && !gone; frame++) {
      scroller.scrollTop += topOf(id) - top;
      await new Promise(requestAnimationFrame);
    }
  }

  function key(event) {
    const index = traces.findIndex(it => it.root_span_id === selected);
    const go = { ArrowDown: index + 1, j: index + 1, ArrowUp: index - 1, k: index - 1, Home: 0, End: traces.length - 1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (go !== undefined && traces.length > 0) {
      select(traces[Math.max(0, Math.min(traces.length - 1, go))].root_span_id);
      document.getElementById(idOf(selected)).scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && selected && event.target === list) leave(selected);
    else return;
    event.preventDefault();
  }

  function change(name, value) {
    if ((filter[name] ?? '') === value) return;
    filter[name] = value;
    startOver();
  }

  function startOver() {
    // What is shown stays, and can be used, until the answer is there; what was asked before is not waited for.
    asked?.abort();
    place = null;
    known = null;
    unrolled = PAGE;
    onFilter(filter);
    refresh();
  }

  function clear() {
    for (const name of Object.keys(filter)) filter[name] = '';
    search.value = '';
    drawChoices(drawChoices.last);
    list.focus();
    startOver();
  }

  function drawChoices({ tags, scores, models }) {
    drawChoices.last = { tags, scores, models };
    const select = (name, label, values) => values.length > 0 && h('select', { id: `by-${name}`, 'aria-label': label, class: filter[name] ? 'set' : '', onchange: event => { change(name, event.target.value); drawChoices(drawChoices.last); } },
      h('option', { value: '' }, label), values.map(value => h('option', { value, selected: filter[name] === value }, value)));
    const toggle = (name, label) => h('button', { id: `by-${name}`, class: `toggle${filter[name] ? ' set' : ''}`, 'aria-pressed': Boolean(filter[name]), onclick: () => { change(name, filter[name] ? '' : '1'); drawChoices(drawChoices.last); } }, label);
    const bound = (name, label) => h('input', { id: `by-${name}`, type: 'number', min: '0', max: '1', step: '0.05', placeholder: label, 'aria-label': `Score ${label}`, value: filter[name] ?? '', onchange: event => change(name, event.target.value) });
    renew(choices, [
      toggle('errors', 'Errors'), toggle('running', 'In progress'),
      select('model', 'Model', models), select('tag', 'Tag', tags), select('score', 'Score', scores),
      ...filter.score ? [bound('score_min', 'from'), bound('score_max', 'to')] : [],
      h('select', { id: 'by-within', 'aria-label': 'Time', class: filter.within ? 'set' : '', onchange: event => { change('within', event.target.value); drawChoices(drawChoices.last); } },
        TIMES.map(([value, label]) => h('option', { value, selected: (filter.within ?? '') === value }, label))),
    ].filter(Boolean));
  }

  const refreshChoices = api.settled(async () => {
    const next = await api.facets(project).catch(() => null);
    // Not under the hand of somebody who is choosing.
    if (next && JSON.stringify(next) !== JSON.stringify(drawChoices.last) && !choices.querySelector(':is(select, input):focus')) drawChoices(next);
  }, 2000);
  const refresh = api.settled(async () => {
    await inTurn(async () => {
      await load(false);
      if (place) await comeBack(place);
    });
    refreshChoices();
  });
  const unroll = api.settled(() => inTurn(async () => {
    const isEndInSight = more.getBoundingClientRect().top < scroller.getBoundingClientRect().bottom;
    if (!complete && known !== null && isEndInSight) await load(true);
  }), 0);

  drawChoices({ tags: [], scores: [], models: [] });
  const stop = api.onChange(note => {
    const projectId = listView.ids?.get(project);
    if (note === null || projectId === undefined || note(projectId)) refresh();
  });
  refresh();
  document.title = `${project} · Braintrust Local`;

  return {
    element,
    close() {
      gone = true;
      stop();
      clearTimeout(typing);
      asked?.abort();
    },
    focusSearch: () => search.focus(),
    ready: () => list.focus({ preventScroll: true }),
  };
}
