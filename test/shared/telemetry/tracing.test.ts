import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ModelCallError } from '../../../src/shared/errors.ts';
import { noTracing, openTracing } from '../../../src/shared/telemetry/tracing.ts';
import { type ReceivedSpan, startTraceReceiver } from '../../support/trace-receiver.ts';

const ERROR = 2;
/** BullMQ's kinds of spans. */
const CHORE = 0;
const OF_A_JOB = 4;

async function tracing(t: TestContext, { service = 'test', share = 1 } = {}) {
  const receiver = await startTraceReceiver(t);
  const faults: string[] = [];
  const opened = await openTracing({
    url: receiver.url,
    share,
    service,
    onFault: (message) => faults.push(message),
  });
  t.after(() => opened.stop());
  const span = (name: string): ReceivedSpan => {
    const [found, ...others] = receiver.spans.filter((each) => each.name === name);
    assert.ok(found !== undefined && others.length === 0, name);
    return found;
  };
  return { ...receiver, tracing: opened, faults, span };
}

test('without an address work runs as it would, and jobs stay as they are', async () => {
  const opened = await openTracing({ url: undefined, share: 1, service: 'test', onFault: assert.fail });
  assert.equal(opened, noTracing);
  assert.equal(opened.jobTelemetry, undefined);
  assert.equal(await opened.span('a', {}, async () => 7), 7);
  await assert.rejects(
    opened.span('a', {}, () => Promise.reject(new Error('lost'))),
    /lost/,
  );
  const jobs = [{ name: 'j', opts: { jobId: 'x' } }];
  assert.deepEqual(await opened.enqueue('q', jobs, async (given) => given), jobs);
  await opened.stop();
});

test('work within work is a part of it; what fails says so by a reason or a class, never by a text', async (t) => {
  const { tracing: opened, span, bodies } = await tracing(t);
  const refused = new ModelCallError('a text', { reaction: 'give-up', reason: 'refusal' });
  await opened.span('outer', { attributes: { 'a.number': 3 } }, async (outer) => {
    await Promise.all([
      opened.span('one', { kind: 'client' }, async (one) => one.add({ 'a.word': 'w' })),
      assert.rejects(opened.span('refused', {}, () => Promise.reject(refused))),
      assert.rejects(opened.span('broken', {}, () => Promise.reject(new RangeError('a text')))),
    ]);
    outer.add({ 'another.number': 0.5 });
  });
  await opened.stop();
  for (const name of ['one', 'refused', 'broken'])
    assert.equal(span(name).parentSpanId, span('outer').spanId);
  assert.deepEqual(span('outer').attributes, { 'a.number': 3, 'another.number': 0.5 });
  assert.deepEqual([span('outer').status.code ?? 0, span('refused').status.code], [0, ERROR]);
  assert.deepEqual(span('refused').attributes, { 'error.type': 'refusal' });
  assert.deepEqual(span('broken').attributes, { 'error.type': 'RangeError' });
  assert.ok(!bodies.join().includes('a text'));
});

test('an error in the ordinary course of things is passed on, and marks nothing as failed', async (t) => {
  const { tracing: opened, span } = await tracing(t);
  const isOrdinary = (error: unknown) => error instanceof RangeError;
  await assert.rejects(
    opened.span('stopped', { isOrdinary }, () => Promise.reject(new RangeError('stop'))),
    RangeError,
  );
  await assert.rejects(
    opened.span('broken', { isOrdinary }, () => Promise.reject(new TypeError('no'))),
    TypeError,
  );
  await opened.stop();
  assert.deepEqual([span('stopped').status.code ?? 0, span('stopped').attributes], [0, {}]);
  assert.equal(span('broken').status.code, ERROR);
});

test('a job takes its trace along, and a worker goes on with it; chores are no parts of it', async (t) => {
  const { tracing: opened, span, spans, bodies } = await tracing(t);
  const [job] = await opened.enqueue('q', [{ name: 'j', opts: { jobId: 'x' } }], async (jobs) => jobs);
  const telemetry = opened.jobTelemetry;
  assert.ok(telemetry !== undefined && job !== undefined);
  const { tracer, contextManager } = telemetry;
  const carried = Reflect.get(job.opts, 'telemetry').metadata;
  const arrived = contextManager.fromMetadata(contextManager.active(), carried);
  tracer.startSpan('fetch', { kind: CHORE }, arrived).end();
  const processing = tracer.startSpan('process q', { kind: OF_A_JOB }, arrived);
  await contextManager.with(processing.setSpanOnContext(arrived), async () => {
    await opened.span('slot', {}, async () => {});
    const retry = tracer.startSpan('retry', { kind: CHORE });
    // What is stored with a job that is tried again.
    const again = JSON.parse(contextManager.getMetadata(retry.setSpanOnContext(contextManager.active())));
    assert.equal(again.traceparent.split('-')[1], JSON.parse(carried).traceparent.split('-')[1]);
    processing.addEvent('job failed', { 'bullmq.job.failed.reason': 'the key sk-abcdefghijkl is bad' });
    processing.recordException('at redis://user:secret@host');
  });
  processing.end();
  await opened.stop();
  assert.equal(spans.length, 3);
  assert.equal(span('process q').parentSpanId, span('add q.j').spanId);
  assert.equal(span('slot').parentSpanId, span('process q').spanId);
  assert.match(bodies.join(), /the key sk-\*\*\* is bad/);
  assert.ok(!bodies.join().includes('secret'));
});

test('jobs that could not be added have failed in their traces too', async (t) => {
  const { tracing: opened, spans } = await tracing(t);
  const lost = () => Promise.reject(new RangeError('lost'));
  await assert.rejects(opened.enqueue('q', [{ name: 'j' }, { name: 'k' }], lost), /lost/);
  await opened.stop();
  assert.deepEqual(
    spans.map(({ name, status }) => [name, status.code]),
    [
      ['add q.j', ERROR],
      ['add q.k', ERROR],
    ],
  );
});

test('two in one process, one after the other or at once, go each to their own receiver', async (t) => {
  const [one, other] = [await tracing(t, { service: 'one' }), await tracing(t, { service: 'other' })];
  await one.tracing.span('a', {}, async () => {});
  await one.tracing.stop();
  await other.tracing.span('b', {}, async () => {
    await other.tracing.span('c', {}, async () => {});
  });
  await other.tracing.stop();
  assert.deepEqual(
    one.spans.map(({ name, service }) => [name, service]),
    [['a', 'one']],
  );
  assert.equal(other.span('c').parentSpanId, other.span('b').spanId);
  assert.deepEqual([one.faults, other.faults], [[], []]);
});

test('a collector that takes a connection and never answers holds up no stop', async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const address = silent.address();
  assert.ok(typeof address === 'object' && address !== null);
  const faults: string[] = [];
  const opened = await openTracing({
    url: `http://127.0.0.1:${address.port}/v1/traces`,
    share: 1,
    service: 'test',
    onFault: (message) => faults.push(message),
  });
  await opened.span('a', {}, async () => {});
  await opened.stop();
  await opened.stop();
  assert.equal(faults.length, 1);
  assert.match(
    faults[0] ?? '',
    /cannot be delivered to http:\/\/127\.0\.0\.1:\d+ \(PERSONA_FLEET_TRACES_URL\)/,
  );
});
