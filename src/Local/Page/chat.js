// Messages as a conversation: OpenAI's and Anthropic's shapes, which are what Braintrust renders as a chat too.

import { h, icon } from './dom.js';
import { parse } from './exact.js';
import { json, long } from './json.js';
import { image, attachment, isAttachment } from './attachment.js';

const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value);
const isMessage = value => isObject(value) && typeof value.role === 'string' && ('content' in value || 'tool_calls' in value || 'parts' in value);

/** The messages of a value and what stands beside them; null if it is no chat. */
export function messagesOf(value) {
  if (Array.isArray(value) && value.length > 0) {
    if (value.every(isMessage)) return { messages: value };
    if (value.every(choice => isObject(choice) && isMessage(choice.message))) return { messages: value.map(({ index, message, finish_reason, ...others }) => ({ ...others, ...message, finish: finish_reason })) };
  }
  if (isMessage(value)) return { messages: [value] };
  for (const name of ['messages', 'choices']) {
    const inner = isObject(value) && Array.isArray(value[name]) ? messagesOf(value[name]) : null;
    if (inner) return { messages: inner.messages, rest: Object.fromEntries(Object.entries(value).filter(entry => entry[0] !== name)) };
  }
  return null;
}

export function chat({ messages, rest }) {
  return h('div', { class: 'chat' },
    messages.map(message),
    rest && Object.keys(rest).length > 0 && json(rest, 0));
}

function message(it) {
  const role = it.role.toLowerCase();
  return h('article', { class: `message ${['user', 'assistant', 'system', 'tool', 'developer'].includes(role) ? role : ''}` },
    h('header', null, it.role, ['name', 'tool_call_id'].map(name => it[name] && h('span', { class: 'faint' }, it[name])), it.finish && it.finish !== 'stop' && h('span', { class: 'faint' }, it.finish)),
    typeof it.reasoning_content === 'string' && h('div', { class: 'said faint' }, long(it.reasoning_content)),
    content(it.content ?? it.parts),
    typeof it.refusal === 'string' && h('div', { class: 'said bad' }, long(it.refusal)),
    Array.isArray(it.tool_calls) && it.tool_calls.map(call => [
      toolCall(call?.function?.name ?? call?.name, call?.function?.arguments ?? call?.args, call?.id),
      isObject(call) && besides({ ...call, ...call.function }, 'type', 'id', 'index', 'function', 'name', 'arguments', 'args'),
    ]),
    besides(it, 'role', 'name', 'tool_call_id', 'finish', it.content === null || it.content === undefined ? 'parts' : 'content',
      typeof it.reasoning_content === 'string' && 'reasoning_content', typeof it.refusal === 'string' && 'refusal', Array.isArray(it.tool_calls) && 'tool_calls'));
}

/** What is not shown yet of a value, so that nothing of it is hidden. */
function besides(value, ...shown) {
  const rest = Object.entries(value).filter(([name, it]) => !shown.includes(name) && it !== null && it !== undefined && !(Array.isArray(it) && it.length === 0));
  return rest.length > 0 && json(Object.fromEntries(rest), 0);
}

function content(value) {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'string') return h('div', { class: 'said' }, long(value));
  if (Array.isArray(value)) return value.map(part);
  return json(value, 1);
}

function part(it) {
  if (typeof it === 'string') return h('div', { class: 'said' }, long(it));
  if (!isObject(it)) return json(it, 1);
  if (isAttachment(it)) return attachment(it);
  if (typeof it.text === 'string') return [h('div', { class: 'said' }, long(it.text)), besides(it, 'type', 'text')];
  if (typeof it.thinking === 'string') return [h('div', { class: 'said faint' }, long(it.thinking)), besides(it, 'type', 'thinking')];
  if (it.type === 'image_url') {
    const url = it.image_url?.url ?? it.image_url;
    if (isAttachment(url)) return attachment(url);
    return image(url, 'image') ? [image(url, 'image'), besides(it, 'type', 'image_url'), isObject(it.image_url) && besides(it.image_url, 'url')] : json(it, 1);
  }
  if (it.type === 'image' && it.source?.type === 'base64') return image(`data:${it.source.media_type};base64,${it.source.data}`, 'image') ?? json(it, 0);
  if (it.type === 'tool_use' || it.type === 'tool-call') return [toolCall(it.name ?? it.toolName, it.input ?? it.args, it.id ?? it.toolCallId), besides(it, 'type', 'id', 'toolCallId', 'name', 'toolName', 'input', 'args')];
  if (it.type === 'tool_result') return [content(it.content), besides(it, 'type', 'content')];
  return json(it, 1);
}

function toolCall(name, given, id) {
  return h('div', { class: 'call' }, h('header', null, icon('tool'), name ?? 'tool', id && h('span', { class: 'faint' }, id)), given !== undefined && json(parsed(given), 1));
}

function parsed(value) {
  if (typeof value !== 'string') return value ?? null;
  try {
    return parse(value);
  } catch {
    return value;
  }
}
