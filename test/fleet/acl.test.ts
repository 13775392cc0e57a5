import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACL_LOGIN, aclRule } from '../support/acl-rule.ts';
import { startWorkers, testFleet } from '../support/fleet.ts';
import { connect, startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

test('a Redis user with just the rights that the docs list can run every command, and nothing else', async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const admin = await connect(t, server.url);
  await admin.acl('SETUSER', ...(await aclRule('pft')));
  await admin.set('foreign', 'kept');
  await admin.config('SET', 'acllog-max-len', '100');
  const url = server.url.replace('//', `//${ACL_LOGIN}@`);
  const fleet = await testFleet(t, {}, { REDIS_URL: url, PERSONA_FLEET_SERVE_PORT: '0' });

  const one = await fleet.spec('one', { populationSize: 20 });
  const generated = await fleet.run('generate', one, '--workers', '1', '--out', 'one.jsonl');
  assert.equal(generated.code, 0, generated.stderr);
  const two = await fleet.spec('two', { populationSize: 20 });
  const [worker] = startWorkers(fleet, 1);
  fleet.simulator.control({ faults: { refusal: 1 } });
  const { population } = JSON.parse((await fleet.run('enqueue', two, '--json')).stdout);
  assert.equal((await fleet.run('watch', population)).code, 3);
  fleet.simulator.control({ faults: {} });
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await fleet.run(...args);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  await run('retry', population);
  await run('watch', population);
  await run('status', '--fleet');
  await run('resume');
  await run('report', population);
  await run('export', population, '--out', 'two.jsonl');
  await run('export', population, '--follow', '--prune', '--out', 'pruned.jsonl');
  await run('factories', '2', '--context', 'A town.', '--simulation', 'test', '--workers', '0');
  worker?.kill('SIGTERM');
  assert.equal((await worker?.ended)?.code, 0);
  const again = JSON.parse(await run('enqueue', one, '--fresh', '--json'));
  await run('cancel', again.population);

  const serve = fleet.start('serve', '--json');
  const shown = await until('the exporter to be up', () => /"url":"([^"]+)"/.exec(serve.stdout())?.[1]);
  const metrics = await (await fetch(new URL('/metrics', shown))).text();
  assert.match(metrics, /^persona_fleet_redis_up 1$/m);
  assert.equal((await fetch(new URL('/queues/api/queues', shown))).status, 200);
  serve.kill('SIGTERM');
  assert.equal((await serve.ended).code, 0);
  assert.deepEqual(await admin.acl('LOG'), [], 'nothing that it wanted was denied');

  await admin.config('SET', 'appendonly', 'yes');
  const seen = await run('doctor', '--no-model-call');
  assert.match(seen, /^✓ redis commands /m);
  assert.match(seen, /^✓ redis eviction /m);
  assert.match(seen, /^✓ redis persistence .*appendfsync cannot be seen$/m);

  const user = await connect(t, url);
  for (const [command, ...args] of [
    ['GET', 'foreign'],
    ['SET', 'pft:else', '1'],
    ['EVAL', "return redis.call('GET', KEYS[1])", '1', 'foreign'],
    ['FLUSHALL'],
    ['FLUSHDB'],
    ['KEYS', '*'],
    ['CONFIG', 'GET', '*'],
    ['SHUTDOWN'],
    ['SCRIPT', 'FLUSH'],
    ['FUNCTION', 'FLUSH'],
    ['CLIENT', 'KILL', 'ID', '1'],
    ['CLIENT', 'PAUSE', '1'],
    ['PUBLISH', 'channel', 'text'],
    ['REPLICAOF', 'NO', 'ONE'],
    ['ACL', 'LIST'],
  ]) {
    await assert.rejects(user.call(command ?? '', ...args), /NOPERM/, `${command} ${args.join(' ')}`);
  }
});
