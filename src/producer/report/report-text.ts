import { printable } from '../../shared/printable.ts';
import type { PopulationReport } from './build-report.ts';
import type { DimensionReport } from './dimension-tally.ts';
import { decimal, distance, percent, whole } from './figures.ts';
import { type Facts, nameFacts, populationFacts, textFacts, usageFacts, worstPairs } from './report-facts.ts';
import { shownCells } from './shown-cells.ts';

const MAX_CELLS = 12;
const MAX_PAIRS = 8;
const MAX_EXAMPLES = 5;
const MAX_LABEL = 40;

/** A report as tables for a terminal. */
export function reportText(report: PopulationReport): string {
  const { population, simulation, state, reason, size, dimensions, people } = report;
  const head = `${population}  simulation ${simulation}  ${state}${reason === '' ? '' : `: ${printable(reason)}`}`;
  const sections = [head, factTable(populationFacts(report))];
  if (report.warnings.top.length > 0) {
    const rows = report.warnings.top.map(({ warning, people: count }) => [whole(count), cut(warning, 90)]);
    sections.push(section('Warnings', table([['people', 'warning'], ...rows], [1])));
  }
  if (dimensions.length > 0) {
    sections.push(section('Dimensions', dimensionTable(dimensions)));
    sections.push(...dimensions.map((dimension) => section(cut(dimension.name), cellTable(dimension, size))));
  }
  if (report.pairs.pairs.length > 0) sections.push(pairsSection(report));
  if (people > 0) {
    const { names, depth, duplicates } = report;
    const top = names.first.top.map(({ name, share }) => `${cut(name, 20)} ${percent(share)}`).join(', ');
    sections.push(section('Names', factTable([...nameFacts(report), ['top first words', top]])));
    sections.push(section('Texts', factTable(textFacts(report))));
    if (duplicates.examples.length > 0) {
      const rows = duplicates.examples
        .slice(0, MAX_EXAMPLES)
        .map(({ similarity, people: [a, b] }) => [
          decimal(similarity, 2),
          `${cut(a.name)} (${a.slot})`,
          `${cut(b.name)} (${b.slot})`,
        ]);
      sections.push(table([['similarity', 'person (slot)', 'person (slot)'], ...rows], [1, 2]));
    }
    const rows = depth.fields.map(({ field, minimum, min, mean, max, below }) => {
      return [field, ...[minimum, min].map(whole), decimal(mean), whole(max), whole(below)];
    });
    sections.push(section('List depth', table([['list', 'asked', 'min', 'mean', 'max', 'below'], ...rows])));
  }
  sections.push(section('Tokens and cost', factTable(usageFacts(report))));
  return `${sections.join('\n\n')}\n`;
}

function dimensionTable(dimensions: readonly DimensionReport[]): string {
  const rows = dimensions.map(({ name, output, tvd, srmse }) => [
    cut(name),
    output,
    ...[tvd.plan, tvd.drift, tvd.output, srmse.plan, srmse.output].map(distance),
  ]);
  const head = ['TVD / SRMSE', 'output', 'plan', 'drift', 'output', 'plan', 'output'];
  const above = ['', '', 'TVD:', '', '', 'SRMSE:', ''];
  return `${table([above, ['dimension', ...head.slice(1)], ...rows], [1])}\n  plan and output against the target, drift is output against the plan; checked: output is what people say themselves;\n  sealed: no field of a person says it, so output is what the slot was given`;
}

function cellTable(dimension: DimensionReport, size: number): string {
  const rows = shownCells(dimension, MAX_CELLS).map(({ label, targetShare, expected, planned, output }) => [
    cut(label),
    percent(targetShare),
    decimal(expected, size < 10_000 ? 1 : 0),
    whole(planned),
    whole(output),
  ]);
  return table([['value', 'target', 'expected', 'planned', 'output'], ...rows]);
}

function pairsSection(report: PopulationReport): string {
  const shown = worstPairs(report, MAX_PAIRS);
  const rows = shown.map(({ first, second, target, tvd, noise }) => [
    `${cut(first, 25)} × ${cut(second, 25)}`,
    target,
    ...[tvd.plan, tvd.output, noise.output].map(distance),
  ]);
  const { pairs, omitted } = report.pairs;
  const left = pairs.length - shown.length;
  const notes = [
    'noise: what chance (or rounding, for a joint table) alone makes of the output on average; twice that is rare',
  ];
  if (left > 0) notes.push(`${left} more pairs were measured: --json and --html have them`);
  if (omitted > 0) notes.push(`${omitted} pairs were not measured`);
  return section(
    'Pairs of dimensions',
    `${table([['pair', 'target', 'plan TVD', 'output TVD', 'noise'], ...rows], [1])}\n  ${notes.join('\n  ')}`,
  );
}

function section(title: string, body: string): string {
  return `${title}\n${body}`;
}

function factTable(facts: Facts): string {
  const width = Math.max(...facts.map(([heading]) => heading.length));
  return facts
    .map(([heading, text]) => `  ${printable(heading).padEnd(width)}  ${printable(text)}`)
    .join('\n');
}

/** The first column and those in `left` are texts, the others numbers. */
function table(rows: readonly (readonly string[])[], left: readonly number[] = []): string {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column === 0 || left.includes(column) ? cell.padEnd(width) : cell.padStart(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n');
}

function cut(text: string, most = MAX_LABEL): string {
  const characters = Array.from(printable(text));
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`;
}
