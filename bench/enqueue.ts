import { openJobQueue } from '../src/producer/job-queue.ts';
import { openProducerSession } from '../src/producer/session.ts';
import { loadConfig } from '../src/shared/config.ts';
import { TinyPersonFactory } from '../src/shared/factory/tiny-person-factory.ts';
import { createKeys } from '../src/shared/keys.ts';
import { benchRedis, numberOption, usedMemory } from './support.ts';

/**
 * What it costs to enqueue a population: time, and Redis memory (`used_memory` after less before).
 * Usage: npm run bench enqueue -- [--count 1000000] [--context-bytes 1500]
 */
const size = numberOption('count', 1_000_000);
const contextBytes = numberOption('context-bytes', 1_500);
await using server = await benchRedis();
const { redis, redisUrl } = server;
const config = loadConfig({});
const keys = createKeys(config.PERSONA_FLEET_PREFIX);

// Scripts and connections are there once, whatever is enqueued: bring them in before measuring.
const warm = openJobQueue({
  redisUrl,
  queueName: 'warm',
  queuePrefix: '{warm}',
  purpose: 'patient',
  onError: () => {},
});
await warm.add({ simulation: 'warm', population: 'f'.repeat(24), stateDigest: 'f'.repeat(32) }, [[0, 1]]);

await using session = openProducerSession({ redis, redisUrl, keys, config, simulation: 'bench' });
const before = await usedMemory(redis);
const started = performance.now();
const state = new TinyPersonFactory({
  populationSize: size,
  context: 'People of a large country. '.repeat(Math.ceil(contextBytes / 27)).slice(0, contextBytes),
  model: 'bench',
}).encodeCompleteState();
const planned = await session.plan(state);
const { shards, openSlots } = await session.enqueue(planned, { from: 0, to: size });
const seconds = (performance.now() - started) / 1000;
const bytes = (await usedMemory(redis)) - before;
const again = performance.now();
await session.enqueue(planned, { from: 0, to: size });
const secondsAgain = (performance.now() - again) / 1000;

console.log(
  `people enqueued      ${openSlots.toLocaleString('en-US')} in ${shards.toLocaleString('en-US')} jobs`,
);
console.log(`seconds              ${seconds.toFixed(2)} (again, nothing added: ${secondsAgain.toFixed(2)})`);
console.log(
  `Redis memory         ${(bytes / 1e6).toFixed(2)} MB, ${(bytes / shards).toFixed(0)} bytes a job`,
);
await warm.stop();
process.exit();
