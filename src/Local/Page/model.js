// A trace's rows as a tree, and the tree as the lines that are visible. Values in, values out; nothing here touches the document.

/** Every row ends in the tree exactly once, whatever it says about its parent. */
export function grow(rows) {
  const nodes = rows.map(row => ({ row, children: [], parent: null, orphan: false }));
  nodes.sort((a, b) => (a.row.start ?? -Infinity) - (b.row.start ?? -Infinity) || (a.row.counter ?? 0) - (b.row.counter ?? 0) || a.row.seq - b.row.seq || 0);
  const spans = new Map();
  for (const node of nodes) {
    if (node.row.type !== 'log' && node.row.span_id !== undefined && !spans.has(node.row.span_id)) spans.set(node.row.span_id, node);
  }
  for (const node of nodes) {
    // A log row carries the ids of the span it was written in.
    const named = node.row.type === 'log' ? node.row.span_id : node.row.parent;
    const parent = named === undefined ? undefined : spans.get(named);
    if (parent && parent !== node) node.parent = parent;
    else node.orphan = node.row.type !== 'log' && named !== undefined;
  }
  const roots = [];
  for (const node of nodes) (node.parent ? node.parent.children : roots).push(node);
  cutCircles(nodes, roots);
  return { roots, nodes };
}

/** Spans that are each other's parents would hang in the air, seen by nobody: one link of each circle is cut. */
function cutCircles(nodes, roots) {
  const seen = new Set();
  const visit = start => {
    const waiting = [start];
    while (waiting.length > 0) {
      const node = waiting.pop();
      if (seen.has(node)) continue;
      seen.add(node);
      for (const child of node.children) waiting.push(child);
    }
  };
  roots.forEach(visit);
  for (const node of nodes) {
    if (seen.has(node)) continue;
    node.parent.children.splice(node.parent.children.indexOf(node), 1);
    node.parent = null;
    node.orphan = true;
    roots.push(node);
    visit(node);
  }
}

/** A log row, or an event that was logged as a row of its own: it has a level, and took no time. */
export const isLog = row => row.type === 'log' || (row.type === undefined && row.level !== undefined && !(row.end > row.start));

/** What is to be seen: without what lies below closed rows, and of a search only the hits and the way to them. */
export function lines(tree, { closed, logs, hits }) {
  const wanted = hits ? withParents(tree.nodes, hits) : null;
  const out = [];
  const waiting = tree.roots.map(node => ({ node, depth: 0 })).reverse();
  while (waiting.length > 0) {
    const line = waiting.pop();
    if (!logs && isLog(line.node.row) && line.node.parent && line.node.children.length === 0) continue;
    if (wanted && !wanted.has(line.node)) continue;
    const children = line.node.children.filter(child => logs || !isLog(child.row) || child.children.length > 0);
    line.folds = children.length > 0;
    line.open = line.folds && (wanted !== null || !closed.has(line.node.row.id));
    out.push(line);
    if (line.open) for (let i = children.length - 1; i >= 0; i--) waiting.push({ node: children[i], depth: line.depth + 1 });
  }
  return out;
}

function withParents(nodes, hits) {
  const wanted = new Set();
  for (const node of nodes) {
    if (!hits.has(node.row.id)) continue;
    for (let it = node; it && !wanted.has(it); it = it.parent) wanted.add(it);
  }
  return wanted;
}

/** From the first start to the last end; a row in progress reaches to now. */
export function extent(rows, now) {
  let from = Infinity;
  let to = -Infinity;
  for (const row of rows) {
    if (!Number.isFinite(row.start)) continue;
    from = Math.min(from, row.start);
    to = Math.max(to, row.end ?? (now === null || isLog(row) ? row.start : now), row.start);
  }
  if (!Number.isFinite(from)) return { from: 0, to: 1 };
  return { from, to: to > from ? to : from + 0.001 };
}
