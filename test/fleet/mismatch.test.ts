import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Persona, personaSchema } from '../../src/shared/person/schema.ts';
import { ageStatement } from '../../src/worker/answer/age-statement.ts';
import { testFleet } from '../support/fleet.ts';

const PEOPLE = 200;
const AGES = Array.from({ length: 60 }, (_, index) => 18 + index);

/** The ages that a person's texts state, those of relatives and friends aside. */
function statedAges({ relationships: _others, ...person }: Persona): number[] {
  const text = JSON.stringify(person);
  return AGES.filter((age) => ageStatement(age).test(text));
}

test('wrong ages, wrong names and shallow lists, each in a fifth of the answers: whoever is accepted is who was asked for', async (t) => {
  const fleet = await testFleet(t, {
    faults: { wrong_age: 0.2, wrong_name: 0.2, shallow_lists: 0.2 },
    completionScale: 0.3,
  });
  const spec = await fleet.spec('mismatch', {
    populationSize: PEOPLE,
    attempts: 10,
    dimensions: {
      age: { range: [20, 70] },
      gender: { female: 1, male: 1 },
      nationality: ['Brazilian', 'Ghanaian', 'Japanese'],
      region: ['north', 'south'],
    },
  });
  const run = await fleet.run('generate', spec, '--workers', '2', '--out', 'people.jsonl');
  assert.equal(run.code, 0, run.stderr);
  const people = await fleet.lines('people.jsonl');
  await fleet.assertWhole(PEOPLE, people);
  // Whole and deep enough, or this throws.
  const personas = people.map(({ persona }) => personaSchema.parse(persona));
  const stating = personas.filter((persona) => statedAges(persona).length > 0);
  assert.ok(
    stating.length > PEOPLE / 2,
    `only ${stating.length} people state an age, so that little is tested`,
  );
  for (const [index, persona] of personas.entries()) {
    const { name, age, gender, nationality } = persona;
    const { region: _region, ...sealed } = people[index]?.characteristics ?? {};
    assert.deepEqual({ age, gender, nationality }, sealed, name);
    assert.deepEqual(
      statedAges(persona).filter((stated) => stated !== age),
      [],
      `ages stated of ${name}, who is ${age}`,
    );
  }

  const status = await fleet.status();
  const { calls, byFault } = fleet.simulator.stats();
  assert.ok(
    (byFault.wrong_age ?? 0) > 20 && (byFault.wrong_name ?? 0) > 20 && (byFault.shallow_lists ?? 0) > 20,
  );
  assert.equal((status?.calls ?? 0) + (status?.repairCalls ?? 0), calls);
  assert.ok(
    status && status.repairCalls > PEOPLE / 10 && status.repairCalls <= PEOPLE,
    `${status?.repairCalls}`,
  );
});
