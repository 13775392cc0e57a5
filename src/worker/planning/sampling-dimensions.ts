import {
  type AnsweredDimension,
  DIMENSIONS_SCHEMA_NAME,
  type DimensionsAnswer,
  dimensionsAnswerSchema,
  dimensionsJsonSchema,
} from '../../shared/planning/dimensions-answer.ts';
import type { PlanningArguments, PlanningResults } from '../../shared/planning/operations.ts';
import type { AnswerAtFault, PlanningPrompts } from '../../shared/planning/render-planning-prompt.ts';
import { compileDimensions } from '../../shared/sampling/description/compile-dimensions.ts';
import { DescriptionError, describePlace } from '../../shared/sampling/description/faults.ts';
import { answerObject } from '../answer/answer-object.ts';
import type { Question } from './question.ts';

type Result = PlanningResults['computeSamplingDimensions'];

/**
 * Asks what varies in a described population. The answer is turned into the form that users write dimensions in and compiled
 * like theirs, so that weights mean the same wherever they come from; its faults go back in one repair call.
 */
export function dimensionsQuestion(
  args: PlanningArguments['computeSamplingDimensions'],
  prompts: PlanningPrompts,
  atFault?: AnswerAtFault,
): Question<Result> {
  return {
    ...prompts.dimensions(args, atFault),
    schema: { name: DIMENSIONS_SCHEMA_NAME, schema: dimensionsJsonSchema },
    read(content) {
      const answer = answerObject(content);
      const reading = readDimensions(answer);
      if (!('faults' in reading)) return { value: reading };
      const { faults } = reading;
      return {
        faults,
        repair: dimensionsQuestion(args, prompts, { answer: JSON.stringify(answer), faults }),
      };
    },
  };
}

/** The dimensions of an answer in state form, or everything that is wrong with it, each fault with its place. */
export function readDimensions(answer: unknown): Result | { readonly faults: readonly string[] } {
  const parsed = dimensionsAnswerSchema.safeParse(answer);
  if (!parsed.success) {
    return { faults: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) };
  }
  const faults = formFaults(parsed.data);
  if (faults.length > 0) return { faults };
  const described = Object.fromEntries(parsed.data.dimensions.map((each) => [each.name, describe(each)]));
  try {
    return { dimensions: compileDimensions(described, {}).dimensions };
  } catch (error) {
    if (!(error instanceof DescriptionError)) throw error;
    return { faults: error.faults.map(({ path, message }) => `${describePlace(path)}: ${message}`) };
  }
}

/** What the described form cannot hold: it is a map by name and by value, and has one distribution. */
function formFaults({ dimensions }: DimensionsAnswer): string[] {
  const faults: string[] = [];
  const names = new Set<string>();
  for (const [index, { name, values, range }] of dimensions.entries()) {
    const place = `dimensions.${index} (${name})`;
    const key = name.trim().toLowerCase();
    if (key === '') faults.push(`dimensions.${index}: has no name`);
    else if (names.has(key)) faults.push(`${place}: this name appears twice; every dimension has its own`);
    names.add(key);
    if (values.length > 0 === range.length > 0) {
      const both = values.length > 0;
      faults.push(
        `${place}: has ${both ? 'both' : 'neither'} values ${both ? 'and' : 'nor'} a range; expected one of them`,
      );
    }
    const written = values.map(({ value }) => value.trim());
    const repeated = written.find((value, position) => written.indexOf(value) !== position);
    if (repeated !== undefined) faults.push(`${place}: the value ${JSON.stringify(repeated)} appears twice`);
    for (const { normal, bands } of range) {
      if (normal.length > 0 && bands.length > 0) {
        faults.push(`${place}: the range has both normal and bands; expected one of them, or neither`);
      }
    }
  }
  return faults;
}

/** A dimension as a user would write it; see `compileDimensions`. */
function describe({ values, range: [range] }: AnsweredDimension): object {
  if (range === undefined) {
    return { values: Object.fromEntries(values.map(({ value, weight }) => [value.trim(), weight])) };
  }
  const {
    min,
    max,
    decimals,
    unit,
    normal: [normal],
    bands,
  } = range;
  return {
    range: [min, max],
    decimals,
    ...(unit.trim() !== '' && { unit: unit.trim() }),
    ...(normal !== undefined && { normal }),
    ...(bands.length > 0 && {
      bands: bands.map(({ from, to, weight }) => ({ min: from, max: to, weight })),
    }),
  };
}
