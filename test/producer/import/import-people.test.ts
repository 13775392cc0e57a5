import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findAgentFiles } from '../../../src/producer/import/agent-files.ts';
import { importPeople } from '../../../src/producer/import/import-people.ts';
import { readAgents } from '../../../src/producer/import/read-agents.ts';
import { createKeys } from '../../../src/shared/keys.ts';
import { createImports } from '../../../src/shared/transactions/imports.ts';
import { createPopulations } from '../../../src/shared/transactions/populations.ts';
import { createSlotTransactions } from '../../../src/shared/transactions/slot-transactions.ts';
import { connect, testPrefix } from '../../support/redis.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { agentText, writeFiles } from './agent-documents.ts';

async function town(t: TestContext) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const folder = await temporaryFolder(t);
  const run = async (paths: string[], signal = new AbortController().signal) => {
    const { files } = await findAgentFiles(paths.map((path) => join(folder, path)));
    const agents = await readAgents(files, { fragments: [], importedAt: new Date().toISOString() });
    return importPeople(agents, { imports: createImports(redis, keys, 'sim'), signal });
  };
  const { population } = createImports(redis, keys, 'sim');
  return { redis, keys, folder, run, population };
}

test('people go in in their order; the same again changes nothing, more makes the population grow', async (t) => {
  const { redis, keys, folder, run, population } = await town(t);
  await writeFiles(folder, {
    'a/Ann.agent.json': agentText('Ann'),
    'a/Bo.agent.json': agentText('Bo'),
    'b/Cy.agent.json': agentText('Cy'),
  });
  const none = { collisions: [], left: 0 };
  assert.deepEqual(await run(['a']), { imported: 2, alreadyThere: 0, ...none });
  assert.deepEqual(await run(['a']), { imported: 0, alreadyThere: 2, ...none });
  assert.deepEqual(await run(['b', 'a']), { imported: 1, alreadyThere: 2, ...none });
  const { size, committed } = (await createPopulations(redis, keys, 'sim').status(population)) ?? {};
  assert.deepEqual([size, committed], [3, 3]);
  const owners = await redis.hgetall(keys.simulation('sim').names);
  assert.deepEqual(owners, { ann: `${population}/0`, bo: `${population}/1`, cy: `${population}/2` });
});

test('collisions are reported by name and file, and cost nobody else the import', async (t) => {
  const { redis, keys, folder, run, population } = await town(t);
  const generated = 'ab12ab12ab12ab12ab12ab12';
  await createPopulations(redis, keys, 'sim').define({
    id: generated,
    size: 9,
    encode: () => ({ state: '{}', digest: 'd' }),
    labels: {},
  });
  const slots = createSlotTransactions(redis, keys, 'sim', generated);
  await slots.commit(7, { name: 'Gerd Öl', payload: Buffer.from('x') });
  await slots.reserve(8, {
    candidates: [{ name: 'Held', record: '' }],
    opens: 'attempt',
  });
  const at = await writeFiles(folder, {
    'old/Ann.agent.json': agentText('Ann', { age: 1 }),
    'new/1.agent.json': agentText('GERD OL'),
    'new/2.agent.json': agentText('Held'),
    'new/3.agent.json': agentText('Ann', { age: 2 }),
    'new/4.agent.json': agentText('Bo'),
    'new/5.agent.json': agentText('bo', { age: 3 }),
    'new/6.agent.json': agentText('Bo'),
    'new/7.agent.json': agentText('Cy'),
  });
  await run(['old']);
  const { collisions, ...counts } = await run(['new']);
  assert.deepEqual(counts, { imported: 2, alreadyThere: 1, left: 0 });
  assert.deepEqual(collisions, [
    { name: 'GERD OL', file: at('new/1.agent.json'), takenBy: { population: generated, slot: 7 } },
    { name: 'Held', file: at('new/2.agent.json'), takenBy: { population: generated, slot: 8 } },
    {
      name: 'Ann',
      file: at('new/3.agent.json'),
      takenBy: { population, slot: 0, name: 'Ann', file: 'Ann.agent.json' },
    },
    {
      name: 'bo',
      file: at('new/5.agent.json'),
      takenBy: { population, slot: 1, name: 'Bo', file: at('new/4.agent.json') },
    },
  ]);
});

test('an interrupted import says what is left, and goes on', async (t) => {
  const { folder, run } = await town(t);
  await writeFiles(folder, { 'a.agent.json': agentText('Ann'), 'b.agent.json': agentText('Bo') });
  const aborted = await run(['.'], AbortSignal.abort());
  assert.deepEqual(aborted, { imported: 0, alreadyThere: 0, collisions: [], left: 2 });
  assert.equal((await run(['.'])).imported, 2);
});
