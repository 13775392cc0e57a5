import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExitCode } from '../../../src/shared/errors.ts';
import { populationId } from '../../../src/shared/factory/person-factory-state.ts';
import {
  type GenerationRequest,
  type PersonGenerator,
  SlotsFailedError,
} from '../../../src/shared/factory/person-generator.ts';
import { FactoryRegistry } from '../../../src/shared/factory/registry.ts';
import { TinyPersonFactory } from '../../../src/shared/factory/tiny-person-factory.ts';
import { TinyPerson } from '../../../src/shared/person/tiny-person.ts';

function personAt({ state, slots }: GenerationRequest, slot: number): TinyPerson {
  assert.ok(slot >= slots.from && slot < slots.to);
  return new TinyPerson({
    persona: { name: `${state.agentParticularities ?? 'person'} ${slot}`, age: 20 + slot },
  });
}

function peopleOf(request: GenerationRequest, failed: ReadonlySet<number> = new Set()): TinyPerson[] {
  const { from, to } = request.slots;
  return Array.from({ length: to - from }, (_, index) => from + index)
    .filter((slot) => !failed.has(slot))
    .map((slot) => personAt(request, slot));
}

/** Stands in for the fleet: deterministic people, and a record of what was asked. */
function recordingGenerator(): PersonGenerator & { requests: GenerationRequest[] } {
  const requests: GenerationRequest[] = [];
  return {
    requests,
    async generate(request) {
      requests.push(request);
      return peopleOf(request);
    },
  };
}

const namesOf = (people: readonly TinyPerson[]) => people.map(({ name }) => name);

test('defaults are filled in, and the state travels whole', () => {
  const factory = new TinyPersonFactory({ name: 'f', context: ' A village. ', populationSize: 12 });
  const state = factory.encodeCompleteState();
  assert.deepEqual(state, {
    type: 'TinyPersonFactory',
    version: 1,
    name: 'f',
    simulationId: null,
    context: 'A village.',
    populationSize: 12,
    seed: '42',
    agentParticularities: null,
    names: { locale: null, policy: 'reserved' },
    model: null,
    temperature: null,
    attempts: 5,
    onMismatch: 'repair',
    dimensions: [],
  });
  const decoded = TinyPersonFactory.decodeCompleteState(JSON.stringify(state));
  assert.deepEqual(decoded.encodeCompleteState(), state);
  assert.equal(decoded.populationId(), factory.populationId());
  assert.deepEqual(decoded.identity(), factory.identity());
});

test('a grown population stays grown through encoding', () => {
  const factory = new TinyPersonFactory({ populationSize: 12, extents: [10, 2] });
  assert.deepEqual(
    TinyPersonFactory.decodeCompleteState(factory.encodeCompleteState()).encodeCompleteState().extents,
    [10, 2],
  );
});

test('factories are independent of what they were made from and of what they give out', () => {
  const dimensions = [{ name: 'age', kind: 'range' as const, min: 1, max: 9 }];
  const factory = new TinyPersonFactory({ populationSize: 1, dimensions });
  const state = factory.encodeCompleteState();
  dimensions.pop();
  state.dimensions.pop();
  assert.equal(factory.encodeCompleteState().dimensions.length, 1);
});

test('all invalid options are reported at once and nothing is registered', () => {
  const registry = new FactoryRegistry();
  const invalid = { populationSize: -1, attempts: 1000, registry };
  assert.throws(() => new TinyPersonFactory(invalid), {
    name: 'FactoryStateError',
    message: /\$\.populationSize: .*\$\.attempts: /,
  });
  assert.throws(
    () => new TinyPersonFactory({ populationSize: 1, context: 'x'.repeat(2 ** 21), registry }),
    /bytes of JSON/,
  );
  assert.deepEqual(registry.factories, []);
});

test('hostile states are refused', () => {
  const state = new TinyPersonFactory({ populationSize: 1 }).encodeCompleteState();
  const text = JSON.stringify(state);
  const hostile: [unknown, string][] = [
    [text.replace('{', '{"__proto__":{"attempts":100},'), '$.__proto__'],
    [text.replace('"names":{', '"names":{"constructor":{},'), '$.names.constructor'],
    [
      { ...state, dimensions: JSON.parse('['.repeat(50) + ']'.repeat(50)) },
      `$.dimensions${'[0]'.repeat(31)}`,
    ],
    [{ ...state, context: 'x'.repeat(2 * 1024 * 1024) }, '$.context'],
    [{ ...state, version: 2 }, '$.version'],
    [{ ...state, type: 'TinyFactory' }, '$.type'],
    [{ ...state, attempts: '5' }, '$.attempts'],
  ];
  for (const [value, path] of hostile) {
    assert.throws(() => TinyPersonFactory.decodeCompleteState(value), { name: 'FactoryStateError', path });
  }
});

test('without a fleet the error says how to get one', async () => {
  const factory = new TinyPersonFactory({ populationSize: 1 });
  await assert.rejects(factory.generatePerson(), { name: 'UserError', message: /openFleet/ });
});

