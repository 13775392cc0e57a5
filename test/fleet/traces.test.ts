import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFleet } from '../support/fleet.ts';
import { type ReceivedSpan, startTraceReceiver } from '../support/trace-receiver.ts';
import { until } from '../support/until.ts';

/** As OTLP counts kinds and states. */
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const ERROR = 2;

/** However slow the machine, every part is there once: no lock is lost, no call given up, no permit grown old. */
const STEADY = {
  PERSONA_FLEET_LOCK_DURATION_MS: '30000',
  PERSONA_FLEET_MODEL_TIMEOUT_MS: '60000',
  PERSONA_FLEET_RATE_GUARD_MS: '60000',
};

const refuseTracing = new URL('../support/refuse-tracing.ts', import.meta.url).href;

function childrenOf(spans: readonly ReceivedSpan[], parent: ReceivedSpan, name: RegExp): ReceivedSpan[] {
  return spans.filter((span) => span.parentSpanId === parent.spanId && name.test(span.name));
}

function only(spans: readonly ReceivedSpan[]): ReceivedSpan {
  assert.equal(spans.length, 1);
  const [span] = spans;
  assert.ok(span !== undefined);
  return span;
}

test('one trace goes from a job being enqueued, through its worker, to the commit of each of its people', async (t) => {
  const receiver = await startTraceReceiver(t);
  // Two slots under way, and two jobs: most slots begin when one of the other job has ended, and must not take it for their own.
  const env = { ...STEADY, PERSONA_FLEET_SHARD_SIZE: '3', PERSONA_FLEET_CONCURRENCY: '1' };
  const fleet = await testFleet(t, {}, { ...env, PERSONA_FLEET_TRACES_URL: receiver.url });
  const spec = await fleet.spec('a', { populationSize: 6 });
  const run = await fleet.run('generate', spec, '--workers', '1', '--out', 'a.jsonl');
  assert.equal(run.code, 0, run.stderr);
  const people = await fleet.lines('a.jsonl');
  assert.equal(people.length, 6);

  const { spans } = receiver;
  const jobs = spans.filter(({ name }) => name === 'add persons.generate-persons');
  assert.equal(jobs.length, 2);
  assert.equal(new Set(jobs.map(({ traceId }) => traceId)).size, 2, 'a trace of its own for each job');
  const slots: unknown[] = [];
  for (const job of jobs) {
    assert.equal(job.kind, PRODUCER);
    assert.equal(job.service, 'persona-fleet-producer');
    assert.equal(job.parentSpanId ?? '', '');
    const process = only(childrenOf(spans, job, /^process persons$/));
    assert.equal(process.kind, CONSUMER);
    assert.equal(process.service, 'persona-fleet-worker');
    assert.equal(process.attributes['bullmq.job.id'], job.attributes['bullmq.job.id']);
    const ofJob = childrenOf(spans, process, /^slot$/);
    assert.equal(ofJob.length, 3);
    for (const slot of ofJob) {
      assert.equal(slot.attributes['persona_fleet.simulation'], 'test');
      assert.equal(slot.attributes['persona_fleet.outcome'], 'committed');
      slots.push(slot.attributes['persona_fleet.slot']);
      const chat = only(childrenOf(spans, slot, /^chat gpt-4.1-mini$/));
      assert.equal(chat.kind, CLIENT);
      assert.equal(chat.attributes['gen_ai.operation.name'], 'chat');
      assert.equal(chat.attributes['gen_ai.request.model'], 'gpt-4.1-mini');
      assert.ok(Number(chat.attributes['gen_ai.usage.input_tokens']) > 100);
      assert.ok(Number(chat.attributes['gen_ai.usage.output_tokens']) > 10);
      assert.equal(chat.attributes['server.address'], '127.0.0.1');
      assert.equal(chat.attributes['server.port'], Number(new URL(fleet.simulator.url).port));
      const acquire = only(childrenOf(spans, slot, /^acquire$/));
      const commit = only(childrenOf(spans, slot, /^commit$/));
      for (const part of [process, slot, chat, acquire, commit]) assert.equal(part.traceId, job.traceId);
    }
  }
  assert.deepEqual(slots.toSorted(), [0, 1, 2, 3, 4, 5]);
  // Nothing beside the jobs: what an idle worker does is no trace.
  assert.equal(spans.length, 2 * (1 + 1 + 3 * 4));

  const sent = receiver.bodies.join('\n');
  assert.ok(
    people.every(({ name }) => !sent.includes(name)),
    'no name of a person',
  );
  assert.ok(!sent.includes('People of a.') && !sent.includes('sk-test'), 'no prompt, no key');
});

test('a failed call says why by its reason, and the slot how it ended', async (t) => {
  const receiver = await startTraceReceiver(t);
  const fleet = await testFleet(
    t,
    { faults: { refusal: 1 } },
    { ...STEADY, PERSONA_FLEET_TRACES_URL: receiver.url },
  );
  const spec = await fleet.spec('r', { populationSize: 1 });
  const run = await fleet.run('generate', spec, '--workers', '1', '--out', 'r.jsonl');
  assert.equal(run.code, 3, run.stderr);
  const slot = only(receiver.spans.filter(({ name }) => name === 'slot'));
  assert.equal(slot.attributes['persona_fleet.outcome'], 'failed');
  const chat = only(childrenOf(receiver.spans, slot, /^chat /));
  assert.equal(chat.status.code, ERROR);
  assert.equal(chat.attributes['error.type'], 'refusal');
  assert.deepEqual(childrenOf(receiver.spans, slot, /^commit$/), []);
});

