import { groupSums } from './group-sums.ts';

/**
 * A two-way table in parts: the entries that are not 0 by construction, each with its row, column and value.
 * All three have one element an entry; a pair of row and column occurs once; values are finite and not negative, and
 * sum to a whole number.
 */
export interface TwoWayTable {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly values: readonly number[];
}

/** What a row or column may stray from a whole number by the errors of summing floats, and still be meant as whole. */
const WHOLE_WITHIN = 1e-6;
/** An entry this near to a whole number is one. */
const SETTLED_WITHIN = 1e-9;

/**
 * Rounds every entry of a table to the whole number below or above, so that the same holds for every row, every column
 * and the total; a whole row or column keeps its sum. Such a rounding always exists in two dimensions. The expected
 * value of every entry over `random` is the entry itself.
 *
 * `random(step)` gives the number in [0, 1) for the given step, always the same one: the result depends on the arguments
 * alone. Steps are at most as many as entries, rows and columns together.
 *
 * The table is completed by a row and a column of slack, which make all sums whole. Then no entry is alone in its row or
 * column with a fraction, so a walk over fractions, along rows and columns in turn, comes back to where it was. Round
 * that cycle one amount is added and taken away in turn, which leaves the sums as they are, until an entry is whole.
 * Source: L. H. Cox, "A Constructive Procedure for Unbiased Controlled Rounding", JASA 82(398), 1987, 520-524.
 *
 * Float errors do not reach the sums: they add up to far less than a half in each row and column, whose sum is a whole number
 * before and after. An entry that they left alone with a fraction is a whole number but for them.
 */
export function roundTable(table: TwoWayTable, random: (step: number) => number): number[] {
  const rounded = table.values.map((value) => Math.floor(value + SETTLED_WITHIN));
  const fractions = table.values.map((value, entry) => value - (rounded[entry] ?? 0));
  const graph = createGraph(withSlack(table, fractions));
  settleAll(graph, random);
  for (const entry of rounded.keys()) rounded[entry] = (rounded[entry] ?? 0) + (graph.fractions[entry] ?? 0);
  return rounded;
}

interface Edges {
  readonly from: number[];
  readonly to: number[];
  readonly fractions: number[];
  readonly vertices: number;
}

/** Entries as edges from rows to columns, then the slack of each row and column that has any. */
function withSlack({ rows, columns }: TwoWayTable, fractions: readonly number[]): Edges {
  const rowSums = groupSums(fractions, rows, 1 + largest(rows));
  const columnSums = groupSums(fractions, columns, 1 + largest(columns));
  const slackRow = rowSums.length;
  const slackColumn = slackRow + 1 + columnSums.length;
  const edges: Edges = {
    from: [...rows],
    to: columns.map((column) => slackRow + 1 + column),
    fractions: [...fractions],
    vertices: slackColumn + 1,
  };
  const add = (from: number, to: number, sum: number) => {
    const slack = Math.ceil(sum - WHOLE_WITHIN) - sum;
    if (slack <= WHOLE_WITHIN) return;
    edges.from.push(from);
    edges.to.push(to);
    edges.fractions.push(slack);
  };
  for (const [row, sum] of rowSums.entries()) add(row, slackColumn, sum);
  for (const [column, sum] of columnSums.entries()) add(slackRow, slackRow + 1 + column, sum);
  return edges;
}

function largest(groups: readonly number[]): number {
  return groups.reduce((a, b) => Math.max(a, b), -1);
}

const NONE = -1;

/** The edges that still have a fraction, listed at both of their ends; an edge leaves both lists in constant time. */
interface Graph extends Edges {
  /** The first edge end at a vertex; edge e has the ends 2e (its row) and 2e + 1 (its column). */
  readonly first: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
}

