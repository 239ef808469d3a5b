// Which view an address means, and the bar above them all.

import { h, icon, toast } from './dom.js';
import * as api from './api.js';
import { listView } from './list.js';
import { traceView } from './trace.js';
import { start } from './start.js';

const main = document.getElementById('view');
const names = h('select', { class: 'project', 'aria-label': 'Project', onchange: () => go(address(names.value)) });
const dot = h('span', { class: 'live', role: 'status' });
const filterNames = ['text', 'tag', 'model', 'score', 'score_min', 'score_max', 'errors', 'running', 'within'];

let projects = [];
let view = null;
let shown = '';
let addressTimer;

const address = (project, query = {}) => {
  const text = new URLSearchParams(Object.entries(query).filter(entry => entry[1])).toString();
  return `/app/local/p/${api.step(project)}/logs${text && `?${text}`}`;
};

function go(to, replace = false) {
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  route();
}

async function route() {
  const url = new URL(location.href);
  const query = url.searchParams;
  const project = /^\/app\/[^/]+\/p\/([^/]+)(\/|$)/.exec(url.pathname);
  if (/^\/app\/[^/]+\/object$/.test(url.pathname)) return await openRow(query.get('id'), query.get('object_id'));
  if (project) {
    const name = api.textOf(project[1]);
    if (query.get('oid')) return await openRow(query.get('oid'), name);
    const known = projects.find(it => it.name === name || it.id === name)?.name ?? name;
    if (query.get('r')) return openTrace(known, query.get('r'), query.get('s') ?? undefined, query.get('text') ?? '');
    return openList(known, Object.fromEntries(filterNames.map(it => [it, query.get(it) ?? ''])));
  }
  const recent = localStorage.getItem('project');
  const first = projects.find(it => it.name === recent && it.rows > 0) ?? projects.toSorted((a, b) => b.rows - a.rows)[0];
  if (first) return go(address(first.name), true);
  show('start', () => ({ element: h('section', { class: 'traces empty' }, start()), close() {} }));
}

/** A row that is not stored yet is waited for: a link may be clicked before the rows have left the app. */
async function openRow(id, project) {
  try {
    const found = await api.find(id, project);
    go(address(found.project, { r: found.trace, s: found.id }), true);
  } catch (error) {
    if (error.status !== 404) return toast(error.message);
    show(`row ${id}`, () => {
      const stop = api.onChange(api.settled(() => openRow(id, project)));
      return { element: h('section', { class: 'nothing' }, h('p', null, 'This row is not here yet.'), h('p', { class: 'faint' }, 'It opens by itself when it arrives.')), close: stop };
    });
  }
}

function openList(project, filter) {
  localStorage.setItem('project', project);
  const key = now => `list ${address(project, now)}`;
  show(key(filter), () => listView({
    project, filter, place: history.state,
    open: (id, place) => {
      history.replaceState(place, '');
      go(address(project, { r: id, text: filter.text }));
    },
    onRemove: () => removeProject(project),
    onFilter: now => {
      shown = key(now);
      history.replaceState(null, '', address(project, now));
    },
  }), project);
}

function openTrace(project, id, row, text) {
  const came = shown.startsWith('list');
  show(`trace ${project} ${id}`, () => traceView({
    project, id, row, text,
    back: () => came ? history.back() : go(address(project)),
    onPlace: now => {
      // Browsers refuse an address that changes with every key that is held down.
      clearTimeout(addressTimer);
      addressTimer = setTimeout(() => history.replaceState(null, '', address(project, { r: id, ...now })), 150);
    },
  }), project);
}

function show(what, make, project) {
  if (shown === what) return;
  view?.close();
  clearTimeout(addressTimer);
  shown = what;
  view = make();
  main.replaceChildren(view.element);
  view.ready?.();
  drawNames(project);
}

function drawNames(current = names.value) {
  const all = projects.map(it => it.name);
  if (current && !all.includes(current)) all.unshift(current);
  names.replaceChildren(...all.map(name => h('option', { value: name, selected: name === current }, name)));
  names.hidden = all.length === 0;
}

async function removeProject(project) {
  if (!confirm(`Remove the project “${project}” with all its traces? Nothing brings them back.`)) return;
  try {
    await api.removeProject(project);
    await readProjects();
    drawNames('');
    go('/');
  } catch (error) {
    toast(error.message);
  }
}

async function readProjects() {
  projects = await api.projects();
  listView.ids = traceView.ids = new Map(projects.map(it => [it.name, it.id]));
}

const refresh = api.settled(async () => {
  const names = () => projects.map(it => it.name).join('\n');
  const before = names();
  await readProjects();
  if (names() === before) return;
  drawNames();
  if (shown === 'start') await route();
}, 500);

function theme() {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const next = (document.documentElement.dataset.theme ?? (dark ? 'dark' : 'light')) === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  localStorage.setItem('theme', next);
}

document.getElementById('bar').append(
  h('a', { class: 'brand', href: '/', onclick: event => {
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(names.value ? address(names.value) : '/');
  } }, h('img', { src: '/page/icon.svg', alt: '', width: 22, height: 22 }), h('span', null, 'Braintrust', h('em', null, 'local'))),
  names, h('span', { class: 'grow' }), dot,
  h('button', { class: 'quiet', title: 'Light or dark', 'aria-label': 'Light or dark', onclick: theme }, icon('theme')));

document.addEventListener('keydown', event => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  event.preventDefault();
  view?.focusSearch?.();
});
addEventListener('popstate', route);
api.onConnection(now => {
  dot.className = `live${now ? ' on' : ''}`;
  dot.textContent = now ? 'Live' : 'Connecting';
});
api.onChange(refresh);

try {
  await readProjects();
} catch (error) {
  toast(error.message);
}
api.connect();
await route();
