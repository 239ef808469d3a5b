// Elements from values. Text is always text: nothing that was logged can become markup.

export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  set(element, props);
  element.append(...children.flat(3).filter(child => child !== null && child !== undefined && child !== false).map(child => child instanceof Node ? child : String(child)));
  return element;
}

function set(element, props) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined) continue;
    if (name.startsWith('aria-')) element.setAttribute(name, value);
    else if (value === false) continue;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'style') for (const [property, it] of Object.entries(value)) element.style.setProperty(property, it);
    else if (name === 'value' || name === 'checked' || name === 'selected') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
}

/**
 * Gives a parent these children by changing those that it has: an element stays itself under a pointer that is down, with its focus and what is selected in it.
 * A child with an id is found again by it, another by its place. Listeners stay those of the first, so an element that has some needs an id.
 */
export function renew(parent, children) {
  const wanted = new Set(children.map(it => it.id).filter(Boolean));
  const kept = new Map();
  for (const it of [...parent.children]) {
    if (!it.id) continue;
    if (wanted.has(it.id)) kept.set(it.id, it);
    else it.remove();
  }
  let place = parent.firstChild;
  for (const child of children) {
    let it = child.id ? kept.get(child.id) : place?.id ? null : place;
    if (it && it === place) place = place.nextSibling;
    if (it?.nodeName === child.nodeName) become(it, child);
    else {
      it?.remove();
      it = child;
    }
    if (it.parentNode !== parent || it.nextSibling !== place) parent.insertBefore(it, place);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function become(element, other) {
  if (element.nodeType === Node.TEXT_NODE) {
    if (element.data !== other.data) element.data = other.data;
    return;
  }
  for (const { name } of [...element.attributes]) if (name !== 'style' && !other.hasAttribute(name)) element.removeAttribute(name);
  for (const { name, value } of other.attributes) if (name !== 'style' && element.getAttribute(name) !== value) element.setAttribute(name, value);
  // The page's policy forbids the attribute, not the property.
  if (element.style.cssText !== other.style.cssText) element.style.cssText = other.style.cssText;
  if (/^(INPUT|OPTION)$/.test(element.nodeName)) for (const name of ['value', 'checked', 'selected']) if (element[name] !== other[name]) element[name] = other[name];
  renew(element, [...other.childNodes]);
}

const paths = {
  llm: 'M8 1.8 9.6 6.4 14.2 8 9.6 9.6 8 14.2 6.4 9.6 1.8 8 6.4 6.4Z',
  tool: 'M10.6 2.3a3.6 3.6 0 0 0-4.3 4.6L2 11.2V14h2.8l4.3-4.3a3.6 3.6 0 0 0 4.6-4.3l-2.2 2.1-2-.5-.5-2Z',
  task: 'M4.5 2.8v10.4L13 8Z',
  function: 'M10.8 2.6c-2.2-.6-3 .6-3.3 2.4L6.6 11c-.3 1.900-1.100 2.800-3 2.400M4.800 6.800h5.600',
  score: 'M8 2 9.800 5.900 14 6.400 10.900 9.300 11.700 13.500 8 11.400 4.300 13.500 5.100 9.300 2 6.400 6.200 5.900Z',
  log: 'M2.500 4h11M2.500 8h11M2.500 12h6.500',
  span: 'M2.500 5h7M5.500 11h8',
  caret: 'M6 3.800 10.200 8 6 12.200',
  back: 'M10 3 5 8l5 5',
  copy: 'M5.500 5.500h8v8h-8ZM10.500 5.500v-3h-8v8h3',
  link: 'M6.500 9.500l3-3M7 4.500l1.500-1.500a2.800 2.800 0 0 1 4 4L11 8.500M9 11.500 7.500 13a2.800 2.800 0 0 1-4-4L5 7.500',
  down: 'M8 2.500v8M4.500 7 8 10.500 11.500 7M3 13.500h10',
  theme: 'M8 2a6 6 0 1 0 0 12ZM8 2a6 6 0 0 1 0 12',
  search: 'M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9ZM10.300 10.300 14 14',
  error: 'M8 4.500v4.500M8 11.300v.2M8 1.800 14.500 13.500h-13Z',
  close: 'M3.500 3.500l9 9M12.500 3.500l-9 9',
  remove: 'M2.500 4.500h11M6 4.500V2.500h4v2M4 4.500l.700 9h6.600l.700-9M6.700 7v4M9.300 7v4',
  file: 'M4 1.800h5.500L12.500 5v9.200H4ZM9.300 1.800V5.200h3.200',
};
paths.eval = paths.score;
paths.scorer = paths.score;
paths.review = paths.score;

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', paths[name] ?? paths.span);
  svg.append(path);
  return svg;
}

let toastTimer;
export function toast(text) {
  const element = document.getElementById('toast');
  element.textContent = text;
  element.classList.add('shown');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => element.classList.remove('shown'), 2200);
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast('The browser does not let this page copy');
  }
}

export function copyButton(text, what) {
  return h('button', { class: 'quiet', title: `Copy ${what.toLowerCase()}`, 'aria-label': `Copy ${what.toLowerCase()}`, onclick: event => { event.preventDefault(); event.stopPropagation(); copy(text(), what); } }, icon('copy'));
}
