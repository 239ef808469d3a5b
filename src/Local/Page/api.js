// What the page asks the server, and how it hears of changes.

import { toast } from './dom.js';
import { parse } from './exact.js';

export class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

async function ask(address, options, read = JSON.parse) {
  const answer = await fetch(address, options);
  const text = await answer.text();
  if (answer.ok) return text ? read(text) : null;
  let reason;
  try {
    reason = JSON.parse(text).error;
  } catch { /* Not this server's words. */ }
  throw new Refused(answer.status, reason ?? `The server answered ${answer.status}.`);
}

const get = (address, signal, read) => ask(address, { signal }, read);
const remove = address => ask(address, { method: 'DELETE' });

/** A text as one step of an address. "." and ".." would be taken out of it, however they are escaped; so they are escaped twice. */
export const step = text => /^\.\.?$/.test(text) ? text.replaceAll('.', '%252E') : encodeURIComponent(text);
export const textOf = step => decodeURIComponent(step).replace(/^(%2E){1,2}$/i, decodeURIComponent);

const of = (project, rest) => `/local/projects/${step(project)}/${rest}`;

export const projects = () => get('/local/projects');
export const traces = (project, query, signal) => get(of(project, `traces?${new URLSearchParams(query)}`), signal);
export const facets = project => get(of(project, 'facets'));
export const trace = (project, id, after = 0) => get(of(project, `traces/${step(id)}?after=${after}`));
export const row = (project, id, signal) => get(of(project, `rows/${step(id)}`), signal, parse);
export const find = (id, project) => get(`/local/rows/${step(id)}${project ? `?project=${encodeURIComponent(project)}` : ''}`);
export const hits = async (project, id, text, signal) => new Set((await get(of(project, `traces/${step(id)}/hits?${new URLSearchParams({ text })}`), signal)).ids);
export const removeTrace = (project, id) => remove(of(project, `traces/${step(id)}`));
export const removeProject = project => remove(`/local/projects/${step(project)}`);
export const exportOfTrace = (project, id) => of(project, `traces/${step(id)}/export`);
export const exportOfProject = project => of(project, 'export');
export const attachment = key => `/local/attachments/${encodeURIComponent(key)}`;

const RECONNECT_AFTER = 3000;
const listeners = new Set();
const watchers = new Set();
let connected = false;

/** Calls back with null when everything may have changed, else with a function that tells whether a trace has. Gives back how to stop. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function onConnection(watcher) {
  watchers.add(watcher);
  watcher(connected);
}

/** Only while somebody looks: a browser keeps six connections to a server, and each page would hold one of them for ever. */
export function connect() {
  let events = null;
  const follow = () => {
    if (document.hidden) {
      events?.close();
      events = null;
    } else if (events === null || events.readyState === EventSource.CLOSED) events = listen();
  };
  // A browser tries again by itself after most failures, but not after all.
  setInterval(follow, RECONNECT_AFTER);
  document.addEventListener('visibilitychange', follow);
  follow();
}

function listen() {
  const events = new EventSource('/local/changes');
  const tell = note => listeners.forEach(listener => listener(note));
  const mark = now => {
    connected = now;
    watchers.forEach(watcher => watcher(now));
  };
  events.addEventListener('ready', () => {
    mark(true);
    tell(null);
  });
  events.addEventListener('changed', event => {
    const note = JSON.parse(event.data);
    tell(note.all ? null : (project, id) => note.traces.some(it => it[0] === project && (id === undefined || it[1] === id)));
  });
  events.addEventListener('error', () => mark(false));
  return events;
}

/** At most one call at a time and one each interval, and always one after the last time it was asked for. */
export function settled(work, interval = 250) {
  let wanted = false;
  let busy = false;
  async function run() {
    busy = true;
    while (wanted) {
      wanted = false;
      try {
        await work();
      } catch (error) {
        if (error instanceof Refused) toast(error.message);
        else if (error.name !== 'AbortError') console.warn(error);
      }
      await new Promise(resolve => setTimeout(resolve, interval));
    }
    busy = false;
  }
  return () => {
    wanted = true;
    if (!busy) run();
  };
}
