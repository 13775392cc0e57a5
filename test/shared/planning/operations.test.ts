import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExitCode, UserError } from '../../../src/shared/errors.ts';
import { planningJobDataSchema, planningJobId } from '../../../src/shared/jobs.ts';
import { dimensionsJsonSchema } from '../../../src/shared/planning/dimensions-answer.ts';
import { factoriesJsonSchema } from '../../../src/shared/planning/factories-answer.ts';
import { type PlanningRequest, parsePlanningRequest } from '../../../src/shared/planning/operations.ts';
import { eventKeyOf } from '../../../src/shared/transactions/transactional.ts';
import type { JsonSchema } from '../../../src/simulator/json-schema.ts';
import { checkSchema } from '../../../src/simulator/json-schema.ts';

const factories = (changes: object = {}) =>
  ({
    operation: 'generatePersonFactories',
    arguments: { count: 3, genericContext: ' A port town. ', model: 'm', ...changes },
  }) as PlanningRequest;

test('blanks around a text make no other question', () => {
  assert.deepEqual(
    parsePlanningRequest(factories()),
    parsePlanningRequest(factories({ genericContext: 'A port town.' })),
  );
});

test('arguments out of range are one message with every place', () => {
  for (const [changes, place] of [
    [{ count: 0 }, 'count'],
    [{ count: 1001 }, 'count'],
    [{ count: 1.5 }, 'count'],
    [{ genericContext: '  ' }, 'genericContext'],
    [{ genericContext: 'x'.repeat(100_001) }, 'genericContext'],
    [{ model: '' }, 'model'],
  ] as const) {
    assert.throws(
      () => parsePlanningRequest(factories(changes)),
      (error: unknown) =>
        error instanceof UserError && error.exitCode === ExitCode.badInput && error.message.includes(place),
      JSON.stringify(changes),
    );
  }
});

test('a planning job is read as it was written, and refused when a later release wrote it', () => {
  const data = { version: 2, simulation: 's', request: parsePlanningRequest(factories()) };
  assert.deepEqual(planningJobDataSchema.parse(structuredClone(data)), data);
  assert.equal(planningJobDataSchema.parse({ ...data, version: 1 }).version, 1, 'of an earlier release');
  for (const changes of [
    { version: 3 },
    { urgent: true },
    { request: { ...data.request, operation: 'dream' } },
  ]) {
    assert.equal(planningJobDataSchema.safeParse({ ...data, ...changes }).success, false);
  }
});

test('the same question has the same job id, another simulation or question another one', () => {
  const key = eventKeyOf('generatePersonFactories', factories().arguments);
  const id = planningJobId('s', key);
  assert.equal(id, planningJobId('s', eventKeyOf('generatePersonFactories', { ...factories().arguments })));
  assert.notEqual(id, planningJobId('t', key));
  assert.notEqual(id, planningJobId('s', eventKeyOf('computeSamplingDimensions', factories().arguments)));
  assert.doesNotMatch(id, /:/);
  assert.throws(() => planningJobId('a:b', key), UserError);
});

test('both answer schemas are ones that strict structured outputs take', () => {
  checkSchema(dimensionsJsonSchema as JsonSchema, 'sampling_dimensions', true);
  checkSchema(factoriesJsonSchema(25) as JsonSchema, 'person_factories', true);
});
