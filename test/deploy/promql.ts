/** What a query of Prometheus speaks of. Read from its tokens: enough for names, and blind to whether the query makes sense. */
export interface Mentions {
  /** Each series selector: the metric, the labels that its matchers name, and both as they stand there. */
  readonly selectors: readonly Selector[];
  /** Labels that the query groups or matches by. */
  readonly groupings: readonly string[];
}

export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
  readonly text: string;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[a-zA-Z_:][\w:]*|\d[\w.]*|\$\w+|=~|!~|!=|[{}(),=]|\S/g;
const NAME = /^[a-zA-Z_:][\w:]*$/;
const GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'Inf', 'NaN']);
/** They may be followed by `by` instead of a bracket. */
const AGGREGATIONS = new Set(['sum', 'max', 'min', 'avg', 'count', 'topk', 'bottomk', 'quantile', 'group']);

export function mentionsIn(promql: string): Mentions {
  const tokens: string[] = promql.match(TOKEN) ?? [];
  const selectors: Selector[] = [];
  const groupings: string[] = [];
  /** The names between the bracket at `start` and the one that closes it; strings hold no names. */
  const namesWithin = (start: number, close: string) => {
    const end = tokens.indexOf(close, start);
    return tokens.slice(start + 1, end).filter((token) => NAME.test(token));
  };
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? '';
    const next = tokens[at + 1];
    if (!NAME.test(token) || WORDS.has(token) || AGGREGATIONS.has(token)) continue;
    if (GROUPING.has(token)) {
      if (next === '(') {
        groupings.push(...namesWithin(at + 1, ')'));
        at = tokens.indexOf(')', at);
      }
    } else if (next === '{') {
      const end = tokens.indexOf('}', at);
      const text = tokens.slice(at, end + 1).join('');
      selectors.push({ metric: token, labels: namesWithin(at + 1, '}'), text });
      at = end;
    } else if (next !== '(') {
      selectors.push({ metric: token, labels: [], text: token });
    }
  }
  return { selectors, groupings };
}
