import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig, openFleet, SlotsFailedError, TinyPerson, UserError } from '../../src/index.ts';
import { testFleet } from '../support/fleet.ts';
import { until } from '../support/until.ts';

const clinic = { context: 'Staff of a rural clinic.', populationSize: 12, model: 'm' };

test('a program generates people through the fleet, and the same program again makes no call', async (t) => {
  const fleet = await testFleet(t);
  fleet.start('worker');
  const run = async () => {
    await using opened = await openFleet({ config: loadConfig(fleet.env), simulation: 'test' });
    const factory = opened.personFactory(clinic);
    const nurse = await factory.generatePerson('a nurse close to retirement');
    const [first, second] = await Promise.all([factory.generatePeople(3), factory.generatePerson()]);
    return { names: [nurse, ...first, second].map(({ name }) => name), nurse, factory };
  };
  const once = await run();
  assert.equal(new Set(once.names).size, 5);
  assert.equal(once.factory.generatedMinibios.length, 5);
  assert.equal(fleet.simulator.stats().calls, 5, 'nobody is generated who was not asked for');
  const again = await run();
  assert.deepEqual(again.names, once.names);
  assert.equal(fleet.simulator.stats().calls, 5);

  const file = join(fleet.folder, 'nurse.agent.json');
  await once.nurse.saveSpecification(file);
  assert.equal((await TinyPerson.loadSpecification(file)).name, once.nurse.name);
});

test('people who cannot be generated reject with their reasons', async (t) => {
  const fleet = await testFleet(t, { faults: { refusal: 1 } });
  fleet.start('worker');
  await using opened = await openFleet({ config: loadConfig(fleet.env), simulation: 'test' });
  const refused = opened.personFactory(clinic).generatePeople(2);
  await assert.rejects(refused, (error: unknown) => {
    assert.ok(error instanceof SlotsFailedError);
    assert.deepEqual(
      error.failures.map(({ slot, reason }) => [slot, reason]),
      [
        [0, 'refusal'],
        [1, 'refusal'],
      ],
    );
    return true;
  });
});

test('a pause rejects with its reason', async (t) => {
  const fleet = await testFleet(t, { faults: { quota: 1 } });
  fleet.start('worker');
  await using opened = await openFleet({ config: loadConfig(fleet.env), simulation: 'test' });
  await assert.rejects(opened.personFactory(clinic).generatePerson(), (error: unknown) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /is paused: .*insufficient_quota/);
    assert.equal(error.exitCode, 4);
    return true;
  });
});

test('stopping the fleet rejects what is under way, which would wait for workers for ever', async (t) => {
  const fleet = await testFleet(t);
  const opened = await openFleet({ config: loadConfig(fleet.env), simulation: 'test' });
  const waiting = assert.rejects(opened.personFactory(clinic).generatePerson(), /the fleet was stopped/);
  await until(
    'the request to be enqueued',
    async () => (await fleet.status())?.size === clinic.populationSize,
  );
  await opened.stop();
  await waiting;
});

test('what only a worker can find wrong pauses the population and reaches the caller, instead of failing for ever', async (t) => {
  const fleet = await testFleet(t);
  fleet.start('worker');
  await using opened = await openFleet({ config: loadConfig(fleet.env), simulation: 'test' });
  const factory = opened.personFactory({ ...clinic, names: { locale: 'klingon' } });
  await assert.rejects(factory.generatePerson(), /is paused: names\.locale: .*klingon/);
});