test('successive calls take successive slots, and a rerun asks for the same', async () => {
  const run = async () => {
    const generator = recordingGenerator();
    const factory = new TinyPersonFactory({ populationSize: 10, generator });
    const people = [
      await factory.generatePerson(),
      ...(await factory.generatePeople(3)),
      await factory.generatePerson(),
    ];
    assert.deepEqual(
      generator.requests.map(({ slots }) => slots),
      [
        { from: 0, to: 1 },
        { from: 1, to: 4 },
        { from: 4, to: 5 },
      ],
    );
    return {
      names: namesOf(people),
      populations: generator.requests.map(({ state }) => populationId(state)),
    };
  };
  const first = await run();
  assert.deepEqual(first.names, ['person 0', 'person 1', 'person 2', 'person 3', 'person 4']);
  assert.deepEqual(await run(), first);
});

test('concurrent calls get different slots', async () => {
  const factory = new TinyPersonFactory({ populationSize: 10, generator: recordingGenerator() });
  const people = await Promise.all(Array.from({ length: 10 }, () => factory.generatePerson()));
  assert.equal(new Set(namesOf(people)).size, 10);
  await assert.rejects(factory.generatePerson(), /0 of the population's 10 slots are left/);
});

test('without a count everybody who is left is generated', async () => {
  const factory = new TinyPersonFactory({ populationSize: 4, generator: recordingGenerator() });
  await factory.generatePerson();
  assert.deepEqual(namesOf(await factory.generatePeople()), ['person 1', 'person 2', 'person 3']);
  await assert.rejects(factory.generatePeople(), /raise populationSize/);
});

test('other particularities and temperatures are other populations with slots of their own; attempts are not', async () => {
  const generator = recordingGenerator();
  const factory = new TinyPersonFactory({ populationSize: 5, temperature: 1, generator });
  await factory.generatePerson();
  await factory.generatePerson('a doctor');
  await factory.generatePerson('a doctor');
  await factory.generatePerson(undefined, { temperature: null });
  await factory.generatePerson(undefined, { attempts: 9 });
  await factory.generatePerson();
  assert.deepEqual(
    generator.requests.map(({ state, slots }) => [
      state.agentParticularities,
      state.temperature,
      state.attempts,
      slots.from,
    ]),
    [
      [null, 1, 5, 0],
      ['a doctor', 1, 5, 0],
      ['a doctor', 1, 5, 1],
      [null, null, 5, 0],
      [null, 1, 9, 1],
      [null, 1, 5, 2],
    ],
  );
  assert.equal(populationId(generator.requests[0]?.state ?? assert.fail()), factory.populationId());
});

test('names and minibios are listed in slot order, whichever call ends first', async () => {
  const waiting: (() => void)[] = [];
  const generator: PersonGenerator = {
    generate: (request) => new Promise((resolve) => waiting.push(() => resolve(peopleOf(request)))),
  };
  const factory = new TinyPersonFactory({ populationSize: 4, generator });
  const calls = [factory.generatePeople(2), factory.generatePeople(2)];
  for (const finish of waiting.toReversed()) {
    finish();
    await Promise.race(calls);
  }
  await Promise.all(calls);
  assert.deepEqual(factory.generatedNames, ['person 0', 'person 1', 'person 2', 'person 3']);
  assert.equal(factory.generatedMinibios[3], 'person 3, 23');
});

test('failed slots reject with the reasons and the people of the others, which are recorded', async () => {
  const generator: PersonGenerator = {
    async generate(request) {
      throw new SlotsFailedError(peopleOf(request, new Set([1])), [{ slot: 1, reason: 'refused' }]);
    },
  };
  const factory = new TinyPersonFactory({ populationSize: 5, generator });
  const error = await factory.generatePeople(3).catch((error: unknown) => error);
  assert.ok(error instanceof SlotsFailedError);
  assert.equal(error.exitCode, ExitCode.failedSlots);
  assert.match(error.message, /^1 of 3 people could not be generated: slot 1 \(refused\);/);
  assert.deepEqual(namesOf(error.people), ['person 0', 'person 2']);
  assert.deepEqual(factory.generatedNames, ['person 0', 'person 2']);
});

test('many failures are counted, not all listed', () => {
  const failures = Array.from({ length: 9 }, (_, slot) => ({ slot, reason: 'refused' }));
  assert.match(new SlotsFailedError([], failures).message, /slot 2 \(refused\) and 6 more/);
});

test('after any other error the slots are free again and nothing is recorded', async () => {
  const good = recordingGenerator();
  let up = false;
  const generator: PersonGenerator = {
    async generate(request) {
      if (!up) throw new Error('Redis is down');
      return good.generate(request);
    },
  };
  const factory = new TinyPersonFactory({ populationSize: 3, generator });
  const failed = await Promise.allSettled([factory.generatePeople(2), factory.generatePerson()]);
  assert.deepEqual(
    failed.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.deepEqual(factory.generatedNames, []);
  up = true;
  assert.deepEqual(namesOf(await factory.generatePeople(3)), ['person 0', 'person 1', 'person 2']);
});

test('a generator that leaves slots unaccounted for is found out', async () => {
  const factory = new TinyPersonFactory({ populationSize: 3, generator: { generate: async () => [] } });
  await assert.rejects(factory.generatePeople(2), /accounted for 0 of the 2 slots \[0, 2\)/);
});
