// What to do while there is nothing to see.

import { h, copyButton } from './dom.js';

const samples = {
  'ILogger': project => `builder.Logging.AddBraintrust("${project}");`,
  'Serilog': project => `using var log = new LoggerConfiguration()\n    .WriteTo.Braintrust("${project}")\n    .CreateLogger();\n\nusing (log.BeginSpan("Answering {Question}", "When is tea?"))\n    log.Information("Tea is at {Hour}", 4);`,
  'JavaScript': project => `import { initLogger } from "braintrust";\n\nconst logger = initLogger({ projectName: "${project}" });\nawait logger.traced(async span => span.log({ input: "When is tea?", output: "At four." }), { name: "answer" });\nawait logger.flush();`,
  'Python': project => `import braintrust\n\nlogger = braintrust.init_logger(project="${project}")\nwith logger.start_span(name="answer") as span:\n    span.log(input="When is tea?", output="At four.")\nlogger.flush()`,
};

export function start(project = 'My Project') {
  const name = project.replace(/["\\\n]/g, '');
  const set = /^Win/.test(navigator.platform) ? (it, value) => `$env:${it} = "${value}"` : (it, value) => `export ${it}=${value}`;
  const variables = `${set('BRAINTRUST_APP_URL', location.origin)}\n${set('BRAINTRUST_API_KEY', 'local')}`;
  const code = h('div');
  const tabs = h('div', { class: 'tabs', role: 'tablist' }, Object.keys(samples).map(language => h('button', { role: 'tab', onclick: () => show(language) }, language)));
  function show(language) {
    for (const tab of tabs.children) tab.setAttribute('aria-selected', tab.textContent === language);
    code.replaceChildren(block(samples[language](name), 'Code'));
  }
  show('ILogger');
  return h('div', { class: 'start' },
    h('div', { class: 'pulse', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')),
    h('h1', null, 'Waiting for the first trace'),
    h('p', { class: 'faint' }, 'It appears here by itself, and nothing leaves this machine.'),
    h('ol', null,
      h('li', null, h('h2', null, 'Point your app here'), block(variables, 'Variables'), h('p', { class: 'faint' }, 'Any key will do, unless this server was started with a token; then the token is the key.')),
      h('li', null, h('h2', null, 'Log something'), tabs, code)));
}

function block(text, what) {
  return h('div', { class: 'code' }, h('pre', null, text), copyButton(() => text, what));
}
