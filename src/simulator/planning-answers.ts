import type { DimensionsAnswer } from '../shared/planning/dimensions-answer.ts';
import { DIMENSIONS_SCHEMA_NAME } from '../shared/planning/dimensions-answer.ts';
import { FACTORIES_SCHEMA_NAME } from '../shared/planning/factories-answer.ts';
import type { PlannedFactory } from '../shared/planning/operations.ts';
import type { AnswerFormat } from './chat-request.ts';
import { SCHEMA_IN_PROMPT } from './schema-in-prompt.ts';
import type { Random } from './seeded-random.ts';
import { INTERESTS } from './word-lists/phrases.ts';
import { PLACES } from './word-lists/places.ts';
import { TRADES } from './word-lists/trades.ts';

export interface PlanningScene {
  readonly random: Random;
  /** 0 answers with the least that is allowed. */
  readonly scale: number;
  /** Lists stop short. */
  readonly shallow: boolean;
  /** The last message of the user. */
  readonly userText: string;
}

/**
 * An answer to a planning request, which the schema alone would make nonsense of; undefined for any other request. Known by
 * the schema's name, or in a prompt, where it has none, by its property.
 */
export function answerPlanning(format: AnswerFormat, scene: PlanningScene): object | undefined {
  if (format.kind !== 'json_schema') return undefined;
  const { dimensions, factories } = format.schema.properties ?? {};
  const isNamed = (name: string) => format.name === name || format.name === SCHEMA_IN_PROMPT;
  if (dimensions !== undefined && isNamed(DIMENSIONS_SCHEMA_NAME)) return imagineDimensions(scene);
  const wanted = factories?.minItems;
  if (wanted === undefined || !isNamed(FACTORIES_SCHEMA_NAME)) return undefined;
  return imagineFactories(wanted, scene);
}

type Dimension = DimensionsAnswer['dimensions'][number];
type Range = Dimension['range'][number];

/** Weights as models write them: rounded by feeling, in no unit, with no particular sum. */
function imagineDimensions({ random, scale, shallow }: PlanningScene): DimensionsAnswer {
  const about = (weight: number) => Math.round(weight * (0.8 + 0.4 * random.next()) * 10) / 10;
  const values = (name: string, weights: Readonly<Record<string, number>>): Dimension => ({
    name,
    values: Object.entries(weights).map(([value, weight]) => ({ value, weight: about(weight) })),
    range: [],
  });
  const range = (name: string, shape: Partial<Range> & Pick<Range, 'min' | 'max'>): Dimension => ({
    name,
    values: [],
    range: [{ decimals: 0, unit: '', normal: [], bands: [], ...shape }],
  });
  const place = random.pick(PLACES);
  const trades = Array.from({ length: 6 }, () => random.pick(TRADES).title);
  const equally = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 5]));

  const always = [
    range('age', {
      min: 18,
      max: 84,
      bands: [
        { from: 18, to: 29, weight: about(17) },
        { from: 30, to: 44, weight: about(26) },
        { from: 45, to: 64, weight: about(33) },
        { from: 65, to: 84, weight: about(21) },
      ],
    }),
    values('gender', { female: 5.1, male: 4.8, 'non-binary': 0.2 }),
    values('education', { 'left school early': 2, 'vocational training': 5, degree: 3 }),
  ];
  const sometimes = [
    values('occupation', equally(trades)),
    values('region', equally(place.cities)),
    values('household', { alone: 3, couple: 4, 'with children': 3, 'shared flat': 1 }),
    range('years in the area', { min: 0, max: 60, normal: [{ mean: 14, sd: 9 }] }),
    range('way to work', { min: 0.5, max: 45, decimals: 1, unit: 'km', normal: [] }),
    values('attitude to change', { keen: 2, open: 6, wary: 5, opposed: 1.5 }),
  ];
  const extra = sometimes.slice(0, Math.round(sometimes.length * Math.min(1, scale)));
  const [first, ...others] = [...always, ...extra];
  if (!shallow || first === undefined) return { dimensions: [...always, ...extra] };
  return { dimensions: [{ ...first, range: [] }, ...others] };
}

const QUALITIES = [
  'who have just started',
  'close to retirement',
  'with two jobs',
  'new to the country',
  'who care for a parent',
  'in debt',
  'on night shifts',
  'who speak for others',
  'with no patience for surveys',
  'who own their home',
];

/** Groups of people in the broad context: other ones than those that the prompt lists. */
function imagineFactories(
  wanted: number,
  { random, shallow, userText }: PlanningScene,
): { factories: PlannedFactory[] } {
  const count = shallow ? Math.floor(wanted / 3) : wanted;
  const broad = /<population>\s*([\s\S]*?)\s*<\/population>/.exec(userText)?.[1] ?? '';
  const [about = broad] = /^.{0,200}?[.!?](?=\s|$)/s.exec(broad) ?? [];
  const factories = new Map<string, PlannedFactory>();
  while (factories.size < count) {
    const trade = random.pick(TRADES);
    const place = random.pick(PLACES);
    const title = `${capitalised(trade.title)}s in ${random.pick(place.cities)} ${random.pick(QUALITIES)}`;
    if (userText.includes(title)) continue;
    factories.set(title, {
      title,
      context: `${title}. Each of them ${trade.duty}. They differ in age and means; many spend their free time on ${random.pick(INTERESTS).toLowerCase()}. What they have in common: ${about.replace(/\s+/g, ' ')}`,
    });
  }
  return { factories: [...factories.values()] };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