function createGraph(edges: Edges): Graph {
  const ends = 2 * edges.from.length;
  const graph: Graph = {
    ...edges,
    first: new Int32Array(edges.vertices).fill(NONE),
    next: new Int32Array(ends).fill(NONE),
    previous: new Int32Array(ends).fill(NONE),
  };
  for (let end = ends - 1; end >= 0; end -= 1) {
    const vertex = vertexOf(graph, end);
    const second = graph.first[vertex] ?? NONE;
    graph.next[end] = second;
    if (second !== NONE) graph.previous[second] = end;
    graph.first[vertex] = end;
  }
  for (const edge of edges.from.keys()) settleIfWhole(graph, edge);
  return graph;
}

function vertexOf({ from, to }: Edges, end: number): number {
  return ((end & 1) === 0 ? from : to)[end >> 1] ?? NONE;
}

function settleIfWhole(graph: Graph, edge: number): void {
  const fraction = graph.fractions[edge] ?? 0;
  if (fraction <= SETTLED_WITHIN || fraction >= 1 - SETTLED_WITHIN) settle(graph, edge);
}

/** Makes an edge whole and takes it out of the graph. */
function settle({ fractions, first, next, previous, from, to }: Graph, edge: number): void {
  fractions[edge] = (fractions[edge] ?? 0) < 0.5 ? 0 : 1;
  for (const [end, vertex] of [
    [2 * edge, from[edge] ?? NONE],
    [2 * edge + 1, to[edge] ?? NONE],
  ] as const) {
    const before = previous[end] ?? NONE;
    const after = next[end] ?? NONE;
    if (before === NONE) first[vertex] = after;
    else next[before] = after;
    if (after !== NONE) previous[after] = before;
  }
}

/** Walks from every vertex until it has no fraction left. The walk is kept when a cycle at its end is settled. */
function settleAll(graph: Graph, random: (step: number) => number): void {
  const depthOf = new Int32Array(graph.vertices).fill(NONE);
  let step = 0;
  for (let start = 0; start < graph.vertices; start += 1) {
    // Edge ends by which the walk left the vertices it passed.
    const walk: number[] = [];
    let vertex = start;
    while (graph.first[start] !== NONE || walk.length > 0) {
      depthOf[vertex] = walk.length;
      const arrived = (walk.at(-1) ?? NONE) ^ 1;
      const leaving = walk.length === 0 ? (graph.first[vertex] ?? NONE) : firstBut(graph, vertex, arrived);
      if (leaving === NONE) {
        depthOf[vertex] = NONE;
        const last = walk.pop() ?? NONE;
        vertex = vertexOf(graph, last);
        settle(graph, last >> 1);
        continue;
      }
      walk.push(leaving);
      vertex = vertexOf(graph, leaving ^ 1);
      const depth = depthOf[vertex] ?? NONE;
      if (depth === NONE) continue;
      const cycle = walk.splice(depth);
      for (const end of cycle) depthOf[vertexOf(graph, end)] = NONE;
      shift(graph, cycle, random(step));
      step += 1;
    }
    depthOf[start] = NONE;
  }
}

function firstBut({ first, next }: Graph, vertex: number, not: number): number {
  const end = first[vertex] ?? NONE;
  return end === not ? (next[end] ?? NONE) : end;
}

/**
 * Adds and takes away in turn along a cycle, as much as makes one edge whole. Both directions are weighed so that
 * neither moves any entry on average.
 */
function shift(graph: Graph, cycle: readonly number[], chance: number): void {
  const { fractions } = graph;
  let up = 1;
  let down = 1;
  for (const [index, end] of cycle.entries()) {
    const fraction = fractions[end >> 1] ?? 0;
    const [room, back] = index % 2 === 0 ? [1 - fraction, fraction] : [fraction, 1 - fraction];
    up = Math.min(up, room);
    down = Math.min(down, back);
  }
  const amount = chance * (up + down) < down ? up : -down;
  for (const [index, end] of cycle.entries()) {
    const edge = end >> 1;
    fractions[edge] = (fractions[edge] ?? 0) + (index % 2 === 0 ? amount : -amount);
    settleIfWhole(graph, edge);
  }
}
