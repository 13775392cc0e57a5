import type { Dimension, Joint } from '../src/shared/sampling/dimensions.ts';
import { createPlan } from '../src/shared/sampling/plan.ts';
import { numberOption } from './support.ts';

/**
 * What the sampling plan costs: time to make it, time to seal every slot, and memory, which must not grow with the slots;
 * then the time to make one with a joint larger than any there may be, and one that has grown by single people.
 * Usage: npm run bench plan -- [--count 1000000]
 */
const slots = numberOption('count', 1_000_000);

const values = (name: string, weights: readonly number[]): Dimension => ({
  name,
  kind: 'values',
  values: weights.map((weight, index) => ({ value: `${name} ${index}`, weight })),
});
const bands = (from: number, width: number, weights: readonly number[]) => ({
  kind: 'bands' as const,
  bands: weights.map((weight, index) => {
    const min = from + index * width;
    return { label: `${min}–${min + width - 1}`, min, max: min + width - 1, weight };
  }),
});
const dimensions: Dimension[] = [
  { name: 'age', kind: 'range', min: 18, max: 97, distribution: bands(18, 20, [30, 33, 25, 12]) },
  values('education', [11, 28, 26, 22, 13]),
  values('occupation', [20, 18, 15, 12, 10, 9, 8, 5, 2, 1]),
  values('gender', [51, 48, 1]),
  values('region', [17, 21, 38, 24]),
  values('household', [28, 35, 15, 13, 6, 3]),
  values(
    'city',
    Array.from({ length: 300 }, (_, rank) => 1 / (rank + 1)),
  ),
  { name: 'openness', kind: 'range', min: 1, max: 100 },
  {
    name: 'height',
    kind: 'range',
    min: 140,
    max: 210,
    decimals: 1,
    distribution: { kind: 'normal', mean: 170, sd: 9.5 },
    unit: { before: '', after: ' cm' },
  },
  {
    name: 'income',
    kind: 'range',
    min: 0,
    max: 199_999,
    distribution: bands(0, 50_000, [36, 31, 20, 13]),
    unit: { before: '$', after: ' a year' },
  },
  { name: 'commute', kind: 'range', min: 0, max: 80, decimals: 2, unit: { before: '', after: ' km' } },
  { name: 'trust', kind: 'range', min: 0, max: 10, distribution: { kind: 'normal', mean: 6, sd: 2.2 } },
];

/** Every combination of cells, unevenly weighted, some of them 0. */
function jointOver(names: readonly string[], sizes: readonly number[]): Joint {
  let cells: number[][] = [[]];
  for (const size of sizes) {
    cells = cells.flatMap((at) => Array.from({ length: size }, (_, index) => [...at, index]));
  }
  const weighted = cells.map((at, index) => ({ at, weight: (index * 7919) % 97 }));
  return { dimensions: [...names], cells: weighted.filter(({ weight }) => weight > 0) };
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

const making = performance.now();
const plan = createPlan({
  dimensions,
  joints: [jointOver(['age', 'education', 'occupation'], [4, 5, 10])],
  extents: [slots],
  seed: 'bench',
});
const madeMs = performance.now() - making;
for (let slot = 0; slot < Math.min(slots, 20_000); slot += 1) plan.seal(slot);
const memoryBefore = process.memoryUsage().rss;
let peak = memoryBefore;
let sealed = 0;
const started = performance.now();
for (let slot = 0; slot < slots; slot += 1) {
  sealed += Object.keys(plan.seal(slot).characteristics).length;
  if (slot % 50_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
}
const seconds = (performance.now() - started) / 1000;
peak = Math.max(peak, process.memoryUsage().rss);

const side = 46;
const axes = ['x', 'y', 'z'];
const makingLarge = performance.now();
createPlan({
  dimensions: axes.map((name) => values(name, Array(side).fill(1))),
  joints: [
    jointOver(
      axes,
      axes.map(() => side),
    ),
  ],
  extents: [slots],
  seed: 'bench',
});
const largeMs = performance.now() - makingLarge;

const steps = 200;
const makingGrown = performance.now();
createPlan({
  dimensions: axes.map((name) => values(name, Array(5).fill(1))),
  joints: [jointOver(axes, [5, 5, 5])],
  extents: [1000, ...Array(steps).fill(1)],
  seed: 'bench',
});
const grownMs = performance.now() - makingGrown;

console.log(`slots                  ${slots.toLocaleString('en-US')} of ${dimensions.length} dimensions`);
console.log(`plan made in           ${madeMs.toFixed(1)} ms`);
console.log(`values sealed          ${sealed.toLocaleString('en-US')} in ${seconds.toFixed(2)} s`);
console.log(`slots a second         ${Math.round(slots / seconds).toLocaleString('en-US')}`);
console.log(`µs a slot              ${((seconds * 1e6) / slots).toFixed(2)}`);
console.log(
  `RSS                    ${megabytes(memoryBefore)} before, ${megabytes(peak - memoryBefore)} more at most`,
);
console.log(`joint of ${side}³ cells     planned in ${largeMs.toFixed(0)} ms`);
console.log(`joint of 5³ cells      grown ${steps} times, planned in ${grownMs.toFixed(0)} ms`);
