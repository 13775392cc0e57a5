import { readFileSync } from 'node:fs';
import Mustache from 'mustache';
import type { PopulationReport } from './build-report.ts';
import { createCharts, dimensionChart, nameChart, pairChart } from './charts.ts';
import { decimal, distance, percent, whole } from './figures.ts';
import { type Facts, nameFacts, populationFacts, textFacts, usageFacts } from './report-facts.ts';
import { shownCells } from './shown-cells.ts';

const MAX_CELLS = 20;

/**
 * A report as one HTML page that needs nothing else: styles and pictures are inside, there is no script, and its own content
 * policy forbids requests. Every text of a model or a user is escaped, by the template or by the chart's renderer.
 */
export function reportPage(report: PopulationReport): string {
  const template = readFileSync(new URL('./page.mustache', import.meta.url), 'utf8');
  // A writer of its own: Mustache's default one caches for the whole process.
  return withoutControls(new Mustache.Writer().render(template, viewOf(report)));
}

/** Names and labels may hold what turns the direction of a page's text around, or worse. Line breaks and tabs are ours. */
function withoutControls(page: string): string {
  return page.replace(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

function viewOf(report: PopulationReport) {
  const draw = createCharts();
  const { names, depth, people, size, pairs, dimensions, duplicates, warnings } = report;
  return {
    title: `${whole(people)} of ${whole(size)} people: population report`,
    population: report.population,
    simulation: report.simulation,
    seed: report.seed,
    createdAt: day(report.createdAt),
    reportedAt: day(report.reportedAt),
    notes: notesOf(report),
    facts: view(populationFacts(report)),
    warnings: warnings.top.length > 0 && {
      rows: warnings.top.map(({ warning, people: count }) => ({ warning, people: whole(count) })),
    },
    dimensions: dimensions.length > 0 && {
      summary: dimensions.map(({ name, output, tvd, srmse }) => ({
        name,
        output,
        distances: texts([tvd.plan, tvd.drift, tvd.output, srmse.plan, srmse.output]),
      })),
      each: dimensions.map((dimension) => {
        const cells = shownCells(dimension, MAX_CELLS);
        return {
          name: dimension.name,
          output: dimension.output,
          alt: `Bars of target, plan and output of ${dimension.name}; the table below has the figures`,
          svg: dimensionChart(
            draw,
            cells.filter(({ isFolded }) => !isFolded),
          ),
          cells: cells.map(({ label, targetShare, expected, planned, output }) => ({
            label,
            target: percent(targetShare),
            expected: decimal(expected),
            planned: whole(planned),
            output: whole(output),
          })),
        };
      }),
    },
    pairs: pairs.pairs.length > 0 && {
      alt: 'Pairs of dimensions by their distance from the target beyond noise; the table below has the figures',
      svg: pairChart(draw, pairs.pairs),
      omitted: pairs.omitted > 0 && { text: `${whole(pairs.omitted)} further pairs were not measured.` },
      rows: pairs.pairs.map(({ first, second, target, tvd, noise }) => ({
        pair: `${first} × ${second}`,
        target,
        distances: texts([tvd.plan, tvd.output, noise.output]),
      })),
    },
    people: people > 0 && {
      nameFacts: view(nameFacts(report)),
      nameAlt: 'Bars of the most frequent first words of names; the table below has the figures',
      nameSvg: nameChart(draw, names.first),
      topNames: names.first.top.map(({ name, people: count, share }) => ({
        name,
        people: whole(count),
        share: percent(share),
      })),
      textFacts: view(textFacts(report)),
      duplicates: duplicates.examples.length > 0 && {
        rows: duplicates.examples.map(({ similarity, people: [a, b] }) => ({
          similarity: decimal(similarity, 2),
          first: `${a.name} (slot ${a.slot})`,
          second: `${b.name} (slot ${b.slot})`,
        })),
      },
      shallow:
        depth.shallow === 0
          ? 'Nobody has a list below its minimum.'
          : `${whole(depth.shallow)} people have a list below its minimum.`,
      depth: depth.fields.map(({ field, minimum, min, mean, max, below }) => ({
        field,
        figures: [whole(minimum), whole(min), decimal(mean), whole(max), whole(below)].map((text) => ({
          text,
        })),
      })),
    },
    usageFacts: view(usageFacts(report)),
  };
}

function notesOf({ people, simulated, state, reason, names }: PopulationReport): { text: string }[] {
  const notes: string[] = [];
  if (people === 0) notes.push('Nobody is committed yet: there is a plan, but no output to report on.');
  if (simulated > 0) notes.push('SIMULATED: the simulator made these people up; no model wrote them.');
  if (state !== 'complete') notes.push(`The population is ${state}${reason === '' ? '' : `: ${reason}`}.`);
  if (names.distinct !== names.people) notes.push('Names are repeated, which must not happen.');
  return notes.map((text) => ({ text }));
}

function view(facts: Facts): { heading: string; text: string }[] {
  return facts.map(([heading, text]) => ({ heading, text }));
}

function texts(distances: readonly (number | null)[]): { text: string }[] {
  return distances.map((value) => ({ text: distance(value) }));
}

function day(iso: string): string {
  return iso === '' ? 'at an unknown time' : `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
