// References to files that were uploaded, or lie elsewhere.

import { h, icon } from './dom.js';
import * as api from './api.js';

const kinds = ['braintrust_attachment', 'external_attachment', 'inline_attachment'];

export const isAttachment = value => value !== null && typeof value === 'object' && kinds.includes(value.type) && typeof (value.key ?? value.url ?? value.src) === 'string';

const isPicture = type => /^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(type ?? '');

export function attachment(value) {
  const name = value.filename || value.type.replace('_', ' ');
  if (value.type === 'braintrust_attachment') {
    const address = api.attachment(value.key);
    return h('figure', { class: 'attachment' },
      isPicture(value.content_type) && picture(address, name),
      h('a', { href: address, target: '_blank', rel: 'noopener', download: isPicture(value.content_type) ? null : name }, icon('file'), name, h('small', null, value.content_type)));
  }
  const source = value.src ?? value.url;
  return h('figure', { class: 'attachment' }, image(source, name) ?? h('span', null, icon('file'), name, h('small', null, ` ${source.slice(0, 200)}`)));
}

/** A picture that is within the value is shown; one that lies elsewhere is named, because looking at it would tell its server. */
export function image(source, name) {
  if (typeof source !== 'string') return null;
  if (/^data:image\/(png|jpeg|gif|webp|avif|bmp)[;,]/i.test(source)) return picture(source, name);
  if (/^https?:\/\//i.test(source)) return h('a', { href: source, target: '_blank', rel: 'noopener noreferrer' }, icon('link'), source);
  return null;
}

function picture(source, name) {
  const element = h('img', { src: source, alt: name, loading: 'lazy' });
  element.addEventListener('error', () => element.replaceWith(h('small', { class: 'faint' }, 'cannot be shown: ')));
  return element;
}
