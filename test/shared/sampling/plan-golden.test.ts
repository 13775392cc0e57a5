import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Dimension, Joint } from '../../../src/shared/sampling/dimensions.ts';
import { createPlan, type PlanOptions } from '../../../src/shared/sampling/plan.ts';

/**
 * People that stand in users' stores were generated from these plans: a digest that changes here pays for all of them
 * again, or leaves them with other characteristics than they were given.
 */
function digestOf(options: PlanOptions): string {
  const plan = createPlan(options);
  const hash = createHash('sha256');
  for (let slot = 0; slot < plan.size; slot += 1) {
    hash.update(`${JSON.stringify(Object.entries(plan.characteristics(slot)))}\n`);
  }
  return hash.digest('hex').slice(0, 32);
}

const weighted = (weights: Record<string, number>) =>
  Object.entries(weights).map(([value, weight]) => ({ value, weight }));

/** The kinds of dimensions that release 0.1 had. */
const plain: Dimension[] = [
  { name: 'gender', kind: 'values', values: weighted({ female: 51, male: 48, other: 1 }) },
  { name: 'age', kind: 'range', min: 18, max: 84 },
  {
    name: 'rooms',
    kind: 'values',
    values: [
      { value: 1, weight: 0.2 },
      { value: 2, weight: 0.5 },
      { value: 3, weight: 1e-9 },
      { value: 'many', weight: 0.3 },
    ],
  },
  { name: 'wide', kind: 'range', min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
  { name: 'one', kind: 'range', min: -3, max: -3 },
  { name: 'big', kind: 'range', min: 0, max: 1e300 },
];

test('plain values and whole uniform ranges are dealt as release 0.1 dealt them, grown populations too', () => {
  const digests = [
    [[1000], '42', '6013f6537f8daac1d8bd45fb3b830996'],
    [[500, 120, 1, 1, 77], 'growth', '9e2fc78ed2d4cd93839871efffb2ef9a'],
    [[1], 'x', '7d284e342e981fce826c12205009520f'],
  ] as const;
  for (const [extents, seed, digest] of digests) {
    assert.equal(digestOf({ dimensions: plain, extents, seed }), digest, `extents ${extents}`);
  }
});

const full: Dimension[] = [
  {
    name: 'age',
    kind: 'range',
    min: 18,
    max: 90,
    distribution: {
      kind: 'bands',
      bands: [
        { label: 'young', min: 18, max: 29, weight: 0.3 },
        { label: 'middle', min: 30, max: 64, weight: 0.5 },
        { label: 'old', min: 65, max: 90, weight: 0.2 },
      ],
    },
  },
  { name: 'job', kind: 'values', values: weighted({ none: 3, clerk: 4, nurse: 3 }) },
  { name: 'gender', kind: 'values', values: weighted({ female: 1, male: 1 }) },
  {
    name: 'height',
    kind: 'range',
    min: 140,
    max: 205,
    decimals: 1,
    distribution: { kind: 'normal', mean: 171, sd: 9 },
    unit: { before: '', after: ' cm' },
  },
];
const joint: Joint = {
  dimensions: ['age', 'job', 'gender'],
  cells: [0, 1, 2].flatMap((age) =>
    [0, 1, 2].flatMap((job) =>
      [0, 1].map((gender) => ({ at: [age, job, gender], weight: 1 + age * job + 2 * gender })),
    ),
  ),
};

test('bands, normal distributions, units and joints are dealt as they were first released', () => {
  assert.equal(
    digestOf({ dimensions: full, joints: [joint], extents: [400, 35, 1], seed: '42' }),
    '1f38e9c8dae332ad8b0661d9b4495548',
  );
});
