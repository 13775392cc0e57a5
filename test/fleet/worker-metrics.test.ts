import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFleet, untilCommitted } from '../support/fleet.ts';
import { until } from '../support/until.ts';

/** What of a worker's metrics an operator reads after a run in which calls failed too. */
const MOVED = [
  /^slots_total\{outcome="committed",reason=""\} 60$/,
  /^transactions_total\{kind="slot",outcome="miss"\} 60$/,
  /^transactions_total\{kind="slot",outcome="hit"\} 0$/,
  /^model_requests_total\{model="gpt-4.1-mini",outcome="ok"\} 60$/,
  /^model_requests_total\{model="gpt-4.1-mini",outcome="server_error"\} [1-9]/,
  /^model_request_duration_seconds_count\{model="gpt-4.1-mini"\} ([6-9]\d|\d{3})$/,
  /^model_requests_in_flight 0$/,
  /^concurrency 8$/,
  /^model_retries_total\{reason="server_error"\} [1-9]/,
  /^model_wait_seconds_total \d+\.\d*[1-9]/,
  /^limiter_wait_seconds_count\{model="gpt-4.1-mini"\} ([6-9]\d|\d{3})$/,
  /^limiter_exchanges_total\{model="gpt-4.1-mini",outcome="ok"\} [1-9]/,
  /^model_tokens_total\{model="gpt-4.1-mini",type="prompt"\} [1-9]/,
  /^model_tokens_total\{model="gpt-4.1-mini",type="completion"\} [1-9]/,
  /^model_cost_dollars_total\{model="gpt-4.1-mini"\} 0\.\d*[1-9]/,
  /^names_total\{outcome="reserved"\} ([6-9]\d|\d{3})$/,
  /^jobs_total\{outcome="completed"\} [1-9]/,
  /^job_locks_lost_total 0$/,
  /^worker_healthy 1$/,
  /^build_info\{version="\d+\.\d+\.\d+[^"]*",node="v\d+\.[\d.]+"\} 1$/,
  /^redis_command_duration_seconds_count\{command="reserve"\} ([6-9]\d|\d{3})$/,
  /^redis_command_duration_seconds_count\{command="commit"\} 60$/,
  /^redis_command_duration_seconds_count\{command="exchange"\} [1-9]/,
];

test('the metrics of a worker tell what it did', async (t) => {
  const fleet = await testFleet(
    t,
    { faults: { server_error: 0.1 } },
    { PERSONA_FLEET_LOCK_DURATION_MS: '30000', PERSONA_FLEET_MODEL_TIMEOUT_MS: '60000' },
  );
  const spec = await fleet.spec('m');
  const worker = fleet.start('worker');
  const port = await until(
    'the worker to serve metrics',
    async () => /"port":(\d+).*worker started/.exec(worker.stdout())?.[1],
  );
  assert.equal((await fleet.run('enqueue', spec)).code, 0);
  await untilCommitted(t, fleet, 60);
  const read = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await until('the last job to end', async () =>
    /^persona_fleet_jobs_total\{outcome="completed"\} 60$/m.test(await read()),
  );
  const text = await read();
  const series = text.split('\n').map((line) => line.replace('persona_fleet_', ''));
  const missing = MOVED.filter((moved) => !series.some((line) => moved.test(line))).map(String);
  assert.deepEqual(missing, [], series.filter((line) => /^[a-z_]+(_total|_count)\b/.test(line)).join('\n'));
  const progress = Number(/^persona_fleet_worker_last_progress_timestamp_seconds (\S+)$/m.exec(text)?.[1]);
  assert.ok(Math.abs(progress - Date.now() / 1000) < 60, `${progress}`);
  const commands = [...text.matchAll(/redis_command_duration_seconds_count\{command="([^"]+)"\}/g)];
  for (const [, command] of commands) assert.match(command ?? '', /^[a-zA-Z]+$/);
  worker.kill('SIGTERM');
  assert.equal((await worker.ended).code, 0);
});
