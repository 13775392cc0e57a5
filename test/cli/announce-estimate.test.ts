import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announcePending, announcePlanning } from '../../src/cli/announce-estimate.ts';
import { statesOf } from '../../src/cli/runs.ts';
import { specSchema } from '../../src/producer/spec/spec-schema.ts';
import { loadConfig } from '../../src/shared/config.ts';
import type { Budget } from '../../src/shared/limits/ledger.ts';
import { loadModelProfiles } from '../../src/shared/models/model-profiles.ts';

const MODEL = 'gpt-4.1-mini';
const config = loadConfig({});

function helping(changes: { fleetLeft?: Budget } = {}) {
  const said: string[] = [];
  const asked: Budget[] = [];
  const help = {
    config,
    model: MODEL,
    profile: loadModelProfiles(config).of(MODEL),
    specPath: 'a.yaml',
    say: (line: string) => said.push(line),
    consent: async (_: unknown, left: Budget) => {
      asked.push(left);
    },
    fleetLeft: {},
    ...changes,
  };
  return { help, said, asked };
}

const fields = specSchema.parse({ factories: { count: 30, context: 'A bank.', populationSize: 5 } });
const spec = {
  ...fields,
  context: '',
  populationSize: 150,
  names: { locale: null, policy: fields.names.policy },
  dimensions: [],
  joints: [],
  demography: null,
};

test('planning that may cost more than the whole budget is not begun: exit code 4', () => {
  const { help } = helping();
  assert.throws(() => announcePlanning(spec, { tokens: 100 }, help), {
    exitCode: 4,
    message: /^a\.yaml: planning alone may take [\d,]+ tokens, more than the budget of 100 tokens/,
  });
  assert.throws(() => announcePlanning(spec, { nanoDollars: 1_000 }, help), { exitCode: 4 });
});

test('what planning takes is said beside a budget, and not without one', () => {
  const { help, said } = helping();
  announcePlanning(spec, { tokens: 10_000_000 }, help);
  assert.match(
    said.join(),
    /^beside the budget: 2 planning calls, about [\d,]+ tokens, \$0\.\d+, at the most/,
  );
  said.length = 0;
  announcePlanning(spec, {}, help);
  assert.deepEqual(said, []);
});

const pendingWith = (left: Budget) => {
  const [state] = statesOf([
    { title: undefined, options: { context: 'A town.', populationSize: 10, model: MODEL } },
  ]);
  assert.ok(state);
  return [{ state, people: 10, size: 10, spent: {}, left }];
};

test('a budget that does not let one call through is named before anything starts', async () => {
  const { help, said } = helping();
  await announcePending(pendingWith({ tokens: 1_000 }), help);
  assert.match(
    said.join('\n'),
    /^the budget of a\.yaml leaves 1,000 tokens, and one call may take [\d,]+ tokens, so that it pauses at once/m,
  );
  said.length = 0;
  await announcePending(pendingWith({ tokens: 1_000_000 }), help);
  assert.doesNotMatch(said.join('\n'), /leaves/);
});

test('the question goes by what is less, of the budget and of the cap of the fleet', async () => {
  const { help, asked } = helping({ fleetLeft: { nanoDollars: 5 } });
  await announcePending(pendingWith({ nanoDollars: 900_000_000, tokens: 70_000 }), help);
  assert.deepEqual(asked, [{ nanoDollars: 5, tokens: 70_000 }]);
});
