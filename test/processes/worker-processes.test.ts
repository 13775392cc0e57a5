import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createProcessQuestions, type ProcessQuestions } from '../../src/processes/ask-process.ts';
import type { LocalProcess } from '../../src/processes/local-process.ts';
import { startWorkerProcesses } from '../../src/processes/worker-processes.ts';
import { UserError } from '../../src/shared/errors.ts';
import { stoppable } from '../../src/shared/lifecycle.ts';
import { createLogger } from '../../src/shared/telemetry/logger.ts';
import { createProcessesMetrics, createWorkerMetrics } from '../../src/shared/telemetry/metrics.ts';
import { type Health, serveMetrics } from '../../src/shared/telemetry/metrics-server.ts';
import { until } from '../support/until.ts';

type End = { code: number | null; signal: NodeJS.Signals | null };

/** Workers whose metrics are real, and that die when told to. */
function workers(t: TestContext, health: (index: number) => Health | Promise<Health>) {
  const dying: ((end: End) => void)[] = [];
  return {
    die: (index: number) => dying[index]?.({ code: null, signal: 'SIGKILL' }),
    start: async (index: number): Promise<LocalProcess> => {
      const { promise: ended, resolve } = Promise.withResolvers<End>();
      const metrics = createWorkerMetrics();
      metrics.slots.inc({ outcome: 'committed', reason: '' }, 10 + index);
      const { registry } = metrics;
      const server = await serveMetrics({
        host: '127.0.0.1',
        port: 0,
        registry,
        health: () => health(index),
      });
      t.after(() => server.stop());
      const end = async (how: End) => {
        await server.stop();
        resolve(how);
      };
      dying[index] = end;
      return stoppable({ pid: 1_000 + index, ready: { metricsPort: server.port }, ended }, () =>
        end({ code: 0, signal: null }),
      );
    },
  };
}

async function starting(
  t: TestContext,
  start: (index: number) => Promise<LocalProcess>,
  questions?: ProcessQuestions,
) {
  let logged = '';
  const running = await startWorkerProcesses({
    size: 2,
    start,
    host: '127.0.0.1',
    port: 0,
    metrics: createProcessesMetrics(),
    logger: createLogger('info', {
      write(line) {
        logged += line;
      },
    }),
    ...(questions === undefined ? {} : { questions }),
  });
  t.after(() => running.stop());
  const get = (path: string) => fetch(`http://127.0.0.1:${running.metricsPort}${path}`);
  return { running, get, logged: () => logged };
}

const idle = { healthy: true, detail: 'idle' };

test('one exposition for all, with what each process is and how often it was started again', async (t) => {
  const { start, die } = workers(t, () => idle);
  const { get, logged } = await starting(t, start);
  const text = await (await get('/metrics')).text();
  for (const line of [
    'persona_fleet_slots_total{outcome="committed",reason="",process="0"} 10',
    'persona_fleet_slots_total{outcome="committed",reason="",process="1"} 11',
    'persona_fleet_worker_process_up{process="0"} 1',
    'persona_fleet_worker_process_up{process="1"} 1',
    'persona_fleet_worker_process_restarts_total{process="0"} 0',
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`);
  }
  assert.equal(text.match(/^# TYPE persona_fleet_slots_total /gm)?.length, 1);

  die(1);
  await until('the death to be noticed', () => /died/.test(logged()));
  const later = await (await get('/metrics')).text();
  assert.match(later, /^persona_fleet_worker_process_restarts_total\{process="1"\} 1$/m);
  assert.match(logged(), /"worker":1,"reason":"SIGKILL"/);
});

test('/healthz fails while one process is unwell, and says which', async (t) => {
  let second: Health = idle;
  const { start } = workers(t, (index) => (index === 1 ? second : idle));
  const { get } = await starting(t, start);
  assert.equal((await get('/healthz')).status, 200);
  second = { healthy: false, detail: 'stuck' };
  const unwell = await get('/healthz');
  assert.equal(unwell.status, 503);
  assert.deepEqual(await unwell.json(), {
    healthy: false,
    detail: '1 of 2 processes at work; process 1: stuck',
  });
});

test('a process that does not answer in time holds up no scrape and no probe', async (t) => {
  const { start } = workers(t, (index) => (index === 1 ? new Promise(() => {}) : idle));
  const answering = createProcessQuestions(1_000);
  const questions: ProcessQuestions = {
    health: answering.health,
    metrics: (process) => (process.pid === 1_001 ? Promise.resolve(undefined) : answering.metrics(process)),
  };
  const { get } = await starting(t, start, questions);
  const unwell = await get('/healthz');
  assert.equal(unwell.status, 503);
  assert.match(await unwell.text(), /process 1: does not answer/);
  const text = await (await get('/metrics')).text();
  assert.match(text, /^persona_fleet_worker_process_up\{process="0"\} 1$/m);
  assert.match(text, /^persona_fleet_worker_process_up\{process="1"\} 0$/m);
  assert.doesNotMatch(text, /^persona_fleet_slots_total\{.*process="1"/m);
});

test('one that cannot be started at first ends it all, with its error, and leaves no server behind', async (t) => {
  const { start } = workers(t, () => idle);
  const servers = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  const refusing = (index: number) =>
    index === 1 ? Promise.reject(new UserError('no memory')) : start(index);
  await assert.rejects(starting(t, refusing), /no memory/);
  await until('all servers to be closed', () => servers() === 0);
});