test('a planning job has its calls in its trace', async (t) => {
  const receiver = await startTraceReceiver(t);
  const fleet = await testFleet(t, {}, { ...STEADY, PERSONA_FLEET_TRACES_URL: receiver.url });
  const spec = await fleet.spec('p', {
    populationSize: 1,
    samplingSpaceDescription: 'Nurses and bakers of all ages.',
  });
  const run = await fleet.run('generate', spec, '--workers', '1', '--out', 'p.jsonl');
  assert.equal(run.code, 0, run.stderr);
  const plan = only(receiver.spans.filter(({ name }) => name === 'add persons.plan'));
  const process = only(childrenOf(receiver.spans, plan, /^process persons$/));
  const chat = only(childrenOf(receiver.spans, process, /^chat /));
  assert.equal(chat.traceId, plan.traceId);
});

test('a job whose worker dies goes on in the same trace, with another worker', async (t) => {
  const receiver = await startTraceReceiver(t);
  const fleet = await testFleet(t, { faults: { hang: 1 } }, { PERSONA_FLEET_TRACES_URL: receiver.url });
  const spec = await fleet.spec('k', { populationSize: 1 });
  const producer = fleet.start('generate', spec, '--workers', '0', '--out', 'k.jsonl');
  const first = fleet.start('worker');
  await until('a call', async () => fleet.simulator.stats().calls > 0);
  first.kill('SIGKILL');
  await first.ended;
  fleet.simulator.control({ faults: {} });
  const second = fleet.start('worker');
  assert.equal((await producer.ended).code, 0, producer.stderr());
  second.kill('SIGTERM');
  assert.equal((await second.ended).code, 0, second.stderr());
  const process = only(receiver.spans.filter(({ name }) => name.startsWith('process ')));
  const job = only(receiver.spans.filter(({ spanId }) => spanId === process.parentSpanId));
  assert.equal(job.name, 'add persons.generate-persons');
  const slot = only(childrenOf(receiver.spans, process, /^slot$/));
  assert.equal(slot.attributes['persona_fleet.outcome'], 'committed');
});

test('a share of the jobs is traced, each with all or nothing of what follows', async (t) => {
  const receiver = await startTraceReceiver(t);
  const share = { PERSONA_FLEET_TRACES_URL: receiver.url, PERSONA_FLEET_TRACES_SHARE: '0.5' };
  const fleet = await testFleet(t, {}, { ...STEADY, ...share, PERSONA_FLEET_SHARD_SIZE: '1' });
  const spec = await fleet.spec('s', { populationSize: 40 });
  const run = await fleet.run('generate', spec, '--workers', '1', '--out', 's.jsonl');
  assert.equal(run.code, 0, run.stderr);
  const count = (name: RegExp) => receiver.spans.filter((span) => name.test(span.name)).length;
  const jobs = count(/^add /);
  // By chance all of them go one way once in 10^11 runs.
  assert.ok(jobs > 0 && jobs < 40, `${jobs} of 40`);
  for (const name of [/^process /, /^slot$/, /^chat /, /^commit$/]) assert.equal(count(name), jobs);
});

test('a collector that cannot be reached is one line in each log, and disturbs nothing', async (t) => {
  const fleet = await testFleet(
    t,
    {},
    { PERSONA_FLEET_TRACES_URL: 'http://127.0.0.1:9/v1/traces?key=hidden' },
  );
  const spec = await fleet.spec('u', { populationSize: 40 });
  const run = await fleet.run('generate', spec, '--workers', '1', '--out', 'u.jsonl');
  assert.equal(run.code, 0, run.stderr);
  assert.equal((await fleet.lines('u.jsonl')).length, 40);
  const log = await fleet.workerLog(0);
  for (const said of [run.stderr, log]) {
    assert.equal(said.match(/traces cannot be delivered to http:\/\/127\.0\.0\.1:9 /g)?.length, 1, said);
    assert.ok(!said.includes('hidden'));
  }
});

test('without an address nothing that makes traces is even loaded', async (t) => {
  const fleet = await testFleet(t, {}, { NODE_OPTIONS: `--import ${refuseTracing}` });
  const spec = await fleet.spec('n', { populationSize: 4 });
  const run = await fleet.run('generate', spec, '--workers', '1', '--out', 'n.jsonl');
  assert.equal(run.code, 0, run.stderr);
  // The other way round, so that the check cannot pass by seeing nothing.
  const traced = { PERSONA_FLEET_TRACES_URL: 'http://127.0.0.1:9/v1/traces' };
  const refused = await fleet.runWith(traced, 'enqueue', await fleet.spec('m', { populationSize: 4 }));
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /was to be loaded/);
});
